"""The payers of this repository: with all of them installed each reviews as if it were alone, on random claims."""

import json
import sys
from importlib import import_module
from pathlib import Path

import pytest
import tomli
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payerpack.packs.library import Library
from payerpack.testing import engine, plugin, strategies
from payerpack.testing.subject import named

PLUGINS = Path(__file__).parents[2] / "plugins"
PROJECTS = sorted(PLUGINS.glob("payerpack-*/pyproject.toml"))
CODES = ("76377", "76376", "72192", "74177", "70450", "70496", "71275", "76811", "76942", "77012", "93306")


def brought(project, monkeypatch):
    """What a project's distribution brings: folders of packs, and plugins as if they were installed."""
    head = tomli.loads(project.read_text("utf-8"))["project"]
    folders = sorted(path.parent for path in project.parent.glob("payerpack_*/packs/*/pack.toml"))
    monkeypatch.syspath_prepend(str(project.parent))
    entries = head["entry-points"].get("payerpack.plugins", {})
    return folders, [plugin(name, held(value), head["version"], head["name"]) for name, value in entries.items()]


def held(value):
    module, _, attribute = value.partition(":")
    return getattr(import_module(module), attribute) if attribute else import_module(module)


@pytest.fixture(scope="module")
def engines():
    """An engine with every project's packs and plugins, and one for each payer id with its project's alone."""
    before = set(sys.modules)
    with pytest.MonkeyPatch.context() as monkeypatch:
        every = [brought(project, monkeypatch) for project in PROJECTS]
        alone = {
            payer: engine(folders, plugins)
            for folders, plugins in every
            for header in Library(folders, installed=False).all()
            for payer in named(header.applies_to, "payer")
        }
        together = engine([f for folders, _ in every for f in folders], [p for _, plugins in every for p in plugins])
        yield together, alone
    for name in set(sys.modules) - before:
        if name.startswith("payerpack_"):
            del sys.modules[name]


def told(review):
    return json.dumps(review.to_dict(), sort_keys=True)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_each_payer_reviews_as_if_it_were_alone(engines, data):
    together, alone = engines
    made = data.draw(strategies.claims(CODES, sorted(alone), states=("", "OH", "OR", "FL", "TX", "WV")))

    assert told(together.review(made)) == told(alone[made.payer.id].review(made))


def test_every_payer_of_the_repository_is_among_them(engines):
    assert len(engines[1]) >= len(PROJECTS) - 1

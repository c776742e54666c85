import sys

import pytest

from payerpack.plugins.catalog import Catalog, Installed
from payerpack.plugins.listing import hooks, installed

MODULE = """
raise SystemExit("a listing must not run this")
import payerpack
from payerpack.hookspecs import hookimpl, hookimpl as implements

@hookimpl
def check_bundling(claim): ...

@payerpack.hookimpl(wrapper=True)
def check_frequency(): yield

@implements(specname="check_modifiers", tryfirst=True)
def share(claim): ...

def check_eligibility(claim): ...

class Base:
    @hookimpl
    def on_review(self, review): ...

class Plugin(Base):
    @hookimpl
    async def supply_facts(self, claim): ...
"""


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """Writes a package and returns an entry point into it."""
    monkeypatch.syspath_prepend(tmp_path)

    def plugin(value, **files):
        for name, text in {"__init__": "", **files}.items():
            file = tmp_path / "payerpack_listed" / f"{name}.py"
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
        return Installed("listed", value, "payerpack.plugins", "payerpack-listed", "1.0")

    return plugin


def test_the_hooks_of_a_module_are_read_from_its_source(plugin):
    one = plugin("payerpack_listed.plugin", plugin=MODULE)

    assert hooks(one) == ("check_bundling", "check_frequency (wrapper)", "check_modifiers")


def test_the_hooks_of_a_class_are_its_own_and_its_bases(plugin):
    one = plugin("payerpack_listed.plugin:Plugin", plugin=MODULE)

    assert hooks(one) == ("on_review", "supply_facts")


def test_a_class_is_found_in_another_module_of_the_package_that_offers_it(plugin):
    one = plugin("payerpack_listed:Plugin", __init__="def __getattr__(name): ...", plugin=MODULE)

    assert hooks(one) == ("on_review", "supply_facts")


@pytest.mark.parametrize("value", ["payerpack_listed.absent", "no_such_package", "payerpack_listed:Absent", "sys", ""])
def test_hooks_that_the_source_cannot_tell_are_said_to_be_unknown(plugin, value):
    assert hooks(plugin(value, plugin=MODULE)) is None


def test_source_that_does_not_parse_tells_nothing(plugin):
    assert hooks(plugin("payerpack_listed.plugin", plugin="def (")) is None


def test_listing_imports_nothing_of_a_plugin(plugin):
    one = plugin("payerpack_listed.plugin", plugin=MODULE, __init__="raise SystemExit")

    (row,) = installed(Catalog((one,)))

    assert row.installed is one
    assert row.hooks is not None
    assert not [name for name in sys.modules if name.startswith("payerpack_listed")]

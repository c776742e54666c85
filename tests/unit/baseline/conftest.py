from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from payerpack.baseline.editions import Edition, import_files, open_edition
from payerpack.claim import Claim, HistoryLine, Patient, Payer, Provider, ServiceLine
from payerpack.engine import Engine
from payerpack.finding import Finding, Review

TABLES = Path(__file__).parents[2] / "golden" / "ncci" / "tables"
DAY = dt.date(2024, 8, 15)

Reviewed = Callable[..., Review]


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    root = tmp_path_factory.mktemp("small-edition")
    import_files(sorted(TABLES.iterdir()), root)
    return open_edition(root)


def line(number: int, code: str, *modifiers: str, **fields: Any) -> ServiceLine:
    """A line whose charge differs from line to line, so that none is a duplicate by accident."""
    units = Decimal(fields.pop("units", 1))
    fields = {"service_date": DAY, "charge": Decimal(100 + number), **fields}
    return ServiceLine(number, code, modifiers=modifiers, units=units, **fields)


def claim(*lines: tuple[Any, ...], **header: Any) -> Claim:
    """A claim of lines written as ``(code, *modifiers)`` or ``(code, *modifiers, {fields})``."""
    made = []
    for number, written in enumerate(lines, 1):
        fields = written[-1] if isinstance(written[-1], dict) else {}
        made.append(line(number, *(part for part in written if isinstance(part, str)), **fields))
    header = {
        "type": "professional",
        "payer": Payer("MEDICARE"),
        "patient": Patient("P-1"),
        "billing_provider": Provider("1234567893", "930000000"),
        "line_of_business": "medicare",
        **header,
    }
    return Claim("C-1", lines=tuple(made), **header)


@pytest.fixture
def make_claim() -> Callable[..., Claim]:
    return claim


@pytest.fixture
def past() -> Callable[..., HistoryLine]:
    """An earlier line of the same patient and provider, paid unless it says otherwise."""

    def made(code: str, *modifiers: str, status: Any = "paid", **fields: Any) -> HistoryLine:
        earlier = claim((code, *modifiers, fields))
        return HistoryLine(attrs.evolve(earlier, id="H-1"), earlier.lines[0], status)

    return made


@pytest.fixture
def reviewed(small: Edition, tmp_path: Path) -> Reviewed:
    """Review lines by a policy: a shipped one, or the text of a pack that builds on it."""

    def review(
        *lines: tuple[Any, ...],
        history: Iterable[HistoryLine] | None = None,
        policy: str = "ncci-medicare",
        edition: Any = small,
        override: str = "",
        blocked: Iterable[str] = (),
        **header: Any,
    ) -> Review:
        packs = ()
        if override:
            folder = tmp_path / "payer"
            folder.mkdir(exist_ok=True)
            pack = f'schema = 1\n[pack]\nid = "payer"\ntitle = "A payer"\nversion = "1"\nstatus = "active"\nextends = "{policy}"\n'
            (folder / "pack.toml").write_text(pack + override, "utf-8")
            packs, policy = (folder,), "payer"
        engine = Engine(packs, edition=edition, blocked=blocked)
        return engine.review(claim(*lines, **header), policy, history=history)

    return review


@pytest.fixture
def rules() -> Callable[..., list[tuple[str, str]]]:
    """The baseline's findings on a line as (rule, action), gaps left out."""

    def of(review: Review, number: int = 1) -> list[tuple[str, str]]:
        return [(f.rule.partition(":")[2], f.action) for f in baseline(review) if number in f.lines]

    return of


@pytest.fixture
def the() -> Callable[..., Finding]:
    """The one finding of a rule."""

    def finding(review: Review, rule: str, number: int | None = None) -> Finding:
        found = [f for f in review.findings if f.rule.endswith(f":{rule}") and (number is None or number in f.lines)]
        assert len(found) == 1
        return found[0]

    return finding


def baseline(review: Review) -> list[Finding]:
    return [f for f in review.findings if f.rule.startswith("ncci-") and "gap" not in f.facts]

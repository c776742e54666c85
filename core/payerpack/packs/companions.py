"""Other lines: the ``{line}`` of ``needs``, ``conflicts_with`` and ``with``, and tables of code pairs."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from payerpack.claim import ServiceLine
from payerpack.codes import normalise
from payerpack.context import Context, Entry
from payerpack.packs import windows
from payerpack.packs.conditions import Conditions, Tables, holds, split_codes
from payerpack.packs.faults import Faults
from payerpack.packs.keys import Keys, compile_keys
from payerpack.packs.lookups import row_dates
from payerpack.packs.membership import listed
from payerpack.packs.model import Table
from payerpack.packs.truth import Test

Path_ = tuple[str | int, ...]
LINE_KEYS: Final = frozenset({"same", "window", "standing", "pairs", "bypass_modifiers", "target"})
"""The keys of a ``{line}`` that are no facts."""

_JUDGED: Final = ("column_2", "code")
_OTHER: Final = ("column_1", "other")
"""What the columns of a table of pairs are called, unless ``this`` and ``other`` name them."""


@attrs.frozen(slots=True, eq=False, repr=False)
class Pairs:
    """A table of code pairs: the code of the line that is judged (column 2), and of the line it is held against.

    Attributes:
        rows: ``(first date, last date, indicator)`` by judged code and other code; dates are inclusive.
    """

    rows: Mapping[str, Mapping[str, tuple[tuple[dt.date, dt.date, str], ...]]]

    def indicator(self, code: str, other: str, day: dt.date) -> str | None:
        """Return the indicator of the pair in force on that day (empty when the table has none), or ``None``."""
        for first, last, indicator in self.rows.get(code, {}).get(other, ()):
            if first <= day <= last and indicator != "9":
                return indicator
        return None


def compile_pairs(table: Table | None, spec: Mapping[str, Any], faults: Faults, path: Path_) -> Pairs | None:
    """Return the pairs of a table with columns ``column_1``, ``column_2`` (or ``other``, ``code``), maybe dated."""
    if table is None:
        faults.add("PP301", f'there is no table "{spec.get("table")}"', path)
        return None
    judged = next((name for name in (spec.get("this"), *_JUDGED) if name in table.columns), None)
    other = next((name for name in (spec.get("other"), *_OTHER) if name in table.columns), None)
    if judged is None or other is None:
        faults.add(
            "PP302",
            f"{table.file.name} needs the columns column_1 (the code that stands) and column_2 (the code that is judged), "
            f"or say which they are with `this` and `other`; it has {', '.join(table.columns)}",
            path,
        )
        return None
    at, against = table.column(judged), table.column(other)
    indicator = table.column("indicator") if "indicator" in table.columns else None
    dates, spelled = row_dates(table), functools.cache(normalise)  # many rows have few codes
    rows: dict[str, dict[str, tuple[tuple[dt.date, dt.date, str], ...]]] = {}
    for number, row in enumerate(table.rows, start=2):
        try:
            first, last = dates(row)
        except ValueError:
            faults.add("PP304", f"{table.file.name}, row {number}: from and to are dates such as 2026-01-31", path)
            return None
        entry = (first, last, row[indicator].strip() if indicator is not None else "")
        by_other = rows.setdefault(spelled(row[at]), {})
        key = spelled(row[against])
        by_other[key] = (*by_other.get(key, ()), entry)
    return Pairs(rows)


def twice(code: str) -> str:
    """Return what stands for a code that several lines of a claim have; no code has a blank."""
    return f"{code} {code}"


def _search(known: frozenset[str] | None, rows: Mapping[str, Mapping[str, Any]] | None, by_date: bool) -> Test:
    """Return the test of whether another line of the claim has a code that fits, and the line's date where asked.

    What fits: one of the known codes; else those of the line's row; without either the line's own.
    """

    def search(line: ServiceLine, context: Context) -> bool:
        fits = known if known is not None else (line.code,) if rows is None else rows.get(line.code, _NO_PAIRS)
        day = line.service_date
        for other in context.claim.lines:
            if other.code in fits and other is not line and (not by_date or other.service_date == day):
                return True
        return False

    return search


def _search_by(codes: Callable[[str], bool], by_date: bool) -> Test:
    """Return the same test where the codes cannot be listed."""

    def search(line: ServiceLine, context: Context) -> bool:
        day = line.service_date
        for other in context.claim.lines:
            if codes(other.code) and other is not line and (not by_date or other.service_date == day):
                return True
        return False

    return search


Found = list[tuple[Entry, bool]]
"""Other lines, each with whether it surely matches; ``False`` says that it only may."""
_NONE: Final[Found] = []
_NO_PAIRS: Final[Mapping[str, Any]] = {}


@attrs.frozen(slots=True, eq=False, repr=False)
class Companion:
    """A compiled ``{line}``: which other lines it describes, for a line under review.

    Attributes:
        conditions: What must hold of the other line's own facts.
        keys: What it must share with the line.
        codes: Whether the other line's code can fit at all; ``None`` when any can. It is asked first.
        rest: The conjunction of the other conditions, or ``None``.
        window: How far back it may lie; ``None``: this claim only.
        standing: It must be a line that nothing denied or rejected.
        pairs: The pairs that the two codes must be one of, or ``None``.
        bypass: Modifiers on either line that undo the match (not for pairs with indicator 0).
    """

    conditions: Conditions
    keys: Keys
    codes: Callable[[str], bool] | None = None
    rest: Test | None = None
    window: windows.Window | None = None
    standing: bool = False
    pairs: Pairs | None = None
    bypass: frozenset[str] = frozenset()

    @property
    def reads_history(self) -> bool:
        """Whether it also looks at earlier claims."""
        return self.window is not None and not self.window.claim_only

    def concerns(self, line: ServiceLine) -> bool:
        """Say whether the companion can be asked about this line: with pairs, only about the codes they judge."""
        return self.pairs is None or line.code in self.pairs.rows

    def matches(self, line: ServiceLine, context: Context, other: ServiceLine, theirs: Context) -> bool | None:
        """Say whether another line is what this one describes: true, false, or ``None`` for unknown."""
        if self.codes is not None and not self.codes(other.code):
            return False
        sure = self.keys.shared(line, context, other, theirs)
        if sure is False or not self._paired(line, other):
            return False
        if self.standing and (other.number in context.denied if theirs is context else theirs.status == "denied"):
            return False
        if self.reads_history and self.window is not None:
            span = windows.back(self.window, line.service_date, line, context)
            if span is None:  # the year is unknown, and yet no later date lies back, and the same date always does
                if other.service_date > line.service_date:
                    return False
                sure = sure if other.service_date == line.service_date else None
            elif not span[0] <= other.service_date <= span[1]:
                return False
        held = self.rest(other, theirs) if self.rest is not None else True
        return sure if held else held

    def _paired(self, line: ServiceLine, other: ServiceLine) -> bool:
        """Say whether the codes are a pair in force, and no modifier undoes it."""
        if self.pairs is not None:
            indicator = self.pairs.indicator(line.code, other.code, line.service_date)
            if indicator is None:
                return False
            if indicator == "0":
                return True
        bypass = self.bypass
        return not bypass or (bypass.isdisjoint(line.modifiers) and bypass.isdisjoint(other.modifiers))

    def _fitting(self, line: ServiceLine) -> Callable[[str], bool] | None:
        """Return the quickest test that rules out other lines by their code; ``None`` when any code may fit."""
        if self.pairs is None:
            return self.codes
        return self.pairs.rows.get(line.code, _NO_PAIRS).__contains__

    def candidates(self, line: ServiceLine, context: Context) -> Found:
        """Return every other line that matches or may match: this claim's by number, then earlier ones, oldest first."""
        found: Found = _NONE
        codes = self._fitting(line)
        for other in context.lines:
            if other is line or (codes is not None and not codes(other.code)):
                continue
            matched = self.matches(line, context, other, context)
            if matched is not False:
                found = [*found, ((other, context), matched is True)]
        if self.reads_history:
            for entry in context.earlier() or ():
                matched = self.matches(line, context, *entry)
                if matched is not False:
                    found = [*found, (entry, matched is True)]
        return found

    def partners(self, code: str) -> frozenset[str] | None:
        """Return the codes of which another line of the claim must have one to match a line of this code.

        ``None`` says that no code is needed: any may match, or the line may be an earlier claim's. A companion of the
        line's own code needs `twice` that code.
        """
        if self.reads_history:
            return None
        if "code" in self.keys.names:
            return frozenset({twice(code)})
        if self.pairs is not None:
            return frozenset(self.pairs.rows.get(code, _NO_PAIRS))
        return listed(self.codes)

    def finder(self) -> Test:
        """Return `exists` as one quick closure."""
        near = self.near()
        if near is None:
            return self.exists
        if self.pairs is None and not (
            self.standing or self.rest or self.bypass or self.keys.reads or self.keys.by_side
        ):
            return near  # codes and the date are all it asks for
        exists = self.exists
        return lambda line, context: near(line, context) and exists(line, context)

    def near(self) -> Test | None:
        """Return a quick test that must be true for another line to match: its code fits, and its date where it must.

        ``None`` where earlier claims are searched, or where neither is asked for.
        """
        if self.reads_history:
            return None
        by_date, codes, known = self.keys.by_date, self.codes, listed(self.codes)
        if self.pairs is not None:
            return _search(None, self.pairs.rows, by_date)
        if codes is not None:
            return _search_by(codes, by_date) if known is None else _search(known, None, by_date)
        return _search(None, None, by_date) if "code" in self.keys.names else None

    def exists(self, line: ServiceLine, context: Context) -> bool | None:
        """Say whether another line matches; unknown when one only may, or when history is needed and there is none."""
        codes = self._fitting(line)
        unknown = False
        for other in context.claim.lines:
            if other is line or (codes is not None and not codes(other.code)):
                continue
            matched = self.matches(line, context, other, context)
            if matched:
                return True
            unknown = unknown or matched is None
        if self.reads_history:
            earlier = context.earlier()
            unknown = unknown or earlier is None
            for entry in earlier or ():
                matched = self.matches(line, context, *entry)
                if matched:
                    return True
                unknown = unknown or matched is None
        return None if unknown else False


def compile_companion(
    spec: Mapping[str, Any],
    path: Path_,
    tables: Tables,
    table: Table | None = None,
    code_set: Any = None,
) -> Companion:
    """Return the companion that a ``{line}`` describes; what is wrong with it goes to the faults."""
    faults = tables.faults
    conditions = tables.compile(spec, path, skip=LINE_KEYS)
    keys = compile_keys(spec.get("same", ()), faults, (*path, "same"), code_set)
    window = compile_window(spec, path, faults)
    pairs = None
    if "pairs" in spec:
        pairs = compile_pairs(table, spec["pairs"], faults, (*path, "pairs"))
    codes, rest = split_codes(conditions, tables.matchers, path)
    return Companion(
        conditions,
        keys,
        codes,
        holds(rest) if rest else None,
        window,
        bool(spec.get("standing")),
        pairs,
        frozenset(spec.get("bypass_modifiers", ())),
    )


def compile_window(spec: Mapping[str, Any], path: Path_, faults: Faults) -> windows.Window | None:
    """Return the window of a clause, or ``None`` when it has none or a wrong one, which is reported."""
    if "window" not in spec:
        return None
    try:
        return windows.parse(spec["window"])
    except windows.WindowError as error:
        faults.add("PP117", str(error), (*path, "window"))
        return None

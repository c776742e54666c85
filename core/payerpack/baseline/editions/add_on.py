"""Add-on codes, their type, and the primaries they may be reported with."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from payerpack.baseline.editions.columns import CodeIndex, Memo, code_of
from payerpack.baseline.editions.quarters import to_date
from payerpack.baseline.editions.records import AddOn, AddOnWindow

if TYPE_CHECKING:
    from payerpack.baseline.editions.columns import Columns
    from payerpack.baseline.editions.manifest import TableEntry


class AddOnTable:
    """The add-on code table.

    Attributes:
        codes: Every add-on code.
        first: Earliest effective date.
        last: Last day of the release's quarter.
        label: Such as ``NCCI-AOC 2024Q2``.
    """

    __slots__ = ("_columns", "_known", "_starts", "codes", "first", "label", "last")

    def __init__(self, columns: Columns, entry: TableEntry) -> None:
        self.codes = CodeIndex(columns.column("codes"))
        self.first = entry.first
        self.last = entry.last
        self.label = entry.label
        self._columns = columns
        self._starts = columns.column("starts")
        self._known: Memo[str, AddOn] = Memo()

    def __len__(self) -> int:
        """Return the number of add-on codes."""
        return len(self.codes)

    def __contains__(self, code: str) -> bool:
        """Say whether the code is, or was, an add-on code."""
        return self.get(code) is not None

    def covers(self, day: dt.date) -> bool:
        """Say whether the release knows every edit of that day."""
        return self.first <= day <= self.last

    def get(self, code: str) -> AddOn | None:
        """Return the add-on code with its primaries, or None where the code is no add-on."""
        known = self._known.get(code)
        if known is not None:
            return known
        at = self.codes.position(code)
        if at < 0:
            return None
        primaries, types = self._columns.column("primaries"), self._columns.column("types")
        firsts, lasts = self._columns.column("row_first"), self._columns.column("row_last")
        windows = tuple(
            AddOnWindow(
                primary=code_of(primaries[row]) if primaries[row] else None,
                type=types[row],
                effective=dt.date.fromordinal(firsts[row]),
                deletion=to_date(lasts[row]),
            )
            for row in range(self._starts[at], self._starts[at + 1])
        )
        return self._known.remember(code, AddOn(code, windows[-1].type, windows))

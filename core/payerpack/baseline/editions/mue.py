"""Medically unlikely edits of one program, setting and quarter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payerpack.baseline.editions.columns import CodeIndex, Memo
from payerpack.baseline.editions.records import Mue

if TYPE_CHECKING:
    import datetime as dt

    from payerpack.baseline.editions.columns import Columns
    from payerpack.baseline.editions.manifest import TableEntry


class MueTable:
    """One MUE table. A code that is absent has no published value, which is not the same as no limit.

    Attributes:
        codes: Every code of the table.
        effective: First day in force.
        last: Last day of the quarter.
        label: Such as ``NCCI-MUE-PRA 2024Q3``.
        exact: Whether the table is the one in force on the day it was asked for.
    """

    __slots__ = (
        "_known",
        "_mai",
        "_rationale",
        "_rationales",
        "_values",
        "codes",
        "effective",
        "exact",
        "label",
        "last",
    )

    def __init__(self, columns: Columns, entry: TableEntry, *, exact: bool = True) -> None:
        self.codes = CodeIndex(columns.column("codes"))
        self.effective = entry.first
        self.last = entry.last
        self.label = entry.label
        self.exact = exact
        self._rationales: tuple[str, ...] = tuple(columns.meta["rationales"])
        self._values = columns.column("values")
        self._mai = columns.column("mai")
        self._rationale = columns.column("rationale")
        self._known: Memo[str, Mue] = Memo()

    def __len__(self) -> int:
        """Return the number of codes."""
        return len(self.codes)

    def __contains__(self, code: str) -> bool:
        """Say whether the table publishes a value for the code."""
        return self.get(code) is not None

    def covers(self, day: dt.date) -> bool:
        """Say whether the day lies in the table's quarter."""
        return self.effective <= day <= self.last

    def get(self, code: str) -> Mue | None:
        """Return the code's value, or None where none is published."""
        known = self._known.get(code)
        if known is not None:
            return known
        at = self.codes.position(code)
        if at < 0:
            return None
        mai = self._mai[at]
        known = Mue(code, self._values[at], str(mai) if mai else None, self._rationales[self._rationale[at]])
        return self._known.remember(code, known)

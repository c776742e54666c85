"""HCPCS Level II: procedure codes and modifiers with the days they are valid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payerpack.baseline.editions.columns import CodeIndex, Memo
from payerpack.baseline.editions.quarters import to_date
from payerpack.baseline.editions.records import HcpcsRow

if TYPE_CHECKING:
    import datetime as dt

    from payerpack.baseline.editions.columns import Columns
    from payerpack.baseline.editions.manifest import TableEntry


class HcpcsTable:
    """One quarterly HCPCS file; it also holds what was terminated, so it answers for earlier days too.

    Attributes:
        codes: Procedure codes (five characters) and modifiers (two).
        last: Last day of the release's quarter.
        label: Such as ``HCPCS 2026Q4``.
    """

    __slots__ = ("_added", "_coverage", "_known", "_terminated", "codes", "label", "last")

    def __init__(self, columns: Columns, entry: TableEntry) -> None:
        self.codes = CodeIndex(columns.column("codes"))
        self.last = entry.last
        self.label = entry.label
        self._added = columns.column("added")
        self._terminated = columns.column("terminated")
        self._coverage = columns.column("coverage")
        self._known: Memo[str, HcpcsRow] = Memo()

    def __len__(self) -> int:
        """Return the number of codes and modifiers."""
        return len(self.codes)

    def __contains__(self, code: str) -> bool:
        """Say whether the file lists the code or modifier, valid or terminated."""
        return self.get(code) is not None

    def covers(self, day: dt.date) -> bool:
        """Say whether the release knows every code of that day."""
        return day <= self.last

    def get(self, code: str) -> HcpcsRow | None:
        """Return the row of a code or modifier."""
        known = self._known.get(code)
        if known is not None:
            return known
        at = self.codes.position(code)
        if at < 0:
            return None
        letter = self._coverage[at]
        known = HcpcsRow(code, to_date(self._added[at]), to_date(self._terminated[at]), chr(letter) if letter else "")
        return self._known.remember(code, known)

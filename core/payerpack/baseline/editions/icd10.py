"""ICD-10-CM codes of one fiscal year."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payerpack.baseline.editions.columns import CodeIndex

if TYPE_CHECKING:
    import datetime as dt

    from payerpack.baseline.editions.columns import Columns
    from payerpack.baseline.editions.manifest import TableEntry


class Icd10Table:
    """One ICD-10-CM order file.

    Attributes:
        codes: Codes without the dot, headers and billable codes.
        first: First day of the fiscal year (1 October).
        last: Last day of the fiscal year (30 September).
        label: Such as ``ICD-10-CM FY2026``.
        exact: Whether the table is the one in force on the day it was asked for.
    """

    __slots__ = ("_billable", "codes", "exact", "first", "label", "last")

    def __init__(self, columns: Columns, entry: TableEntry, *, exact: bool = True) -> None:
        self.codes = CodeIndex(columns.column("codes"))
        self.first = entry.first
        self.last = entry.last
        self.label = entry.label
        self.exact = exact
        self._billable = columns.column("billable")

    def __len__(self) -> int:
        """Return the number of codes, headers included."""
        return len(self.codes)

    def __contains__(self, code: str) -> bool:
        """Say whether the code is listed, as a header or billable."""
        return self.codes.position(code) >= 0

    def covers(self, day: dt.date) -> bool:
        """Say whether the day lies in the table's fiscal year."""
        return self.first <= day <= self.last

    def billable(self, code: str) -> bool | None:
        """Say whether the code may stand on a claim: False for a header, None for a code that is not listed."""
        at = self.codes.position(code)
        return None if at < 0 else bool(self._billable[at])

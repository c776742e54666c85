"""Indicators of one release of the physician fee schedule."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from payerpack.baseline.editions.columns import CodeIndex, Memo, code_of, key_of
from payerpack.baseline.editions.records import PfsRow

if TYPE_CHECKING:
    import datetime as dt

    from payerpack.baseline.editions.columns import Columns
    from payerpack.baseline.editions.manifest import TableEntry

# The code and modifier share one key of fixed width, so that a code's rows lie side by side.
_CODE_WIDTH = 5
_WIDTH = 7


def pfs_key(code: str, modifier: str) -> str:
    """Return code and modifier as one text of fixed width."""
    return f"{code:<5}{modifier:<2}"


class PfsTable:
    """One relative value file, one row per code and modifier.

    Attributes:
        first: First day of the release's quarter.
        last: Last day of the release's quarter.
        label: Such as ``PFS 2025Q4``.
        exact: Whether the release is the one in force on the day it was asked for.
    """

    __slots__ = ("_keys", "_known", "_profile", "_profiles", "_work", "exact", "first", "label", "last")

    def __init__(self, columns: Columns, entry: TableEntry, *, exact: bool = True) -> None:
        self._keys = CodeIndex(columns.column("codes"))
        self.first = entry.first
        self.last = entry.last
        self.label = entry.label
        self.exact = exact
        self._profiles: list[list[str]] = columns.meta["profiles"]
        self._profile = columns.column("profile")
        self._work = columns.column("work_rvu")
        self._known: Memo[tuple[str, str], PfsRow] = Memo()

    def __len__(self) -> int:
        """Return the number of rows, one per code and modifier."""
        return len(self._keys)

    def __contains__(self, code: str) -> bool:
        """Say whether any row of the code is held."""
        return (code, "") in self._known or bool(self._range(code))

    def covers(self, day: dt.date) -> bool:
        """Say whether the day lies in the release's quarter."""
        return self.first <= day <= self.last

    def row(self, code: str, modifier: str = "") -> PfsRow | None:
        """Return the row of a code and modifier; empty asks for the whole service."""
        known = self._known.get((code, modifier))
        if known is not None:
            return known
        if len(code) != _CODE_WIDTH:
            return None
        at = self._keys.position(pfs_key(code, modifier))
        return None if at < 0 else self._record(code, modifier, at)

    def rows(self, code: str) -> tuple[PfsRow, ...]:
        """Return every row of a code: the whole service first, then its modifiers."""
        found = []
        for at in self._range(code):
            text = code_of(self._keys.keys[at])
            found.append(self._record(code, text[_CODE_WIDTH:].rstrip(), at))
        return tuple(found)

    def codes(self) -> list[str]:
        """Return every code that has a row, in order."""
        return list(dict.fromkeys(text[:_CODE_WIDTH] for text in self._keys))

    def _range(self, code: str) -> range:
        if len(code) != _CODE_WIDTH:
            return range(0)
        keys = self._keys.keys
        at = stop = bisect_left(keys, key_of(pfs_key(code, "")))
        prefix = key_of(code)
        while stop < len(keys) and keys[stop] >> (8 * (_WIDTH - _CODE_WIDTH)) == prefix:
            stop += 1
        return range(at, stop)

    def _record(self, code: str, modifier: str, at: int) -> PfsRow:
        status, pctc, days, multiple, bilateral, assistant, co, team, base, supervision, family = self._profiles[
            self._profile[at]
        ]
        row = PfsRow(
            code,
            modifier,
            status=status,
            pctc=pctc,
            global_days=days,
            multiple_procedure=multiple,
            bilateral=bilateral,
            assistant=assistant,
            co_surgeon=co,
            team_surgeon=team,
            endoscopic_base=base,
            supervision=supervision,
            imaging_family=family,
            work_rvu_hundredths=self._work[at],
        )
        return self._known.remember((code, modifier), row)

"""Procedure-to-procedure edits: every date window of every pair, answered from a memory map.

Codes are dense numbers, one row of column 2 numbers per column 1 code (compressed sparse rows), the windows of a pair
side by side in order of date. A window is a number too: few distinct (dates, indicator, rationale) exist.
"""

from __future__ import annotations

import datetime as dt
import sys
from bisect import bisect_left
from typing import TYPE_CHECKING

from payerpack.baseline.editions.columns import CodeIndex, Memo
from payerpack.baseline.editions.quarters import to_date
from payerpack.baseline.editions.records import PtpRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from payerpack.baseline.editions.columns import Columns
    from payerpack.baseline.editions.manifest import TableEntry

NEVER_IN_FORCE = 9

_Row = tuple[str, str, int]
"""A code: its letter, the letters of its row, and where the row begins."""
_NOT_HELD: _Row = (chr(sys.maxunicode), "", 0)
_MANY = 64


class _Rows(Memo[str, _Row]):
    """The rows of codes as texts with a letter for each code of column 2, made when first asked for; a kilobyte each.

    Whether any of a claim's codes is in any of their rows is then one join and a search for each code, both in C. Asking
    each pair of codes by binary search was a sixth of all that a claim of four lines cost.
    """

    __slots__ = ("_table",)

    def __init__(self, table: PtpTable) -> None:
        super().__init__()
        self._table = table

    def __missing__(self, code: str) -> _Row:
        row = self._table.row(code)
        return row if row is _NOT_HELD else self.remember(code, row)


class PtpTable:
    """The PTP edits of one program and setting.

    Attributes:
        codes: Every code of the table, as column 1 or column 2.
        first: First day that any edit is in force.
        last: Last day of the release's quarter; after it, what CMS has changed since is not known.
        rationales: The keys that the number of a rationale stands for.
    """

    __slots__ = (
        "_column2",
        "_label",
        "_rows",
        "_span_first",
        "_span_force",
        "_span_indicator",
        "_span_last",
        "_span_rationale",
        "_spans",
        "_starts",
        "codes",
        "first",
        "last",
        "rationales",
    )

    def __init__(self, columns: Columns, entry: TableEntry) -> None:
        self.codes = CodeIndex(columns.column("codes"))
        self.first = entry.first
        self.last = entry.last
        self.rationales: tuple[str, ...] = tuple(columns.meta["rationales"])
        self._label = entry.label
        self._starts = columns.column("starts")
        self._column2 = columns.column("column2")
        self._spans = columns.column("spans")
        self._span_first = columns.column("span_first").tolist()
        self._span_last = columns.column("span_last").tolist()
        self._span_indicator = columns.column("span_indicator").tolist()
        self._span_rationale = columns.column("span_rationale").tolist()
        # A row of indicator 9 was never in force: an end before every day says so in the same comparison.
        self._span_force = [
            0 if indicator == NEVER_IN_FORCE else last
            for indicator, last in zip(self._span_indicator, self._span_last, strict=True)
        ]
        self._rows = _Rows(self)

    def __len__(self) -> int:
        """Return the number of rows, every window counted."""
        return len(self._column2)

    def __contains__(self, code: str) -> bool:
        """Say whether the code stands in any row."""
        return self.codes.position(code) >= 0

    def label(self, day: dt.date | None = None) -> str:  # noqa: ARG002 - one release holds all dates today
        """Return the release that answers for the day, such as ``NCCI-PTP-PRA v30.2``."""
        return self._label

    def covers(self, day: dt.date) -> bool:
        """Say whether the release knows every edit of that day."""
        return self.first <= day <= self.last

    def hits(self, codes: Sequence[str], ordinal: int) -> list[tuple[int, int, int, int]]:
        """Find every edit in force among the codes of one day.

        After the release's quarter the newest windows held still answer; ask ``covers`` too.

        Args:
            codes: Distinct codes.
            ordinal: The day of service, ``date.toordinal()``.

        Returns:
            For each edit: position of the column 1 code, position of the column 2 code, modifier indicator (0 or 1),
            number of the rationale. In order of the positions.
        """
        found: list[tuple[int, int, int, int]] = []
        for i, j, windows in self._pairs(codes):
            for at in windows:
                span = self._spans[at]
                if self._span_first[span] <= ordinal <= self._span_force[span]:
                    found.append((i, j, self._span_indicator[span], self._span_rationale[span]))
                    break
        return found

    def paired(self, codes: Sequence[str]) -> set[str]:
        """Return those of some distinct codes that have an edit, of any date, with another of them."""
        return {codes[at] for i, j, _ in self._pairs(codes) for at in (i, j)}

    def _pairs(self, codes: Sequence[str]) -> list[tuple[int, int, range]]:
        """Return the pairs among some codes: positions of column 1 and column 2, and their windows."""
        rows = self._rows
        asked = [rows[code] for code in codes]
        held = "".join([row for _, row, _ in asked])
        seconds = {letter: j for j, (letter, _, _) in enumerate(asked) if letter in held}
        found: list[tuple[int, int, range]] = []
        if not seconds:
            return found
        for i, (_, row, start) in enumerate(asked):
            if len(seconds) > _MANY:  # then it is quicker to read the row once than to search it for each
                met = sorted(seconds.keys() & row, key=seconds.__getitem__)
            else:
                met = [letter for letter in seconds if letter in row]
            for letter in met:
                at = start + row.index(letter)
                found.append((i, seconds[letter], range(at, at + row.count(letter))))
        return found

    def row(self, code: str) -> _Row:
        """Return the row of a code as a text, each code of column 2 a letter."""
        number, start, end = self._bounds(code)
        return _NOT_HELD if number < 0 else (chr(number), "".join(map(chr, self._column2[start:end])), start)

    def lookup(self, column1: str, column2: str, day: dt.date) -> PtpRow | None:
        """Return the edit of the pair in force on a day; the order of the codes matters."""
        ordinal = day.toordinal()
        for at in self._windows(column1, column2):
            span = self._spans[at]
            if self._span_first[span] <= ordinal <= self._span_force[span]:
                return self._record(column1, column2, span)
        return None

    def windows(self, column1: str, column2: str) -> tuple[PtpRow, ...]:
        """Return every window of the pair in this order of codes, oldest first, indicator 9 included."""
        return tuple(self._record(column1, column2, self._spans[at]) for at in self._windows(column1, column2))

    def count(self, code: str, day: dt.date | None = None) -> tuple[int, int]:
        """Return in how many pairs the code is column 1, and in how many column 2.

        Args:
            code: A procedure code.
            day: Count only pairs in force that day; None counts every pair there ever was.
        """
        number, start, end = self._bounds(code)
        if number < 0:
            return (0, 0)
        ordinal = None if day is None else day.toordinal()
        first = len({self._column2[at] for at in range(start, end) if self._counts(at, ordinal)})
        second = 0
        starts = self._starts
        for row in range(len(self.codes)):
            at, end = starts[row], starts[row + 1]
            if at == end:
                continue
            at = bisect_left(self._column2, number, at, end)
            while at < end and self._column2[at] == number:
                if self._counts(at, ordinal):
                    second += 1
                    break
                at += 1
        return (first, second)

    def rows(self) -> Iterator[PtpRow]:
        """Yield every row in order of column 1, column 2 and date."""
        for number, column1 in enumerate(self.codes):
            for at in range(self._starts[number], self._starts[number + 1]):
                yield self._record(column1, self.codes.code(self._column2[at]), self._spans[at])

    def rows_of(self, code: str) -> tuple[PtpRow, ...]:
        """Return every window in which the code is column 1, in order of column 2 and date."""
        _, start, end = self._bounds(code)
        return tuple(
            self._record(code, self.codes.code(self._column2[at]), self._spans[at]) for at in range(start, end)
        )

    def _counts(self, at: int, ordinal: int | None) -> bool:
        if ordinal is None:
            return True
        span = self._spans[at]
        return bool(self._span_first[span] <= ordinal <= self._span_force[span])

    def _bounds(self, code: str) -> tuple[int, int, int]:
        """Return the code's number, or -1, and the bounds of its row."""
        number = self.codes.position(code)
        return (number, self._starts[number], self._starts[number + 1]) if number >= 0 else (-1, 0, 0)

    def _windows(self, column1: str, column2: str) -> range:
        _, start, end = self._bounds(column1)
        code = self._bounds(column2)[0]
        if code < 0:
            return range(0)
        at = stop = bisect_left(self._column2, code, start, end)
        while stop < end and self._column2[stop] == code:
            stop += 1
        return range(at, stop)

    def _record(self, column1: str, column2: str, span: int) -> PtpRow:
        return PtpRow(
            column1=column1,
            column2=column2,
            effective=dt.date.fromordinal(self._span_first[span]),
            deletion=to_date(self._span_last[span]),
            indicator=str(self._span_indicator[span]),
            rationale=self.rationales[self._span_rationale[span]],
        )

"""Read and compile procedure-to-procedure edits, Medicare's and Medicaid's.

A row is seven tab-separated fields: column 1, column 2, a mark for edits older than 1996, effective date, deletion
date (``*``: none), modifier indicator, rationale. Medicaid's files lack the mark, leave the deletion date blank where
there is none, and may print a date as year and day of the year. Everything after column 2 repeats in
a few thousand spellings, so it is parsed once per spelling: that makes two and a half million rows a matter of seconds.
"""

from __future__ import annotations

import re
from array import array
from typing import TYPE_CHECKING

import attrs

from payerpack.baseline.editions.importers.compiled import (
    CompiledTable,
    Release,
    code_column,
    column,
    compile_table,
    narrowest,
)
from payerpack.baseline.editions.quarters import NO_END, from_yyyyddd, from_yyyymmdd
from payerpack.baseline.editions.vocabulary import PTP_RATIONALES, UNKNOWN, ptp_rationale

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from payerpack.baseline.editions.importers.problems import Problems
    from payerpack.baseline.editions.manifest import SourceFile

_CODE = re.compile(r"[0-9A-Z]{5}")
_FIELDS = 7
_DATE = 3
_JULIAN = 7
_NEVER = 9

# (effective, last day, indicator, number of the rationale)
_Span = tuple[int, int, int, int]


@attrs.frozen(slots=True)
class PartSummary:
    """One file of a set: its rows and the pairs it begins and ends with."""

    file: str
    part: int
    rows: int
    first: tuple[str, str]
    last: tuple[str, str]


class PtpBuilder:
    """Gathers the files of one setting in any order, then compiles them."""

    def __init__(self, release: Release, problems: Problems) -> None:
        self.release = release
        self.parts: list[PartSummary] = []
        self.sources: list[SourceFile] = []
        self._problems = problems
        self._numbers: dict[str, int] = {}
        self._rows: dict[str, tuple[array[int], array[int]]] = {}
        self._spans: dict[str, int] = {}
        self._distinct: dict[_Span, int] = {}
        self._notes: dict[str, int] = {}

    def read(self, lines: Iterable[str], file: str, part: int, source: SourceFile) -> None:
        """Read one file of the set.

        Args:
            lines: Its lines, the six of the preamble included.
            file: Its name in messages.
            part: Its number in the set.
            source: What the manifest says of it.
        """
        numbers, rows, spans = self._numbers, self._rows, self._spans
        if self.release.program == "medicaid":
            lines = map(_with_mark, lines)
        first: tuple[str, str] | None = None
        pair = ("", "")
        count = 0
        current = ""
        row: tuple[array[int], array[int]] = (array("I"), array("I"))
        for number, line in enumerate(lines, 1):
            fields = line.split("\t", 2)
            # The way of nearly every row: both codes and the rest of the row have been seen, and were sound.
            if (
                len(fields) == 3  # noqa: PLR2004 - two codes and the rest
                and fields[2] in spans
                and fields[0] in numbers
                and fields[1] in numbers
                and fields[0] != fields[1]
            ):
                column1, column2, rest = fields
                span = spans[rest]
            else:
                if not line.strip() or (count == 0 and not _is_data(line)):
                    continue
                parsed = self._parse(line, file, number)
                if parsed is None:
                    if self._problems.full(file):
                        return
                    continue
                column1, column2, span = parsed
            if column1 != current:
                current = column1
                row = rows.setdefault(column1, (array("I"), array("I")))
            row[0].append(numbers[column2])
            row[1].append(span)
            pair = (column1, column2)
            first = first or pair
            count += 1
        if first is None:
            if not self._problems.any_in(file):
                message = "holds no row of edits, so it is not the file its name says; download it again"
                self._problems.add(message, file)
            return
        self.parts.append(PartSummary(file, part, count, first, pair))
        self.sources.append(source)

    def _parse(self, line: str, file: str, number: int) -> tuple[str, str, int] | None:
        """Parse a row of which something is new, and remember it; note what is wrong with it."""
        fields = line.rstrip("\r\n").split("\t")
        add = self._problems.add
        if len(fields) < _FIELDS:
            message = f"the row has {len(fields)} fields where a PTP file has 7: the file is cut off or not CMS's; download it again"
            add(message, file, number)
            return None
        column1, column2, _, effective, deletion, indicator, rationale = (field.strip() for field in fields[:_FIELDS])
        sound = True
        for name, code in (("column 1", column1), ("column 2", column2)):
            if not _CODE.fullmatch(code):
                add(f"'{code[:20]}' is no procedure code: five digits or capital letters are", file, number, name)
                sound = False
        try:
            start = self._date(effective).toordinal()
        except ValueError:
            add(f"'{effective[:20]}' is no date: write YYYYMMDD", file, number, "effective date")
            sound = False
        try:
            end = NO_END if deletion in ("*", "") else self._date(deletion).toordinal()
        except ValueError:
            add(f"'{deletion[:20]}' is no date: write YYYYMMDD, or * for none", file, number, "deletion date")
            sound = False
        if indicator not in ("0", "1", "9"):
            add(f"'{indicator[:20]}' is no modifier indicator: 0, 1 and 9 are", file, number, "modifier indicator")
            sound = False
        if column1 == column2:
            add(f"{column1} is paired with itself, which no edit is; download the file again", file, number, "column 2")
            sound = False
        if not sound:
            return None
        key = ptp_rationale(rationale)
        if key == UNKNOWN:
            self._note("rationale not in the vocabulary")
        span = (start, end, int(indicator), PTP_RATIONALES.index(key))
        known = self._distinct.setdefault(span, len(self._distinct))
        self._spans[line.split("\t", 2)[2]] = known
        for code in (column1, column2):
            self._numbers.setdefault(code, len(self._numbers))
        return column1, column2, known

    def _date(self, text: str) -> dt.date:
        julian = self.release.program == "medicaid" and len(text) == _JULIAN
        return from_yyyyddd(text) if julian else from_yyyymmdd(text)

    def _note(self, what: str) -> None:
        self._notes[what] = self._notes.get(what, 0) + 1

    def compile(self, *, complete: bool) -> CompiledTable:
        """Order everything by column 1, column 2 and date, and pack it; note windows that overlap."""
        codes = sorted(self._numbers)
        rank = [0] * len(codes)
        for position, code in enumerate(codes):
            rank[self._numbers[code]] = position
        # Spans in order of date: the number of a span then sorts the windows of a pair.
        spans = sorted(self._distinct)
        order = [0] * len(spans)
        for position, span in enumerate(spans):
            order[self._distinct[span]] = position
        starts = array("I", [0])
        column2 = array(narrowest(len(codes)))
        span_of = array(narrowest(len(spans)))
        for code in codes:
            row = self._rows.get(code)
            if row is not None:
                keys = sorted([rank[c] << 32 | order[s] for c, s in zip(*row, strict=True)])
                seconds = [key >> 32 for key in keys]
                windows = [key & 0xFFFFFFFF for key in keys]
                if len(set(seconds)) < len(seconds):
                    self._check_windows(code, codes, seconds, windows, spans)
                column2.extend(seconds)
                span_of.extend(windows)
            starts.append(len(column2))
        columns = {
            "codes": code_column(codes),
            "starts": starts,
            "column2": column2,
            "spans": span_of,
            "span_first": column((span[0] for span in spans), "i"),
            "span_last": column((span[1] for span in spans), "i"),
            "span_indicator": column((span[2] for span in spans), "B"),
            "span_rationale": column((span[3] for span in spans), "B"),
        }
        marked = {number for number, span in enumerate(spans) if span[2] == _NEVER}
        backwards = {number for number, span in enumerate(spans) if span[1] < span[0]} - marked
        self._notes["rows never in force (indicator 9)"] = sum(number in marked for number in span_of)
        if backwards:
            # They answer no day, so they do no harm; whether CMS means them is for a person to ask.
            self._notes["rows that end before they begin"] = sum(number in backwards for number in span_of)
        return compile_table(
            self.release,
            {"rationales": list(PTP_RATIONALES)},
            columns,
            rows=len(column2),
            complete=complete,
            sources=sorted(self.sources, key=lambda source: source.name),
            first=self._first_day(spans),
            notes={name: count for name, count in self._notes.items() if count},
        )

    def _first_day(self, spans: list[_Span]) -> dt.date:
        import datetime as dt

        return dt.date.fromordinal(spans[0][0]) if spans else self.release.first

    def _check_windows(
        self, code: str, codes: list[str], seconds: list[int], windows: list[int], spans: list[_Span]
    ) -> None:
        """Note every two windows of one pair that share a day on which both would be in force."""
        previous, end = -1, 0
        for second, window in zip(seconds, windows, strict=True):
            first, last, indicator, _ = spans[window]
            if indicator == _NEVER or last < first:
                continue
            if second == previous and first <= end:
                message = (
                    f"two date windows of the pair {code}/{codes[second]} overlap, so a day would have two answers; "
                    "give one release's files only, each once"
                )
                self._problems.add(message, self.parts[0].file if self.parts else self.release.label)
            if second != previous:
                previous, end = second, last
            else:
                end = max(end, last)


def _is_data(line: str) -> bool:
    """Tell a row of edits from the preamble: a code first and eight digits fourth."""
    fields = line.split("\t")
    return len(fields) > _DATE and bool(fields[0]) and len(fields[_DATE]) in (_JULIAN, 8) and fields[_DATE].isdigit()


def _with_mark(line: str) -> str:
    """Put the field that Medicaid's rows lack where Medicare's have it."""
    column1, column2, rest = (*line.split("\t", 2), "", "")[:3]
    return f"{column1}\t{column2}\t\t{rest}" if rest[:1].isdigit() else line

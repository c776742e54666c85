"""Check an edition: every digest, and the invariants of CMS's tables, each recomputed from the bytes on disk."""

from __future__ import annotations

import hashlib
import itertools
from bisect import bisect_left
from typing import TYPE_CHECKING

from payerpack.baseline.editions.columns import code_of, map_file
from payerpack.baseline.editions.manifest import read_manifest
from payerpack.baseline.editions.quarters import NO_END
from payerpack.errors import DataError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from payerpack.baseline.editions.columns import Columns
    from payerpack.baseline.editions.edition import Edition
    from payerpack.baseline.editions.manifest import TableEntry

_NEVER = 9
_CHUNK = 1 << 20
_MOST = 20


def verify(edition: Edition) -> tuple[Problem, ...]:
    """Recompute digests and structural invariants of an edition.

    The invariants are those that hold for every row of CMS's own tables: codes in order, every row within its column,
    no pair of a code with itself, no two windows of a pair in force on one day, no pair standing in both orders.

    Args:
        edition: An edition; the starter edition has no files, so only its invariants are checked.

    Returns:
        What is wrong; empty for a sound edition.
    """
    if edition.path is not None:
        return tuple(_on_disk(edition.path))
    tables = ((entry, edition.columns(entry)) for entry in edition.manifest.tables)
    return tuple(problem for entry, columns in tables for problem in _in_table(entry, columns, entry.file))


def _on_disk(folder: Path) -> Iterator[Problem]:
    manifest = read_manifest(folder)
    if folder.name != f"edition-{manifest.id}":
        message = f"does not match its content, which is edition-{manifest.id}; import CMS's files again"
        yield Problem(f"{folder.name}/", message)
    for entry in manifest.tables:
        location = f"{folder.name}/{entry.file}"
        try:
            if _digest(folder / entry.file) != entry.sha256:
                yield Problem(location, "differs from the digest in the manifest; import CMS's files again")
                continue
            columns = map_file(folder / entry.file)
        except (OSError, DataError):
            yield Problem(location, "cannot be read, so the edition is damaged; import CMS's files again")
            continue
        yield from _in_table(entry, columns, location)


def _in_table(entry: TableEntry, columns: Columns, location: str) -> Iterator[Problem]:
    faults = list(_faults(entry, columns))
    for fault in faults[:_MOST]:
        yield Problem(location, f"{fault}; download CMS's files and import them again")
    if len(faults) > _MOST:
        yield Problem(location, f"{len(faults) - _MOST} more faults are not shown")


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _faults(entry: TableEntry, columns: Columns) -> Iterator[str]:
    codes = columns.column("codes")
    if any(a >= b for a, b in itertools.pairwise(codes)):
        yield "codes are not in order, so look-ups would miss some"
    if entry.kind == "ptp":
        yield from _ptp_faults(entry, columns)
    elif entry.kind == "add-on":
        starts, firsts, lasts = columns.column("starts"), columns.column("row_first"), columns.column("row_last")
        yield from _starts_faults(starts, len(codes), len(firsts))
        if any(last < first for first, last in zip(firsts, lasts, strict=True)):
            yield "a row ends before it begins"
    elif len(codes) != entry.rows:
        yield f"{len(codes)} rows are held where the manifest says {entry.rows}"
    if entry.kind == "mue" and any(mai > 3 for mai in columns.column("mai")):  # noqa: PLR2004 - 1, 2, 3 or none
        yield "an adjudication indicator is none of 1, 2 and 3"


def _starts_faults(starts: memoryview, codes: int, rows: int) -> Iterator[str]:
    if len(starts) != codes + 1 or starts[0] != 0 or starts[codes] != rows:
        yield "the rows do not add up to the table"
    if any(a > b for a, b in itertools.pairwise(starts)):
        yield "the rows of one code run into those of another"


class _Ptp:
    """The columns of a PTP table, and which of its windows can answer a claim."""

    def __init__(self, columns: Columns) -> None:
        self.codes = columns.column("codes")
        self.starts = columns.column("starts")
        self.column2 = columns.column("column2")
        self.spans = columns.column("spans")
        self.firsts = columns.column("span_first").tolist()
        self.lasts = columns.column("span_last").tolist()
        indicators = columns.column("span_indicator").tolist()
        self.standing = [
            indicator != _NEVER and last == NO_END for indicator, last in zip(indicators, self.lasts, strict=True)
        ]
        # Never in force: marked so, or ended before it began. It answers nothing, so it cannot contradict anything.
        self.in_force = [
            indicator != _NEVER and first <= last
            for indicator, first, last in zip(indicators, self.firsts, self.lasts, strict=True)
        ]

    def row(self, number: int) -> range:
        """Return where the row of a code lies."""
        return range(self.starts[number], self.starts[number + 1])

    def pair(self, column1: int, column2: int) -> str:
        """Return a pair as text."""
        return f"{code_of(self.codes[column1])}/{code_of(self.codes[column2])}"

    def stands(self, column1: int, column2: int) -> bool:
        """Say whether the pair has a window without an end."""
        row = self.row(column1)
        at = bisect_left(self.column2, column2, row.start, row.stop)
        while at < row.stop and self.column2[at] == column2:
            if self.standing[self.spans[at]]:
                return True
            at += 1
        return False


def _ptp_faults(entry: TableEntry, columns: Columns) -> Iterator[str]:
    table = _Ptp(columns)
    if len(table.column2) != entry.rows:
        yield f"{len(table.column2)} rows are held where the manifest says {entry.rows}"
    structure = list(_starts_faults(table.starts, len(table.codes), len(table.column2)))
    yield from structure
    if (
        structure
        or max(table.column2, default=0) >= len(table.codes)
        or max(table.spans, default=0) >= len(table.firsts)
    ):
        yield "a row points outside the table"
        return
    for number in range(len(table.codes)):
        yield from _row_faults(table, number)
        for at in table.row(number):
            other = table.column2[at]
            if other > number and table.standing[table.spans[at]] and table.stands(other, number):
                yield f"the pair {table.pair(number, other)} stands in both orders"


def _row_faults(table: _Ptp, number: int) -> Iterator[str]:
    previous, end = -1, 0
    for at in table.row(number):
        other, span = table.column2[at], table.spans[at]
        if other < previous:
            yield f"the row of {code_of(table.codes[number])} is not in order"
        if other == number:
            yield f"{code_of(table.codes[number])} is paired with itself"
        if other != previous:
            previous, end = other, 0
        if table.in_force[span]:
            if table.firsts[span] <= end:
                yield f"two windows of the pair {table.pair(number, other)} overlap"
            end = max(end, table.lasts[span])

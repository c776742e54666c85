"""Claims from tables of service lines: CSV, Parquet and Arrow; one row for each line, the claim's columns repeated.

`payerpack.formats.table_columns` says what columns there are. The rows of a claim stand together, in the order of its
lines; ``number`` may be left out. An empty cell says what an absent key says. CSV is UTF-8 text with a header, and
commas, semicolons or tabs between its cells; it needs the standard library only, the others the extra ``arrow``.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple

from payerpack.claim import Claim, RejectedClaim
from payerpack.errors import ClaimError, DataError, Problem
from payerpack.finding import Format
from payerpack.formats.structure import structure_claim
from payerpack.formats.table_columns import Column, Level, columns_of, is_table_of_claims
from payerpack.formats.table_objects import Cells, Objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import ModuleType

_LEVELS: Final[tuple[Level, ...]] = ("claim", "line", "report")
_MAGIC: Final = b"PAR1"
_BOM: Final = b"\xef\xbb\xbf"
_NO_FACTS: Final[Mapping[str, Any]] = {}
_ROWS: Final = 1024
_REMEMBERED: Final = 65_536
"""So many claims back a claim that comes twice is noticed; a table in any other order brings one soon."""
_LINE: Final = re.compile(r"\$\.lines\[(\d+)\](?:\.(.+))?")


class _Group(NamedTuple):
    """The rows of one claim: what they say of it, of each line, and what is wrong with the rows themselves."""

    row: int
    claim: dict[str, Any]
    lines: list[dict[str, Any]]
    faults: list[Problem]


def read_csv(stream: BinaryIO, name: str) -> Iterator[Claim | RejectedClaim]:
    """Yield a claim or a rejected claim for all rows that one claim id heads, in order.

    Raises:
        DataError: The text is not UTF-8, the header misses columns or has unknown ones, or a claim's rows are apart.
    """
    text = io.TextIOWrapper(stream, "utf-8-sig", newline="")
    try:
        header = text.readline()
        delimiter = _delimiter(header)
        names = next(csv.reader([header], delimiter=delimiter))
        rows = csv.reader(text, delimiter=delimiter)
        torn: dict[int, str] = {}
        yield from table_claims(names, _csv_batches(rows, len(names), torn), name, torn=torn)
    except UnicodeDecodeError:
        raise DataError(Problem(name, "is not UTF-8 text; save it as UTF-8")) from None
    except csv.Error as error:
        raise DataError(Problem(name, f"is not sound CSV ({error}); check what wrote it")) from None


def read_parquet(stream: BinaryIO, name: str) -> Iterator[Claim | RejectedClaim]:
    """Yield a claim or a rejected claim for all rows that one claim id heads, in order.

    Raises:
        DataError: The extra ``arrow`` is not installed, the file is damaged, the columns are not those of claims, or a
            claim's rows are apart.
    """
    pyarrow = arrow(name)
    parquet = arrow(name, "parquet")
    source = stream if stream.seekable() else io.BytesIO(stream.read())
    try:
        file = parquet.ParquetFile(source)
        # Measured for batches of this size: threads of Arrow's own take 5 us a claim, none 3, and both as long.
        batches = file.iter_batches(_ROWS, use_threads=False)
        yield from arrow_claims(file.schema_arrow.names, batches, name)
    except (pyarrow.ArrowException, OSError) as error:
        kind = type(error).__name__
        raise DataError(Problem(name, f"is no whole Parquet file ({kind}); check what wrote it")) from None


def arrow_claims(
    names: Sequence[str], batches: Iterable[Any], where: str, columns: Mapping[str, str] | None = None
) -> Iterator[Claim | RejectedClaim]:
    """Yield the claims of Arrow record batches; see `table_claims`."""
    pyarrow = arrow(where)
    return table_claims(names, (_plain_batch(batch, pyarrow) for batch in batches), where, columns)


def table_claims(
    names: Sequence[str],
    batches: Iterable[list[Cells]],
    where: str,
    columns: Mapping[str, str] | None = None,
    torn: Mapping[int, str] | None = None,
) -> Iterator[Claim | RejectedClaim]:
    """Yield the claims of a table.

    Args:
        names: Its columns.
        batches: Its rows, some at a time: the cells of each column. ``None`` and empty text are empty cells.
        where: What to call it in messages; the rows are counted from 1 behind the header.
        columns: See `payerpack.formats.table_columns.columns_of`.
        torn: What is wrong with a row as such, by its number; known when its batch is.

    Raises:
        DataError: The columns are not those of claims, or a claim's rows are apart.
    """
    found = columns_of(names, where, columns)
    titles = {(column.level, column.path[0]): name for name, column in zip(names, found, strict=True) if column}
    for group in _groups(found, batches, names, where):
        if torn:
            rows = range(group.row, group.row + len(group.lines))
            group.faults.extend(Problem(f"{where}: row {row}", torn[row]) for row in rows if row in torn)
        yield _claim(group, where, titles)


def _groups(
    columns: list[Column | None], batches: Iterable[list[Cells]], names: Sequence[str], where: str
) -> Iterator[_Group]:
    """Yield the rows of each claim, also where a batch ends among them."""
    of_claim, of_line, of_report = (Objects(columns, level) for level in _LEVELS)
    key = next(index for index, column in enumerate(columns) if column is not None and column.path == ("id",))
    seen = _Seen()
    group: _Group | None = None
    before: tuple[Any, ...] = ()
    row = 0
    for cells in batches:
        heads = zip(*(cells[index] for index in of_claim.indexes), strict=True)
        facts = of_report.of_all(cells) if of_report.indexes else itertools.repeat(_NO_FACTS)
        for claim_id, head, line, attested in zip(cells[key], heads, of_line.of_all(cells), facts, strict=False):
            row += 1
            if group is None or (head != before and group.claim.get("id") != claim_id):
                if group is not None:
                    yield group
                if claim_id and not seen.add(claim_id):
                    problem = "begins a claim that has rows further up; sort the table by claim_id"
                    raise DataError(Problem(f"{where}: row {row}", problem))
                group, before = _Group(row, of_claim.of_one(head), [], []), head
            elif head != before:
                differing = zip(of_claim.indexes, before, head, strict=True)
                group.faults.extend(_changed(where, row, names[index]) for index, a, b in differing if a != b)
            group.lines.append(line)
            if attested:
                _attest(group, attested)
    if group is not None:
        yield group


class _Seen:
    """The ids of the latest claims."""

    def __init__(self) -> None:
        self._ids: set[Any] = set()
        self._order: deque[Any] = deque()

    def add(self, claim_id: Any) -> bool:
        """Remember an id; say whether it is new."""
        if claim_id in self._ids:
            return False
        self._ids.add(claim_id)
        self._order.append(claim_id)
        if len(self._order) > _REMEMBERED:
            self._ids.remove(self._order.popleft())
        return True


def _attest(group: _Group, facts: Mapping[str, Any]) -> None:
    """Add the attested facts of the line that was added last."""
    position = len(group.lines)
    attested = group.claim.setdefault("attestations", [])
    if isinstance(attested, list):
        attested.append({"lines": [group.lines[-1].get("number", position)], "facts": facts})


def _changed(where: str, row: int, name: str) -> Problem:
    problem = "differs among the rows of one claim; write the same in each, or give each claim an id of its own"
    return Problem(f"{where}: row {row}, column {name}", problem)


def _claim(group: _Group, where: str, titles: Mapping[tuple[Level, str], str]) -> Claim | RejectedClaim:
    for position, line in enumerate(group.lines, start=1):
        line.setdefault("number", position)
    try:
        claim = structure_claim({**group.claim, "lines": group.lines})
        problems: tuple[Problem, ...] = ()
    except ClaimError as error:
        problems = tuple(_placed(problem, group.row, where, titles) for problem in error.problems)
    if problems or group.faults:
        claim_id = group.claim.get("id", "")
        location = f"{where}: row {group.row}"
        return RejectedClaim(location, (*group.faults, *problems), claim_id if isinstance(claim_id, str) else "")
    return claim


def _placed(problem: Problem, row: int, where: str, titles: Mapping[tuple[Level, str], str]) -> Problem:
    """Return a problem of a claim at the row and the column that it comes from."""
    level: Level = "claim"
    path = problem.location.removeprefix("$.")
    if match := _LINE.fullmatch(problem.location):
        level, path = "line", match[2] or ""
        row += int(match[1])
    key = re.split(r"[.\[]", path)[0]
    column = f", column {titles.get((level, key), path or level)}"
    return Problem(f"{where}: row {row}{column}", problem.message, problem.code, problem.excerpt)


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)


def _csv_batches(rows: Iterable[list[str]], width: int, torn: dict[int, str]) -> Iterator[list[Cells]]:
    """Yield rows as columns; a row of another width is noted, and cut or filled up to keep its place."""
    whole = []
    for number, row in enumerate((row for row in rows if row), start=1):
        if len(row) != width:
            torn[number] = f"has {len(row)} cells and the header {width}; check the quotes and delimiters of the row"
            row = [*row, *[""] * width][:width]  # noqa: PLW2901 - the same row
        whole.append(row)
        if len(whole) == _ROWS:
            yield [list(column) for column in zip(*whole, strict=True)]
            whole = []
    if whole:
        yield [list(column) for column in zip(*whole, strict=True)]


def _plain_batch(batch: Any, pyarrow: ModuleType) -> list[Cells]:
    return [_plain_column(column, pyarrow) for column in batch.columns]


def _plain_column(column: Any, pyarrow: ModuleType) -> Cells:
    """Return a column's values; dates, amounts and repeated texts leave Arrow as texts, several times faster."""
    types = pyarrow.types
    kind = column.type
    if types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if types.is_timestamp(kind):
        column, kind = column.cast(pyarrow.date32()), pyarrow.date32()
    if types.is_date(kind) or types.is_decimal(kind):
        column = column.cast(pyarrow.string())
    cells: Cells = column.to_pylist()
    if types.is_floating(kind):
        cells = [None if cell != cell else cell for cell in cells]  # noqa: PLR0124 - not a number: an empty cell
    return cells


def arrow(where: str, part: str = "") -> ModuleType:
    """Return pyarrow, or a part of it.

    Raises:
        DataError: It is not installed.
    """
    import importlib

    try:
        return importlib.import_module(f"pyarrow.{part}" if part else "pyarrow")
    except ModuleNotFoundError:
        raise DataError(Problem(where, "needs pyarrow to be read; run pip install payerpack[arrow]")) from None


def _looks_like_csv(head: bytes) -> bool:
    text = head.removeprefix(_BOM).split(b"\n", 1)[0].rstrip(b"\r")
    try:
        header = text.decode()
        names = next(csv.reader([header], delimiter=_delimiter(header)), [])
    except (UnicodeDecodeError, csv.Error):
        return False
    return is_table_of_claims(names)


CSV: Final = Format(name="csv", sniff=_looks_like_csv, read=read_csv)
PARQUET: Final = Format(name="parquet", sniff=lambda head: head.startswith(_MAGIC), read=read_parquet)

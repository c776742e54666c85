"""A table as an importer leaves it: the bytes of its file and what the manifest says of it."""

from __future__ import annotations

import hashlib
from array import array
from typing import TYPE_CHECKING, Any

import attrs

from payerpack.baseline.editions.columns import key_of, pack
from payerpack.baseline.editions.manifest import SourceFile, TableEntry

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

# The narrowest column that holds a number, so that the common case stays in 16 bits.
_WIDTHS = (("B", 1 << 8), ("H", 1 << 16), ("I", 1 << 32))


@attrs.frozen(slots=True)
class CompiledTable:
    """A compiled table and its entry in the manifest."""

    entry: TableEntry
    payload: bytes


@attrs.frozen(slots=True, kw_only=True)
class Release:
    """Which release of which table a file is, as its name tells.

    Attributes:
        kind: As ``TableEntry.kind``.
        program: As ``TableEntry.program``.
        setting: As ``TableEntry.setting``.
        version: As ``TableEntry.version``.
        label: As ``TableEntry.label``.
        first: First day of the release.
        last: Last day of the release.
        part: Number of the file in its set, from 1; 0 where one file is the whole table.
        parts: Number of files of the set.
    """

    kind: str
    version: str
    label: str
    first: dt.date
    last: dt.date
    program: str = ""
    setting: str = ""
    part: int = 0
    parts: int = 0


def compile_table(
    release: Release,
    meta: Mapping[str, Any],
    columns: Mapping[str, array[int]],
    *,
    rows: int,
    complete: bool,
    sources: Sequence[SourceFile],
    first: dt.date | None = None,
    notes: Mapping[str, int] | None = None,
) -> CompiledTable:
    """Pack columns and describe them.

    Args:
        release: Which release the table is.
        meta: Header values of the packed file.
        columns: The columns.
        rows: Number of rows read.
        complete: False for an extract.
        sources: The files read.
        first: First day covered where it is not the release's own.
        notes: Counted oddities.
    """
    payload = pack(meta, columns)
    name = "-".join(part for part in (release.kind, release.program, release.setting, release.version) if part)
    entry = TableEntry(
        kind=release.kind,
        program=release.program,
        setting=release.setting,
        version=release.version,
        label=release.label,
        first=first or release.first,
        last=release.last,
        rows=rows,
        complete=complete,
        file=f"{name.lower()}.columns",
        sha256=hashlib.sha256(payload).hexdigest(),
        bytes=len(payload),
        sources=tuple(sources),
        notes=tuple(sorted((notes or {}).items())),
    )
    return CompiledTable(entry, payload)


def column(values: Iterable[int], typecode: str) -> array[int]:
    """Return numbers as a column."""
    return array(typecode, values)


def code_column(codes: Iterable[str]) -> array[int]:
    """Return codes, given in order, as a column of keys."""
    return array("Q", map(key_of, codes))


def narrowest(largest: int) -> str:
    """Return the type code of the narrowest column that holds numbers up to ``largest``."""
    return next(typecode for typecode, limit in _WIDTHS if largest < limit)

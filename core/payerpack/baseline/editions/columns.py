"""One file of named columns, written once and mapped read-only by every process.

A file is a magic number, the length of a JSON header, the header, then the columns, each aligned to eight bytes and
little-endian. Columns are flat arrays of machine numbers, so a reader maps the file and indexes it: opening costs
the header, and the pages that nobody asks for are never read.
"""

from __future__ import annotations

import json
import mmap
import struct
import sys
from bisect import bisect_left
from typing import TYPE_CHECKING, Any, TypeVar

from payerpack.errors import DataError, Problem

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_Key = TypeVar("_Key")
_Record = TypeVar("_Record")

MAGIC = b"PPCOLS1\n"
# How many records a table remembers: more codes than a payer's claims use, and a few megabytes where they use all.
REMEMBERED = 4096

_ALIGN = 8
_PREFIX = struct.Struct("<8sI4x")


def pack(meta: Mapping[str, Any], columns: Mapping[str, array[int]]) -> bytes:
    """Lay columns out as the bytes of a file.

    Args:
        meta: Anything JSON can hold; returned as ``Columns.meta``.
        columns: Arrays by name.

    Returns:
        The whole file; the same input gives the same bytes on every machine.
    """
    parts: list[bytes] = []
    layout: dict[str, list[Any]] = {}
    offset = 0
    for name, column in columns.items():
        if sys.byteorder == "big":
            column.byteswap()
        data = column.tobytes()
        layout[name] = [column.typecode, column.itemsize, offset, len(data)]
        data += bytes(-len(data) % _ALIGN)
        parts.append(data)
        offset += len(data)
    header = json.dumps({"meta": meta, "columns": layout}, sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % _ALIGN)
    return b"".join([_PREFIX.pack(MAGIC, len(header)), header, *parts])


class Columns:
    """The columns of one file, read-only.

    Attributes:
        meta: The header's own values.
    """

    __slots__ = ("_data", "_layout", "_start", "meta")

    def __init__(self, data: memoryview, name: str) -> None:
        """Read the header.

        Args:
            data: The bytes of a file, mapped or in memory.
            name: What to call the file in an error.

        Raises:
            DataError: If the bytes are not a whole file of columns for this machine.
        """
        try:
            self._start, header = _read_header(data)
        except (struct.error, ValueError, KeyError) as error:
            message = "is not a whole table of an edition, so nothing in it can be trusted; import CMS's files again"
            raise DataError(Problem(name, message)) from error
        self.meta: dict[str, Any] = header["meta"]
        self._layout: dict[str, list[Any]] = header["columns"]
        if sys.byteorder == "big":
            message = "is laid out for little-endian processors, which this machine is not; editions do not work here"
            raise DataError(Problem(name, message))
        self._data = data

    def column(self, name: str) -> memoryview:
        """Return one column as a read-only sequence of numbers."""
        typecode, _, offset, size = self._layout[name]
        start = self._start + offset
        return self._data[start : start + size].cast(typecode)


def _read_header(data: memoryview) -> tuple[int, dict[str, Any]]:
    """Return where the columns begin and what the header says; raises ValueError and its like for anything else."""
    magic, length = _PREFIX.unpack_from(data)
    start = _PREFIX.size + length
    if magic != MAGIC:
        raise ValueError(magic)
    header: dict[str, Any] = json.loads(bytes(data[_PREFIX.size : start]))
    end = max((at + size for _, _, at, size in header["columns"].values()), default=0)
    if start + end > len(data) or "meta" not in header:
        raise ValueError(end)
    return start, header


def map_file(path: Path) -> Columns:
    """Map a file of columns read-only; the pages are shared by every process that maps it.

    Raises:
        DataError: If the file is missing, empty or damaged.
    """
    try:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is empty"
        message = f"cannot be read ({reason}), so the edition is damaged; import CMS's files again"
        raise DataError(Problem(path.name, message)) from error
    return Columns(memoryview(mapped), path.name)


class CodeIndex:
    """Codes in order, each found by binary search; a position stands for the code in every other column.

    A code of up to eight characters is one 64-bit number (its bytes, most significant first), so that the order of
    numbers is the order of equally long codes.
    """

    __slots__ = ("keys",)

    def __init__(self, keys: memoryview) -> None:
        """Use a column of keys in ascending order."""
        self.keys = keys

    def __len__(self) -> int:
        """Return the number of codes."""
        return len(self.keys)

    def __iter__(self) -> Iterator[str]:
        """Yield every code in order."""
        return map(code_of, self.keys)

    def position(self, code: str) -> int:
        """Return the position of a code, or -1."""
        key = key_of(code)
        keys = self.keys
        position = bisect_left(keys, key)
        return position if position < len(keys) and keys[position] == key else -1

    def code(self, position: int) -> str:
        """Return the code at a position."""
        return code_of(self.keys[position])


class Memo(dict[_Key, _Record]):
    """Records by key, dropped all at once when there are too many, so that no mix of codes or days grows a process."""

    __slots__ = ("_most",)

    def __init__(self, most: int = REMEMBERED) -> None:
        """Remember at most so many records."""
        super().__init__()
        self._most = most

    def remember(self, key: _Key, record: _Record) -> _Record:
        """Keep a record and return it."""
        if len(self) >= self._most:
            self.clear()
        self[key] = record
        return record


def key_of(code: str) -> int:
    """Return the number that stands for a code."""
    return int.from_bytes(code.encode("utf-8", "surrogatepass"), "big")


def code_of(key: int) -> str:
    """Return the code that a number stands for."""
    return key.to_bytes((key.bit_length() + 7) // 8, "big").decode("ascii")

"""Ways in and out: claim files of any known format in, reviews out."""

from __future__ import annotations

import importlib
import io
import os
import sys
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from payerpack.errors import DataError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager

    from payerpack.claim import Claim, RejectedClaim
    from payerpack.finding import Format

__all__ = ["builtin_formats", "open_claims", "read_claims"]

_HEAD: Final = 64 * 1024
"""So many bytes of a file tell its format."""
_BUILTIN: Final = (
    "payerpack.formats.json_claims:JSON",
    "payerpack.formats.json_claims:JSON_LINES",
    "payerpack.formats.x12:FORMAT",
    "payerpack.formats.tables:PARQUET",
    "payerpack.formats.tables:CSV",
)
_KNOWN: Final = ((b"%PDF", "a PDF"), (b"PK\x03\x04", "a zip archive"), (b"\x1f\x8b", "a gzip archive"), (b"<", "XML"))


def builtin_formats() -> Iterator[Format]:
    """Yield the formats that come with payerpack; each is imported when its turn comes."""
    for name in _BUILTIN:
        module, _, attribute = name.partition(":")
        found: Format = getattr(importlib.import_module(module), attribute)
        yield found


def read_claims(
    source: str | os.PathLike[str] | BinaryIO, *, formats: Iterable[Format] | None = None
) -> Iterator[Claim | RejectedClaim]:
    """Yield every claim of a file, in order, whatever its format; a claim that cannot be read is yielded as rejected.

    The format is told by what the file holds, never by its name. The file is open while the iterator is in use.

    Args:
        source: A path, ``-`` for standard input, or a binary stream.
        formats: The formats to choose from, the first that fits; those of `builtin_formats` when absent.

    Raises:
        DataError: The file cannot be opened, is in none of the formats, or is no whole file of its format. What could
            be read has been yielded before.
    """
    with open_claims(source, formats=formats) as (chosen, stream, name):
        assert chosen.read is not None
        yield from chosen.read(stream, name)


@contextmanager
def open_claims(
    source: str | os.PathLike[str] | BinaryIO, *, formats: Iterable[Format] | None = None
) -> Iterator[tuple[Format, BinaryIO, str]]:
    """Open a file of claims for one that reads it in its own way; see `read_claims`.

    Yields:
        The file's format, the file from its beginning, and its name for locations.
    """
    name = _name(source)
    try:
        with _opened(source) as stream:
            head = _read_head(stream)
            yield _choose(head, name, builtin_formats() if formats is None else formats), _rewound(head, stream), name
    except OSError as error:
        raise DataError(Problem(name, f"cannot be read ({error.strerror or 'input error'}); check the path")) from None


def _name(source: str | os.PathLike[str] | BinaryIO) -> str:
    if isinstance(source, (str, os.PathLike)):
        return "standard input" if source == "-" else os.fspath(source)
    name = getattr(source, "name", None)
    return name if isinstance(name, str) else "stream"


def _opened(source: str | os.PathLike[str] | BinaryIO) -> AbstractContextManager[BinaryIO]:
    if not isinstance(source, (str, os.PathLike)):
        return nullcontext(source)
    return nullcontext(sys.stdin.buffer) if source == "-" else Path(source).open("rb")


def _read_head(stream: BinaryIO) -> bytes:
    """Return the first bytes; a pipe may hand them over in pieces."""
    head = b""
    while len(head) < _HEAD and (more := stream.read(_HEAD - len(head))):
        head += more
    return head


def _choose(head: bytes, name: str, formats: Iterable[Format]) -> Format:
    if not head.strip():
        raise DataError(Problem(name, "is empty; give a file of claims"))
    tried = []
    for one in formats:
        if one.read is not None and one.sniff is not None:
            if one.sniff(head):
                return one
            tried.append(one.name)
    found = next((f" but {what}" for magic, what in _KNOWN if head.startswith(magic)), "")
    raise DataError(Problem(name, f"is no claim file{found}; give one of these formats: {', '.join(tried)}"))


def _rewound(head: bytes, stream: BinaryIO) -> BinaryIO:
    """Return a stream that yields the head once more and then the rest; not every stream can seek."""
    return io.BufferedReader(_Joined(head, stream), _HEAD)


class _Joined(io.RawIOBase):
    """What was read already, and then the rest of a stream; it can be sought in where the stream can."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._parts: list[BinaryIO] = [io.BytesIO(head), stream]
        self._stream = stream
        known = getattr(stream, "seekable", None)
        self._start = stream.tell() - len(head) if known is not None and known() else None
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._start is not None

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if self._start is None:
            raise io.UnsupportedOperation("seek")
        if whence == io.SEEK_CUR:
            offset, whence = self._position + offset, io.SEEK_SET
        self._parts = [self._stream]
        self._position = self._stream.seek(offset + (0 if whence else self._start), whence) - self._start
        return self._position

    def readinto(self, buffer: Any) -> int:
        while self._parts:
            data = self._parts[0].read(len(buffer))
            if data:
                buffer[: len(data)] = data
                self._position += len(data)
                return len(data)
            del self._parts[0]
        return 0

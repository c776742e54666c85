"""The JSON objects of a file: one object, a list of objects, an object that wraps such a list, or one object per line.

Which of these a file is, its content says, never its name. JSON Lines are read line by line, in memory that does not
grow with the file; the other layouts are one JSON value and are read whole.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

import msgspec

from payerpack.errors import DataError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from payerpack.formats.structure import Bytes

_BOM: Final = b"\xef\xbb\xbf"
_UTF16_OR_32: Final = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_STARTS: Final = {b"{": b'"}', b"[": b'{]["-0123456789'}
"""What may follow the first character of a JSON document, blanks apart; a TOML or INI table fails on it."""

_ENOUGH: Final = 3
"""How many lines tell whether a file holds one object per line, where the first is no object."""

_object: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list: Final = msgspec.json.Decoder(list[msgspec.Raw])


class Record(NamedTuple):
    """One JSON object of a file, not decoded.

    Attributes:
        data: Its text.
        name: The file's name.
        part: What its number counts: ``line`` or ``claim``.
        number: Its line, or its position in the list, counted from 1.
    """

    data: Bytes
    name: str
    part: str
    number: int

    @property
    def location(self) -> str:
        """Where it stands: ``file: claim 3`` or ``file: line 3``."""
        return f"{self.name}: {self.part} {self.number}"


def looks_like_json(head: bytes) -> bool:
    """Say whether the beginning of a file could be a JSON object or list, or one object per line."""
    if head.startswith(_UTF16_OR_32):
        head = head.replace(b"\x00", b"").lstrip(b"\xff\xfe")
    text = head.removeprefix(_BOM).lstrip()
    follows = _STARTS.get(text[:1])
    rest = text[1:].lstrip()
    return follows is not None and (not rest or rest[:1] in follows)


def read_records(stream: BinaryIO, name: str, *, plural: str) -> Iterator[Record]:
    """Yield the records of a stream, in order; blank lines of JSON Lines are no records.

    Args:
        stream: UTF-8 text, with or without a byte order mark.
        name: The file's name, for locations.
        plural: The key of an object that wraps a list of records: ``claims``.

    Raises:
        DataError: The stream is not UTF-8, or not JSON at all. A line that is not JSON is a record all the same: its
            reader says so, and the other lines are read.
    """
    lines = enumerate(stream, start=1)
    first: list[tuple[int, bytes]] = []
    for number, line in lines:
        text = _utf8(line, name).removeprefix(_BOM) if number == 1 else line
        if text.strip():
            first.append((number, text))
            if len(first) == _ENOUGH or (len(first) == 1 and _is_object(text)):
                break
    if not first:
        return
    if _are_lines([text for _, text in first], plural):
        for number, text in itertools.chain(first, lines):
            if text.strip():
                yield Record(text, name, "line", number)
        return
    blank = first[0][0] - 1
    document = b"".join((b"\n" * blank, *(text for _, text in first), stream.read()))
    for position, item in enumerate(_items(document, name, plural), start=1):
        yield Record(item, name, plural.removesuffix("s"), position)


def _are_lines(first: list[bytes], plural: str) -> bool:
    """Say whether the first lines that are not blank begin a file with one object per line.

    Where the first line is no object of its own, it may begin a longer value, or be the one bad line of the file. The
    next lines tell: in one value the second begins with a brace only where the first ends with what an object may
    follow, and behind that object never stands another brace.
    """
    line, *others = (text.strip() for text in first)
    if _is_object(line):
        return plural not in _keys(line)
    if line[:1] != b"{" or not others or others[0][:1] != b"{":
        return False
    return line[-1:] not in b"[:," or (_is_object(others[0]) and all(other[:1] == b"{" for other in others))


def _items(document: bytes, name: str, plural: str) -> Iterable[Bytes]:
    """Return the objects of one JSON value."""
    try:
        if document.lstrip()[:1] == b"[":
            return _list.decode(document)
        found = _object.decode(document)
    except RecursionError:
        raise DataError(Problem(name, "is nested too deeply to be read; check what wrote it")) from None
    except msgspec.DecodeError as error:
        raise DataError(_syntax_problem(document, name, error)) from None
    except UnicodeDecodeError:
        raise DataError(Problem(name, "is not UTF-8 text; save it as UTF-8")) from None
    if plural not in found:
        return [document]
    others = [key for key in found if key != plural]
    if others:
        shown = ", ".join(f'"{key[:40]}"' for key in others)
        raise DataError(Problem(f"{name}: $", f'holds {shown} beside "{plural}"; write only "{plural}", a list'))
    try:
        return _list.decode(found[plural])
    except msgspec.DecodeError:
        raise DataError(Problem(f"{name}: $.{plural}", f"is not a list; write a list of {plural}")) from None


def _utf8(first_line: bytes, name: str) -> bytes:
    if first_line.startswith(_UTF16_OR_32) or b"\x00" in first_line[:4]:
        raise DataError(Problem(name, "is UTF-16 or UTF-32 text, and JSON files are UTF-8; save it as UTF-8"))
    return first_line


def _is_object(line: bytes) -> bool:
    return line.lstrip()[:1] == b"{" and bool(_keys(line))


def _keys(line: bytes) -> dict[str, msgspec.Raw]:
    """Return the object that a line holds by itself; empty when it holds none."""
    try:
        return _object.decode(line)
    except (ValueError, RecursionError):
        return {}


def _syntax_problem(document: bytes, name: str, error: msgspec.DecodeError) -> Problem:
    reason, _, position = str(error).partition(" (byte ")
    offset = int(position.rstrip(")")) if position else len(document)
    line = document.count(b"\n", 0, offset) + 1
    column = offset - document.rfind(b"\n", 0, offset)
    reason = reason.removeprefix("JSON is malformed: ") if position else "it breaks off"
    return Problem(f"{name}:{line}:{column}", f"is not valid JSON ({reason}); check what wrote the file")

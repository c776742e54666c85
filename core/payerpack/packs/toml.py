"""Reading one TOML file of a pack: UTF-8, TOML 1.0 and nothing newer, numbers without rounding.

tomli also accepts TOML 1.1, which other readers and editors refuse; what only 1.1 knows is a fault here, so that
everybody who opens a pack sees the same file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import attrs
import tomli

from payerpack.packs.model import Fault
from payerpack.packs.spans import position

_TOKEN: Final = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?:""?(?!"))?'
    r"|'''.*?'''(?:''?(?!'))?"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*"
    r"|[\[\]{},\n]"
    r"|(?<![+-])\d\d:\d\d(?::\d\d)?",
    re.DOTALL,
)
_NEW_ESCAPE: Final = re.compile(r"(?:[^\\]|\\[^ex])*?(\\[ex])", re.DOTALL)
_CLOSING: Final = re.compile(r"[ \t]*\}")


@attrs.frozen(slots=True)
class Document:
    """One TOML file as read: its data, empty where it cannot be parsed, and what is wrong with it."""

    file: Path
    data: dict[str, Any]
    faults: tuple[Fault, ...] = ()


def read_toml(file: Path) -> Document:
    """Read a TOML file; a file that is absent, not UTF-8 or not TOML 1.0 is a fault, never an exception."""
    try:
        return parse_toml(file, file.read_bytes())
    except OSError:
        return Document(file, {}, (Fault("PP005", "the file is missing or cannot be read", file),))


def parse_toml(file: Path, content: bytes) -> Document:
    """Parse the bytes of a TOML file; see `read_toml`. The file only names them."""
    try:
        text = decode(content)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        fault = Fault("PP004", "the file is not UTF-8; save it as UTF-8", file, position=(line, column))
        return Document(file, {}, (fault,))
    try:
        data = tomli.loads(text, parse_float=Decimal)
    except tomli.TOMLDecodeError as error:
        return Document(file, {}, (_syntax(file, text, error),))
    return Document(file, data, tuple(_newer(file, text)))


def decode(content: bytes) -> str:
    """Return the text as every position counts it: UTF-8, a byte order mark dropped, line feeds as line ends.

    Raises:
        UnicodeDecodeError: The bytes are not UTF-8.
    """
    return content.decode("utf-8-sig").replace("\r\n", "\n")


def _syntax(file: Path, text: str, error: tomli.TOMLDecodeError) -> Fault:
    if "Cannot overwrite" in error.msg or "twice" in error.msg or "Cannot declare" in error.msg:
        line = position(text, max(error.pos - 1, 0))[0]
        start = text.split("\n")[line - 1]
        column = len(start) - len(start.lstrip()) + 1
        name = start.strip().partition("=")[0].strip()
        message = f"{name} is defined a second time; keep one of the two"
        return Fault("PP003", message, file, position=(line, column))
    what = error.msg[:1].lower() + error.msg[1:]
    return Fault(
        "PP001",
        f"this is not TOML: {what}; look for a missing quote, comma, bracket or equals sign",
        file,
        position=(error.lineno, error.colno),
    )


def _newer(file: Path, text: str) -> Iterator[Fault]:
    """Yield a fault for everything that only TOML 1.1 allows."""

    def fault(what: str, offset: int) -> Fault:
        message = f"{what} is TOML 1.1, which most readers and editors refuse"
        return Fault("PP002", message, file, position=position(text, offset))

    nesting: list[str] = []
    reported: set[int] = set()
    for token in _TOKEN.finditer(text):
        mark, start = token.group(), token.start()
        if mark in {"{", "["}:
            nesting.append(mark)
        elif mark in {"}", "]"}:
            reported.discard(len(nesting))
            nesting and nesting.pop()
        elif mark == "\n":
            if nesting and nesting[-1] == "{" and len(nesting) not in reported:
                reported.add(len(nesting))
                yield fault("an inline table over several lines (write it on one line, or under a [header])", start)
        elif mark == ",":
            if nesting and nesting[-1] == "{" and _CLOSING.match(text, token.end()):
                yield fault("a comma before the closing brace (drop it)", start)
        elif mark[0] == '"':
            escape = _NEW_ESCAPE.match(mark) if "\\" in mark else None
            if escape:
                yield fault(f"the escape {escape.group(1)} (write \\u and four digits)", start + escape.start(1))
        elif mark[0].isdigit() and mark.count(":") == 1:
            yield fault("a time without seconds (add :00)", start)

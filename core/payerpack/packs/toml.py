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

from payerpack.packs.files import content
from payerpack.packs.model import Fault
from payerpack.packs.shapes import MOST_DIGITS
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
_TOP: Final = (1, 1)
"""Where a fault stands that is about a whole file."""
_DEEPEST: Final = 40
"""How deep tables and lists may be nested; no rule comes near it."""
_CLOSING: Final = re.compile(r"[ \t]*\}")


@attrs.frozen(slots=True, repr=False)
class Document:
    """One TOML file as read: its data, empty where it cannot be parsed, and what is wrong with it."""

    file: Path
    data: dict[str, Any]
    faults: tuple[Fault, ...] = ()


def read_toml(file: Path) -> Document:
    """Read a TOML file; a file that is absent, not UTF-8 or not TOML 1.0 is a fault, never an exception."""
    return parse_toml(file, content(file))


def parse_toml(file: Path, held: bytes | None) -> Document:
    """Parse the content of a TOML file, ``None`` if it cannot be read; see `read_toml`. The file only names it."""
    if held is None:
        return Document(file, {}, (Fault("PP005", "the file is missing or cannot be read", file),))
    try:
        text = decode(held)
    except UnicodeDecodeError as error:
        line = held.count(b"\n", 0, error.start) + 1
        column = error.start - held.rfind(b"\n", 0, error.start)
        fault = Fault("PP004", "the file is not UTF-8; save it as UTF-8", file, position=(line, column))
        return Document(file, {}, (fault,))
    try:
        data = tomli.loads(text, parse_float=number)
    except tomli.TOMLDecodeError as error:
        return Document(file, {}, (_syntax(file, text, error),))
    except _NoNumberError:
        message = "nan and inf are no numbers that a rule can compare with; write a number, or leave the bound out"
        return Document(file, {}, (Fault("PP001", message, file, position=_no_number(text)),))
    except ValueError:  # from `number`, or from int(), which refuses thousands of digits
        return Document(
            file, {}, (Fault("PP001", "a number in it has more digits than anything counts; shorten it", file),)
        )
    except RecursionError:
        data = None
    if data is None or _is_deep(data):
        message = f"tables and lists are nested deeper than {_DEEPEST} levels; flatten them"
        return Document(file, {}, (Fault("PP001", message, file, position=_TOP),))
    return Document(file, data, tuple(_newer(file, text)))


def number(text: str) -> Decimal:
    """Return a number with a fraction or an exponent as it is written; one that nobody could write out is refused.

    Raises:
        ValueError: Its exponent is out of all proportion, or it is ``nan`` or ``inf``.
    """
    number = Decimal(text)
    if not number.is_finite():
        raise _NoNumberError(text)
    if abs(number.adjusted()) > MOST_DIGITS:
        raise ValueError(text)
    return number


class _NoNumberError(ValueError):
    """A float of TOML that is no number."""


def _no_number(text: str) -> tuple[int, int]:
    """Return where the first ``nan`` or ``inf`` stands, strings and comments left out."""
    bare = _TOKEN.sub(lambda token: re.sub(r"\w", " ", token.group()), text)
    found = re.search(r"(?<![\w-])[+-]?(?:nan|inf)(?![\w-]|\s*=)", bare)
    return _TOP if found is None else position(text, found.start())


def _is_deep(data: dict[str, Any]) -> bool:
    """Say whether a tree is deeper than whoever walks it could bear."""
    level: list[Any] = [data]
    for _ in range(_DEEPEST):
        level = [
            inner
            for tree in level
            for inner in (tree.values() if isinstance(tree, dict) else tree)
            if isinstance(inner, (dict, list))
        ]
    return bool(level)


def decode(held: bytes) -> str:
    """Return the text as every position counts it: UTF-8, a byte order mark dropped, line feeds as line ends.

    Raises:
        UnicodeDecodeError: The bytes are not UTF-8.
    """
    return held.decode("utf-8-sig").replace("\r\n", "\n")


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

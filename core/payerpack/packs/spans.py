"""Where things stand in a TOML file: the span of every key and value, by path.

``tomli`` gives values without positions. This scanner gives positions without values; it reads text that tomli has
accepted and runs only when there is something to report.
"""

from __future__ import annotations

import bisect
import itertools
import re
from typing import Final

import attrs
import tomli

from payerpack.packs.model import Path_

_BLANK: Final = re.compile(r"[ \t]*")
_SPACE: Final = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_STRING: Final = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?:""?(?!"))?' r"|'''.*?'''(?:''?(?!'))?" r'|"(?:[^"\\\n]|\\.)*"' r"|'[^'\n]*'",
    re.DOTALL,
)
_ATOM: Final = re.compile(r"[^,\]}#\n]+")


@attrs.frozen(slots=True, repr=False)
class Span:
    """Character offsets of a key and its value, ends excluded; an element of a list has no key of its own."""

    key: tuple[int, int] | None
    value: tuple[int, int]


def spans(text: str) -> dict[Path_, Span]:
    """Return the span of every key and value of a TOML document, by path.

    Tables written as headers (``[pack]``, ``[[rule]]``) have the header's name as key and value. A table that only
    dotted keys imply (``claim.state``) has the first of its keys.

    Args:
        text: A valid TOML document with line feeds as line ends.
    """
    return _Scanner(text).document()


class Lines:
    """The lines of a text, and where its offsets stand in them: for many offsets of one text."""

    def __init__(self, text: str) -> None:
        """Find where each line begins."""
        self.lines = text.split("\n")
        self._starts = list(itertools.accumulate((len(line) + 1 for line in self.lines), initial=0))

    def position(self, offset: int) -> tuple[int, int]:
        """Return the line and column of an offset, both counted from 1."""
        line = bisect.bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


def position(text: str, offset: int) -> tuple[int, int]:
    """Return the line and column of an offset, both counted from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


_Part = tuple[str, int, int]


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[Path_, Span] = {}
        self.last: dict[Path_, int] = {}

    def document(self) -> dict[Path_, Span]:
        base: Path_ = ()
        while True:
            self.skip(_SPACE)
            if self.at >= len(self.text):
                return self.found
            if self.text[self.at] == "[":
                base = self.header()
            else:
                self.pair(base)

    def skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        if match:
            self.at = match.end()

    def header(self) -> Path_:
        many = self.text.startswith("[[", self.at)
        self.at += 2 if many else 1
        parts = self.key()
        self.at += 2 if many else 1
        path: Path_ = ()
        for index, (name, start, end) in enumerate(parts):
            path += (name,)
            self.found.setdefault(path, Span((start, end), (start, end)))
            if many and index == len(parts) - 1:
                self.last[path] = self.last.get(path, -1) + 1
            if path in self.last:
                path += (self.last[path],)
                self.found.setdefault(path, Span((start, end), (start, end)))
        return path

    def key(self) -> list[_Part]:
        parts: list[_Part] = []
        while True:
            self.skip(_BLANK)
            start = self.at
            quoted = self.text[start] in "\"'"
            self.skip(_STRING if quoted else _BARE)
            raw = self.text[start : self.at]
            parts.append((next(iter(tomli.loads(f"{raw} = 0"))) if quoted else raw, start, self.at))
            self.skip(_BLANK)
            if self.text[self.at : self.at + 1] != ".":
                return parts
            self.at += 1

    def pair(self, base: Path_) -> None:
        parts = self.key()
        self.at += 1  # the equals sign
        self.skip(_BLANK)
        start = self.at
        path = base + tuple(name for name, _, _ in parts)
        self.value(path)
        for length, (_, key_start, key_end) in enumerate(parts, start=1):
            self.found.setdefault(path[: len(base) + length], Span((key_start, key_end), (start, self.at)))

    def value(self, path: Path_) -> None:
        opening = self.text[self.at]
        if opening == "[":
            self.items(path)
        elif opening == "{":
            self.at += 1
            self.skip(_SPACE)
            while self.text[self.at] != "}":
                self.pair(path)
                self.comma()
            self.at += 1
        elif opening in "\"'":
            self.skip(_STRING)
        else:
            match = _ATOM.match(self.text, self.at)
            assert match, "the text was not valid TOML"
            self.at += len(match.group().rstrip())

    def items(self, path: Path_) -> None:
        self.at += 1
        self.skip(_SPACE)
        index = 0
        while self.text[self.at] != "]":
            start = self.at
            element = (*path, index)
            self.value(element)
            self.found[element] = Span(None, (start, self.at))
            index += 1
            self.comma()
        self.at += 1

    def comma(self) -> None:
        self.skip(_SPACE)
        if self.text[self.at] == ",":
            self.at += 1
            self.skip(_SPACE)

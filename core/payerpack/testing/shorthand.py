"""Claims in one line: ``72192 76377-26x2$180@2026-03-01 @2026-03-02 /22``.

The grammar, words being parted by blanks::

    claim    = word {word}
    word     = line | mark          a mark that stands alone is every line's that has none of its own (not "#")
    line     = code {"-" modifier} {mark}  |  "#" revenue-code {mark}
    mark     = "x" units            76377x2
             | "$" charge           76377$180.00           US dollars for the line, not for a unit
             | "@" date             72192@2026-03-02       or @2026-03-02..2026-03-04, both days included
             | "/" place            72192/22               place of service
             | "#" revenue-code     72192#0350
             | ":" pointer          72192:1,3              diagnosis pointers, counted from 1
             | "^" number           76377^1                base line

Codes, modifiers and the rest are taken as written, so a claim may be wrong on purpose. Lines are numbered from 1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

_HEAD: Final = re.compile(r"(?P<code>[A-Z0-9.]+)(?P<modifiers>(?:-[A-Z0-9]+)*)|#(?P<revenue>[0-9A-Z]+)")
_MARK: Final = re.compile(
    r"x(?P<units>\d+(?:\.\d+)?)"
    r"|\$(?P<charge>\d+(?:\.\d+)?)"
    r"|@(?P<date>\d{4}-\d\d-\d\d)(?:\.\.(?P<end>\d{4}-\d\d-\d\d))?"
    r"|/(?P<place>[0-9A-Z]+)"
    r"|\#(?P<revenue>[0-9A-Z]+)"
    r"|:(?P<pointers>\d+(?:,\d+)*)"
    r"|\^(?P<base>\d+)"
)
_ALONE: Final = "x$@/:^"
"""What marks begin with that may stand alone."""
_KEYS: Final[Mapping[str, tuple[str, Callable[[str], Any]]]] = {
    "units": ("units", str),
    "charge": ("charge", str),
    "date": ("service_date", str),
    "end": ("service_date_end", str),
    "place": ("place_of_service", str),
    "revenue": ("revenue_code", str),
    "pointers": ("diagnosis_pointers", lambda text: [int(one) for one in text.split(",")]),
    "base": ("base_line", int),
}
"""The key of a line for each mark, and how its text is read."""


def read_lines(text: str) -> list[dict[str, Any]]:
    """Return the lines that a shorthand stands for, in the JSON shape.

    Raises:
        ValueError: A word is no line and no mark, or there is no line at all.
    """
    lines: list[dict[str, Any]] = []
    shared: dict[str, Any] = {}
    for word in text.split():
        if word[0] in _ALONE:
            shared |= _marks(word, 0)
            continue
        head = _HEAD.match(word)
        if head is None:
            raise ValueError(
                f'"{word}" is no line and no mark; write code-modifier and marks, such as 76377-26x2@2026-03-02'
            )
        line: dict[str, Any] = {"number": len(lines) + 1}
        if head["code"]:
            line["code"] = head["code"]
            line["modifiers"] = head["modifiers"].split("-")[1:]
        else:
            line["revenue_code"] = head["revenue"]
        lines.append(line | _marks(word, head.end()))
    if not lines:
        raise ValueError("the claim has no line; write at least one code, such as 72192@2026-03-02")
    return [_with(shared, line) for line in lines]


def _with(shared: Mapping[str, Any], line: Mapping[str, Any]) -> dict[str, Any]:
    """Return a line with what all lines share; a date of its own leaves no room for the end of theirs."""
    ended = "service_date" in line
    return {**{key: value for key, value in shared.items() if not (ended and key == "service_date_end")}, **line}


def _marks(word: str, start: int) -> dict[str, Any]:
    """Return what the marks of a word say, from a position on."""
    found: dict[str, Any] = {}
    while start < len(word):
        mark = _MARK.match(word, start)
        if mark is None:
            raise ValueError(f'"{word[start:]}" in "{word}" is no mark; marks are x units, $ charge, @ date, / place, '
                             "# revenue code, : pointers, ^ base line")  # fmt: skip
        for name, text in mark.groupdict().items():
            if text is not None:
                key, read = _KEYS[name]
                if key in found:
                    raise ValueError(f'"{word}" gives {key} twice; keep one')
                found[key] = read(text)
        start = mark.end()
    return found

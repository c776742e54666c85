"""From faults to what an author reads: ``file:line:col: PP123 message``, the line, a caret.

Every fault has a stable code; `CODES` lists them. Positions are looked up here, once per file, and only when there is
something to report.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from payerpack.errors import Problem
from payerpack.packs.files import content
from payerpack.packs.model import Fault, Path_

if TYPE_CHECKING:
    from payerpack.packs.spans import Span

CODES: Final[Mapping[str, str]] = {
    "PP001": "toml-syntax",
    "PP002": "toml-1.1-only",
    "PP003": "duplicate-key",
    "PP004": "not-utf-8",
    "PP005": "missing-file",
    "PP101": "unknown-key",
    "PP102": "wrong-type",
    "PP103": "missing-key",
    "PP104": "unknown-value",
    "PP105": "bad-id",
    "PP106": "bad-version",
    "PP107": "bad-requirement",
    "PP108": "code-not-text",
    "PP109": "one-too-many",
    "PP110": "rule-without-test",
    "PP111": "key-out-of-place",
    "PP112": "duplicate-id",
    "PP113": "settings-without-plugin",
    "PP114": "empty-value",
    "PP115": "out-of-range",
    "PP117": "bad-window",
    "PP120": "unknown-fact",
    "PP121": "wrong-matcher",
    "PP122": "bad-placeholder",
    "PP201": "bad-code",
    "PP202": "endless-code-list",
    "PP203": "empty-code-set",
    "PP204": "unknown-code-set",
    "PP205": "code-set-ring",
    "PP206": "code-sets-too-deep",
    "PP210": "bad-adjustment-code",
    "PP211": "unknown-adjustment-code",
    "PP212": "adjustment-code-not-in-force",
    "PP213": "carc-needs-rarc",
    "PP301": "missing-table",
    "PP302": "missing-column",
    "PP303": "ragged-row",
    "PP304": "bad-table-value",
    "PP401": "dates-out-of-order",
    "PP402": "overlapping-dates",
    "PP403": "retired-without-end",
    "PP501": "unknown-parent",
    "PP502": "parent-version",
    "PP503": "extends-ring",
    "PP504": "unknown-rule",
    "PP505": "ambiguous-rule",
    "PP506": "own-rule",
    "PP507": "override-of-nothing",
    "PP508": "override-twice",
    "PP509": "override-changes-nothing",
    "PP510": "not-a-list",
    "PP511": "same-pack-twice",
    "PP601": "duplicate-test",
    "PP602": "unknown-line",
    "PP603": "unknown-claim-key",
}
"""Every code with its short name. A code is never given a second meaning."""

_TOML: Final = r"""\s*(?:\#|\[\[?[\w"'. -]+\]|[\w"'.-][\w"'. -]*=|\Z)"""
"""How a file of TOML begins. What begins otherwise is another file by mistake, and may hold claims: it is never quoted."""
_WIDEST: Final = 160
"""So much of a line is quoted."""


class _Source:
    """A file as positions and excerpts need it; spans are found when first asked for."""

    def __init__(self, file: Path) -> None:
        from payerpack.packs.spans import Lines
        from payerpack.packs.toml import decode

        try:
            text = decode(content(file) or b"")
        except UnicodeDecodeError:
            text = ""
        self.text = text
        self.toml = file.suffix == ".toml"
        self.quotable = file.suffix == ".csv" or re.match(_TOML, text) is not None
        self.lines = Lines(text)
        self._spans: dict[Path_, Span] | None = None

    def span(self, path: Path_, at: str) -> tuple[int, int] | None:
        """Return where a path is written; the nearest table around it when the path itself is not there."""
        if not self.toml:
            return None
        if self._spans is None:
            from payerpack.packs.spans import spans

            self._spans = spans(self.text)
        for length in range(len(path), 0, -1):
            found = self._spans.get(path[:length])
            if found is not None:
                whole = at == "value" and length == len(path)
                return found.value if whole or found.key is None else found.key
        return None

    def where(self, fault: Fault) -> tuple[int, int, int]:
        """Return the line, the column and the width of what is meant."""
        if fault.position is not None:
            return (*fault.position, 1)
        span = self.span(fault.path, fault.at)
        if span is None:
            return 1, 1, 1
        start, end = span
        if fault.within:
            inner = self.text.find(fault.within, start, end)
            if inner >= 0:
                start, end = inner, inner + len(fault.within)
        return (*self.lines.position(start), end - start)

    def excerpt(self, line: int, column: int, width: int) -> str:
        """Return the line with a caret under what is meant; empty where there is nothing to quote."""
        lines = self.lines.lines
        if not (self.quotable and 0 < line <= len(lines) and lines[line - 1].strip()):
            return ""
        shown = lines[line - 1]
        gutter = " " * len(str(line))
        start = max(0, column - _WIDEST // 2) if len(shown) > _WIDEST else 0
        shown, column = shown[start : start + _WIDEST], column - start
        width = max(1, min(width, len(shown) - column + 1))
        pad = "".join("\t" if char == "\t" else " " for char in shown[: column - 1])
        return f"{gutter} |\n{line} | {shown}\n{gutter} | {pad}{'^' * width}"


def problems(faults: Iterable[Fault]) -> tuple[Problem, ...]:
    """Return the faults as problems with positions, in the order of files and lines; doubles are dropped."""
    sources: dict[Path, _Source] = {}
    placed = []
    for fault in faults:
        source = sources.get(fault.file)
        if source is None:
            source = sources[fault.file] = _Source(fault.file)
        placed.append((str(fault.file), *source.where(fault), fault))
    placed.sort(key=lambda item: (*item[:3], item[-1].code, item[-1].message))
    found: dict[tuple[str, str, str], Problem] = {}
    for name, line, column, width, fault in placed:
        key = (f"{name}:{line}:{column}", fault.code, fault.message)
        if key not in found:
            location = f"{_shown(fault.file)}:{line}:{column}"
            found[key] = Problem(location, fault.message, fault.code, sources[fault.file].excerpt(line, column, width))
    return tuple(found.values())


def _shown(file: Path) -> str:
    """Return the file relative to the current folder where it lies inside, else as it is."""
    try:
        return str(file.relative_to(Path.cwd())) if file.is_absolute() else os.path.normpath(file)
    except ValueError:
        return str(file)

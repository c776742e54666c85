"""Read and compile the ICD-10-CM order file: fixed width, code in 7-13 without the dot, 15 says whether billable."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from payerpack.baseline.editions.columns import key_of
from payerpack.baseline.editions.importers.compiled import CompiledTable, Release, code_column, column, compile_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payerpack.baseline.editions.importers.problems import Problems
    from payerpack.baseline.editions.manifest import SourceFile

_LINE = re.compile(r"\d{5} ([A-Z][0-9A-Z]{2,6}) *([01])(?: |$)")
_FLAG = 14


def read_icd10(
    lines: Iterable[str], file: str, release: Release, source: SourceFile, problems: Problems, *, complete: bool
) -> CompiledTable | None:
    """Read one order file; arguments as for ``read_mue``, with lines in place of rows."""
    found: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")
        if not text.strip():
            continue
        match = _LINE.match(text)
        if match is None or match.start(2) != _FLAG:
            message = "is no row of an order file: a number in 1-5, a code in 7-13, 0 or 1 in 15; download it again"
            problems.add(message, file, number)
            if problems.full(file):
                return None
            continue
        found[match[1]] = int(match[2])
    if not found:
        if not problems.any_in(file):
            problems.add("holds no row of an ICD-10-CM order file; download it again", file)
        return None
    codes = sorted(found, key=key_of)
    columns = {
        "codes": code_column(codes),
        "billable": column((found[code] for code in codes), "B"),
    }
    return compile_table(release, {}, columns, rows=len(codes), complete=complete, sources=[source])

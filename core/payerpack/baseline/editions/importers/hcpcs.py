"""Read and compile the HCPCS Level II file: procedure codes and modifiers, one CSV.

Record 3 is a procedure, 7 a modifier (its two characters padded on the left to five); 4 and 8 carry on a long
description and are counted, not kept.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from payerpack.baseline.editions.columns import key_of
from payerpack.baseline.editions.importers.compiled import CompiledTable, Release, code_column, column, compile_table
from payerpack.baseline.editions.quarters import NO_END, NO_START, from_yyyymmdd

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payerpack.baseline.editions.importers.problems import Problems
    from payerpack.baseline.editions.manifest import SourceFile

_CODES = {"3": re.compile(r"[A-Z][0-9A-Z]{4}"), "7": re.compile(r"[0-9A-Z]{2}")}
_CONTINUATIONS = ("4", "8")
_COLUMNS = ("HCPC", "RECID", "COV", "ADD DT", "TERM DT")


def read_hcpcs(
    rows: Iterable[tuple[int, list[str]]],
    file: str,
    release: Release,
    source: SourceFile,
    problems: Problems,
    *,
    complete: bool,
) -> CompiledTable | None:
    """Read one HCPCS file; arguments as for ``read_mue``."""
    places: list[int] | None = None
    found: dict[str, tuple[int, int, int]] = {}
    notes: dict[str, int] = {}
    for number, cells in rows:
        if places is None:
            names = [" ".join(cell.upper().split()) for cell in cells]
            if all(name in names for name in _COLUMNS):
                places = [names.index(name) for name in _COLUMNS]
            continue
        if not any(cell.strip() for cell in cells):
            continue
        code, record, coverage, added, terminated = (cells[at].strip() if at < len(cells) else "" for at in places)
        if record in _CONTINUATIONS:
            notes["rows that carry on a description"] = notes.get("rows that carry on a description", 0) + 1
            continue
        shape = _CODES.get(record)
        if shape is None:
            problems.add(f"'{record[:20]}' is no record type: 3, 4, 7 and 8 are", file, number, "RECID")
            continue
        if not shape.fullmatch(code):
            problems.add(f"'{code[:20]}' is no code of record type {record}", file, number, "HCPC")
            continue
        try:
            first = from_yyyymmdd(added).toordinal() if added else NO_START
            last = from_yyyymmdd(terminated).toordinal() if terminated else NO_END
        except ValueError as error:
            problems.add(f"'{str(error)[:20]}' is no date: write YYYYMMDD", file, number, "ADD DT or TERM DT")
            continue
        if code in found:
            problems.add(f"{code} stands twice, so its dates are not certain; download the file again", file, number)
        found[code] = (first, last, ord(coverage[0]) if coverage else 0)
    if not found:
        if not problems.any_in(file):
            problems.add("holds no row of the HCPCS file under its header; download it again", file)
        return None
    codes = sorted(found, key=key_of)
    columns = {
        "codes": code_column(codes),
        "added": column((found[code][0] for code in codes), "i"),
        "terminated": column((found[code][1] for code in codes), "i"),
        "coverage": column((found[code][2] for code in codes), "B"),
    }
    return compile_table(release, {}, columns, rows=len(codes), complete=complete, sources=[source], notes=notes)

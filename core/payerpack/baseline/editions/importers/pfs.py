"""Read and compile a physician fee schedule relative value file, CSV or fixed width.

The CSV's header is stacked over several rows: each column's name is its cells read downwards. Columns go by name,
because the 2026 file puts one more between two that older readers count.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from payerpack.baseline.editions.importers.compiled import (
    CompiledTable,
    Release,
    code_column,
    column,
    compile_table,
    narrowest,
)
from payerpack.baseline.editions.pfs import pfs_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from payerpack.baseline.editions.importers.problems import Problems
    from payerpack.baseline.editions.manifest import SourceFile

_CODE = re.compile(r"[0-9A-Z]{5}")
_MODIFIER = re.compile(r"(?:[0-9A-Z]{2})?")
_STACK = 5

# Column names with everything but letters and digits removed. The order of the middle ones is that of PfsRow.
_PROFILE = (
    "STATUSCODE",
    "PCTCIND",
    "GLOBDAYS",
    "MULTPROC",
    "BILATSURG",
    "ASSTSURG",
    "COSURG",
    "TEAMSURG",
    "ENDOBASE",
    "PHYSICIANSUPERVISIONOFDIAGNOSTICPROCEDURES",
    "DIAGNOSTICIMAGINGFAMILYINDICATOR",
)
_COLUMNS = ("HCPCS", "MOD", "WORKRVU", *_PROFILE)

# Positions of the fixed-width file, from 1, both ends inclusive, in the order of _COLUMNS.
_FIXED = (
    (1, 5),
    (6, 7),
    (60, 65),
    (58, 58),
    (103, 103),
    (104, 106),
    (116, 116),
    (117, 117),
    (118, 118),
    (119, 119),
    (120, 120),
    (128, 132),
    (142, 143),
    (146, 147),
)
_FIXED_WIDTH = 147


def fixed_width_rows(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """Cut the lines of the fixed-width file into cells, with a header, as if they were CSV."""
    yield 0, list(_COLUMNS)
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")
        if text.strip() and not text.startswith("HDR"):
            yield number, [text[first - 1 : last] for first, last in _FIXED] if len(text) >= _FIXED_WIDTH else [text]


def read_pfs(
    rows: Iterable[tuple[int, list[str]]],
    file: str,
    release: Release,
    source: SourceFile,
    problems: Problems,
    *,
    complete: bool,
) -> CompiledTable | None:
    """Read one relative value file; arguments as for ``read_mue``."""
    above: list[list[str]] = []
    places: list[int] | None = None
    width = 0
    found: dict[str, tuple[int, int]] = {}
    profiles: dict[tuple[str, ...], int] = {}
    for number, cells in rows:
        if places is None:
            above = [*above[1 - _STACK :], cells]
            if cells and cells[0].strip().upper() == "HCPCS":
                places = _places(above, file, number, problems)
                if places is None:
                    return None
                width = max(places) + 1
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) < width:
            message = f"the row has {len(cells)} columns where the header has {width} or more: download the file again"
            problems.add(message, file, number)
            continue
        code, modifier, work, *profile = (cells[at].strip() for at in places)
        hundredths = _hundredths(work)
        if hundredths is None:
            problems.add(f"'{work[:20]}' is no relative value: a number is", file, number, "work RVU")
        elif not _CODE.fullmatch(code) or not _MODIFIER.fullmatch(modifier):
            message = f"'{(code + ' ' + modifier)[:20]}' is no procedure code with or without a modifier"
            problems.add(message, file, number, "HCPCS")
        elif not profile[0]:
            problems.add("the status code is blank, which no row's is; download the file again", file, number, "status")
        else:
            key = pfs_key(code, modifier)
            if key in found:
                message = f"{key.strip()} stands twice, so its indicators are not certain; download the file again"
                problems.add(message, file, number)
            found[key] = (profiles.setdefault(tuple(profile), len(profiles)), hundredths)
    if not found:
        if not problems.any_in(file):
            problems.add("holds no row of the relative value file under its header; download it again", file)
        return None
    keys = sorted(found)
    columns = {
        "codes": code_column(keys),
        "profile": column((found[key][0] for key in keys), narrowest(len(profiles))),
        "work_rvu": column((found[key][1] for key in keys), "I"),
    }
    meta = {"profiles": [list(profile) for profile in profiles]}
    return compile_table(release, meta, columns, rows=len(keys), complete=complete, sources=[source])


def _places(stack: list[list[str]], file: str, number: int, problems: Problems) -> list[int] | None:
    """Return where each column of ours stands, or None after noting those that are missing."""
    width = len(stack[-1])
    names = [
        re.sub(r"[^A-Z0-9]", "", "".join(row[at] for row in stack if at < len(row)).upper()) for at in range(width)
    ]
    # Above the first columns the stack holds the file's title, so they go by their own cell.
    for at in range(width):
        last = re.sub(r"[^A-Z0-9]", "", stack[-1][at].upper())
        if last in ("HCPCS", "MOD"):
            names[at] = last
    missing = [name for name in _COLUMNS if name not in names]
    for name in missing:
        message = f"the header has no column {name}, so the layout is not one that is known; give CMS's file unchanged"
        problems.add(message, file, number)
    return None if missing else [names.index(name) for name in _COLUMNS]


def _hundredths(text: str) -> int | None:
    whole, _, fraction = text.partition(".")
    digits = (whole or "0") + (fraction + "00")[:2]
    return int(digits) if digits.isdigit() else None

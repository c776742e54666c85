"""Read and compile an MUE table.

CSV with quoted cells that span lines (the notice, and the first header cell); columns go by position because the
second one is named after the setting. Medicaid's tables have no adjudication indicator.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from payerpack.baseline.editions.importers.compiled import CompiledTable, Release, code_column, column, compile_table
from payerpack.baseline.editions.vocabulary import MUE_RATIONALES, UNKNOWN, mue_rationale

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payerpack.baseline.editions.importers.problems import Problems
    from payerpack.baseline.editions.manifest import SourceFile

_CODE = re.compile(r"[0-9A-Z]{5}")
_MAI = ("1", "2", "3")


def read_mue(
    rows: Iterable[tuple[int, list[str]]],
    file: str,
    release: Release,
    source: SourceFile,
    problems: Problems,
    *,
    complete: bool,
) -> CompiledTable | None:
    """Read one MUE table.

    Args:
        rows: Line numbers and cells, preamble included.
        file: The file's name in messages.
        release: Which table it is.
        source: What the manifest says of the file.
        problems: Where to note what is wrong.
        complete: False for an extract.

    Returns:
        The table, or None where its header is missing.
    """
    medicaid = release.program == "medicaid"
    header: dict[str, int] | None = None
    found: dict[str, tuple[int, int, int]] = {}
    notes: dict[str, int] = {}
    for number, cells in rows:
        if header is None:
            header = _header(cells)
            continue
        if not any(cell.strip() for cell in cells):
            continue
        row = _row(cells, header, file, number, problems, medicaid=medicaid)
        if row is None:
            continue
        code, value, mai, rationale = row
        if code in found:
            problems.add(f"{code} stands twice, so its value is not certain; download the file again", file, number)
        key = mue_rationale(rationale)
        if key == UNKNOWN and rationale:
            notes["rationale not in the vocabulary"] = notes.get("rationale not in the vocabulary", 0) + 1
        found[code] = (value, mai, MUE_RATIONALES.index(key))
    if not found:
        if not problems.any_in(file):
            problems.add("holds no row of an MUE table under a header; download it again", file)
        return None
    codes = sorted(found)
    columns = {
        "codes": code_column(codes),
        "values": column((found[code][0] for code in codes), "I"),
        "mai": column((found[code][1] for code in codes), "B"),
        "rationale": column((found[code][2] for code in codes), "B"),
    }
    return compile_table(
        release,
        {"rationales": list(MUE_RATIONALES)},
        columns,
        rows=len(codes),
        complete=complete,
        sources=[source],
        notes=notes,
    )


def _header(cells: list[str]) -> dict[str, int] | None:
    """Return the positions of the columns, or None where the row is not the header."""
    names = [" ".join(cell.lower().split()) for cell in cells]
    if not names or "hcpcs" not in names[0] or not any("mue" in name for name in names[1:]):
        return None
    places = {"value": 1}
    for at, name in enumerate(names[1:], 1):
        if "adjudication" in name or name == "mai":
            places["mai"] = at
        elif "rationale" in name:
            places["rationale"] = at
    return places


def _row(
    cells: list[str], header: dict[str, int], file: str, number: int, problems: Problems, *, medicaid: bool
) -> tuple[str, int, int, str] | None:
    code = cells[0].strip()
    value = _cell(cells, 1).replace(",", "")
    mai = _cell(cells, header.get("mai", -1))[:1]
    sound = True
    if not _CODE.fullmatch(code):
        message = f"'{code[:20]}' is no procedure code: five digits or capital letters are"
        problems.add(message, file, number, "HCPCS/CPT code")
        sound = False
    if not value.isdigit():
        message = f"'{value[:20]}' is no MUE value: a whole number is; the file may be cut off, download it again"
        problems.add(message, file, number, "MUE value")
        sound = False
    if mai not in _MAI and not (medicaid and not mai):
        message = f"'{mai}' is no adjudication indicator: 1, 2 and 3 are; the file may be cut off, download it again"
        problems.add(message, file, number, "MUE adjudication indicator")
        sound = False
    return (code, int(value), int(mai or 0), _cell(cells, header.get("rationale", -1))) if sound else None


def _cell(cells: list[str], at: int) -> str:
    return cells[at].strip() if 0 <= at < len(cells) else ""

"""Read and compile the add-on code table: tab-separated, the header in the second row, dates as ``YYYYDDD``."""

from __future__ import annotations

import datetime as dt
import re
from array import array
from typing import TYPE_CHECKING

from payerpack.baseline.editions.columns import key_of
from payerpack.baseline.editions.importers.compiled import CompiledTable, Release, code_column, column, compile_table
from payerpack.baseline.editions.quarters import NO_END, from_yyyyddd

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payerpack.baseline.editions.importers.problems import Problems
    from payerpack.baseline.editions.manifest import SourceFile

_CODE = re.compile(r"[0-9A-Z]{5}")
CONTRACTOR_DEFINED = "CCCCC"
_COLUMNS = {
    "type": "AOC_Edit_Type",
    "code": "Add-On_Code",
    "code_end": "AOC_DelDT",
    "primary": "Primary_Code",
    "primary_end": "Primary_Code_DelDT",
    "first": "AOC_Edit_EffDT",
    "last": "AOC_Edit_DelDT",
}

# (first day, last day, type, primary or empty)
_Window = tuple[int, int, int, str]


def read_add_on(
    rows: Iterable[tuple[int, list[str]]],
    file: str,
    release: Release,
    source: SourceFile,
    problems: Problems,
    *,
    complete: bool,
) -> CompiledTable | None:
    """Read the add-on code table; arguments as for ``read_mue``."""
    header: dict[str, int] | None = None
    found: dict[str, set[_Window]] = {}
    notes: dict[str, int] = {}
    count = 0
    for number, cells in rows:
        if header is None:
            header = _header(cells)
            continue
        if not any(cell.strip() for cell in cells):
            continue
        row = _row(cells, header, file, number, problems)
        if row is None:
            continue
        code, window = row
        if window[1] < window[0]:
            # Deleted as of a day before it took effect: never in force, so it answers nothing.
            notes["rows never in force"] = notes.get("rows never in force", 0) + 1
            continue
        found.setdefault(code, set()).add(window)
        count += 1
    if not found:
        if not problems.any_in(file):
            problems.add("holds no row of the add-on code table under its header; download it again", file)
        return None
    return _compile(found, count, release, source, notes, complete=complete)


def _compile(
    found: dict[str, set[_Window]],
    count: int,
    release: Release,
    source: SourceFile,
    notes: dict[str, int],
    *,
    complete: bool,
) -> CompiledTable:
    codes = sorted(found)
    windows = [sorted(found[code]) for code in codes]
    flat = [window for group in windows for window in group]
    starts = array("I", [0])
    for group in windows:
        starts.append(starts[-1] + len(group))
    columns = {
        "codes": code_column(codes),
        "starts": starts,
        "primaries": column((key_of(window[3]) if window[3] else 0 for window in flat), "Q"),
        "row_first": column((window[0] for window in flat), "i"),
        "row_last": column((window[1] for window in flat), "i"),
        "types": column((window[2] for window in flat), "B"),
    }
    first = dt.date.fromordinal(min(window[0] for window in flat))
    return compile_table(
        release, {}, columns, rows=count, complete=complete, sources=[source], first=first, notes=notes
    )


def _header(cells: list[str]) -> dict[str, int] | None:
    # Some releases call the date columns ..._Julian.
    names = [cell.strip().upper().removesuffix("_JULIAN") for cell in cells]
    places = {key: names.index(name.upper()) for key, name in _COLUMNS.items() if name.upper() in names}
    return places if len(places) == len(_COLUMNS) else None


def _row(
    cells: list[str], header: dict[str, int], file: str, number: int, problems: Problems
) -> tuple[str, _Window] | None:
    values = {key: cells[at].strip() if at < len(cells) else "" for key, at in header.items()}
    sound = True
    if values["type"] not in ("1", "2", "3"):
        problems.add(f"'{values['type'][:20]}' is no add-on edit type: 1, 2 and 3 are", file, number, "AOC_Edit_Type")
        sound = False
    for key in ("code", "primary"):
        if not _CODE.fullmatch(values[key]):
            message = f"'{values[key][:20]}' is no procedure code: five digits or capital letters are"
            problems.add(message, file, number, _COLUMNS[key])
            sound = False
    days = {key: _day(values[key], required=key == "first") for key in ("first", "last", "code_end", "primary_end")}
    for key, day in days.items():
        if day is None:
            message = f"'{values[key][:20]}' is no date: write YYYYDDD, the year and the day of the year"
            problems.add(message, file, number, _COLUMNS[key])
            sound = False
    if not sound:
        return None
    primary = "" if values["primary"] == CONTRACTOR_DEFINED else values["primary"]
    first, *ends = (day or 0 for day in days.values())
    return values["code"], (first, min(ends), int(values["type"]), primary)


def _day(text: str, *, required: bool) -> int | None:
    """Return a day's number; blank is no end, unless the date is required."""
    if not text and not required:
        return NO_END
    try:
        return from_yyyyddd(text).toordinal()
    except ValueError:
        return None

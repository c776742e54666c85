"""Build the starter edition's extracts and the list of modifier codes from CMS's files.

Usage: PAYERPACK_CMS_DIR=DIR python tools/build_starter.py

DIR holds ``as_published`` (PTP v30.2, MUE 2024Q3, AOC 2024Q2), ``rvu25d`` (PPRRVU2025_Oct.csv), ``ncci_2024q3``
(modifiers_codes.csv), ``excerpts_2026`` (HCPC2026_OCT) and ``derived`` (golden_ptp_pairs_v302.csv). The files are
compiled by the importer; the extracts are written from the compiled tables, so they hold no descriptor and no phrase
of CMS's, and reading them back gives the same answers.
"""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from payerpack.baseline.editions import Edition, import_files, open_edition
from payerpack.baseline.editions.add_on import AddOnTable
from payerpack.baseline.editions.mue import MueTable
from payerpack.baseline.editions.pfs import PfsTable
from payerpack.baseline.editions.ptp import PtpTable
from payerpack.baseline.editions.starter import COMPILED
from payerpack.baseline.editions.starter.compiling import compile_starter

if TYPE_CHECKING:
    from payerpack.baseline.editions.records import PfsRow, PtpRow

EDITIONS = Path(__file__).resolve().parents[1] / "core" / "payerpack" / "baseline" / "editions"
T = TypeVar("T")
RENDERING = frozenset({"76376", "76377"})

# Tomographic studies that may be the base of a rendering, with their neighbours.
BASES = """70450-70470 70480-70492 71250-71271 72125-72133 72192-72194 73200-73202 73700-73702 74150-74170 74176-74178
76380 76497 77078 70336 70540-70543 70551-70555 70557-70559 71550-71552 72141-72158 72195-72197 73218-73223
73718-73723 74181-74183 74712-74713 76390-76391 76498 77084 76506-76536 76604 76641-76642 76700-76706 76770-76776
76801-76817 76820 76825-76826 76830-76873 76881-76883 76978-76979 93303-93319 93350-93351"""
# Studies whose codes already hold the rendering: CTA, MRA, colonography, heart, breast, nuclear medicine.
INTEGRAL = """70496 70498 71275 72191 73206 73706 74174-74175 75635 70544-70549 71555 72159 72198 73225 73725 74185
74261-74263 75557-75574 75580 77046-77049 77061-77063 77065-77067 93355 31627 78012-78835"""
GUIDANCE = "76937-76948 76965 76998 77001-77003 77011-77014 77021-77022 55700"
VISITS = "99202-99215 99221-99223 99281-99285 99291-99292"
COMMON = """20600-20611 11102-11107 17000-17004 93000-93010 36591-36592 36415 96523 72040-72120 71045-71048 27447
64483-64484 97110 82306 80048 82310 82374 82435 82565 82947 84132 84295 84520"""

# Ambulance modifiers are two letters, origin and destination; a physician's office on the way (X) is a destination.
PLACES = "DEGHIJNPRS"

# Dates of modifiers that no file in DIR holds: NCCI Policy Manual 2026, chapter I (XE XP XS XU); HCPCS of October 2026
# (L1).
DATES = dict.fromkeys(("XE", "XP", "XS", "XU"), ("2015-01-01", "")) | {"L1": ("", "2016-12-31")}
AS_OF = "2024-09-30"


def main() -> int:
    """Write the extracts and say how large they are."""
    given = os.environ.get("PAYERPACK_CMS_DIR")
    if not given:
        print("PAYERPACK_CMS_DIR is not set: name the folder of CMS's files", file=sys.stderr)
        return 2
    cms = Path(given)
    with tempfile.TemporaryDirectory() as folder:
        files = [*(cms / "as_published").iterdir(), cms / "rvu25d" / "PPRRVU2025_Oct.csv"]
        import_files(sorted(files), folder)
        edition = open_edition(folder)
        codes = starter_codes(edition, cms)
        texts = {
            "ccipra-v302r0-f1.txt": ptp_text(edition, codes),
            "MCR_MUE_PractitionerServices_Eff_07-01-2024.csv": mue_text(edition, codes),
            "AOC_V2024Q2-MCR.txt": add_on_text(edition, codes),
            "PPRRVU2025_Oct.csv": pfs_text(edition, codes),
        }
    for name, text in texts.items():
        (EDITIONS / "starter" / name).write_text(text, "ascii", newline="\n")
        print(f"{name}: {len(text):,} bytes, {text.count(chr(10)):,} lines")
    write_compiled()
    (EDITIONS / "modifiers.csv").write_text(modifier_text(cms), "ascii", newline="\n")
    print(f"{len(codes)} codes, {sum(map(len, texts.values())):,} bytes")
    return 0


def write_compiled() -> None:
    """Compile the extracts, so that a review need not."""
    shutil.rmtree(COMPILED, ignore_errors=True)
    COMPILED.mkdir()
    for name, content in compile_starter().items():
        (COMPILED / name).write_bytes(content)


def starter_codes(edition: Edition, cms: Path) -> frozenset[str]:
    """Return the codes that the starter holds whole: their indicators, values, and every edit among them."""
    fees = table(edition, "pfs", PfsTable)
    listed = fees.codes()
    codes = set(RENDERING)
    for part in f"{BASES} {INTEGRAL} {GUIDANCE} {VISITS} {COMMON}".split():
        first, _, last = part.partition("-")
        codes.update(code for code in listed if first <= code <= (last or first) and code.isdigit())
    with (cms / "derived" / "golden_ptp_pairs_v302.csv").open(newline="") as file:
        golden = [(row["column1"], row["column2"]) for row in csv.DictReader(file)]
    codes.update(code for code in itertools.chain.from_iterable(golden) if code in fees)
    return frozenset(codes)


def ptp_text(edition: Edition, codes: frozenset[str]) -> str:
    """Return every row of the renderings, and every row among the codes that was ever in force."""
    rows = [
        row
        for row in table(edition, "ptp", PtpTable).rows()
        if {row.column1, row.column2} & RENDERING or ({row.column1, row.column2} <= codes and row.indicator != "9")
    ]
    head = [
        "Extract of NCCI PTP v30.2, facts only; see README.md",
        "Column 1\tColumn 2\t\tEffective\tDeletion\tModifier\tRationale",
    ]
    return "\n".join([*head, *map(ptp_line, rows)]) + "\n"


def ptp_line(row: PtpRow) -> str:
    """Return one row in CMS's layout, the rationale as our key."""
    deletion = f"{row.deletion:%Y%m%d}" if row.deletion else "*"
    return f"{row.column1}\t{row.column2}\t\t{row.effective:%Y%m%d}\t{deletion}\t{row.indicator}\t{row.rationale}"


def mue_text(edition: Edition, codes: frozenset[str]) -> str:
    """Return the MUE rows of the codes."""
    mues = table(edition, "mue", MueTable)
    lines = [
        "Extract of the practitioner MUE table 2024-07-01; see README.md",
        "HCPCS/CPT Code,MUE Values,MUE Adjudication Indicator,MUE Rationale",
    ]
    for code in sorted(codes):
        mue = mues.get(code)
        if mue is not None:
            lines.append(f"{code},{mue.value},{mue.mai},{mue.rationale}")
    return "\n".join(lines) + "\n"


def add_on_text(edition: Edition, codes: frozenset[str]) -> str:
    """Return the rows of every add-on code among the codes, with all its primaries."""
    lines = [
        "Extract of the add-on code table 2024Q2; see README.md",
        "AOC_Edit_Type\tAdd-On_Code\tAOC_DelDT\tPrimary_Code\tPrimary_Code_DelDT\tAOC_Edit_EffDT\tAOC_Edit_DelDT",
    ]
    add_ons = table(edition, "add-on", AddOnTable)
    for code in sorted(codes):
        add_on = add_ons.get(code)
        for window in add_on.windows if add_on else ():
            last = f"{window.deletion:%Y%j}" if window.deletion else ""
            lines.append(f"{window.type}\t{code}\t\t{window.primary or 'CCCCC'}\t\t{window.effective:%Y%j}\t{last}")
    return "\n".join(lines) + "\n"


def pfs_text(edition: Edition, codes: frozenset[str]) -> str:
    """Return the fee schedule rows of the codes, with the columns that are read."""
    fees = table(edition, "pfs", PfsTable)
    names = (
        "HCPCS,MOD,STATUS CODE,WORK RVU,PCTC IND,GLOB DAYS,MULT PROC,BILAT SURG,ASST SURG,CO-SURG,TEAM SURG,ENDO BASE,"
        "PHYSICIAN SUPERVISION OF DIAGNOSTIC PROCEDURES,DIAGNOSTIC IMAGING FAMILY INDICATOR"
    )
    rows = (row for code in sorted(codes) for row in fees.rows(code))
    return "\n".join(["Extract of PPRRVU2025_Oct; see README.md", names, *map(pfs_line, rows)]) + "\n"


def pfs_line(row: PfsRow) -> str:
    """Return one row under the names above."""
    return ",".join(
        (
            row.code,
            row.modifier,
            row.status,
            str(row.work_rvu),
            row.pctc,
            row.global_days,
            row.multiple_procedure,
            row.bilateral,
            row.assistant,
            row.co_surgeon,
            row.team_surgeon,
            row.endoscopic_base,
            row.supervision,
            row.imaging_family,
        )
    )


def modifier_text(cms: Path) -> str:
    """Return every modifier code with the dates that are known."""
    levels: dict[str, str] = {}
    with (cms / "ncci_2024q3" / "modifiers_codes.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            levels.setdefault(row["modifier"].strip(), row["level"])
    dates = dict(DATES)
    with next((cms / "excerpts_2026").glob("HCPC*")).open(newline="") as file:
        for row in csv.DictReader(file):
            if row["RECID"] == "7":
                dates[row["HCPC"].strip()] = (iso(row["ADD DT"]), iso(row["TERM DT"]))
                levels.setdefault(row["HCPC"].strip(), "HCPCS")
    for origin, destination in itertools.product(PLACES, PLACES + "X"):
        levels.setdefault(origin + destination, "ambulance")
    lines = [f"{code},{level},{','.join(dates.get(code, ('', '')))}" for code, level in sorted(levels.items())]
    return "\n".join([f"# as of {AS_OF}", "code,level,from,to", *lines]) + "\n"


def iso(text: str) -> str:
    """Return ``20240131`` as ``2024-01-31``; blank stays blank."""
    return dt.datetime.strptime(text, "%Y%m%d").date().isoformat() if text else ""  # noqa: DTZ007 - a day, no moment


def table(edition: Edition, kind: str, expected: type[T]) -> T:
    """Return the edition's one practitioner (or only) table of a kind."""
    entry = next(entry for entry in edition.tables(kind) if entry.setting in ("", "practitioner"))
    found = edition.open_table(entry)
    assert isinstance(found, expected)
    return found


if __name__ == "__main__":
    raise SystemExit(main())

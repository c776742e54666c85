"""Spreadsheets as CMS publishes them beside the text files; the workbooks are written by hand, cell by cell."""

from __future__ import annotations

import datetime as dt
import io
import sys
import zipfile
from xml.sax.saxutils import escape

import pytest

from payerpack.baseline.editions import import_files, open_edition
from payerpack.errors import DataError

TYPES = """<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>
</Types>"""
RELS = """<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1"
Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{target}"/></Relationships>"""
BOOK = """<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"
xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>
<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>"""


def workbook(rows: list[list[str | int | None]]) -> bytes:
    lines = []
    for number, row in enumerate(rows, 1):
        cells = []
        for at, value in enumerate(row):
            place = f"{chr(65 + at)}{number}"
            if isinstance(value, int):
                cells.append(f'<c r="{place}"><v>{value}</v></c>')
            elif value is not None:
                cells.append(f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>')
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        f"{''.join(lines)}</sheetData></worksheet>"
    )
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        archive.writestr("_rels/.rels", RELS.format(kind="officeDocument", target="xl/workbook.xml"))
        archive.writestr("xl/workbook.xml", BOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", RELS.format(kind="worksheet", target="worksheets/sheet1.xml"))
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
    return data.getvalue()


@pytest.fixture
def reader():
    return pytest.importorskip("python_calamine", reason="the extra xlsx is not installed")


@pytest.mark.usefixtures("reader")
def test_a_ptp_set_may_be_spreadsheets(write, ptp_set, tmp_path):
    head = [["notice"], ["Column1/Column2 Edits"], ["Column 1", "Column 2", "*", "Effective", "Deletion"], [], [], []]
    rows = [[[70450 + n, "76376", None, "20240101", "*", "1", "Sequential procedure"]] for n in range(4)]
    # A code that lost its leading zeros when Excel took it for a number, and dates and indicator as numbers.
    rows[0].insert(0, [591, "00600", None, 20240101, 20240331, 0, "Mutually exclusive procedures"])
    sheets = [write(f"ccipra-v302r0-f{n}.xlsx", workbook(head + part)) for n, part in enumerate(rows, 1)]
    import_files(sheets, tmp_path / "sheets")
    texts = [["\t".join("" if cell is None else str(cell) for cell in row) for row in part] for part in rows]
    texts[0][0] = "00" + texts[0][0]
    import_files(ptp_set(*texts), tmp_path / "texts")
    assert open_edition(tmp_path / "sheets").id == open_edition(tmp_path / "texts").id


@pytest.mark.usefixtures("reader")
def test_mue_and_add_on_tables_may_be_spreadsheets_in_a_zip(write, zipped, tmp_path):
    mue = workbook(
        [
            ["notice"],
            ["HCPCS/\nCPT Code", "Practitioner Services MUE Values", "MAI", "MUE Rationale"],
            [99213, 2, "3 Clinical", "CMS Policy"],
        ]
    )
    head = [
        "AOC_Edit_Type",
        "Add-On_Code",
        "AOC_DelDT",
        "Primary_Code",
        "Primary_Code_DelDT",
        "AOC_Edit_EffDT",
        "AOC_Edit_DelDT",
        "Special_Instruction_Notes",
    ]
    aoc = workbook([["notice"], head, [1, 99292, None, 99291, None, 2013091, None, None]])
    files = [
        zipped("mue.zip", {"MCR_MUE_PractitionerServices_Eff_07-01-2024.xlsx": mue}),
        write("AOC_V2026Q2-MCR.xlsx", aoc),
    ]
    import_files(files, tmp_path / "root")
    edition = open_edition(tmp_path / "root")
    assert edition.mue("practitioner", dt.date(2024, 8, 1)).get("99213").value == 2
    assert edition.add_on.get("99292").primaries(dt.date(2026, 5, 1)) == {"99291"}


@pytest.mark.usefixtures("reader")
def test_bytes_that_are_no_workbook_are_an_error(write, tmp_path):
    with pytest.raises(DataError, match="is not a whole spreadsheet"):
        import_files([write("AOC_V2026Q2-MCR.xlsx", b"PK nothing")], tmp_path / "root")


def test_without_the_extra_the_error_names_it(write, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(DataError, match=r"pip install 'payerpack\[xlsx\]'; or give the txt or csv"):
        import_files([write("AOC_V2026Q2-MCR.xlsx", workbook([["x"]]))], tmp_path / "root")


@pytest.mark.usefixtures("reader")
def test_of_text_and_spreadsheet_in_one_zip_the_text_is_read(cms, zipped, tmp_path):
    name = "MCR_MUE_PractitionerServices_Eff_07-01-2024"
    path = zipped("mue.zip", {f"{name}.xlsx": b"not read", f"{name}.csv": (cms / f"{name}.csv").read_bytes()})
    summary = import_files([path], tmp_path / "root")
    assert summary.skipped == (f"mue.zip/{name}.xlsx",)

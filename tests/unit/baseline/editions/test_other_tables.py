from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from payerpack.baseline.editions import import_files, open_edition
from payerpack.baseline.editions.importers.pfs import _COLUMNS, _FIXED
from payerpack.errors import DataError

DAY = dt.date(2025, 11, 1)
AOC = "AOC_V2024Q2-MCR.txt"
AOC_HEADER = "notice\t\t\r\nAOC_Edit_Type\tAdd-On_Code\tAOC_DelDT\tPrimary_Code\tPrimary_Code_DelDT\tAOC_Edit_EffDT\tAOC_Edit_DelDT\tSpecial_Instruction_Notes\r\n"


# add-on codes


def test_a_type_1_add_on_lists_its_primaries(edition):
    add_on = edition.add_on.get("99292")
    assert (add_on.type, add_on.primaries(DAY), add_on.contractor_defined(DAY)) == (1, frozenset({"99291"}), False)


def test_a_type_2_add_on_has_contractor_defined_primaries_only(edition):
    add_on = edition.add_on.get("76937")
    assert (add_on.type, add_on.primaries(DAY), add_on.contractor_defined(DAY)) == (2, frozenset(), True)


def test_a_type_3_add_on_has_both(edition):
    add_on = edition.add_on.get("88311")
    assert add_on.type == 3
    assert add_on.contractor_defined(DAY)
    assert add_on.primaries(DAY)
    assert "CCCCC" not in add_on.primaries(DAY)


def test_a_3d_rendering_is_no_add_on(edition):
    assert edition.add_on.get("76377") is None
    assert "76377" not in edition.add_on


@pytest.mark.parametrize(
    ("day", "primaries"),
    [
        (dt.date(2023, 12, 31), set()),
        (dt.date(2024, 1, 1), {"11102", "11104"}),
        (dt.date(2024, 3, 31), {"11102", "11104"}),
        (dt.date(2024, 4, 1), {"11102"}),
    ],
)
def test_dates_are_year_and_day_of_year_and_inclusive(write, tmp_path, day, primaries):
    rows = "1\t11103\t\t11102\t\t2024001\t\t\r\n1\t11103\t\t11104\t2024091\t2024001\t\t\r\n"
    import_files([write(AOC, AOC_HEADER + rows)], tmp_path / "root")
    assert open_edition(tmp_path / "root").add_on.get("11103").primaries(day) == primaries


def test_date_columns_named_julian_are_the_same_columns(write, tmp_path):
    header = AOC_HEADER.replace("DelDT", "DelDT_Julian").replace("EffDT", "EffDT_Julian")
    import_files([write(AOC, header + "1\t11103\t\t11102\t\t2024001\t\t\r\n")], tmp_path / "root")
    assert "11103" in open_edition(tmp_path / "root").add_on


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("4\t11103\t\t11102\t\t2024001\t\t", "AOC_Edit_Type: '4'"),
        ("1\t1110\t\t11102\t\t2024001\t\t", "Add-On_Code: '1110'"),
        ("1\t11103\t\t\t\t2024001\t\t", "Primary_Code: ''"),
        ("1\t11103\t\t11102\t\t20240101\t\t", "AOC_Edit_EffDT: '20240101'"),
        ("1\t11103\t\t11102\t\t2023366\t\t", "AOC_Edit_EffDT: '2023366'"),
        ("1\t11103\t\t11102\t\t\t\t", "AOC_Edit_EffDT: ''"),
    ],
)
def test_a_malformed_add_on_row_is_an_error_with_file_row_and_column(write, tmp_path, row, message):
    with pytest.raises(DataError) as error:
        import_files([write(AOC, f"{AOC_HEADER}{row}\r\n")], tmp_path / "root")
    assert f"{AOC}:3: {message}" in str(error.value)


# the fee schedule


def test_indicators_are_read_on_the_row_of_the_modifier(edition):
    fees = edition.pfs(DAY)
    assert fees.exact
    assert (fees.row("83020").pctc, fees.row("83020", "26").pctc) == ("9", "6")
    assert fees.row("86153") is None
    assert fees.row("86153", "26").pctc == "6"
    assert (fees.row("76377").supervision, fees.row("76377", "TC").supervision) == ("09", "03")


def test_every_indicator_comes_from_the_column_of_its_name(edition):
    row = edition.pfs(DAY).row("45380")
    assert (row.status, row.pctc, row.global_days, row.multiple_procedure, row.bilateral) == ("A", "0", "000", "3", "0")
    assert (row.assistant, row.co_surgeon, row.team_surgeon, row.endoscopic_base) == ("1", "0", "0", "45378")
    assert (row.supervision, row.imaging_family, row.work_rvu) == ("09", "99", Decimal("3.56"))


def test_a_codes_rows_are_the_whole_service_and_its_modifiers(edition):
    fees = edition.pfs(DAY)
    assert [row.modifier for row in fees.rows("71046")] == ["", "26", "TC"]
    assert [row.modifier for row in fees.rows("44388")] == ["", "53"]
    assert fees.rows("7104") == ()
    assert "86153" in fees
    assert fees.row("71046", "LT") is None


def test_the_2026_layout_with_one_more_column_gives_the_same_indicators(cms, edition, write, tmp_path):
    lines = (cms / "PPRRVU2025_Oct.csv").read_text("latin-1").splitlines()
    stacked = [line.split(",") for line in lines]
    for row, cell in zip(stacked, [""] * 8 + ["PRIC", "IND"], strict=False):
        row.insert(23, cell)
    for row in stacked[10:]:
        row.insert(23, "00")
    assert len(stacked[9]) == 32
    name = "PPRRVU2026_Jul_nonQPP.csv"
    import_files([write(name, "\r\n".join(",".join(row) for row in stacked))], tmp_path / "root")
    fees = open_edition(tmp_path / "root").pfs(dt.date(2026, 8, 1))
    assert fees.label == "PFS 2026Q3"
    assert [fees.rows(code) for code in fees.codes()] == [
        edition.pfs(DAY).rows(code) for code in edition.pfs(DAY).codes()
    ]


def test_the_fixed_width_file_gives_the_same_indicators(edition, write, tmp_path):
    lines = ["HDR title"] * 7
    fees = edition.pfs(DAY)
    for code in fees.codes():
        for row in fees.rows(code):
            cells = dict(zip(_COLUMNS, [row.code, row.modifier, str(row.work_rvu)], strict=False))
            values = [row.status, row.pctc, row.global_days, row.multiple_procedure, row.bilateral, row.assistant]
            values += [row.co_surgeon, row.team_surgeon, row.endoscopic_base, row.supervision, row.imaging_family]
            cells |= dict(zip(_COLUMNS[3:], values, strict=True))
            line = [" "] * 200
            for name, (first, last) in zip(_COLUMNS, _FIXED, strict=True):
                line[first - 1 : last] = cells[name].ljust(last - first + 1)
            lines.append("".join(line))
    import_files([write("PPRRVU2025_Oct.txt", "\r\n".join(lines))], tmp_path / "root")
    read = open_edition(tmp_path / "root").pfs(DAY)
    assert [read.rows(code) for code in read.codes()] == [fees.rows(code) for code in fees.codes()]


def test_another_date_is_answered_by_the_nearest_file_which_says_so(edition):
    fees = edition.pfs(dt.date(2024, 8, 15))
    assert not fees.exact
    assert fees.row("76377") is not None


def test_a_header_without_a_column_is_an_error_that_names_it(cms, write, tmp_path):
    text = (cms / "PPRRVU2025_Oct.csv").read_text("latin-1").replace("ENDO", "XXXX")
    with pytest.raises(DataError, match="the header has no column ENDOBASE"):
        import_files([write("PPRRVU2025_Oct.csv", text)], tmp_path / "root")


def test_a_fee_schedule_cut_off_within_a_row_is_an_error(cms, write, tmp_path):
    data = (cms / "PPRRVU2025_Oct.csv").read_bytes()[:-60]
    with pytest.raises(DataError, match=r"PPRRVU2025_Oct\.csv:35: the row has"):
        import_files([write("PPRRVU2025_Oct.csv", data)], tmp_path / "root")


# HCPCS


@pytest.mark.parametrize(
    ("modifier", "day", "valid"),
    [
        ("JG", dt.date(2024, 12, 31), True),
        ("JG", dt.date(2025, 1, 1), False),
        ("JG", dt.date(2017, 12, 31), False),
        ("JG", dt.date(2018, 1, 1), True),
        ("AS", dt.date(2026, 1, 1), True),
    ],
)
def test_padded_modifiers_are_valid_between_their_dates(edition, modifier, day, valid):
    assert edition.hcpcs.get(modifier).valid(day) is valid
    assert edition.modifier_valid(modifier, day) is valid


HCPCS_HEADER = "HCPC,SEQNUM,RECID,LONG DESCRIPTION,SHORT DESCRIPTION,COV,ADD DT,ACT EFF DT,TERM DT,ACTION CD\r\n"


def test_rows_that_carry_on_a_description_are_counted_not_kept(write, tmp_path):
    text = (
        HCPCS_HEADER
        + "G0463,0100,3,,,D,20140101,20140101,,N\r\nG0463,0110,4,,,,,,,\r\n   AS,0010,7,,,C,19880101,,,N\r\n"
    )
    summary = import_files([write("HCPC2026_OCT_ANWEB.csv", text)], tmp_path / "root")
    assert summary.tables[0].rows == 2
    assert dict(summary.tables[0].notes) == {"rows that carry on a description": 1}
    assert open_edition(tmp_path / "root").hcpcs.get("G0463").coverage == "D"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("G0463,0100,9,,,D,20140101,,,N", "RECID: '9'"),
        ("G046,0100,3,,,D,20140101,,,N", "HCPC: 'G046'"),
        ("G0463,0100,3,,,D,2014,,,N", "ADD DT or TERM DT: '2014'"),
    ],
)
def test_a_malformed_hcpcs_row_is_an_error_with_file_row_and_column(write, tmp_path, row, message):
    with pytest.raises(DataError) as error:
        import_files([write("HCPC2026_OCT_ANWEB.csv", HCPCS_HEADER + row)], tmp_path / "root")
    assert f"HCPC2026_OCT_ANWEB.csv:2: {message}" in str(error.value)


# ICD-10-CM


@pytest.mark.parametrize(("code", "billable"), [("A00", False), ("A000", True), ("M5410", True), ("M541", None)])
def test_only_flagged_diagnoses_are_billable_and_others_are_unknown(edition, code, billable):
    table = edition.icd10(dt.date(2026, 1, 1))
    assert table.exact
    assert table.billable(code) is billable
    assert (code in table) is (billable is not None)


def test_a_fiscal_year_runs_from_october_to_september(edition):
    assert edition.icd10(dt.date(2025, 10, 1)).exact
    assert edition.icd10(dt.date(2026, 9, 30)).exact
    assert not edition.icd10(dt.date(2026, 10, 1)).exact


def test_a_list_that_is_no_order_file_is_an_error(write, tmp_path):
    with pytest.raises(DataError, match=r"icd10cm_order_2026\.txt:1: is no row of an order file"):
        import_files([write("icd10cm_order_2026.txt", "A00\nA000\n")], tmp_path / "root")

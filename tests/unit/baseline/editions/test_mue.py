from __future__ import annotations

import datetime as dt

import pytest

from payerpack.baseline.editions import import_files, open_edition
from payerpack.baseline.editions.records import Mue
from payerpack.errors import DataError

HEADER = '"notice\r\n\r\nmore",,,\r\n"HCPCS/\nCPT Code",Practitioner Services MUE Values,MUE Adjudication Indicator,MUE Rationale\r\n'
NAME = "MCR_MUE_PractitionerServices_Eff_07-01-2024.csv"
IN_2024Q3 = dt.date(2024, 8, 15)


def test_values_indicators_and_rationales_are_read(edition):
    table = edition.mue("practitioner", IN_2024Q3)
    assert table.label == "NCCI-MUE-PRA 2024Q3"
    assert table.get("76377") == Mue("76377", 2, "3", "clinical-data")
    assert table.get("99291") == Mue("99291", 1, "2", "code-descriptor")
    assert table.get("J7187") == Mue("J7187", 7500, "1", "clinical-data")


def test_zero_is_a_value_and_an_absent_code_is_unknown(edition):
    table = edition.mue("practitioner", IN_2024Q3)
    assert table.get("G0463").value == 0
    assert table.get("99999") is None
    assert "99999" not in table


def test_the_effective_date_comes_from_the_files_name(edition):
    table = edition.mue("practitioner", dt.date(2026, 7, 1))
    assert (table.effective, table.last) == (dt.date(2026, 7, 1), dt.date(2026, 9, 30))


@pytest.mark.parametrize(
    ("day", "label"),
    [
        (dt.date(2024, 7, 1), "NCCI-MUE-PRA 2024Q3"),
        (dt.date(2024, 9, 30), "NCCI-MUE-PRA 2024Q3"),
        (dt.date(2024, 6, 30), None),
        (dt.date(2024, 10, 1), None),
        (dt.date(2026, 9, 30), "NCCI-MUE-PRA 2026Q3"),
    ],
)
def test_the_service_date_picks_the_quarter(edition, day, label):
    table = edition.mue("practitioner", day)
    assert (table and table.label) == label


@pytest.mark.parametrize(
    ("day", "label"),
    [
        (dt.date(2023, 1, 1), "NCCI-MUE-PRA 2024Q3"),
        (dt.date(2024, 10, 1), "NCCI-MUE-PRA 2024Q3"),
        (dt.date(2026, 6, 30), "NCCI-MUE-PRA 2026Q3"),
        (dt.date(2027, 1, 1), "NCCI-MUE-PRA 2026Q3"),
    ],
)
def test_outside_every_quarter_the_nearest_answers_and_says_that_it_is_not_exact(edition, day, label):
    table = edition.mue_nearest("practitioner", day)
    assert table.label == label
    assert not table.exact
    assert not table.covers(day)


def test_a_setting_that_is_not_held_is_none(edition):
    assert edition.mue_nearest("hospital", IN_2024Q3) is None
    assert edition.mue_nearest("practitioner", IN_2024Q3, program="medicaid") is None


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("7637,1,3 Clinical,x", "HCPCS/CPT code"),
        ("76376,,3 Clinical,x", "MUE value"),
        ("76376,-1,3 Clinical,x", "MUE value"),
        ("76376,1,4 Other,x", "MUE adjudication indicator"),
        ("76376,1,,x", "MUE adjudication indicator"),
    ],
)
def test_a_malformed_row_is_an_error_with_file_row_and_column(write, tmp_path, row, column):
    with pytest.raises(DataError) as error:
        import_files([write(NAME, f"{HEADER}99213,2,3 Clinical,x\r\n{row}\r\n")], tmp_path / "root")
    assert str(error.value).startswith(f"{NAME}:7: {column}: ")


def test_a_code_that_stands_twice_is_an_error(write, tmp_path):
    with pytest.raises(DataError, match="99213 stands twice"):
        import_files([write(NAME, f"{HEADER}99213,2,3 C,x\r\n99213,1,3 C,x\r\n")], tmp_path / "root")


def test_a_table_without_its_header_is_an_error(write, tmp_path):
    with pytest.raises(DataError, match="holds no row of an MUE table"):
        import_files([write(NAME, "99213,2,3 C,x\r\n")], tmp_path / "root")


def test_a_value_with_a_thousands_comma_is_a_number(write, tmp_path):
    import_files([write(NAME, f'{HEADER}J7187,"7,500",1 Line Edit,Clinical: Data\r\n')], tmp_path / "root")
    assert open_edition(tmp_path / "root").mue("practitioner", IN_2024Q3).get("J7187").value == 7500


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("MCR_MUE_OutpatientHospitalServices_Eff_07-01-2024.csv", "hospital"),
        ("MCR_MUE_DMESupplierServices_Eff_07-01-2024.csv", "dme"),
    ],
)
def test_hospital_and_dme_tables_are_held_apart(write, tmp_path, name, setting):
    import_files([write(name, f"{HEADER}G0463,4,3 C,x\r\n")], tmp_path / "root")
    edition = open_edition(tmp_path / "root")
    assert edition.mue(setting, IN_2024Q3).get("G0463").value == 4
    assert edition.mue("practitioner", IN_2024Q3) is None


def test_medicaid_values_have_no_adjudication_indicator(zipped, tmp_path):
    head = "Notice\r\n" * 9 + "HCPCS/CPT Code\tPractitioner Services MUE Values\tMUE Rationale\r\n"
    text = head + "76376\t00002\tClinical: Data\r\n"
    path = zipped(
        "medicaid-ncci-q3-2026-mue-edits-practitioner-services.zip", {"MUE_PRA.txt": text, "MUE_PRA.xlsx": "x"}
    )
    import_files([path], tmp_path / "root")
    edition = open_edition(tmp_path / "root")
    day = dt.date(2026, 8, 1)
    assert edition.mue("practitioner", day, program="medicaid").get("76376") == Mue("76376", 2, None, "clinical-data")
    assert edition.mue("practitioner", day) is None

from __future__ import annotations

import zipfile

import pytest

from payerpack.baseline.editions import import_files
from payerpack.baseline.editions.importers import sources
from payerpack.baseline.editions.importers.recognise import recognise
from payerpack.errors import DataError

MUE = "MCR_MUE_PractitionerServices_Eff_07-01-2024.csv"


def refused(*paths, root) -> str:
    with pytest.raises(DataError) as error:
        import_files(paths, root)
    assert not root.exists()
    return str(error.value)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("ccipra-v322r0-f1.TXT", "NCCI-PTP-PRA v32.2"),
        ("medicare-ncci-2026q4-practitioner-ptp-edits-ccipra-v323r1-f4.txt", "NCCI-PTP-PRA v32.3r1"),
        ("ccioph-v321r0-f2.xlsx", "NCCI-PTP-OPH v32.1"),
        ("MCR_MUE_OutpatientHospitalServices_Eff_10-01-2026.csv", "NCCI-MUE-OPH 2026Q4"),
        ("MCR_MUE_DMESupplierServices_Eff_07-01-2024.xlsx", "NCCI-MUE-DME 2024Q3"),
        ("AOC_V2025Q4_01-MCR.txt", "NCCI-AOC 2025Q4r1"),
        ("AOC_V2026Q2-MCR.xlsx", "NCCI-AOC 2026Q2"),
        ("PPRRVU2026_Jul_nonQPP.csv", "PFS 2026Q3"),
        ("PPRRVU24_JAN.csv", "PFS 2024Q1"),
        ("HCPC2026_OCT_ANWEB.csv", "HCPCS 2026Q4"),
        ("icd10cm_order_2026.txt", "ICD-10-CM FY2026"),
        ("icd10cm-order-2027.txt", "ICD-10-CM FY2027"),
        ("medicaid-ncci-2026-q3-ptp-edits-practitioner-services.txt", "NCCI-PTP-PRA-MCD 2026Q3"),
        ("medicaid-ncci-q2-2026-ptp-edits-outpatient-hospital-services.txt", "NCCI-PTP-OPH-MCD 2026Q2"),
        ("medicaid-ncci-2026-q3-mue-edits-durable-medical-equipment.csv", "NCCI-MUE-DME-MCD 2026Q3"),
    ],
)
def test_a_name_of_cms_tells_the_release(name, label):
    assert recognise(name).label == label


def test_a_member_of_a_medicaid_zip_is_dated_by_the_zips_name():
    member = recognise("PTP_Edits.txt", "medicaid-ncci-2026-q3-ptp-edits-practitioner-services.zip")
    assert (member.program, member.setting, member.version) == ("medicaid", "practitioner", "2026Q3")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("notes.txt", "is not a name that CMS gives"),
        ("medicare-ncci-2024q3-practitioner-quarterly-additions-deletions-revisions-ptp.txt", "changes only"),
        ("PPRRVU2026_Jul_QPP.csv", "give the nonQPP file"),
        ("AOC_V2026Q2-MCD.txt", "give Medicare's"),
        ("ccipra-v302r0-f1.pdf", "not in a format we read"),
        ("MCR_MUE_PractitionerServices_Eff_13-41-2024.csv", "is not a name that CMS gives"),
        ("ccipra-v305r0-f1.txt", "is not a name that CMS gives"),
    ],
)
def test_an_unknown_file_is_refused_by_name(write, tmp_path, name, why):
    message = refused(write(name, "x"), root=tmp_path / "root")
    assert message.startswith(f"{name}: ")
    assert why in message


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    (tmp_path / "folder").mkdir()
    message = refused(tmp_path / "folder", tmp_path / "absent.zip", root=tmp_path / "root")
    assert "folder: is a folder" in message
    assert "absent.zip: does not exist" in message


def test_no_file_at_all_is_an_error(tmp_path):
    assert "no file was given" in refused(root=tmp_path / "root")


def test_a_zip_is_read_without_being_extracted(cms, zipped, tmp_path, monkeypatch):
    monkeypatch.setattr(zipfile.ZipFile, "extract", None)
    monkeypatch.setattr(zipfile.ZipFile, "extractall", None)
    path = zipped("medicare-ncci-2024-q3-practitioner-services-mue-table.zip", {MUE: (cms / MUE).read_bytes()})
    (table,) = import_files([path], tmp_path / "root").tables
    assert table.sources[0].name == f"{path.name}/{MUE}"
    assert table.rows == 14


def test_members_that_are_no_table_are_skipped_and_named(cms, zipped, tmp_path):
    fees = (cms / "PPRRVU2025_Oct.csv").read_bytes()
    members = {"rvu25d/PPRRVU2025_Oct.csv": fees, "GPCI2025.csv": "x", "PPRRVU2025_Oct.txt": "HDR"}
    summary = import_files([zipped("rvu25d.zip", members)], tmp_path / "root")
    assert [table.label for table in summary.tables] == ["PFS 2025Q4"]
    assert set(summary.skipped) == {"rvu25d.zip/GPCI2025.csv", "rvu25d.zip/PPRRVU2025_Oct.txt"}


def test_of_the_two_files_of_2026_the_nonqpp_one_is_read(cms, zipped, tmp_path):
    fees = (cms / "PPRRVU2025_Oct.csv").read_bytes()
    members = {"PPRRVU2026_Jul_QPP.csv": b"no table at all", "PPRRVU2026_Jul_nonQPP.csv": fees}
    summary = import_files([zipped("rvu26c.zip", members)], tmp_path / "root")
    assert summary.tables[0].sources[0].name == "rvu26c.zip/PPRRVU2026_Jul_nonQPP.csv"


def test_a_zip_that_holds_no_table_is_refused_by_name(zipped, tmp_path):
    assert "odd.zip: is not a name" in refused(zipped("odd.zip", {"readme.pdf": "x"}), root=tmp_path / "root")


def test_a_zip_that_was_cut_off_is_an_error(cms, zipped, tmp_path):
    path = zipped("mue.zip", {MUE: (cms / MUE).read_bytes()})
    path.write_bytes(path.read_bytes()[:200])
    assert "mue.zip: is not a whole zip file" in refused(path, root=tmp_path / "root")


def test_a_web_page_saved_as_a_zip_is_an_error(write, tmp_path):
    assert "is a web page" in refused(write("mue.zip", "<html>"), root=tmp_path / "root")


def test_a_member_with_a_wrong_check_sum_is_an_error(cms, tmp_path):
    path = tmp_path / "mue.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(MUE, (cms / MUE).read_bytes())
    path.write_bytes(path.read_bytes().replace(b"99213,2,", b"99213,9,"))
    assert "mue.zip/MCR_MUE_PractitionerServices_Eff_07-01-2024.csv: is damaged" in refused(
        path, root=tmp_path / "root"
    )


def test_a_zip_that_unpacks_to_too_much_is_refused_before_it_is_read(zipped, tmp_path):
    path = zipped("bomb.zip", {MUE: b"0" * (2 << 20)})
    assert "400 times its size" in refused(path, root=tmp_path / "root")


def test_a_zip_over_the_limit_of_bytes_is_refused(cms, zipped, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MOST_BYTES", 100)
    path = zipped("mue.zip", {MUE: (cms / MUE).read_bytes()})
    assert "as no CMS file does" in refused(path, root=tmp_path / "root")


def test_a_zip_of_very_many_members_is_refused(zipped, tmp_path):
    path = zipped("many.zip", {f"{number}.txt": "" for number in range(300)})
    assert "holds 300 files" in refused(path, root=tmp_path / "root")


@pytest.mark.parametrize("name", [f"../{MUE}", f"/etc/{MUE}", f"C:\\x\\{MUE}", f"a/../../{MUE}", f"..\\{MUE}"])
def test_a_member_whose_name_leads_out_of_the_zip_is_refused(cms, zipped, tmp_path, name):
    path = zipped("tricky.zip", {name: (cms / MUE).read_bytes()})
    assert "leads out of the zip" in refused(path, root=tmp_path / "root")


def test_a_zip_in_a_zip_is_not_looked_into(cms, zipped, tmp_path):
    inner = zipped("inner.zip", {MUE: (cms / MUE).read_bytes()})
    assert "the zip holds inner.zip" in refused(
        zipped("outer.zip", {"inner.zip": inner.read_bytes()}), root=tmp_path / "root"
    )


def test_two_members_that_say_they_are_one_table_are_an_error(cms, zipped, tmp_path):
    data = (cms / MUE).read_bytes()
    path = zipped("mue.zip", {MUE: data, f"old_{MUE}": data})
    assert "which say they are one table" in refused(path, root=tmp_path / "root")


def test_one_table_given_as_zip_and_as_file_is_an_error(cms, zipped, tmp_path):
    path = zipped("mue.zip", {MUE: (cms / MUE).read_bytes()})
    assert "are the same table" in refused(path, cms / MUE, root=tmp_path / "root")


def test_bytes_that_no_encoding_gives_a_meaning_are_read(write, tmp_path):
    text = b'"notice \xae\x81\xff",,,\r\n"HCPCS/\nCPT Code",MUE Values,MAI,MUE Rationale\r\n99213,2,3 C,x\r\n'
    assert import_files([write(MUE, text)], tmp_path / "root").tables[0].rows == 1

from __future__ import annotations

import datetime as dt
import json
import os

import pytest

from payerpack.baseline.editions import import_files, list_editions, open_edition, verify
from payerpack.errors import DataError


def test_an_import_compiles_every_table_into_one_sound_edition(cms_files, tmp_path):
    summary = import_files(cms_files, tmp_path / "root")
    assert {table.kind for table in summary.tables} == {"ptp", "mue", "add-on", "pfs", "hcpcs", "icd10"}
    edition = open_edition(tmp_path / "root")
    assert (edition.id, edition.path) == (summary.id, summary.path)
    assert verify(edition) == ()


def test_the_same_files_make_the_same_edition_on_any_machine(cms_files, tmp_path):
    first, second = import_files(cms_files, tmp_path / "a"), import_files(cms_files[::-1], tmp_path / "b")
    assert first.id == second.id
    for table in first.tables:
        assert (first.path / table.file).read_bytes() == (second.path / table.file).read_bytes()


def test_a_relative_folder_may_be_imported_into(ptp_files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    summary = import_files(ptp_files, "root")
    assert open_edition("root").id == summary.id


def test_importing_the_same_files_again_changes_nothing(cms_files, tmp_path):
    first = import_files(cms_files, tmp_path / "root")
    again = import_files(cms_files, tmp_path / "root")
    assert (first.unchanged, again.unchanged) == (False, True)
    assert again.path == first.path
    assert len(list_editions(tmp_path / "root")) == 1


def test_tables_that_are_not_given_again_are_carried_over(cms, ptp_files, tmp_path):
    root = tmp_path / "root"
    import_files(ptp_files, root)
    import_files([cms / "MCR_MUE_PractitionerServices_Eff_07-01-2024.csv"], root)
    summary = import_files([cms / "MCR_MUE_PractitionerServices_Eff_07-01-2026.csv"], root)
    assert [table.label for table in summary.carried] == ["NCCI-MUE-PRA 2024Q3", "NCCI-PTP-PRA v32.2"]
    edition = open_edition(root)
    assert edition.mue("practitioner", dt.date(2024, 8, 1)) is not None
    assert edition.mue("practitioner", dt.date(2026, 8, 1)) is not None
    assert len(edition.ptp("practitioner")) == 154
    assert verify(edition) == ()
    assert len(list_editions(root)) == 3


def test_a_newer_release_takes_the_place_of_an_older_one(ptp_set, tmp_path):
    rows = [[f"7045{n}\t76376\t\t20240101\t*\t1\tx"] for n in range(4)]
    import_files(ptp_set(*rows), tmp_path / "root")
    import_files(ptp_set(*rows, version="v303"), tmp_path / "root")
    (entry,) = open_edition(tmp_path / "root").tables("ptp")
    assert entry.label == "NCCI-PTP-PRA v30.3"


def test_an_older_release_is_refused_because_windows_would_be_lost(ptp_set, tmp_path):
    rows = [[f"7045{n}\t76376\t\t20240101\t*\t1\tx"] for n in range(4)]
    import_files(ptp_set(*rows, version="v303"), tmp_path / "root")
    with pytest.raises(DataError, match=r"NCCI-PTP-PRA v30\.2: is older than NCCI-PTP-PRA v30\.3"):
        import_files(ptp_set(*rows), tmp_path / "root")
    assert len(list_editions(tmp_path / "root")) == 1


def test_a_corrected_file_of_the_same_release_is_the_one_opened(cms, write, tmp_path):
    name = "MCR_MUE_PractitionerServices_Eff_07-01-2024.csv"
    text = (cms / name).read_text("latin-1")
    import_files([cms / name], tmp_path / "root")
    import_files([write(name, text.replace("99213,2,", "99213,3,"))], tmp_path / "root")
    mues = open_edition(tmp_path / "root").mue("practitioner", dt.date(2024, 8, 1))
    assert mues.get("99213").value == 3
    import_files([cms / name], tmp_path / "root")
    mues = open_edition(tmp_path / "root").mue("practitioner", dt.date(2024, 8, 1))
    assert mues.get("99213").value == 2


def test_nothing_is_replaced_when_one_file_of_many_is_wrong(cms_files, write, tmp_path):
    root = tmp_path / "root"
    import_files(cms_files[:1], root)
    before = sorted(path.name for path in root.rglob("*"))
    with pytest.raises(DataError):
        import_files([*cms_files[1:], write("MCR_MUE_DMESupplierServices_Eff_07-01-2024.csv", "nothing")], root)
    assert sorted(path.name for path in root.rglob("*")) == before


def test_an_extract_is_marked_and_warned_of(cms, tmp_path):
    summary = import_files([cms / "MCR_MUE_PractitionerServices_Eff_07-01-2024.csv"], tmp_path / "root")
    assert not summary.tables[0].complete
    assert "far fewer than CMS publishes" in summary.warnings[0]
    assert open_edition(tmp_path / "root").partial


def test_the_summary_is_plain_data(cms_files, tmp_path):
    summary = import_files(cms_files, tmp_path / "root")
    data = json.loads(json.dumps(summary.to_dict()))
    assert data["id"] == summary.id
    assert {table["kind"] for table in data["tables"]} == {"ptp", "mue", "add-on", "pfs", "hcpcs", "icd10"}
    assert all(len(source["sha256"]) == 64 for table in data["tables"] for source in table["sources"])


def test_progress_is_told_up_to_the_last_byte(cms_files, tmp_path):
    told = []
    import_files(cms_files, tmp_path / "root", progress=lambda *step: told.append(step))
    done = [step[1] for step in told]
    assert done == sorted(done)
    assert done[-1] == told[-1][2] == sum(path.stat().st_size for path in cms_files)
    assert {step[0] for step in told} == {path.name for path in cms_files}


def test_the_folder_of_one_edition_may_be_named_to_add_to_it(cms, ptp_files, tmp_path):
    first = import_files(ptp_files, tmp_path / "root")
    second = import_files([cms / "AOC_V2024Q2-MCR.txt"], first.path)
    assert second.path.parent == first.path.parent
    assert [table.kind for table in second.carried] == ["ptp"]


def test_the_folder_comes_from_the_environment_when_none_is_named(cms, tmp_path, monkeypatch):
    monkeypatch.setenv("PAYERPACK_EDITION", str(tmp_path / "root"))
    summary = import_files([cms / "AOC_V2024Q2-MCR.txt"])
    assert summary.path.parent == tmp_path / "root"


def test_a_folder_that_cannot_be_written_is_a_users_error(cms, write):
    blocked = write("a-file", "x")
    with pytest.raises(DataError, match="cannot be written"):
        import_files([cms / "AOC_V2024Q2-MCR.txt"], blocked)


def test_an_import_that_finds_another_one_finished_meanwhile_does_not_lose_its_tables(cms, ptp_files, tmp_path):
    root = tmp_path / "root"

    def meanwhile(_file: str, done: int, total: int) -> None:
        if done == total and not root.exists():
            import_files(ptp_files, root)

    with pytest.raises(DataError, match="another import finished meanwhile"):
        import_files([cms / "AOC_V2024Q2-MCR.txt"], root, progress=meanwhile)
    assert [entry.kind for entry in open_edition(root).manifest.tables] == ["ptp"]


def test_what_a_crashed_import_left_is_swept_away_after_a_day(cms, tmp_path):
    root = tmp_path / "root"
    old, young = root / ".import-old", root / ".import-young"
    for folder in (old, young):
        folder.mkdir(parents=True)
    os.utime(old, (0, 0))
    import_files([cms / "AOC_V2024Q2-MCR.txt"], root)
    assert not old.exists()
    assert young.exists()

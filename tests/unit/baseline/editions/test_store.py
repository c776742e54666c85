from __future__ import annotations

import json
import subprocess
import sys

import pytest

from payerpack.baseline.editions import default_root, import_files, list_editions, open_edition, starter_edition
from payerpack.errors import DataError


def test_the_folder_of_one_edition_or_of_several_may_be_named(cms_files, tmp_path):
    summary = import_files(cms_files, tmp_path / "root")
    assert open_edition(tmp_path / "root").id == summary.id
    assert open_edition(str(summary.path)).id == summary.id


def test_the_environment_names_a_folder_where_no_argument_does(cms_files, tmp_path, monkeypatch):
    summary = import_files(cms_files, tmp_path / "root")
    monkeypatch.setenv("PAYERPACK_EDITION", str(tmp_path / "root"))
    assert open_edition().id == summary.id


def test_without_any_import_the_starter_edition_is_opened():
    assert open_edition() is starter_edition()


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="the data folder is set by XDG_DATA_HOME elsewhere")
def test_the_newest_import_in_the_platforms_folder_comes_before_the_starter(cms):
    summary = import_files([cms / "AOC_V2024Q2-MCR.txt"])
    assert summary.path.parent == default_root()
    assert open_edition().id == summary.id


def test_a_folder_without_an_edition_is_an_error_not_the_starter(tmp_path):
    with pytest.raises(DataError, match="holds no edition; import"):
        open_edition(tmp_path)
    with pytest.raises(DataError, match="holds no edition; import"):
        open_edition(tmp_path / "absent")


def test_of_several_editions_the_one_with_the_newest_content_is_opened(cms, ptp_files, tmp_path):
    newer = import_files(ptp_files, tmp_path / "a")
    older = import_files([cms / "AOC_V2024Q2-MCR.txt"], tmp_path / "b")
    older.path.rename(tmp_path / "a" / older.path.name)
    assert open_edition(tmp_path / "a").id == newer.id
    assert [(info.manifest.id, info.current) for info in list_editions(tmp_path / "a")] == [
        (older.id, False),
        (newer.id, True),
    ]


def test_an_edition_is_opened_once_per_process(cms_files, tmp_path):
    import_files(cms_files, tmp_path / "root")
    assert open_edition(tmp_path / "root") is open_edition(tmp_path / "root")


def test_listing_an_empty_folder_is_no_error(tmp_path):
    assert list_editions(tmp_path) == ()
    assert list_editions(tmp_path / "absent") == ()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: next(folder.glob("ptp*")).unlink(), "is missing, so the edition is damaged"),
        (lambda folder: next(folder.glob("ptp*")).write_bytes(b"short"), "holds 5 bytes where the manifest says"),
        (lambda folder: (folder / "manifest.json").write_text("{}"), "is not the manifest of an edition"),
        (lambda folder: (folder / "manifest.json").write_text('{"format": 99}'), "is an edition of format 99"),
    ],
)
def test_a_damaged_edition_is_an_error_that_says_what_to_do(ptp_files, tmp_path, damage, message):
    damage(import_files(ptp_files, tmp_path / "root").path)
    with pytest.raises(DataError, match=message):
        open_edition(tmp_path / "root")


def test_a_table_with_changed_bytes_is_found_when_it_is_opened(ptp_files, tmp_path):
    path = next(import_files(ptp_files, tmp_path / "root").path.glob("ptp*"))
    data = path.read_bytes()
    path.write_bytes(b"X" + data[1:])
    with pytest.raises(DataError, match="is not a whole table of an edition"):
        open_edition(tmp_path / "root").ptp("practitioner")


def test_a_manifest_cannot_lead_out_of_its_folder(ptp_files, tmp_path):
    path = import_files(ptp_files, tmp_path / "root").path / "manifest.json"
    body = json.loads(path.read_text())
    body["tables"][0]["file"] = "../../secret"
    path.write_text(json.dumps(body))
    with pytest.raises(DataError, match="is not the manifest of an edition"):
        open_edition(tmp_path / "root")


def test_asking_an_imported_edition_loads_no_importer(ptp_files, tmp_path):
    import_files(ptp_files, tmp_path / "root")
    script = (
        "import sys, datetime\n"
        "from payerpack.baseline.editions import open_edition\n"
        "e = open_edition(sys.argv[1])\n"
        "e.ptp('practitioner').hits(['0001A', '0591T'], 738000); e.code_valid('0001A', datetime.date(2026, 7, 1))\n"
        "found = [m for m in sys.modules if 'importers' in m or m in ('zipfile', 'csv', 'python_calamine')]\n"
        "print(found)\n"
    )
    command = [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}\n{script}", str(tmp_path / "root")]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (run.returncode, run.stdout.strip(), run.stderr) == (0, "[]", "")

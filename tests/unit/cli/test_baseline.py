import shutil
import sys

from payerpack.baseline import editions
from payerpack.baseline.editions.starter import COMPILED
from payerpack.cli import baseline
from payerpack.errors import Problem


def test_without_an_import_the_starter_edition_is_listed(run):
    (told,) = run("baseline", "list", "--format", "json").json
    assert (told["current"], told["path"]) == (True, None)
    assert "in the wheel (starter)" in run("baseline", "list").out


def test_a_folder_without_editions_has_none(run, tmp_path):
    assert run("baseline", "list", "--edition", tmp_path, "--format", "json").json == []


def test_a_code_is_shown_fact_by_fact(run):
    done = run("baseline", "show", "76377", "--date", "2024-08-15")
    assert done.status == 0
    assert "\nmue.medicare practitioner.value: 2\n" in done.out
    assert "\nheld: yes\n" in done.out


def test_a_pair_is_shown_with_its_windows(run):
    told = run("baseline", "show", "76377", "76376", "--date", "2024-08-15", "--format", "json").json
    windows = told["pair"]["medicare practitioner"]["windows"]
    assert [window["in_force"] for window in windows].count(True) == 1
    assert (
        "pair.medicare practitioner.windows: column1 76377, column2 76376"
        in run("baseline", "show", "76377", "76376").out
    )


def test_an_edition_that_is_sound_is_said_to_be(run):
    done = run("baseline", "verify")
    assert done.status == 0
    assert " is sound: " in done.out
    assert run("baseline", "verify", "--format", "json").json["problems"] == []


def test_what_is_wrong_with_an_edition_is_a_line_each(run, monkeypatch):
    monkeypatch.setitem(vars(editions), "verify", lambda _edition: (Problem("ptp.bin", "is damaged"),))
    done = run("baseline", "verify")
    assert (done.status, done.out) == (1, "ptp.bin: is damaged\n")


def test_an_import_of_what_is_no_file_of_cms_names_it_and_writes_nothing(run, tmp_path):
    (tmp_path / "notes.txt").write_text("nothing\n")
    done = run("baseline", "import", tmp_path / "notes.txt", "--edition", tmp_path / "editions")
    assert done.status == 2
    assert "notes.txt" in done.err
    assert not list(tmp_path.glob("editions/*"))


def test_a_long_import_shows_how_far_it_is(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with baseline._progress() as progress:
        assert progress is not None
        progress("ptp.zip", 1, 2)
    assert "ptp.zip" in capsys.readouterr().err


def test_a_folder_of_editions_must_be_there(run, tmp_path):
    done = run("baseline", "list", "--edition", tmp_path / "nowhere")
    assert (done.status, done.out) == (2, "")
    assert "is no folder" in done.err


def test_tables_that_rotted_are_no_fault_of_ours(run, tmp_path):
    rotten = tmp_path / "edition"
    shutil.copytree(COMPILED, rotten)
    for table in rotten.glob("*.columns"):
        content = bytearray(table.read_bytes())
        content[len(content) // 2 :] = b"\xff" * (len(content) - len(content) // 2)
        table.write_bytes(content)
    done = run("baseline", "show", "76377", "--edition", rotten)
    assert done.status == 2
    assert "see what is damaged with `payerpack baseline verify`" in done.err
    assert run("baseline", "verify", "--edition", rotten).status == 1

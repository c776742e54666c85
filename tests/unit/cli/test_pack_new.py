import json

import pytest
import tomli

from payerpack.cli import main
from payerpack.packs.json_schema import json_schema


@pytest.fixture
def made(run, tmp_path):
    assert run("pack", "new", "acme", "--into", tmp_path).status == 0
    return tmp_path / "acme"


def test_a_new_pack_passes_its_tests_and_needs_no_advice(run, made):
    done = run("pack", "test", made)
    assert (done.status, done.out, done.err) == (0, "", "5 tests: 5 passed, 0 failed\n")
    done = run("pack", "lint", made, "--strict")
    assert (done.status, done.out) == (0, "")


def test_a_new_pack_is_a_draft_of_the_id_asked_for_that_reviews_by_name(run, claim, claims, made):
    head = tomli.loads((made / "pack.toml").read_text("utf-8"))["pack"]
    assert (head["id"], head["status"]) == ("acme", "draft")
    file = claims(claim("99213-95", place_of_service="11"))
    done = run("review", file, "--packs", made, "--policy", "acme")
    assert done.status == 1
    assert "acme:telehealth-place" in done.out


def test_what_to_do_next_names_the_commands(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = run("pack", "new", "acme").out
    for line in (line.split() for line in said.splitlines() if line.startswith("  payerpack pack ")):
        assert run(*line[1:]).status == 0


@pytest.mark.parametrize("name", ["a b", "../up", "", ".hidden", "a/b"])
def test_a_name_that_is_no_id_makes_nothing(run, tmp_path, name):
    done = run("pack", "new", name, "--into", tmp_path)
    assert done.status == 2
    assert "is no id" in done.err
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(run, tmp_path, made):
    before = (made / "pack.toml").read_bytes()
    done = run("pack", "new", "acme", "--into", tmp_path)
    assert done.status == 2
    assert "is there already" in done.err
    assert (made / "pack.toml").read_bytes() == before


def test_a_folder_that_is_not_there_is_said(run, tmp_path):
    done = run("pack", "new", "acme", "--into", tmp_path / "nowhere")
    assert done.status == 2
    assert "make it first" in done.err


@pytest.mark.parametrize("file", ["pack", "rules", "tests"])
def test_the_schema_of_each_kind_of_file_is_printed(run, file):
    assert run("pack", "schema", file).json == json_schema(file)


def test_without_a_kind_it_is_the_schema_of_the_pack_and_a_file_takes_it_too(run, tmp_path):
    run("pack", "schema", "-o", tmp_path / "s.json")
    assert json.loads((tmp_path / "s.json").read_text("utf-8")) == json_schema("pack")


def test_an_unknown_kind_of_file_is_refused(capsys):
    assert main(["pack", "schema", "pakc"]) == 2
    assert "invalid choice" in capsys.readouterr().err

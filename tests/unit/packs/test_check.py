from pathlib import Path

from payerpack.packs.check import check_pack
from payerpack.packs.diagnostics import problems
from payerpack.packs.library import Library
from payerpack.packs.model import Fault

RULE = '\n[[rule]]\nid = "{}"\nstage = "bundling"\nwhen = {}\nthen = {}\n'


def codes(folder: Path, library: Library) -> list[str]:
    return [problem.code for problem in check_pack(folder, library)]


def test_a_sound_pack_has_no_problem(write, library) -> None:
    assert codes(write(), library()) == []


def test_a_mistake_of_shape_does_not_hide_one_of_meaning(write, library) -> None:
    rule = RULE.format("a", '{ code = "1", report.workstaton = "pacs" }', '{ action = "deny", carc = "399" }')
    assert codes(write(body=rule), library()) == ["PP120", "PP211"]


def test_a_rule_that_cannot_be_used_does_not_hide_the_next(write, library) -> None:
    body = RULE.format("a", "1", '{ action = "wrn" }') + RULE.format("a", "{ modifer = '26' }", '{ action = "warn" }')
    assert codes(write(body=body), library()) == ["PP102", "PP104", "PP112", "PP120"]


def test_a_scope_of_the_wrong_shape_does_not_hide_the_rules(write, library) -> None:
    body = RULE.format("a", '{ cod = "1" }', '{ action = "warn" }')
    assert codes(write(head="applies_to = { any = 3 }", body=body), library()) == ["PP102", "PP120"]


def test_a_missing_parent_does_not_hide_the_packs_own_mistakes(write, library) -> None:
    body = RULE.format("a", '{ cod = "1" }', '{ action = "warn" }')
    assert codes(write(head='extends = "nobody"', body=body), library()) == ["PP501", "PP120"]


def test_tests_are_checked_with_the_pack(write, library) -> None:
    test = '[[test]]\nname = "x"\nservice_date = 2026-01-01\nlines = [{ code = "1", patient.risk = "high" }]\n'
    folder = write(files={"tests/a.toml": test})
    assert codes(folder, library()) == ["PP120"]
    write("base", '[facts]\n"patient.risk" = { type = "text" }\n')
    folder = write(head='extends = "base"', files={"tests/a.toml": test})
    assert codes(folder, library()) == []


def test_a_broken_parent_is_reported_with_its_own_problems(write, library) -> None:
    write("base", "x = 1")
    found = check_pack(write(head='extends = "base"'), library())
    assert [(problem.code, "base-2026.1" in problem.location) for problem in found] == [("PP101", True)]


# -- how problems look


def test_a_problem_shows_its_line_and_a_caret_under_what_is_meant(write, monkeypatch) -> None:
    folder = write(body='[codes]\ncta = ["70496", "@ctaa"]\n')
    monkeypatch.chdir(folder)
    fault = Fault("PP204", '"@ctaa" is unknown', folder / "pack.toml", ("codes", "cta", 1), within="@ctaa")
    assert str(problems([fault])[0]).splitlines() == [
        'pack.toml:8:18: PP204 "@ctaa" is unknown',
        "  |",
        '8 | cta = ["70496", "@ctaa"]',
        "  |                  ^^^^^",
    ]


def test_a_fault_about_a_key_has_its_caret_under_the_key(write) -> None:
    file = write(body='[codes]\ncta = ["70496"]\n') / "pack.toml"
    (problem,) = problems([Fault("PP105", "x", file, ("codes", "cta"), "key")])
    assert problem.location.endswith(":8:1")
    assert problem.excerpt.endswith("| ^^^")


def test_a_fault_about_what_is_missing_stands_at_the_table_around_it(write) -> None:
    file = write() / "pack.toml"
    (problem,) = problems([Fault("PP103", "x", file, ("rule", 0, "source", "title"))])
    assert problem.location.endswith(":8:3")


def test_tabs_before_the_caret_are_kept_so_that_it_lines_up(write) -> None:
    file = write(body='[codes]\n\tcta = ["1"]\n') / "pack.toml"
    (problem,) = problems([Fault("PP102", "x", file, ("codes", "cta"))])
    assert problem.excerpt.splitlines()[-1] == "  | \t      ^^^^^"


def test_problems_come_in_the_order_of_files_and_lines_each_once(write) -> None:
    file = write() / "pack.toml"
    late, early = Fault("PP102", "b", file, ("rule", 0, "then")), Fault("PP102", "a", file, ("pack", "id"))
    assert [problem.message for problem in problems([late, early, late])] == ["a", "b"]


def test_a_file_that_cannot_be_read_still_gets_its_problem(tmp_path) -> None:
    (problem,) = problems([Fault("PP005", "it is missing", tmp_path / "none.toml")])
    assert (problem.location, problem.excerpt) == (f"{tmp_path / 'none.toml'}:1:1", "")

"""Packs that no author would write: each is refused in a sentence, and harms no other pack."""

import pytest

from payerpack.packs.check import check_pack
from payerpack.packs.diagnostics import problems
from payerpack.packs.library import Library
from payerpack.packs.load import read_pack

RULE = '[[rule]]\nid = "r"\nstage = "bundling"\nwhen = {when}\nthen = {{ action = "warn" }}\n'
NESTED = "{ any = [ " * 500 + '{ code = "1" }' + " ] }" * 500
SETS = "[codes]\n" + "".join(f's{n} = ["@s{n + 1}"]\n' for n in range(1000)) + 's1000 = ["1"]\n'
LIMIT = 'limit = { max = MAX, count = "units" }\nthen = { action = "warn" }'


def codes(folder):
    return [problem.code for problem in problems(read_pack(folder).faults)]


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param(f"x = {'[' * 3000}{']' * 3000}\n", id="lists deeper than the parser bears"),
        pytest.param(RULE.format(when=NESTED), id="tables deeper than the parser bears"),
        pytest.param(RULE.format(when="{ code = " + "{ not = " * 50 + '"1"' + " }" * 50 + " }"), id="matchers"),
        pytest.param("a" + ".a" * 500 + " = 1\n", id="dotted keys"),
    ],
)
def test_what_is_nested_too_deeply_is_refused(write, rules) -> None:
    folder = write("deep", rules)
    (problem,) = problems(read_pack(folder).faults)
    assert problem.code == "PP001"
    assert "nested deeper than 40 levels" in problem.message


@pytest.mark.parametrize("number", ["9" * 5000, "1e999999999", "1e-999999999", "0." + "0" * 50 + "1"])
def test_a_number_that_nobody_could_write_out_is_refused(write, number) -> None:
    text = RULE.format(when='{ code = "1" }').replace('then = { action = "warn" }', LIMIT.replace("MAX", number))
    assert codes(write("large", text)) == ["PP001"]


def test_an_amount_in_text_is_no_larger(write) -> None:
    then = '{ action = "cap", max_amount = "1e999999999" }'
    text = RULE.format(when='{ code = "1" }').replace('{ action = "warn" }', then)
    assert codes(write("large", text)) == ["PP102"]


def test_one_pack_that_cannot_be_parsed_hides_no_other(write, tmp_path) -> None:
    write("deep", f"x = {'[' * 3000}{']' * 3000}\n")
    write("fine", RULE.format(when='{ code = "1" }'))
    library = Library([tmp_path])
    assert library.get("fine").id == "fine"
    assert library.unreadable() == ("deep",)


def test_an_empty_file_is_no_pack(tmp_path) -> None:
    (tmp_path / "pack.toml").write_text("")
    assert codes(tmp_path) == ["PP103", "PP103"]
    assert [problem.code for problem in check_pack(tmp_path)] == ["PP103", "PP103"]


def test_code_sets_refer_to_each_other_over_a_few_steps_only(write) -> None:
    assert set(codes(write("sets", SETS))) == {"PP206"}


def test_a_table_that_is_no_csv_is_refused(write) -> None:
    text = '[codes]\na = { table = "tables/a.csv", column = "code" }\n' + RULE.format(when='{ code = "@a" }')
    folder = write("field", text, files={"tables/a.csv": "code\n" + "7" * 200_000 + "\n"})
    (problem,) = problems(read_pack(folder).faults)
    assert problem.code == "PP303"
    assert problem.location.endswith("a.csv:2:1")


def test_what_a_missing_parent_would_have_had_is_not_missed_again(write, library) -> None:
    override = '[[override]]\nrule = "nobody:mue"\nreason = "x"\ndisable = true\n'
    folder = write("orphan", override + RULE.format(when='{ code = "@theirs" }'), head='extends = "nobody"')
    assert [problem.code for problem in check_pack(folder, library())] == ["PP501"]


def test_a_long_line_is_quoted_around_what_is_meant(write) -> None:
    folder = write("long", RULE.format(when='{ code = ["' + '", "'.join(["72192"] * 200) + '", "!!", "72192"] }'))
    (problem,) = problems(read_pack(folder).faults) or check_pack(folder)
    _, quoted, caret = problem.excerpt.split("\n")
    assert len(quoted) < 170
    assert quoted[caret.index("^") :].startswith('"!!"')


@pytest.mark.parametrize(
    "text", ['{"id": "C-1", "patient": {"id": "P-SECRET"}}', "ISA*00*P-SECRET~", "<a>P-SECRET</a>"]
)
def test_a_file_that_is_another_by_mistake_is_never_quoted(tmp_path, text) -> None:
    (tmp_path / "pack.toml").write_text(text)
    for problem in problems(read_pack(tmp_path).faults):
        assert "P-SECRET" not in str(problem)

import pytest

from payerpack.packs.cases import read_cases
from payerpack.packs.layers import resolve
from payerpack.packs.lint import lint_pack

SOURCE = 'source = { title = "Policy 42", reviewed = 2026-01-15 }'
RULE = '\n[[rule]]\nid = "{id}"\nstage = "bundling"\nwhen = {when}\n{clause}\nthen = {then}\n{source}\n'
TEST = '[[test]]\nname = "{0}"\nservice_date = 2026-02-03\nlines = [{{ code = "1" }}]\nexpect = {{ 1 = {{ action = "warn", rule = "{0}" }} }}\n'


def rule(name="one", when='{ code = "1" }', clause="", then='{ action = "warn" }', source=SOURCE):
    return RULE.format(id=name, when=when, clause=clause, then=then, source=source)


@pytest.fixture
def advice(write, library):
    def lint(*rules, codes="", tested=("one", "two"), head=""):
        files = {"tests/a.toml": "".join(map(TEST.format, tested))} if tested else {}
        write("acme", codes + "".join(rules), head=head, files=files)
        found = library()
        pack = found.get("acme")
        return [problem.code for problem in lint_pack(resolve(pack, found), read_cases(pack))]

    return lint


def test_a_sourced_and_tested_rule_needs_no_advice(advice) -> None:
    assert advice(rule()) == []


def test_a_rule_should_cite_its_source(advice) -> None:
    assert advice(rule(source="")) == ["PP801"]


@pytest.mark.parametrize(
    "source", ['{ title = "x" }', '{ title = "x", reviewed = 2026-01-01, confidence = "unverified" }']
)
def test_a_source_should_have_been_read(advice, source) -> None:
    assert advice(rule(source=f"source = {source}")) == ["PP802"]


def test_an_unverified_source_is_right_for_a_rule_that_decides_nothing(advice) -> None:
    source = 'source = { title = "x", reviewed = 2026-01-01, confidence = "unverified" }\nstatus = "monitor"'
    assert advice(rule(source=source)) == []


def test_a_rule_should_have_a_test_in_which_it_fires(advice) -> None:
    assert advice(rule(), tested=()) == ["PP803"]


def test_a_code_set_that_nothing_names_is_told_unless_the_pack_is_a_library(advice) -> None:
    codes = '[codes]\na = ["1"]\nb = ["@a"]\n'
    assert advice(rule(), codes=codes, head='applies_to = { payer = "1" }') == ["PP804"]
    assert advice(rule(), codes=codes) == []
    assert advice(rule(when='{ code = "@b" }'), codes=codes, head='applies_to = { payer = "1" }') == []


def test_on_unknown_should_have_something_to_be_unknown(advice) -> None:
    assert advice(rule(clause='on_unknown = "skip"')) == ["PP805"]
    assert advice(rule(clause='require = { report.section = true }\non_unknown = "skip"')) == []


def test_two_recodes_of_one_code_should_agree_on_the_days_they_share(advice) -> None:
    one = rule(when='{ code = "76377" }', then='{ action = "recode", to_code = "76376" }')
    two = rule("two", when='{ code = ["76370-76379"] }', then='{ action = "recode", to_code = "76380" }')
    assert advice(one, two) == ["PP806"]
    assert advice(one, two.replace("76380", "76376")) == ["PP807"]
    ended = two.replace('stage = "bundling"', 'stage = "bundling"\neffective = { to = 2025-12-31 }')
    started = one.replace('stage = "bundling"', 'stage = "bundling"\neffective = { from = 2026-01-01 }')
    assert advice(started, ended) == []


def test_a_recode_should_leave_the_codes_it_fires_on(advice) -> None:
    assert advice(rule(when='{ code = ["76376", "76377"] }', then='{ action = "recode", to_code = "76376" }')) == [
        "PP807"
    ]


def test_a_rule_without_codes_meets_every_line(advice) -> None:
    assert advice(rule(when="{ patient.age = { max = 3 } }")) == ["PP808"]
    assert advice(rule(when='{ revenue_code = "0450" }')) == []


def test_a_code_should_stand_in_a_set_once(advice) -> None:
    assert advice(rule(), codes='[codes]\na = ["1", "2", "1"]\n') == ["PP809"]


def test_two_rules_should_not_be_the_same(advice) -> None:
    assert advice(rule(), rule("two")) == ["PP810"]

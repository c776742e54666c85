import datetime as dt

import pytest

from payerpack.packs.cases import read_cases
from payerpack.packs.layers import resolve
from payerpack.packs.lint import lint_pack

SOURCE = 'source = { title = "Policy 42", reviewed = 2026-01-15 }'
RULE = '\n[[rule]]\nid = "{id}"\nstage = "bundling"\nwhen = {when}\n{clause}\nthen = {then}\n{source}\n'
TEST = '[[test]]\nname = "{0}"\nservice_date = 2026-02-03\nlines = [{{ code = "1" }}]\nexpect = {{ 1 = {{ action = "warn", rule = "{0}" }} }}\n'
DAY = '[[test]]\nname = "{0}"\nservice_date = {0}\nlines = [{{ code = "2" }}]\n'
TODAY = dt.date(2026, 6, 1)


def rule(name="one", when='{ code = "1" }', clause="", then='{ action = "warn" }', source=SOURCE):
    return RULE.format(id=name, when=when, clause=clause, then=then, source=source)


@pytest.fixture
def advice(write, library):
    def lint(*rules, codes="", tested=("one", "two"), head="", days=()):
        cases = [TEST.format(name) for name in tested] + [DAY.format(day) for day in days]
        files = {"tests/a.toml": "".join(cases)} if cases else {}
        write("acme", codes + "".join(rules), head=head, files=files)
        found = library()
        pack = found.get("acme")
        return [problem.code for problem in lint_pack(resolve(pack, found), read_cases(pack), TODAY)]

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
    assert "PP806" not in advice(one, two.replace("76380", "76376"))
    ended = two.replace('stage = "bundling"', 'stage = "bundling"\neffective = { to = 2025-12-31 }')
    started = one.replace('stage = "bundling"', 'stage = "bundling"\neffective = { from = 2026-01-01 }')
    assert "PP806" not in advice(started, ended)


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


def test_a_rule_whose_codes_and_dates_another_one_covers_is_superfluous(advice) -> None:
    wide = rule(when='{ code = ["1", "2"], modifiers = "26" }')
    narrow = rule("two", when='{ code = "2", modifiers = "26" }')
    assert advice(wide, narrow) == ["PP815"]
    assert advice(wide, rule("two", when='{ code = ["2", "3"], modifiers = "26" }')) == []
    assert advice(wide, rule("two", when='{ code = "2", modifiers = "TC" }')) == []
    assert advice(wide, rule("two", when='{ code = "2", modifiers = "26" }', then='{ action = "inform" }')) == []
    dated = narrow.replace('stage = "bundling"', 'stage = "bundling"\neffective = { from = 2026-01-01 }')
    assert "PP815" in advice(wide, dated)
    assert "PP815" not in advice(wide.replace('"bundling"', '"bundling"\neffective = { to = 2026-12-31 }'), dated)
    assert "PP815" not in advice(wide, dated.replace("from = 2026-01-01", 'from = 2026-01-01, by = "received_date"'))


def test_of_two_rules_about_the_same_codes_written_differently_one_is_superfluous(advice) -> None:
    assert advice(rule(when='{ code = "10-11" }'), rule("two", when='{ code = ["10", "11"] }')) == ["PP815"]


def test_a_rule_needs_a_code_that_can_be_met(advice) -> None:
    codes = '[codes]\na = ["1"]\n'
    assert advice(rule(when='{ code = ["1", "!@a"] }'), codes=codes) == ["PP814"]
    clause = 'needs = { code = ["1", "!1"], same = ["patient"] }'
    assert advice(rule(clause=clause)) == ["PP814"]


def test_a_rule_should_be_tested_on_the_edges_of_its_dates(advice) -> None:
    dated = rule().replace('"bundling"', '"bundling"\neffective = { from = 2026-01-01, to = 2026-12-31 }')
    assert advice(dated) == ["PP812", "PP812"]
    assert advice(dated, days=("2026-01-01", "2025-12-31", "2026-12-31")) == ["PP812"]
    assert advice(dated, days=("2026-01-01", "2025-12-31", "2026-12-31", "2027-01-01")) == []


def test_a_rule_outside_the_dates_of_its_pack_is_never_in_force(advice) -> None:
    dated = rule().replace('"bundling"', '"bundling"\neffective = { to = 2025-12-31 }')
    assert advice(dated, head="effective = { from = 2026-01-01 }") == ["PP813"]


@pytest.mark.parametrize(
    ("ends", "found"),
    [
        ("expires = 2026-05-31", ["PP811"]),
        ("expires = 2026-06-01", []),
        ("effective = { to = 2025-12-31 }", ["PP811"]),
        ("effective = { from = 2025-01-01 }", []),
    ],
)
def test_an_override_that_ended_should_go(write, library, ends, found) -> None:
    write("parent", rule())
    override = f'[[override]]\nrule = "parent:one"\nreason = "x"\ndisable = true\n{ends}\n'
    write("acme", override, head='extends = "parent"')
    packs = library()
    advice = lint_pack(resolve(packs.get("acme"), packs), (), TODAY)
    assert [problem.code for problem in advice] == found

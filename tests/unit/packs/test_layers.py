import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from payerpack.errors import PackError
from payerpack.packs.model import ResolvedPolicy, ResolvedRule

RULE = """
[[rule]]
id = "{0}"
stage = "frequency"
when = {{ code = {1} }}
limit = {{ max = 1 }}
then = {{ action = "deny", carc = "97", rarc = ["N19"] }}
"""
BASE = RULE.format("once", '["76376", "76377"]')

Resolve = Callable[..., ResolvedPolicy]


@pytest.fixture
def child(write: Callable[..., Path], resolved: Resolve) -> Callable[[str], ResolvedRule]:
    """Resolves the rule ``base:once`` under a child whose pack.toml ends with the given text."""

    def resolve_child(body: str, head: str = "") -> ResolvedRule:
        write("base", BASE)
        write("child", body, head=f'extends = "base"\n{head}')
        (rule,) = [rule for rule in resolved().rules if rule.id == "base:once"]
        return rule

    return resolve_child


def override(**keys: str) -> str:
    written = {"rule": '"base:once"', "reason": '"a contract"', **keys}
    return "\n[[override]]\n" + "".join(f"{key} = {value}\n" for key, value in written.items())


def problems(resolved: Resolve) -> list[str]:
    with pytest.raises(PackError) as raised:
        resolved()
    return [problem.code for problem in raised.value.problems]


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def data_on(rule: ResolvedRule, date: str) -> dict:
    return dict(next((tree for span, tree in rule.variants if day(date) in span), rule.data))


# -- the chain


def test_the_chain_runs_from_the_pack_to_its_parent_and_on(write, resolved) -> None:
    write("top", BASE)
    write("middle", head='extends = "top"')
    write("child", head='extends = "middle >=2026"')
    policy = resolved()
    assert [pack.id for pack in policy.chain] == ["child", "middle", "top"]
    assert policy.versions == {"child": "2026.1", "middle": "2026.1", "top": "2026.1"}


def test_rules_come_in_the_order_of_their_ids_with_their_distance_from_the_payer(write, resolved) -> None:
    write("base", BASE)
    write("child", RULE.format("b", '"1"') + RULE.format("a", '"2"'), head='extends = "base"')
    assert [(rule.id, rule.depth) for rule in resolved().rules] == [("base:once", 1), ("child:a", 0), ("child:b", 0)]


def test_the_newest_parent_version_in_range_is_taken(write, resolved) -> None:
    for version in ("2026.1", "2026.2", "2026.10", "2027.1"):
        write("base", BASE, version)
    write("child", head='extends = "base >=2026.1,<2027"')
    assert resolved().versions["base"] == "2026.10"


def test_only_parent_versions_known_on_the_day_count(write, resolved) -> None:
    write("base", BASE, "2026.1", head="published = 2025-12-01")
    write("base", BASE, "2026.2", head="published = 2026-03-01")
    write("child", head='extends = "base"')
    assert resolved(as_of=day("2026-02-28")).versions["base"] == "2026.1"
    assert resolved(as_of=day("2026-03-01")).versions["base"] == "2026.2"
    assert resolved().versions["base"] == "2026.2"


def test_a_draft_parent_is_passed_over_for_an_older_active_version(write, resolved) -> None:
    write("base", BASE, "2026.1")
    write("base", BASE, "2026.2", head='status = "draft"')
    write("child", head='extends = "base"')
    assert resolved().versions["base"] == "2026.1"


def test_only_a_draft_may_extend_a_draft(write, resolved) -> None:
    write("base", BASE, head='status = "draft"')
    write("child", head='extends = "base"')
    assert problems(resolved) == ["PP502"]


def test_the_rules_of_a_draft_run_under_a_draft(write, resolved) -> None:
    write("base", BASE, head='status = "draft"')
    write("child", head='extends = "base"\nstatus = "draft"')
    assert "base:once" in {rule.id for rule in resolved().rules}


def test_a_broken_parent_is_reported_with_its_own_problems(write, resolved) -> None:
    write("base", BASE.replace("frequency", "frequencies"))
    write("child", head='extends = "base"')
    assert problems(resolved) == ["PP104"]


# -- statuses


@pytest.mark.parametrize("status", ["draft", "suspended"])
def test_a_rule_that_is_a_draft_or_suspended_does_not_run(write, resolved, status) -> None:
    write("child", BASE + f'status = "{status}"\n')
    assert resolved().rules == ()


def test_a_suspended_parent_keeps_its_rules_to_itself(write, resolved) -> None:
    write("base", BASE, head='status = "suspended"')
    write("child", RULE.format("own", '"1"'), head='extends = "base"')
    assert [rule.id for rule in resolved().rules] == ["child:own"]


@pytest.mark.parametrize(("pack", "rule"), [("monitor", "active"), ("active", "monitor")])
def test_a_rule_is_monitored_when_it_or_its_pack_is(write, resolved, pack, rule) -> None:
    write("child", BASE + f'status = "{rule}"\n', head=f'status = "{pack}"')
    assert [found.monitored for found in resolved().rules] == [True]


def test_a_monitored_pack_leaves_its_parents_rules_in_force(write, resolved) -> None:
    write("base", BASE)
    write("child", RULE.format("own", '"1"'), head='extends = "base"\nstatus = "monitor"')
    assert {rule.id: rule.monitored for rule in resolved().rules} == {"base:once": False, "child:own": True}


def test_an_override_of_a_monitored_pack_is_reported_beside_the_rule_in_force(write, resolved) -> None:
    write("base", BASE)
    write("child", override(set='{ "limit.max" = 3 }'), head='extends = "base"\nstatus = "monitor"')
    assert [(rule.monitored, rule.data["limit"]["max"]) for rule in resolved().rules] == [(False, 1), (True, 3)]


def test_an_override_may_set_a_status(child) -> None:
    assert child(override(set='{ status = "monitor" }')).monitored


# -- code sets


def test_a_rule_sees_the_sets_of_its_own_pack_first_then_its_parents(write, resolved) -> None:
    write("base", '[codes]\nx = ["1"]\ny = ["2"]\n' + RULE.format("b", '"@x"'))
    write("child", '[codes]\nx = ["3"]\n' + RULE.format("c", '"@x"'), head='extends = "base"')
    base, own = resolved().rules
    assert (sorted(base.sets["x"]), sorted(own.sets["x"]), sorted(own.sets["y"])) == (["1"], ["3"], ["2"])
    assert sorted(base.sets["child:x"]) == sorted(own.sets["child:x"]) == ["3"]


def test_a_set_may_refer_to_a_parents_set(write, resolved) -> None:
    write("base", '[codes]\nx = ["1", "2"]\n')
    write("child", '[codes]\ny = ["@x", "!@base:z", "5"]\n' + RULE.format("c", '"@y"'), head='extends = "base"')
    assert problems(resolved) == ["PP204"]
    write("base", '[codes]\nx = ["1", "2"]\nz = ["2"]\n')
    assert sorted(resolved().rules[0].sets["y"]) == ["1", "5"]


def test_an_overrides_set_is_that_of_the_pack_that_overrides(child) -> None:
    rule = child('[codes]\nmine = ["76390"]\n' + override(add='{ codes = ["@mine"] }'))
    assert rule.data["when"]["code"] == ["76376", "76377", "@child:mine"]
    assert sorted(rule.sets["child:mine"]) == ["76390"]


# -- set


def test_a_dotted_key_sets_one_key(child) -> None:
    rule = child(override(set='{ "limit.max" = 3 }'))
    assert rule.data["limit"] == {"max": 3}


def test_nested_tables_set_the_same_key_as_a_dotted_one(child) -> None:
    rule = child(override(**{"set.limit.max": "3", "set.then": '{ action = "warn" }'}))
    assert rule.data["limit"] == {"max": 3}
    assert rule.data["then"] == {"action": "warn", "carc": "97", "rarc": ["N19"]}


def test_a_value_that_is_a_table_replaces_what_was_there(child) -> None:
    rule = child(override(set='{ "limit.window" = { months = 6 } }'))
    assert rule.data["limit"]["window"] == {"months": 6}


def test_a_fact_under_a_quoted_key_is_found(write, resolved) -> None:
    write("base", BASE.replace("when = {", 'when = { "report.workstation" = "pacs",'))
    write("child", override(**{"set.when.report.workstation": '"independent"'}), head='extends = "base"')
    assert resolved().rules[0].data["when"]["report.workstation"] == "independent"


def test_a_rule_keeps_its_id_and_stage(child) -> None:
    with pytest.raises(PackError) as raised:
        child(override(set='{ id = "twice", stage = "bundling" }'))
    assert [problem.code for problem in raised.value.problems] == ["PP111", "PP111"]


def test_the_result_of_an_override_must_still_be_a_rule(child) -> None:
    with pytest.raises(PackError) as raised:
        child(override(set='{ "then.action" = "cap", "then.max_unit" = 1 }'))
    assert [(problem.code, problem.location.split("/")[-1]) for problem in raised.value.problems] == [
        ("PP101", "pack.toml:12:32")
    ]


def test_a_key_remembers_where_it_was_set(child, tmp_path) -> None:
    rule = child(override(set='{ "limit.max" = 3 }'))
    assert rule.locate(("limit", "max")).path == ("override", 0, "set", "limit.max")
    assert rule.locate(("limit", "max")).file == tmp_path / "child-2026.1" / "pack.toml"
    assert rule.locate(("then", "carc")).path == ("rule", 0, "then", "carc")
    assert rule.locate(("then", "carc")).file == tmp_path / "base-2026.1" / "pack.toml"


# -- add and remove


def test_added_codes_stand_beside_the_written_ones(child) -> None:
    assert child(override(add='{ codes = ["76390"] }')).data["when"]["code"] == ["76376", "76377", "76390"]


def test_removed_codes_are_taken_out_of_a_list(child) -> None:
    assert child(override(remove='{ codes = ["76377"] }')).data["when"]["code"] == ["76376"]


def test_removed_codes_are_excluded_from_a_set_or_range(write, resolved) -> None:
    write("base", RULE.format("once", '["70450-70498", "76377"]'))
    write("child", override(remove='{ codes = ["70450", "76377"] }'), head='extends = "base"')
    assert resolved().rules[0].data["when"]["code"] == ["70450-70498", "!70450"]


def test_one_override_may_add_and_remove(child) -> None:
    rule = child(override(add='{ codes = ["76390"] }', remove='{ codes = ["76377"] }'))
    assert rule.data["when"]["code"] == ["76376", "76390"]


def test_any_list_of_a_rule_can_be_added_to(child) -> None:
    rule = child(override(**{"add.then.rarc": '["M15"]'}))
    assert rule.data["then"]["rarc"] == ["N19", "M15"]


@pytest.mark.parametrize("value", ['"M15"', "3", "[]"])
def test_what_is_added_is_a_list(write, resolved, value) -> None:
    write("base", BASE)
    write("child", override(**{"add.then.rarc": value}), head='extends = "base"')
    assert problems(resolved) == ["PP102"]


# -- except and disable


def test_exceptions_accumulate_over_the_layers(write, resolved) -> None:
    write("base", BASE)
    write("middle", override(**{"except": '[{ modifiers = "GA" }]'}), head='extends = "base"')
    write("child", override(**{"except": '[{ modifiers = "GZ" }]'}), head='extends = "middle"')
    (rule,) = resolved().rules
    assert [(case.facts, case.scope.pack) for case in rule.exceptions] == [
        ({"modifiers": "GA"}, "middle"),
        ({"modifiers": "GZ"}, "child"),
    ]


def test_a_disabled_rule_keeps_the_reason(child) -> None:
    (scope,) = child(override(disable="true", source='{ title = "Contract 7" }')).disabled
    assert (scope.pack, scope.reason, scope.source.title) == ("child", "a contract", "Contract 7")
    assert day("1990-01-01") in scope.effective


def test_a_nearer_pack_may_switch_a_rule_on_again_for_some_dates(write, resolved) -> None:
    write("base", BASE)
    write("middle", override(disable="true"), head='extends = "base"')
    on = override(disable="false", effective="{ from = 2026-01-01, to = 2026-06-30 }")
    write("child", on, head='extends = "middle"')
    (rule,) = resolved().rules
    off = [date for date in ("2025-12-31", "2026-01-01", "2026-06-30", "2026-07-01")
           if any(day(date) in scope.effective for scope in rule.disabled)]  # fmt: skip
    assert off == ["2025-12-31", "2026-07-01"]


# -- layers and dates


def test_overrides_apply_parent_first_and_the_nearest_wins_per_key(write, resolved) -> None:
    write("base", BASE)
    write("middle", override(set='{ "limit.max" = 2, "then.action" = "warn" }'), head='extends = "base"')
    write("child", override(set='{ "limit.max" = 3 }'), head='extends = "middle"')
    (rule,) = resolved().rules
    assert (rule.data["limit"]["max"], rule.data["then"]["action"]) == (3, "warn")
    assert [scope.pack for scope in rule.overridden_by] == ["middle", "child"]


def test_a_dated_override_holds_on_its_first_and_last_day_only(child) -> None:
    rule = child(override(set='{ "limit.max" = 3 }', effective="{ from = 2026-01-01, to = 2026-06-30 }"))
    dates = ("2025-12-31", "2026-01-01", "2026-06-30", "2026-07-01")
    assert [data_on(rule, date)["limit"]["max"] for date in dates] == [1, 3, 3, 1]


def test_an_override_holds_on_the_day_it_expires_and_no_longer(child) -> None:
    rule = child(override(set='{ "limit.max" = 3 }', expires="2026-06-30"))
    assert [data_on(rule, date)["limit"]["max"] for date in ("2026-06-30", "2026-07-01")] == [3, 1]


def test_dated_overrides_of_different_keys_combine_where_they_overlap(child) -> None:
    rule = child(
        override(set='{ "limit.max" = 3 }', effective="{ from = 2026-01-01, to = 2026-06-30 }")
        + override(set='{ "then.action" = "warn" }', effective="{ from = 2026-06-01 }")
    )
    dates = ("2026-05-31", "2026-06-01", "2026-06-30", "2026-07-01")
    found = [(data_on(rule, date)["limit"]["max"], data_on(rule, date)["then"]["action"]) for date in dates]
    assert found == [(3, "deny"), (3, "warn"), (3, "warn"), (1, "warn")]


def test_two_overrides_of_one_key_may_follow_each_other(child) -> None:
    rule = child(
        override(set='{ "limit.max" = 3 }', effective="{ to = 2026-06-30 }")
        + override(set='{ "limit.max" = 4 }', effective="{ from = 2026-07-01 }")
    )
    assert [data_on(rule, date)["limit"]["max"] for date in ("2026-06-30", "2026-07-01")] == [3, 4]


def test_an_override_that_restores_the_first_value_changes_something_where_a_parent_changed_it(write, resolved) -> None:
    write("base", BASE)
    dated = override(set='{ "limit.max" = 2 }', effective="{ from = 2026-01-01 }")
    write("middle", dated, head='extends = "base"')
    write("child", override(set='{ "limit.max" = 1 }'), head='extends = "middle"')
    (rule,) = resolved().rules
    assert data_on(rule, "2026-01-01")["limit"]["max"] == 1


def test_a_packs_dates_bound_its_overrides(child) -> None:
    rule = child(override(set='{ "limit.max" = 3 }'), head="effective = { from = 2026-01-01 }")
    assert [data_on(rule, date)["limit"]["max"] for date in ("2025-12-31", "2026-01-01")] == [1, 3]


def test_an_override_outside_its_packs_dates_is_a_problem(write, resolved) -> None:
    write("base", BASE)
    body = override(disable="true", effective="{ to = 2025-12-31 }")
    write("child", body, head='extends = "base"\neffective = { from = 2026-01-01 }')
    assert problems(resolved) == ["PP401"]


def test_a_status_cannot_change_by_date(write, resolved) -> None:
    write("base", BASE)
    body = override(set='{ status = "monitor" }', effective="{ from = 2026-01-01 }")
    write("child", body, head='extends = "base"')
    assert problems(resolved) == ["PP111"]


def test_the_order_of_files_and_overrides_never_shows(write, resolved, tmp_path) -> None:
    one = override(set='{ "limit.max" = 3 }', effective="{ from = 2026-01-01 }")
    two = override(set='{ "then.action" = "warn" }', effective="{ from = 2026-02-01 }")
    write("base", BASE)
    write("child", one + two, head='extends = "base"')
    first = resolved().rules[0]
    write("child", two, head='extends = "base"', files={"rules/a.toml": one})
    second = resolved().rules[0]
    assert (first.data, first.variants) == (second.data, second.variants)


# -- facts and tables


def test_the_nearest_declaration_of_a_fact_wins(write, resolved) -> None:
    write("base", '[facts]\n"patient.risk" = { type = "text" }\n"patient.waiver" = { type = "flag" }\n')
    write("child", '[facts]\n"patient.risk" = { type = "number" }\n', head='extends = "base"')
    assert {fact.name: fact.type for fact in resolved().facts} == {"patient.risk": "number", "patient.waiver": "flag"}


def test_the_tables_of_the_whole_chain_are_at_hand(write, resolved) -> None:
    table = '[codes]\nbone = { table = "tables/bone.csv", column = "code" }\n'
    base = write("base", table, files={"tables/bone.csv": "code\n78300\n"})
    child = write("child", table, head='extends = "base"', files={"tables/bone.csv": "code\n78305\n"})
    assert {file: table.rows for file, table in resolved().tables.items()} == {
        base / "tables/bone.csv": (("78300",),),
        child / "tables/bone.csv": (("78305",),),
    }


def test_a_table_that_an_override_names_is_that_of_its_own_pack(write, resolved) -> None:
    write("base", BASE)
    lookup = '{ table = "tables/max.csv", key = "code", column = "max" }'
    files = {"tables/max.csv": "code,max\n76377,2\n"}
    child = write("child", override(set=f'{{ "limit.max" = {lookup} }}'), head='extends = "base"', files=files)
    found = resolved().rules[0].data["limit"]["max"]["table"]
    assert Path(found) == child / "tables/max.csv"
    assert Path(found) in resolved().tables

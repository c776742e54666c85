from __future__ import annotations

import datetime as dt
import subprocess
import sys

from payerpack.baseline import Baseline
from payerpack.baseline.plugin import EDITS
from payerpack.context import Setup
from payerpack.engine import Engine

BUILTINS = {
    "ptp", "mue", "add-on", "code-valid", "modifier-valid", "modifier-26-tc", "modifier-50", "modifier-anatomic",
    "modifier-assistant", "modifier-co-team", "modifier-em", "modifier-59-x", "modifier-repeat", "modifier-conflict",
    "modifier-order", "duplicate-line", "global-period", "packaged", "coverage",
}  # fmt: skip


def test_every_edit_is_a_named_rule_of_the_medicare_pack(small):
    rules = Engine(edition=small).policy("ncci-medicare").compiled.builtins

    assert {rule.id.removeprefix("ncci-medicare:") for rule in rules} == BUILTINS == {edit.builtin for edit in EDITS}


def test_the_rules_of_the_medicaid_pack_have_names_of_their_own(small):
    rules = Engine(edition=small).policy("ncci-medicaid").compiled.builtins

    assert {"ncci-medicaid:ptp", "ncci-medicaid:mue", "ncci-medicaid:add-on"} <= {rule.id for rule in rules}
    assert not any(rule.id.startswith("ncci-medicare") for rule in rules)


def test_blocking_the_plugin_removes_every_baseline_finding(reviewed):
    lines = (("70496",), ("76377", "ZZ", {"units": 9}), ("64484",), ("99213", "59"))

    assert any(f.rule.startswith("ncci-") for f in reviewed(*lines).findings)
    assert not any(f.rule.startswith("ncci-") for f in reviewed(*lines, blocked=["payerpack-baseline"]).findings)


def test_a_policy_without_builtin_rules_gets_no_edit(make_claim):
    plugin = Baseline(Setup("empty"))
    claim = make_claim(("70496",), ("76377",))

    engine = Engine()
    context = engine.policy("ncci-medicare").environment
    from payerpack.context import Context

    assert plugin.check_bundling(claim, Context(claim, context)) == []


def test_a_claim_without_lines_has_no_findings(reviewed):
    assert reviewed().findings == ()


def test_a_claim_far_in_the_future_is_reviewed(reviewed, rules):
    last = {"service_date": dt.date.max}

    assert rules(reviewed(("70496", last), ("76377", last)), 2) == [("ptp", "deny")]


def test_opening_an_edition_does_not_import_the_edits():
    code = "import sys, payerpack.baseline.editions; print('payerpack.baseline.plugin' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_an_add_on_falls_with_a_primary_that_the_payers_own_rule_denies(reviewed, rules):
    closed = """
[[rule]]
id = "no-injections"
stage = "eligibility"
when = { code = "64483" }
then = { action = "deny", carc = "96", rarc = ["N130"], message = "not covered" }
source = { title = "x" }
"""
    review = reviewed(("64483",), ("64484",), override=closed)

    assert rules(review, 2) == [("add-on", "deny")]


def test_a_chain_of_add_on_codes_falls_in_one_review(reviewed, rules):
    review = reviewed(("64490", {"units": 2}), ("64491",), ("64492",))

    assert rules(review, 2) == rules(review, 3) == [("add-on", "deny")]


def test_packaging_sees_what_became_of_add_on_codes(reviewed, rules):
    review = reviewed(("64483", {"units": 2}), ("64484",), ("94760",))

    assert rules(review, 2) == [("add-on", "deny")]
    assert rules(review, 3) == []


def test_a_verdict_changes_within_a_quarter_on_the_day_a_code_ends(reviewed, rules):
    def on(day: dt.date) -> list[tuple[str, str]]:
        return rules(reviewed(("G2023", {"service_date": day})))

    days = (dt.date(2023, 5, 12), dt.date(2023, 5, 11), dt.date(2023, 6, 30), dt.date(2023, 4, 1))

    assert [bool(on(day)) for day in days] == [True, False, True, False]


def test_one_engine_answers_each_day_of_a_quarter_for_itself(small, make_claim):
    engine = Engine(edition=small)

    def denied(day: dt.date) -> bool:
        review = engine.review(make_claim(("G2023", {"service_date": day})), "ncci-medicare")
        return any(f.rule == "ncci-medicare:code-valid" and f.action == "deny" for f in review.findings)

    days = [dt.date(2023, 5, day) for day in (12, 11, 31, 1, 12, 11)]

    assert [denied(day) for day in days] == [True, False, True, False, True, False]

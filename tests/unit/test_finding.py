"""Findings, outcomes and reviews."""

from __future__ import annotations

import pickle
from decimal import Decimal

import attrs

from payerpack.finding import ACTIONS, Adjustment, Finding, Review


def finding(action="deny", lines=(1,), rule="acme:x", **more):
    return Finding(rule, "bundling", action, lines, "because", **more)


def review(*findings, numbers=(1, 2)):
    return Review("C-1", "acme", {"acme": "1"}, findings, (), numbers)


def test_the_strongest_action_decides_a_line():
    outcomes = {
        (weaker, stronger): review(finding(weaker, rule="a:weak"), finding(stronger, rule="z:strong")).lines[0]
        for weaker, stronger in zip(ACTIONS[1:], ACTIONS, strict=False)
    }

    assert all(line.outcome == stronger and line.primary == "z:strong" for (_, stronger), line in outcomes.items())


def test_of_equal_actions_the_pack_nearest_to_the_payer_decides():
    made = review(finding(rule="a:base", depth=2), finding(rule="z:payer", depth=0))

    assert made.lines[0].primary == "z:payer"


def test_a_line_without_findings_is_accepted():
    assert review(finding()).lines[1].to_dict() == {"number": 2, "outcome": "accept", "primary": None}


def test_a_monitored_finding_changes_no_outcome():
    made = review(finding(monitored=True))

    assert made.outcome == "accept"
    assert made.lines[0].outcome == "accept"
    assert made.to_dict()["findings"][0]["monitored"] is True


def test_a_finding_on_the_whole_claim_decides_every_line_unless_it_only_informs():
    assert [line.outcome for line in review(finding("pend", ())).lines] == ["pend", "pend"]
    assert [line.outcome for line in review(finding("inform", ())).lines] == ["accept", "accept"]
    assert review(finding("inform", ())).outcome == "inform"


def test_message_and_facts_are_made_when_they_are_read():
    asked = []
    lazy = Finding("a:b", "bundling", "deny", (1,), lambda: asked.append(1) or "now", facts=lambda: {"code": "76377"})

    assert not asked
    assert (lazy.message, lazy.facts) == ("now", {"code": "76377"})


def test_the_json_shape_is_the_contract():
    made = finding(
        adjustment=Adjustment("97", ("N19",)), cure="none", related_lines=(2,), effect={"percent": "50"}, facts={"n": 1}
    )

    assert made.to_dict() == {
        "rule": "acme:x",
        "stage": "bundling",
        "action": "deny",
        "lines": [1],
        "related_lines": [2],
        "adjustment": {"group": "CO", "carc": "97", "rarc": ["N19"]},
        "message": "because",
        "cure": "none",
        "source": None,
        "facts": {"n": 1},
        "effect": {"percent": "50"},
        "monitored": False,
    }


def test_findings_and_reviews_evolve_and_travel_between_processes():
    made = review(finding())

    assert attrs.evolve(made.findings[0], action="warn").action == "warn"
    assert pickle.loads(pickle.dumps(made)).to_dict() == made.to_dict()


def test_units_of_a_proposed_change_are_a_number_and_amounts_are_decimal_strings():
    def effect(**change):
        return finding("cap", effect=change).to_dict()["effect"]

    assert effect(units=Decimal(1)) == {"units": 1}
    assert effect(units=Decimal("1.5")) == {"units": 1.5}
    assert effect(amount=Decimal("1500.50")) == {"amount": "1500.50"}

"""What CMS leaves to the payer is a parameter of a named rule, and a payer's pack overrides it like any other rule."""

from __future__ import annotations

import datetime as dt

import pytest

from payerpack.claim import Provider
from payerpack.errors import PackError

COLLEAGUE = {"rendering_provider": Provider("1245319599")}


def override(rule: str, *keys: str) -> str:
    return (
        f'\n[[override]]\nrule = "ncci-medicare:{rule}"\nreason = "a test"\nsource = {{ title = "x" }}\n'
        + "\n".join(keys)
    )


def test_a_payer_widens_the_provider_to_the_group(reviewed, rules):
    group = override("ptp", 'set = { "parameters.provider_key" = "billing_group" }')
    lines = (("70496",), ("76377", COLLEAGUE))

    assert rules(reviewed(*lines), 2) == []
    assert rules(reviewed(*lines, override=group), 2) == [("ptp", "deny")]


def test_lines_without_the_identifier_of_the_key_are_alone(reviewed, rules):
    specialty = override("ptp", 'set = { "parameters.provider_key" = "specialty" }')

    assert rules(reviewed(("70496",), ("76377",), override=specialty), 2) == []


def test_a_payer_adds_a_bypass_modifier(reviewed, rules):
    more = override("ptp", 'add = { "parameters.bypass_modifiers" = ["76"] }')

    assert rules(reviewed(("70544",), ("76377", "76"), override=more), 2) == [("ptp", "inform")]


def test_a_payer_takes_a_bypass_modifier_away(reviewed, rules):
    fewer = override("ptp", 'remove = { "parameters.bypass_modifiers" = ["59"] }')

    assert rules(reviewed(("70544",), ("76377", "59"), override=fewer), 2) == [("ptp", "deny")]


def test_a_payer_wants_to_see_the_documents_of_a_bypassed_pair(reviewed, rules):
    pend = override("ptp", 'set = { "parameters.bypassed" = "pend" }')

    assert rules(reviewed(("70544",), ("76377", "XS"), override=pend), 2) == [("ptp", "pend")]


def test_a_payer_does_not_want_to_hear_of_bypassed_pairs(reviewed, rules):
    silent = override("ptp", 'set = { "parameters.bypassed" = "none" }')

    assert rules(reviewed(("70544",), ("76377", "XS"), override=silent), 2) == []


def test_a_payer_leaves_a_rule_out_for_some_codes(reviewed, rules):
    spared = override("mue", 'except = [{ code = "76377" }]')
    review = reviewed(("76377", {"units": 3}), ("97110", {"units": 7}), override=spared)

    assert rules(review, 1) == []
    assert rules(review, 2) == [("mue", "deny")]


def test_a_payer_disables_an_edit(reviewed, rules):
    assert rules(reviewed(("76377", {"units": 3}), override=override("mue", "disable = true"))) == []


def test_a_dated_override_holds_on_its_dates_only(reviewed, rules):
    dated = override(
        "ptp",
        'set = { "parameters.provider_key" = "billing_group" }',
        "effective = { from = 2024-08-01, to = 2024-08-31 }",
    )

    def outcome(day: dt.date) -> list[tuple[str, str]]:
        on = {"service_date": day}
        return rules(reviewed(("70496", on), ("76377", {**on, **COLLEAGUE}), override=dated), 2)

    assert outcome(dt.date(2024, 7, 31)) == outcome(dt.date(2024, 9, 1)) == []
    assert outcome(dt.date(2024, 8, 1)) == outcome(dt.date(2024, 8, 31)) == [("ptp", "deny")]


def test_lines_with_an_excluded_modifier_do_not_count_for_an_mue(reviewed, rules):
    excluded = override("mue", 'set = { "parameters.exclude_modifiers" = ["55"] }')
    lines = (("76377", {"units": 2}), ("76377", "55"))

    assert rules(reviewed(*lines), 1) == [("mue", "deny")]
    assert rules(reviewed(*lines, override=excluded), 1) == []


def test_a_payer_supplies_the_primaries_of_a_type_2_add_on(reviewed, rules):
    listed = override("add-on", 'set = { "parameters.primaries" = { "76937" = ["71046", "36555-36558"] } }')

    assert rules(reviewed(("71046",), ("76937",), override=listed), 2) == []
    assert rules(reviewed(("76937",), override=listed)) == [("add-on", "deny")]


def test_a_payer_pends_what_its_contractor_defines(reviewed, rules):
    pend = override("add-on", 'set = { "parameters.contractor_defined" = "pend" }')

    assert rules(reviewed(("76937",), override=pend)) == [("add-on", "pend")]


def test_a_payer_changes_the_action_of_an_indicator(reviewed, rules):
    denies = override("modifier-assistant", 'set = { "parameters.actions" = { 0 = "pend", 1 = "deny", 9 = "deny" } }')

    assert rules(reviewed(("29881", "80"), override=denies)) == [("modifier-assistant", "pend")]


def test_a_payer_extends_a_code_set_by_name(reviewed, rules):
    visits = '[codes]\nour_visits = ["77427"]\n' + override("modifier-em", 'add = { "parameters.codes" = ["77427"] }')

    assert rules(reviewed(("77427", "25"), override=visits)) == []


def test_a_payer_counts_a_line_that_an_earlier_claim_paid_as_a_duplicate(reviewed, rules, past):
    history = override("duplicate-line", 'set = { "parameters.history" = true }')
    same = {"charge": 101}

    assert rules(reviewed(("71046", same), history=[past("71046", **same)])) == []
    assert rules(reviewed(("71046", same), history=[past("71046", **same)], override=history)) == [
        ("duplicate-line", "deny")
    ]


def test_a_monitored_edit_is_reported_and_changes_no_outcome(reviewed, the):
    monitor = override("ptp", 'set = { status = "monitor" }')
    review = reviewed(("70496",), ("76377",), override=monitor)

    assert the(review, "ptp").monitored


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("provider_keys", '"billing_group"', "did you mean provider_key"),
        ("bypass_modifiers", '"59"', "not a list of texts"),
        ("bypassed", '"shrug"', "no action"),
        ("either_column_from", '"2019"', "not a date"),
        ("visit_codes", '["@nowhere"]', "no code set"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_refused_when_the_policy_is_built(reviewed, key, value, message):
    wrong = override("ptp", f'set = {{ "parameters.{key}" = {value} }}')

    with pytest.raises(PackError, match=message):
        reviewed(("70496",), override=wrong)


def test_a_parameter_of_a_dated_override_that_cannot_be_used_is_refused_when_the_policy_is_built(reviewed):
    wrong = override(
        "ptp",
        'set = { "parameters.bypassed" = "shrug" }',
        "effective = { from = 2019-01-01, to = 2019-12-31 }",
    )

    with pytest.raises(PackError, match="no action"):
        reviewed(("70496",), override=wrong)

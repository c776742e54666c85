"""One test for each trap of the field that a claim editor falls into; the traps of CMS's files are with the importers."""

from __future__ import annotations

import datetime as dt

import pytest

RENDERINGS = ("76376", "76377")
HOSPITAL = {"type": "institutional", "type_of_bill": "131"}


def test_trap_1_ultrasound_guidance_is_denied_beside_the_rendering_and_not_the_other_way_round(reviewed, rules):
    review = reviewed(("76942",), ("76377",))

    assert rules(review, 1) == [("ptp", "deny")]
    assert rules(review, 2) == []


def test_trap_2_the_edit_of_cta_is_per_day_whatever_the_region_and_no_modifier_helps(reviewed, rules):
    review = reviewed(("70496",), ("72192",), ("76377", "XS"))

    assert rules(review, 3) == [("ptp", "deny")]


def test_trap_2_head_mra_can_be_bypassed(reviewed, rules):
    assert rules(reviewed(("70544",), ("76377", "XS")), 2) == [("ptp", "inform")]


def test_trap_3_the_second_rendering_of_a_day_is_always_76376(reviewed, rules):
    review = reviewed(("72192",), ("76376", "59"), ("76377",))

    assert rules(review, 2) == [("ptp", "deny")]
    assert rules(review, 3) == []


def test_trap_5_a_deleted_edit_still_applies_to_its_own_days(reviewed, rules):
    last = {"service_date": dt.date(2019, 3, 31)}
    after = {"service_date": dt.date(2019, 4, 1)}

    assert ("ptp", "deny") in rules(reviewed(("17000", last), ("11042", last)), 2)
    assert ("ptp", "deny") not in rules(reviewed(("17000", after), ("11042", after)), 2)


@pytest.mark.parametrize("rendering", RENDERINGS)
def test_trap_5_indicator_9_was_never_in_force_not_even_on_its_own_day(reviewed, rules, rendering):
    day = {"service_date": dt.date(2006, 1, 1)}

    assert rules(reviewed(("78609", day), (rendering, day)), 2) == []


@pytest.mark.parametrize("modifier", ["22", "50", "76", "77"])
def test_trap_6_repeat_bilateral_and_unusual_services_do_not_bypass(reviewed, rules, modifier):
    assert ("ptp", "deny") in rules(reviewed(("11042",), ("17000", modifier)), 2)


def test_trap_6_59_need_not_stand_on_column_2(reviewed, rules):
    assert rules(reviewed(("70544", "59"), ("76377",)), 2) == [("ptp", "inform")]


def test_trap_7_column_1_may_be_the_cheaper_code(reviewed, rules):
    review = reviewed(("99213", "25"), ("20610", {"charge": 1}))

    assert rules(review, 1) == [("ptp", "inform")]
    assert rules(review, 2) == []


def test_trap_8_a_fourth_modifier_counts(reviewed, rules):
    assert rules(reviewed(("11042",), ("17000", "22", "51", "76", "XS")), 2) == [("ptp", "inform")]


def test_trap_9_over_the_limit_every_unit_is_denied_and_nothing_is_capped(reviewed, the):
    finding = the(reviewed(("97110", {"units": 7})), "mue")

    assert finding.action == "deny"
    assert finding.effect is None


def test_trap_9_the_limit_of_97110_is_6_for_a_practitioner_and_8_for_a_hospital(reviewed, rules):
    assert rules(reviewed(("97110", {"units": 7}))) == [("mue", "deny")]
    assert rules(reviewed(("97110", {"units": 8}), **HOSPITAL)) == []


def test_trap_9_mai_1_is_the_claim_line_and_not_the_claim(reviewed, rules):
    review = reviewed(("J7187", {"units": 7500}), ("J7187", "76", {"units": 7501}))

    assert rules(review, 1) == []
    assert rules(review, 2) == [("mue", "deny")]


def test_trap_10_splitting_lines_with_59_does_not_help_mai_3(reviewed, rules):
    review = reviewed(("76377", {"units": 2}), ("76377", "59"))

    assert rules(review, 1) == rules(review, 2) == [("mue", "deny")]


def test_trap_10_splitting_lines_helps_mai_1(reviewed, rules):
    review = reviewed(("A0425", {"units": 200}), ("A0425", "59", {"units": 200}))

    assert rules(review, 1) == rules(review, 2) == []


def test_trap_11_zero_is_a_value_and_absent_is_unknown(reviewed, rules):
    assert rules(reviewed(("G0463",))) == [("mue", "deny")]
    assert rules(reviewed(("20610", {"units": 99}), **HOSPITAL)) == []


def test_trap_11_practitioner_and_hospital_differ(reviewed, rules):
    assert rules(reviewed(("G0463", {"units": 4}), **HOSPITAL)) == []


def test_trap_12_type_2_has_no_primaries_and_type_3_has_some(reviewed, rules, the):
    assert rules(reviewed(("76937",))) == [("add-on", "warn")]
    assert rules(reviewed(("88305",), ("88311",)), 2) == []
    assert the(reviewed(("88311",)), "add-on").facts["type"] == 3


def test_trap_13_contractor_defined_is_no_code(reviewed, rules):
    review = reviewed(("76937",), ("CCCCC",))

    assert rules(review, 1) == [("add-on", "warn")]
    assert rules(review, 2) == [("code-valid", "reject")]


def test_trap_15_the_pctc_indicator_is_read_on_the_row_of_the_modifier(reviewed, rules):
    assert rules(reviewed(("83020", "26"))) == []
    assert rules(reviewed(("86153", "26"))) == []
    assert rules(reviewed(("83020", "TC"))) == [("modifier-26-tc", "deny")]


@pytest.mark.parametrize("modifier", ["26", "TC"])
def test_trap_16_a_professional_only_code_takes_neither_26_nor_tc(reviewed, rules, modifier):
    assert rules(reviewed(("93010", modifier))) == [("modifier-26-tc", "deny")]


@pytest.mark.parametrize("code", ["11720", "77067"])
def test_trap_17_bilateral_0_and_2_with_50_are_priced_and_not_denied(reviewed, rules, code):
    assert rules(reviewed((code, "50"))) == [("modifier-50", "inform")]


def test_trap_18_a_pack_chooses_the_carc_of_an_edit(reviewed, the):
    override = """
[[override]]
rule = "ncci-medicare:ptp"
set = { "then.carc" = "97", "then.rarc" = ["M15"] }
reason = "This contractor reports NCCI denials as bundled"
source = { title = "Contract" }
"""
    found = the(reviewed(("70496",), ("76377",), override=override), "ptp").adjustment

    assert (found.group, found.carc, found.rarc) == ("CO", "97", ("M15",))


@pytest.mark.parametrize(
    ("lines", "rule"), [((("70496",), ("76377",)), "ptp"), ((("76377", {"units": 3}),), "mue")], ids=["ptp", "mue"]
)
def test_trap_19_edits_deny_with_group_co_and_never_pr(reviewed, the, lines, rule):
    assert the(reviewed(*lines), rule).adjustment.group == "CO"


def test_seed_73677_is_no_code_yet_a_partial_edition_does_not_call_it_invalid(reviewed, rules):
    review = reviewed(("73677",))

    assert rules(review) == []
    assert any("73677" in note for note in review.notes)


def test_seed_two_units_of_76377_pass_the_mue_and_three_are_all_denied(reviewed, rules):
    assert rules(reviewed(("76377", {"units": 2}))) == []
    assert rules(reviewed(("76377", {"units": 3}))) == [("mue", "deny")]


@pytest.mark.parametrize("rendering", RENDERINGS)
def test_seed_3d_rendering_is_no_add_on_code(reviewed, rules, rendering):
    assert rules(reviewed((rendering,))) == []

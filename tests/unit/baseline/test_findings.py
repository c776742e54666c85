"""A finding says everything: the edition, the edit, its indicator and reason, what bypassed it, whether an appeal helps."""

from __future__ import annotations

import datetime as dt

import pytest

DAY = dt.date(2024, 8, 15)


def test_a_pair_names_edition_codes_indicator_and_reason(reviewed, the):
    finding = the(reviewed(("70496",), ("76377",)), "ptp")

    assert dict(finding.facts) == {
        "column1": "70496",
        "column2": "76377",
        "indicator": 0,
        "rationale": "manual-instruction",
        "edition": "NCCI-PTP-PRA v30.2",
    }
    assert finding.message == "76377 is column 2 of 70496 (NCCI-PTP-PRA v30.2), modifier indicator 0"
    assert (finding.lines, finding.related_lines) == ((2,), (1,))
    assert finding.source.title == "CMS NCCI Policy Manual"


@pytest.mark.parametrize(("column1", "cure"), [("70496", "none"), ("70544", "modifier")])
def test_only_indicator_1_can_be_cured_by_a_modifier(reviewed, the, column1, cure):
    assert the(reviewed((column1,), ("76377",)), "ptp").cure == cure


def test_a_bypassed_pair_names_the_modifier_and_asks_for_documentation(reviewed, the):
    finding = the(reviewed(("70544",), ("76377", "26", "XS")), "ptp")

    assert finding.action == "inform"
    assert finding.adjustment is None
    assert (finding.facts["bypass_modifier"], finding.facts["bypass_line"]) == ("XS", 2)
    assert "bypassed by XS, documentation required" in finding.message


def test_every_column_1_line_is_named(reviewed, the):
    finding = the(reviewed(("70544",), ("76377",), ("70544", "77")), "ptp")

    assert finding.related_lines == (1, 3)


def test_the_same_line_may_lose_to_several_codes(reviewed, rules):
    assert rules(reviewed(("70496",), ("70544",), ("76377",)), 3) == [("ptp", "deny"), ("ptp", "deny")]


@pytest.mark.parametrize(
    ("code", "units", "mai", "appeal", "cure"),
    [
        ("99291", 2, "2", False, "none"),
        ("76377", 3, "3", True, "documentation"),
        ("J7187", 7501, "1", True, "modifier"),
    ],
)
def test_an_mue_says_whether_an_appeal_is_possible(reviewed, the, code, units, mai, appeal, cure):
    finding = the(reviewed((code, {"units": units})), "mue")

    assert (finding.facts["mai"], finding.facts["appeal"], finding.cure) == (mai, appeal, cure)
    assert finding.facts["units"] == units
    assert finding.facts["edition"] == "NCCI-MUE-PRA 2024Q3"


def test_nothing_cures_a_value_of_zero(reviewed, the):
    assert the(reviewed(("G0463",)), "mue").cure == "none"


def test_lines_that_exceed_together_name_each_other(reviewed, the):
    review = reviewed(("97110", {"units": 4}), ("97110", "76", {"units": 4}))

    assert the(review, "mue", 1).related_lines == (2,)
    assert (
        the(review, "mue", 1).message
        == "8 units of 97110 exceed the medically unlikely edit of 6 (MAI 3, NCCI-MUE-PRA 2024Q3)"
    )


def test_an_add_on_whose_primary_is_denied_names_the_primary(reviewed, the):
    finding = the(reviewed(("64483", {"units": 2}), ("64484",)), "add-on")

    assert finding.related_lines == (1,)
    assert finding.adjustment.carc == "B15"


@pytest.mark.parametrize(
    ("lines", "rule", "group", "carc", "rarc"),
    [
        ((("70496",), ("76377",)), "ptp", "CO", "236", "N20"),
        ((("76377", {"units": 3}),), "mue", "CO", "151", "N362"),
        ((("64484",),), "add-on", "CO", "B15", "N122"),
        ((("93010", "26"),), "modifier-26-tc", "CO", "4", "N519"),
        ((("99024",),), "packaged", "CO", "97", "N19"),
        ((("78350",),), "packaged", "CO", "96", "N425"),
        ((("9921",),), "code-valid", "CO", "16", "M51"),
        ((("G2023",),), "code-valid", "CO", "181", "N56"),
        ((("99213", "ZZ"),), "modifier-valid", "CO", "182", "N823"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_edit_has_its_own_adjustment(reviewed, the, lines, rule, group, carc, rarc):
    adjustment = the(reviewed(*lines), rule).adjustment

    assert (adjustment.group, adjustment.carc, adjustment.rarc) == (group, carc, (rarc,))


def test_a_duplicate_is_an_oa_18_that_names_the_first_line(reviewed, the):
    twice = {"charge": 50}
    finding = the(reviewed(("71046", twice), ("71046", twice)), "duplicate-line")

    assert (finding.adjustment.group, finding.adjustment.carc) == ("OA", "18")
    assert (finding.lines, finding.related_lines) == ((2,), (1,))


def test_a_malformed_code_is_not_repeated_in_the_message(reviewed, the):
    assert "SMITH" not in the(reviewed(("SMITH, JOHN",)), "code-valid").message


def test_a_global_period_names_the_surgery_its_days_and_the_modifiers_that_would_help(reviewed, the, past):
    review = reviewed(("99213",), history=[past("27447", service_date=dt.date(2024, 8, 1))])
    facts = the(review, "global-period").facts

    assert (facts["surgery"], facts["global_days"], facts["modifiers_needed"]) == ("27447", "090", "24, FT")

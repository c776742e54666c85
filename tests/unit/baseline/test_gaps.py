"""What the edition cannot answer is said, once, and is never taken for a pass."""

from __future__ import annotations

import datetime as dt

import pytest

from payerpack.baseline.editions import starter_edition

LATER = {"service_date": dt.date(2026, 2, 3)}
HOSPITAL = {"type": "institutional", "type_of_bill": "0131"}


def gaps(review):
    return {f.facts["gap"]: f for f in review.findings if "gap" in f.facts}


def test_a_date_after_the_last_release_is_said_on_its_lines(reviewed):
    found = gaps(reviewed(("72192", LATER), ("76377", LATER)))["uncovered"]

    assert (found.rule, found.action, found.lines) == ("ncci-medicare:coverage", "inform", (1, 2))
    assert "no edition covers 2026-02-03" in found.message
    assert "NCCI-MUE-PRA 2024Q3 is not asked" in found.message


def test_after_the_last_release_the_newest_pairs_still_answer(reviewed, rules):
    assert rules(reviewed(("70496", LATER), ("76377", LATER)), 2) == [("ptp", "deny")]


def test_outside_its_quarter_an_mue_is_not_asked(reviewed, rules):
    assert rules(reviewed(("76377", {**LATER, "units": 9}))) == []


def test_a_date_before_the_first_pair_is_said(reviewed):
    assert "uncovered" in gaps(reviewed(("72192", {"service_date": dt.date(1995, 6, 1)})))


def test_a_covered_date_is_not_said_to_be_uncovered(reviewed):
    assert "uncovered" not in gaps(reviewed(("72192",)))


def test_the_nearest_fee_schedule_and_add_on_table_are_named_once(reviewed):
    review = reviewed(("72192",), ("76377",))

    assert [f.message for f in review.findings if f.facts.get("gap") == "nearest"] == [
        "2024-08-15 is answered from the nearest release held: PFS 2025Q4, NCCI-AOC 2024Q2"
    ]


def test_lines_of_other_dates_are_told_apart(reviewed):
    found = gaps(reviewed(("72192",), ("76377", LATER)))

    assert found["uncovered"].lines == (2,)


def test_a_code_that_a_partial_edition_does_not_hold_is_named_once(reviewed):
    review = reviewed(("33999",), ("33999",), ("43999",), edition=starter_edition())

    assert [f.lines for f in review.findings if f.facts.get("gap") == "not held"] == [(1, 2, 3)]
    assert sum("33999, 43999" in note for note in review.notes) == 1


def test_a_partial_edition_says_nothing_of_codes_that_it_holds(reviewed):
    review = reviewed(("72192",), ("76377",), edition=starter_edition())

    assert "not held" not in gaps(review)
    assert not any("partial" in note for note in review.notes)


def test_absent_tables_are_named_in_a_finding_and_in_the_notes(reviewed):
    review = reviewed(("72192",), edition=starter_edition(), **HOSPITAL)

    assert "hospital PTP table" in gaps(review)["absent"].message
    assert any("hospital MUE table" in note for note in review.notes)


def test_an_inpatient_claim_says_that_no_edit_applies(reviewed, rules):
    review = reviewed(("70496",), ("76377",), type="institutional", type_of_bill="0111")

    assert gaps(review)["inpatient"].lines == (1, 2)
    assert rules(review, 2) == []


def test_a_review_without_history_says_that_units_of_other_claims_are_not_known(reviewed):
    assert any("no history" in note for note in reviewed(("76377",)).notes)
    assert not any("no history" in note for note in reviewed(("76377",), history=[]).notes)


@pytest.mark.parametrize("bill", ["0111", "111", "11", "0181", "0211"])
def test_inpatient_bills_are_told_by_their_first_two_digits(reviewed, bill):
    assert "inpatient" in gaps(reviewed(("72192",), type="institutional", type_of_bill=bill))


@pytest.mark.parametrize("bill", ["0131", "131", "0851", "", "0121"])
def test_other_bills_meet_the_outpatient_edits(reviewed, rules, bill):
    review = reviewed(("70496",), ("76377",), type="institutional", type_of_bill=bill)

    assert ("ptp", "deny") in rules(review, 2)

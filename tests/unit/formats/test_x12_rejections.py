"""A claim that cannot be read costs only itself, and its problems say where, what, why and what to write."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from payerpack.claim import Claim, RejectedClaim

x12: Any = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("x12_files.py"))))
BILLING, SUBSCRIBER, CLAIM, LINE = x12.BILLING, x12.SUBSCRIBER, x12.CLAIM, x12.LINE


def problems(*parts: str, version: str = x12.PROFESSIONAL) -> list[str]:
    return [str(problem) for problem in x12.reject_one(*parts, version=version).problems]


def test_a_bad_claim_costs_its_neighbours_nothing():
    claims = [CLAIM.replace("C-1", f"C-{number}") + " " + LINE for number in range(1, 4)]
    claims[1] = claims[1].replace("310", "31O")

    first, second, third = x12.read_all(x12.claims_file(BILLING, SUBSCRIBER, *claims))

    assert (first.id, third.id) == ("C-1", "C-3")
    assert isinstance(second, RejectedClaim)
    assert second.claim_id == "C-2"


def test_a_rejected_claim_stands_where_its_clm_segment_does():
    rejected = x12.reject_one(BILLING, SUBSCRIBER, CLAIM, LINE.replace("20260302", "20261302"))

    assert rejected.location == "x.837: segment 16"
    assert [str(problem) for problem in rejected.problems] == [
        (
            'x.837: segment 20 (DTP-03): the date of service "20261302" is no date or range; write D8 and 20260302, or RD8 '
            "and 20260302-20260304"
        )
    ]


def test_all_problems_of_a_claim_are_reported_at_once():
    found = problems(BILLING, SUBSCRIBER, CLAIM, "LX*1 SV1*HC:72192*1.2.3*UN*x***9 DTP*472*D8*2026")

    assert [problem.split(":")[1].strip() for problem in found] == [
        "segment 19 (SV1-02)",
        "segment 19 (SV1-04)",
        "segment 20 (DTP-03)",
        "segment 19 (SV1-07)",
    ]


@pytest.mark.parametrize(
    ("line", "place", "word"),
    [
        ("SV1*HC:72192*NaN*UN*1 DTP*472*D8*20260302", "SV1-02", "the charge is no number"),
        ("SV1*HC:72192*1e3*UN*1 DTP*472*D8*20260302", "SV1-02", "the charge is no number"),
        ("SV1*HC:72192*1000000000000*UN*1 DTP*472*D8*20260302", "SV1-02", "the charge is no number"),
        ("SV1*HC:72192*1 DTP*472*D8*20260302", "SV1-04", "are no number above 0"),
        ("SV1*HC:72192*1*UN*0 DTP*472*D8*20260302", "SV1-04", "are no number above 0"),
        ("SV1*HC:72192*1*UN*-1 DTP*472*D8*20260302", "SV1-04", "are no number above 0"),
        ("SV1**1*UN*1 DTP*472*D8*20260302", "SV1-01", "procedure code is missing"),
        ("SV1*HC:72192*1*UN*1***A DTP*472*D8*20260302", "SV1-07", "no position"),
        ("SV1*HC:72192*1*UN*1***0 DTP*472*D8*20260302", "SV1-07", "no position"),
        ("SV1*HC:72192*1*UN*1***3 DTP*472*D8*20260302", "SV1-07", "above 2"),
        ("SV1*HC:72192*1*UN*1", "DTP-03", "no date of service"),
        ("SV1*HC:72192*1*UN*1 DTP*472*RD8*20260303-20260302", "DTP-03", "no date or range"),
        ("SV1*HC:72192*1*UN*1 DTP*472*D8*20260230", "DTP-03", "no date or range"),
        ("DTP*472*D8*20260302", "LX", "no SV1 segment"),
        ("SV1*HC:72192*1*UN*1 SV1*HC:1*1*UN*1 DTP*472*D8*20260302", "SV1", "two service segments"),
        ("SV2*0350*HC:72192*1*UN*1 DTP*472*D8*20260302", "SV2", "belongs to institutional claims"),
        ("SV1*HC:72192*1*UN*1 DTP*472*D8*20260302 CAS*CO*45*1", "CAS", "follows no SVD"),
        ("SV1*HC:72192*1*UN*1 DTP*472*D8*20260302 HI*ABK:R1031", "HI", "does not belong here"),
    ],
)
def test_a_line_that_cannot_be_read_is_reported(line, place, word):
    (problem,) = problems(BILLING, SUBSCRIBER, CLAIM, "LX*1", line)

    assert f"({place}): " in problem
    assert word in problem


@pytest.mark.parametrize(
    ("header", "claim", "place", "word"),
    [
        (BILLING.replace("XX*", "24*"), CLAIM, "NM1-09", "billing provider has no NPI"),
        (BILLING.replace("NM1*85", "NM1*87"), CLAIM, "NM1-09", "billing provider has no NPI"),
        (BILLING, CLAIM.replace("C-1", ""), "CLM-01", "no id"),
        (BILLING, "CLM*C-1*490***22:B:1 HI*ABK", "HI-01", "not a qualifier and a code"),
        (BILLING, "CLM*C-1*490***22:B:1 HI*ABK:", "HI-01", "not a qualifier and a code"),
        (BILLING, "CLM*C-1*490***22:B:1 HI*S32401A", "HI-01", "not a qualifier and a code"),
        (BILLING, "CLM*C-1*490***22:B:1 HI*ABK*ABF:R1031", "HI-01", "not a qualifier and a code"),
    ],
)
def test_a_header_that_cannot_be_read_is_reported(header, claim, place, word):
    found = problems(header, SUBSCRIBER, claim, LINE.replace("***1", ""))

    assert len(found) == 1
    assert f"({place}): " in found[0]
    assert word in found[0]


def test_a_payer_without_an_id_rejects_the_claim():
    (problem,) = problems(BILLING, SUBSCRIBER.replace("PI*60054", ""), CLAIM, LINE)

    assert "segment 15 (NM1-09): the payer has no id" in problem


def test_a_dependent_of_a_subscriber_without_a_member_id_is_rejected():
    dependent = "HL*3*2*23*0 NM1*QC*1*SAMPLE*TWO DMG*D8*20100211*M"

    (problem,) = problems(BILLING, SUBSCRIBER.replace("MI*MEMBER1", ""), dependent, CLAIM, LINE)

    assert "segment 13 (NM1-09): the subscriber has no member id" in problem


def test_a_problem_of_a_subscriber_rejects_his_claims_and_no_others():
    bad = SUBSCRIBER.replace("19610402", "19611302")
    other = SUBSCRIBER.replace("HL*2", "HL*3")

    claims = x12.read_all(x12.claims_file(BILLING, bad, CLAIM, LINE, CLAIM, LINE, other, CLAIM, LINE))

    assert [type(claim) for claim in claims] == [RejectedClaim, RejectedClaim, Claim]
    assert claims[0].problems == claims[1].problems
    assert "19611302" not in str(claims[0].problems[0])


def test_a_claim_without_lines_is_rejected():
    (problem,) = problems(BILLING, SUBSCRIBER, CLAIM)

    assert "the claim has no service line" in problem


def test_two_lines_of_one_number_are_rejected():
    (problem,) = problems(BILLING, SUBSCRIBER, CLAIM, LINE, LINE)

    assert "(LX-01): the line number 1 stands twice" in problem


def test_a_segment_with_a_misspelt_id_is_never_passed_over():
    (problem,) = problems(BILLING, SUBSCRIBER, CLAIM, LINE, "NTF*ADD*SAMPLE")

    assert "(NTF): this is no segment of an 837" in problem


def test_text_that_a_stray_terminator_cut_loose_is_not_shown():
    (problem,) = problems(BILLING, SUBSCRIBER, CLAIM, LINE, "NTE*ADD*A SAMPLE_PATIENT*ONE")

    assert "SAMPLE" not in problem
    assert "(?): this is no segment" in problem


def test_no_message_holds_a_name_or_an_identifier_that_stands_in_the_wrong_place():
    line = "LX*SECRETNAME SV1*HC:72192*SECRETNAME*UN*123-45-6789***SECRETNAME DTP*472*D8*123456789"
    header = SUBSCRIBER.replace("19610402", "SECRETNAME")

    rejected = x12.reject_one(BILLING, header, CLAIM, line)

    shown = " ".join(str(problem) for problem in rejected.problems) + repr(rejected)
    assert len(rejected.problems) == 6
    for secret in ("SECRETNAME", "123-45-6789", "123456789", "MEMBER1", "SAMPLE"):
        assert secret not in shown


def test_an_institutional_line_needs_a_revenue_code():
    claim = "CLM*H-1*490***13:A:1 DTP*434*RD8*20260301-20260304"

    (problem,) = problems(BILLING, SUBSCRIBER, claim, "LX*1 SV2**HC:72192*1*UN*1", version=x12.INSTITUTIONAL)

    assert "(SV2-01): the revenue code is missing" in problem

"""What an 837 says reaches the fields of the claim, and nothing of anybody else's does."""

from __future__ import annotations

import datetime as dt
import runpy
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from payerpack.claim import Authorization, Document, Patient, Payer, Provider

x12: Any = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("x12_files.py"))))
BILLING, SUBSCRIBER, CLAIM, LINE = x12.BILLING, x12.SUBSCRIBER, x12.CLAIM, x12.LINE
DEPENDENT = "HL*3*2*23*0 PAT*19 NM1*QC*1*SAMPLE*TWO DMG*D8*20100211*M"


def one(*parts: str) -> Any:
    return x12.read_one(BILLING, SUBSCRIBER, *parts)


def line_of(*segments: str) -> Any:
    return one(CLAIM, LINE, *segments).lines[0]


# -- header ------------------------------------------------------------------------------------------------------------


def test_the_header_of_a_professional_claim_is_read():
    claim = one(CLAIM, LINE)

    assert claim.id == "C-1"
    assert claim.type == "professional"
    assert claim.payer == Payer("60054", "PAYER")
    assert claim.patient == Patient("MEMBER1", dt.date(1961, 4, 2), "F")
    assert claim.place_of_service == "22"
    assert claim.diagnoses == ("S32401A", "R1031")
    assert claim.attributes == {"frequency_code": "1"}
    assert claim.received_date is None


def test_the_billing_provider_has_npi_tax_id_without_hyphen_taxonomy_and_state():
    assert one(CLAIM, LINE).billing_provider == Provider("1234567893", "930000000", "2085R0202X", state="OH")


def test_a_social_security_number_is_the_tax_id_only_without_an_employer_number():
    both = x12.read_one(BILLING, "REF*SY*000000000", SUBSCRIBER, CLAIM, LINE)
    alone = x12.read_one(BILLING.replace("EI*", "SY*"), SUBSCRIBER, CLAIM, LINE)

    assert both.billing_provider.tax_id == "930000000"
    assert alone.billing_provider.tax_id == "930000000"


def test_the_pay_to_address_is_not_the_billing_provider():
    claim = x12.read_one(BILLING, "NM1*87*2 N3*9 N4*TOWN*WA*98001 REF*EI*111111111", SUBSCRIBER, CLAIM, LINE)

    assert claim.billing_provider.state == "OH"
    assert claim.billing_provider.tax_id == "930000000"


@pytest.mark.parametrize(
    ("indicator", "line_of_business"),
    [
        ("MA", "medicare"), ("MB", "medicare"), ("16", "medicare_advantage"), ("MC", "medicaid"), ("CI", "commercial"),
        ("BL", "commercial"), ("HM", "commercial"), ("12", "commercial"), ("WC", "other"), ("ZZ", ""), ("", ""),
    ],
)  # fmt: skip
def test_the_claim_filing_indicator_gives_the_line_of_business(indicator, line_of_business):
    subscriber = SUBSCRIBER.replace("***CI", f"***{indicator}")

    assert x12.read_one(BILLING, subscriber, CLAIM, LINE).line_of_business == line_of_business


def test_the_state_is_that_of_the_facility():
    claim = one(CLAIM, "NM1*77*2*SITE*****XX*1234567893 N3*1 N4*TOWN*IN*46001", LINE)

    assert claim.state == "IN"
    assert claim.facility == Provider("1234567893", state="IN")


def test_without_a_facility_the_state_is_that_of_the_billing_provider():
    assert one(CLAIM, LINE).state == "OH"


def test_providers_of_the_claim_are_kept_apart():
    claim = one(CLAIM, "NM1*DN*1*A*B****XX*1111111112 NM1*82*1*A*C****XX*2222222220 PRV*PE*PXC*207X00000X", LINE)

    assert claim.referring_provider == Provider("1111111112")
    assert claim.rendering_provider == Provider("2222222220", taxonomy="207X00000X")


def test_a_number_that_is_no_npi_is_not_taken_for_one():
    assert one(CLAIM, "NM1*82*1*A*C****24*111111111", LINE).rendering_provider == Provider()


# -- patients ----------------------------------------------------------------------------------------------------------


def test_a_dependent_is_another_patient_than_the_subscriber():
    claim = one(DEPENDENT, CLAIM, LINE)

    assert claim.patient.birth_date == dt.date(2010, 2, 11)
    assert claim.patient.sex == "M"
    assert claim.patient.id.startswith("MEMBER1-")
    assert "TWO" not in claim.patient.id


def test_a_dependent_has_the_same_id_in_every_file():
    assert one(DEPENDENT, CLAIM, LINE).patient == one(DEPENDENT, CLAIM.replace("C-1", "C-2"), LINE).patient


def test_twins_have_different_ids():
    assert one(DEPENDENT, CLAIM, LINE).patient.id != one(DEPENDENT.replace("TWO", "TRE"), CLAIM, LINE).patient.id


def test_a_claim_after_a_new_subscriber_is_not_the_dependents():
    other = SUBSCRIBER.replace("HL*2", "HL*4").replace("MEMBER1", "MEMBER2")

    first, second = x12.read_all(x12.claims_file(BILLING, SUBSCRIBER, DEPENDENT, CLAIM, LINE, other, CLAIM, LINE))

    assert first.patient.id.startswith("MEMBER1-")
    assert second.patient.id == "MEMBER2"


def test_nothing_of_a_billing_provider_reaches_the_next_one():
    second = "HL*3**20*1 NM1*85*2*OTHER*****XX*1111111112"
    subscriber = "HL*4*3*22*0 SBR*P*18 NM1*IL*1*SAMPLE*ONE****MI*M2 NM1*PR*2*PAYER*****PI*99999"

    _, claim = x12.read_all(x12.claims_file(BILLING, SUBSCRIBER, CLAIM, LINE, second, subscriber, CLAIM, LINE))

    assert claim.billing_provider == Provider("1111111112")
    assert claim.patient == Patient("M2")
    assert claim.line_of_business == ""


# -- lines -------------------------------------------------------------------------------------------------------------


def test_a_line_is_read():
    line = one(CLAIM, "LX*1 SV1*HC:72192:26:59:LT:XS*310.50*UN*2*11**1:2 DTP*472*D8*20260302").lines[0]

    assert (line.number, line.code, line.modifiers) == (1, "72192", ("26", "59", "LT", "XS"))
    assert (line.units, line.charge) == (Decimal(2), Decimal("310.50"))
    assert (line.service_date, line.service_date_end) == (dt.date(2026, 3, 2), None)
    assert (line.place_of_service, line.diagnosis_pointers) == ("11", (1, 2))


@pytest.mark.parametrize(
    ("dates", "first", "last"),
    [
        ("RD8*20260302-20260304", dt.date(2026, 3, 2), dt.date(2026, 3, 4)),
        ("RD8*20260302-20260302", dt.date(2026, 3, 2), None),
    ],
)
def test_a_range_of_dates_has_an_inclusive_end_and_one_day_has_none(dates, first, last):
    line = one(CLAIM, f"LX*1 SV1*HC:72192*1*UN*1 DTP*472*{dates}").lines[0]

    assert (line.service_date, line.service_date_end) == (first, last)


def test_the_description_of_an_unlisted_procedure_and_the_note_are_the_lines_note():
    line = one(CLAIM, "LX*1 SV1*HC:J3490:::::saline_0.9%*1*UN*1 DTP*472*D8*20260302 NTE*ADD*given_slowly").lines[0]

    assert line.modifiers == ()
    assert line.line_note == "saline 0.9%\ngiven slowly"


def test_a_note_is_decoded_as_utf_8_where_it_is_that():
    data = x12.claims_file(
        BILLING, SUBSCRIBER, CLAIM, LINE, "NTE*ADD*MARK1", LINE.replace("LX*1", "LX*2"), "NTE*ADD*MARK2"
    )

    (claim,) = x12.read_all(data.replace(b"MARK1", "é".encode()).replace(b"MARK2", "é".encode("latin-1")))

    assert [line.line_note for line in claim.lines] == ["é", "é"]


def test_a_drug_code_loses_its_hyphens():
    assert line_of("LIN**N4*00041-9650-01 CTP****2*UN").ndc == "00041965001"


def test_a_line_may_have_a_rendering_provider_of_its_own():
    claim = one(CLAIM, "NM1*82*1*A*C****XX*2222222220", LINE, "NM1*82*1*A*D****XX*1111111112 PRV*PE*PXC*207X00000X")

    assert claim.rendering_provider == Provider("2222222220")
    assert claim.lines[0].rendering_provider == Provider("1111111112", taxonomy="207X00000X")


def test_minutes_are_kept_as_what_they_are():
    claim = one(CLAIM, "LX*1 SV1*HC:00142:QK*827*MJ*61 DTP*472*D8*20260302")

    assert claim.lines[0].units == Decimal(61)
    assert claim.attributes["line_unit_basis"] == {"1": "MJ"}


# -- notes, documents, authorizations ----------------------------------------------------------------------------------


def test_notes_and_fixed_format_information_are_kept():
    claim = one(CLAIM, "K3*ONE K3*TWO NTE*ADD*first NTE*CER*second", LINE, "K3*THREE")

    assert claim.attributes["k3"] == ["ONE", "TWO"]
    assert claim.attributes["claim_note"] == "first\nsecond"
    assert claim.attributes["line_k3"] == {"1": ["THREE"]}


def test_paperwork_becomes_documents_of_the_claim_and_of_its_lines():
    claim = one(CLAIM, "PWK*RR*EL***AC*D1 PWK*OZ*FX", LINE, "PWK*CT*BM***AC*D2")

    assert claim.documents == (
        Document("D1", "radiology_report"),
        Document("PWK-2", "OZ"),
        Document("D2", "CT", (1,)),
    )


def test_a_report_that_is_only_available_on_request_did_not_come_with_the_claim():
    claim = one(CLAIM, "PWK*RR*AA", LINE)

    assert claim.documents == ()
    assert claim.attributes["reports_not_sent"] == ["radiology_report"]


def test_an_authorization_of_the_claim_covers_any_code():
    claim = one(CLAIM, "REF*G1*A1", LINE, "REF*G1*A1")

    assert claim.authorizations == (Authorization("A1"),)


def test_an_authorization_of_lines_covers_their_codes():
    second = "LX*2 SV1*HC:76377*1*UN*1 DTP*472*D8*20260302"

    claim = one(CLAIM, LINE, "REF*G1*A1", second, "REF*G1*A1 REF*G1*A2")

    assert claim.authorizations == (Authorization("A1", ("72192", "76377")), Authorization("A2", ("76377",)))


def test_a_replacement_names_the_claim_that_it_replaces():
    claim = one(CLAIM.replace("22:B:1", "22:B:7"), "REF*F8*ORIGINAL", LINE)

    assert claim.attributes == {"frequency_code": "7", "original_claim_number": "ORIGINAL"}


def test_dates_that_a_review_may_need_are_kept_but_a_repricers_is_not_the_payers():
    claim = one(CLAIM, "DTP*435*D8*20260301 DTP*050*D8*20260310 DTP*431*D8*NONE", LINE)

    assert claim.attributes["admission_date"] == "2026-03-01"
    assert claim.attributes["repricer_received_date"] == "2026-03-10"
    assert claim.received_date is None


# -- other payers ------------------------------------------------------------------------------------------------------

OTHER = (
    "SBR*S*01*******12 CAS*PR*1*21.89**2*15.00 AMT*D*39.15 OI***Y*P**Y NM1*IL*1*SAMPLE*SIX****MI*THEIRS N4*TOWN*WA*98001 "
    "NM1*PR*2*THEIRS*****PI*99999 DTP*573*D8*20260101 REF*G1*THEIRS NM1*82*1*A*B****XX*1111111112 PRV*PE*PXC*THEIRS "
    "NM1*77*2 N4*TOWN*WA*98001 NM1*DN*1*A*B****XX*1111111112 DMG*D8*19000101*M"
)
DECIDED = "SVD*99999*40.00*HC:99999:XU**1 CAS*CO*42*3.00 DTP*573*D8*20260101 AMT*EAF*5"


def test_another_payers_loops_change_nothing_of_the_claims_own():
    alone = one(CLAIM, LINE)
    among = one(CLAIM, OTHER, LINE, DECIDED)

    for name in ("payer", "patient", "line_of_business", "state", "lines", "authorizations", "rendering_provider"):
        assert getattr(among, name) == getattr(alone, name)
    assert (among.facility, among.referring_provider, among.documents) == (None, None, ())


def test_what_other_payers_decided_is_kept_apart():
    attributes = one(CLAIM, OTHER, LINE, DECIDED).attributes

    assert attributes["other_payers"] == [
        {
            "payer_id": "99999",
            "sequence": "S",
            "filing_indicator": "12",
            "paid": "39.15",
            "adjustments": [
                {"group": "PR", "carc": "1", "amount": "21.89"},
                {"group": "PR", "carc": "2", "amount": "15.00"},
            ],
        }
    ]
    assert attributes["other_payer_lines"] == [
        {
            "number": 1,
            "payer_id": "99999",
            "code": "99999",
            "paid": "40.00",
            "adjustments": [{"group": "CO", "carc": "42", "amount": "3.00"}],
        }
    ]


def test_six_adjustments_of_one_segment_are_read():
    cas = "CAS*CO*" + "**".join(f"{carc}*{carc}.00" for carc in (1, 2, 3, 4, 5, 6))

    payer = one(CLAIM, "SBR*S*01", cas, LINE).attributes["other_payers"][0]

    assert [(each["carc"], each["amount"]) for each in payer["adjustments"]] == [
        (f"{n}", f"{n}.00") for n in range(1, 7)
    ]


def test_an_authorization_that_a_line_reports_for_another_payer_is_not_this_payers():
    assert one(CLAIM, LINE, "REF*G1*THEIRS**2U:99999").authorizations == ()


def test_a_diagnosis_written_as_two_elements_is_read_as_the_one_that_it_can_only_be():
    claim = one("CLM*C-1*490***22:B:1 HI*BK*8901*BF*87200*BF:5559", LINE)

    assert claim.diagnoses == ("8901", "87200", "5559")


# -- institutional claims ----------------------------------------------------------------------------------------------

HOSPITAL = (
    "CLM*H-1*490***13:A:1 DTP*434*RD8*20260301-20260304 CL1*1*7*30 HI*ABK:S32401A:::::::Y HI*ABJ:R1031 HI*BG:09*BG:44"
)


def hospital(*parts: str) -> Any:
    return x12.read_one(BILLING, SUBSCRIBER, HOSPITAL, *parts, version=x12.INSTITUTIONAL)


def test_the_header_of_an_institutional_claim_is_read():
    claim = hospital("NM1*71*1*A*B****XX*1111111112", "LX*1 SV2*0350*HC:72192:TC*310*UN*1 DTP*472*D8*20260302")

    assert claim.type == "institutional"
    assert (claim.type_of_bill, claim.place_of_service) == ("131", "")
    assert claim.diagnoses == ("S32401A",)
    assert claim.rendering_provider == Provider("1111111112")
    assert claim.attributes == {
        "frequency_code": "1",
        "admission_type": "1",
        "admission_source": "7",
        "patient_status": "30",
        "admitting_diagnoses": ["R1031"],
        "condition_codes": ["09", "44"],
    }


def test_an_institutional_line_has_a_revenue_code_and_may_have_no_procedure():
    with_code, without = hospital("LX*1 SV2*0350*HC:72192:TC*310*UN*1 LX*2 SV2*0250**90.5*UN*3").lines

    assert (with_code.revenue_code, with_code.code, with_code.modifiers) == ("0350", "72192", ("TC",))
    assert (without.revenue_code, without.code, without.charge, without.units) == (
        "0250",
        "",
        Decimal("90.5"),
        Decimal(3),
    )


def test_an_institutional_line_without_days_has_those_of_the_statement():
    line = hospital("LX*1 SV2*0120**900*DA*3").lines[0]

    assert (line.service_date, line.service_date_end) == (dt.date(2026, 3, 1), dt.date(2026, 3, 4))


def test_an_authorization_of_a_line_without_a_procedure_covers_its_revenue_code_only():
    assert hospital("LX*1 SV2*0120**900*DA*3 REF*G1*A1").authorizations == (Authorization("A1", ("0120",)),)

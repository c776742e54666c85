import datetime as dt
from decimal import Decimal

import pytest

from payerpack.errors import PackError
from payerpack.formats.structure import structure_claim, structure_history
from payerpack.packs.cases import read_cases
from payerpack.packs.load import load_pack

TEST = """
[[test]]
name = "{name}"
service_date = 2026-02-03
lines = [{{ code = "74177" }}, {{ code = "76377", modifiers = ["26"] }}]
{more}
"""


@pytest.fixture
def cases(write):
    def read(*tests: str, body: str = "", **files: str):
        text = "".join(tests)
        return read_cases(load_pack(write(body=body, files={"tests/a.toml": text, **files})))

    return read


@pytest.fixture
def case(cases):
    def read(more: str = "", body: str = ""):
        (found,) = cases(TEST.format(name="one", more=more), body=body)
        return found

    return read


def test_a_test_says_only_what_it_is_about_and_is_a_whole_claim(case) -> None:
    claim = structure_claim(case().claim)
    assert [(line.number, line.code, line.modifiers, line.units) for line in claim.lines] == [
        (1, "74177", (), Decimal(1)),
        (2, "76377", ("26",), Decimal(1)),
    ]
    assert {line.service_date for line in claim.lines} == {dt.date(2026, 2, 3)}
    assert (claim.type, claim.billing_provider.npi) == ("professional", "1234567893")


def test_the_pack_under_test_is_the_policy_in_its_own_version(case) -> None:
    assert case().policy == "acme==2026.1"
    assert case('policy = "acme"').policy == "acme==2026.1"
    assert case('policy = "another"').policy == "another"


def test_claim_keys_fill_the_claim_and_leave_its_defaults(case) -> None:
    found = case(
        'claim = { payer.id = "60054", state = "OR", billing_provider.tax_id = "9", patient.birth_date = 1960-01-01 }'
    )
    claim = structure_claim(found.claim)
    assert (claim.payer.id, claim.state, claim.billing_provider.npi, claim.billing_provider.tax_id) == (
        "60054",
        "OR",
        "1234567893",
        "9",
    )
    assert claim.patient.birth_date == dt.date(1960, 1, 1)


def test_contract_coverage_and_attributes_are_the_claims_own(case) -> None:
    claim = structure_claim(case("claim = { contract.pays_3d = true, coverage.year_start = 2026-07-01 }").claim)
    assert claim.contract["pays_3d"] is True
    assert "year_start" in claim.coverage


def test_what_is_no_key_of_a_claim_is_a_fact_for_every_line(case) -> None:
    found = case('claim = { patient.age = 44, report.workstation = "pacs", claim.contract.pays_3d = true }')
    assert found.supplied == {
        (None, "patient.age"): 44,
        (None, "report.workstation"): "pacs",
        (None, "claim.contract.pays_3d"): True,
    }


def test_what_is_no_key_of_a_line_is_a_fact_of_that_line(cases) -> None:
    line = 'code = "76377", report.workstation = "pacs", pfs.bilateral = "1", rendering_provider.specialty = "30"'
    (found,) = cases(f'[[test]]\nname = "x"\nlines = [{{ {line}, service_date = 2026-01-01 }}]\n')
    assert found.supplied == {
        (1, "report.workstation"): "pacs",
        (1, "pfs.bilateral"): "1",
        (1, "rendering_provider.specialty"): "30",
    }


def test_diagnoses_of_a_line_are_a_fact_in_the_one_spelling(cases) -> None:
    (found,) = cases('[[test]]\nname = "x"\nservice_date = 2026-01-01\nlines = [{ code = "1", diagnoses = "s32.1" }]\n')
    assert found.supplied == {(1, "diagnoses"): ("S321",)}


def test_supplied_values_have_the_type_of_their_fact(case) -> None:
    found = case(
        'claim = { report.techniques = "volume", report.indication = [], report.workstation = "", coverage.year_start = 2026-07-01 }'
    )
    assert found.supplied == {
        (None, "report.techniques"): ("volume",),
        (None, "report.indication"): (),
        (None, "report.workstation"): None,
    }


def test_sources_that_disagree_are_a_conflict_of_any_fact_never_an_element_of_a_list(case) -> None:
    found = case('claim = { report.techniques = "conflict", report.section = "conflict" }')
    assert found.supplied == {(None, "report.techniques"): "conflict", (None, "report.section"): "conflict"}


def test_a_declared_fact_may_be_supplied(case) -> None:
    found = case("claim = { waiver = true }", body='[facts]\nwaiver = { type = "flag" }\n')
    assert found.supplied == {(None, "waiver"): True}


def test_a_line_may_have_its_own_date_place_units_and_number(cases) -> None:
    line = 'number = 7, code = "1", service_date = 2026-03-01, place_of_service = "22", units = 3, charge = "10.50"'
    (found,) = cases(f'[[test]]\nname = "x"\nlines = [{{ {line} }}]\nexpect = {{ 7 = "deny" }}\n')
    (made,) = structure_claim(found.claim).lines
    assert (made.number, made.service_date, made.place_of_service, made.units, made.charge) == (
        7,
        dt.date(2026, 3, 1),
        "22",
        Decimal(3),
        Decimal("10.50"),
    )
    assert list(found.expect) == [7]


def test_an_earlier_line_is_paid_and_of_the_same_patient_and_provider(case) -> None:
    found = case(
        'claim = { payer.id = "60054", patient.id = "P-9" }\n'
        'history = [{ code = "76377", service_date = 2025-12-01, report.workstation = "pacs" }]'
    )
    earlier = structure_history(found.history[0])
    assert (earlier.status, earlier.line.code, earlier.line.service_date) == ("paid", "76377", dt.date(2025, 12, 1))
    assert (earlier.claim.patient.id, earlier.claim.payer.id, earlier.claim.billing_provider.npi) == (
        "P-9",
        "60054",
        "1234567893",
    )
    assert earlier.facts == {"report.workstation": "pacs"}


def test_an_earlier_line_may_say_whose_it_was_and_what_became_of_it(case) -> None:
    line = (
        'code = "1", billing_provider.tax_id = "8", status = "denied", paid_amount = "0", processed_date = 2025-12-24'
    )
    earlier = structure_history(case(f'history = [{{ {line}, type = "institutional" }}]').history[0])
    assert (earlier.claim.billing_provider.tax_id, earlier.claim.type) == ("8", "institutional")
    assert (earlier.status, earlier.paid_amount, earlier.processed_date) == (
        "denied",
        Decimal(0),
        dt.date(2025, 12, 24),
    )


def test_every_earlier_line_is_a_claim_of_its_own(case) -> None:
    found = case('history = [{ code = "1" }, { code = "1" }]')
    ids = {structure_history(line).claim.id for line in found.history}
    assert len(ids | {found.claim["id"]}) == 3


def test_the_knowledge_date_and_a_todo_are_kept(case) -> None:
    found = case('as_of = 2026-03-01\ntodo = "needs the July table"')
    assert (found.as_of, found.todo) == (dt.date(2026, 3, 1), "needs the July table")


def test_tests_come_in_the_order_of_files(cases) -> None:
    more = TEST.format(name="first", more="")
    found = cases(TEST.format(name="second", more=""), **{"tests/0.toml": more})
    assert [case.name for case in found] == ["first", "second"]


def test_a_test_file_may_begin_with_the_version_of_the_language(cases) -> None:
    assert len(cases("schema = 1\n" + TEST.format(name="x", more=""))) == 1


def test_every_problem_of_a_test_file_is_reported_at_once(cases) -> None:
    line = '{ code = "1", unit = 2, report.workstatoin = "pacs" }'
    with pytest.raises(PackError) as raised:
        cases(f'[[test]]\nname = "x"\nlines = [{line}]\nexpect = {{ 2 = "deny" }}\n')
    assert [problem.code for problem in raised.value.problems] == ["PP103", "PP603", "PP120", "PP602"]

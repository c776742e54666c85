"""What claims attest, as facts of their lines."""

from __future__ import annotations

import datetime as dt

import pytest

from payerpack import Attestation, Claim, Engine, Patient, Payer, Provider, ServiceLine

DAY = dt.date(2024, 8, 15)
SOUND = {"workstation": "independent", "supervision": "concurrent", "necessity": "strong", "protocol": "no"}


@pytest.fixture(scope="module")
def engine():
    return Engine()


def review(engine, *attested, lines=(2,)):
    study, rendering = ServiceLine(1, "72192", DAY), ServiceLine(2, "76377", DAY)
    said = tuple(Attestation(lines, {**SOUND, **facts}) for facts in attested)
    provider = Provider("1234567893", tax_id="930000000")
    claim = Claim("C-1", "professional", Payer("P"), Patient("X"), provider, (study, rendering), attestations=said)
    return engine.review(claim, "cpt-imaging-3d")


def test_lists_that_differ_only_in_their_order_agree(engine):
    found = review(engine, {"techniques": ("volume", "mip")}, {"techniques": ("mip", "volume")})
    assert found.lines[1].outcome == "accept"


def test_lists_with_different_elements_disagree(engine):
    found = review(engine, {"techniques": ()}, {"techniques": ("volume",)})
    assert (found.lines[1].outcome, found.lines[1].primary) == ("pend", "cpt-imaging-3d:evidence-conflict")


def test_a_source_that_is_silent_contradicts_nobody(engine):
    assert review(engine, {"workstation": "unknown"}, {}).lines[1].outcome == "accept"


def test_an_attestation_of_another_line_is_no_evidence(engine):
    assert review(engine, {}, lines=(1,)).lines[1].outcome == "warn"


def test_a_value_that_a_fact_cannot_have_is_no_evidence_and_the_review_says_so(engine):
    found = review(engine, {"workstation": "maybe"})
    assert found.lines[1].primary == "cpt-imaging-3d:workstation-evidence"
    assert "report.workstation a value it cannot have" in " ".join(found.notes)


def test_every_review_says_which_attested_name_is_no_fact_and_which_one_may_be_meant(engine):
    note = "an attestation names workstaton, which is no fact; did you mean workstation?"

    assert [note in review(engine, {"workstaton": "independent"}).notes for _ in range(2)] == [True, True]
    assert note in review(engine, {"report.workstaton": "independent"}).notes


def test_names_that_are_no_fact_cost_no_memory_without_end(engine):
    attested = {f"nothing_{number}": True for number in range(300)}

    assert sum("is no fact" in note for note in review(engine, attested).notes) == 300
    assert sum("is no fact" in note for note in review(engine, attested).notes) == 300

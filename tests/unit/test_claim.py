import attrs
import pytest

from payerpack.claim import HistoryLine
from payerpack.testing import claim
from payerpack.testing.samples import PATIENT, marked


@pytest.fixture
def whole():
    """A claim with something of a patient wherever there is a place for it."""
    return marked(
        claim(
            "72192 76377",
            authorizations=[{"number": "A1", "codes": ["76377"]}],
            attestations=[{"lines": [2], "facts": {"indication": [PATIENT.text]}, "source": PATIENT.text}],
            documents=[{"id": "D1", "type": "radiology_report", "lines": [2], "text": PATIENT.text}],
            coverage={"plan": PATIENT.text},
        )
    )


def records(value):
    """Every record that a value is or holds."""
    if attrs.has(type(value)):
        yield value
        for field in attrs.fields(type(value)):
            yield from records(getattr(value, field.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from records(item)


def test_no_record_of_a_claim_shows_anything_of_a_patient(whole):
    past = HistoryLine(whole, whole.lines[0], facts={"report.text": PATIENT.text})

    seen = {type(record).__name__: repr(record) for record in records(past)}

    assert {"Claim", "ServiceLine", "Patient", "Authorization", "Attestation", "Document", "HistoryLine"} <= set(seen)
    assert {name for name, text in seen.items() if any(mark in text for mark in PATIENT.marks)} == set()


def test_a_claim_finds_its_lines_by_number(whole):
    assert whole.line(2).code == "76377"


def test_a_claim_without_a_line_of_that_number_says_so(whole):
    with pytest.raises(KeyError):
        whole.line(3)

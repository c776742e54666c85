"""History lines from JSON: what is accepted, what is refused, and where."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from payerpack.errors import ClaimError
from payerpack.formats.structure import decode_history, structure_history


def past(**changes: Any) -> dict[str, Any]:
    whole = {"patient": {"id": "P-1"}, "code": "72192", "service_date": "2026-03-02"}
    return {key: value for key, value in {**whole, **changes}.items() if value is not ...}


def problems(value: Any) -> list[str]:
    """Return where something is wrong, as JSON paths; both ways in must agree."""
    with pytest.raises(ClaimError) as found:
        structure_history(value)
    with pytest.raises(ClaimError) as decoded:
        decode_history(json.dumps(value).encode())
    assert decoded.value.problems == found.value.problems
    return [problem.location for problem in found.value.problems]


def test_a_history_line_needs_a_patient_a_code_and_a_date() -> None:
    read = structure_history(past())
    assert (read.status, read.paid_amount, read.processed_date, read.facts) == ("paid", None, None, {})
    assert (read.line.number, read.claim.type, read.claim.payer.id, read.claim.billing_provider.npi) == (
        1,
        "professional",
        "",
        "",
    )
    assert read.claim.lines == (read.line,)
    assert problems({"payer": {"id": "1"}}) == ["$.patient", "$.service_date", "$.code"]


def test_a_history_line_may_have_a_revenue_code_alone() -> None:
    assert structure_history(past(code=..., revenue_code="0450")).line.code == ""


def test_the_facts_of_a_history_line_go_where_they_belong() -> None:
    read = structure_history(
        past(
            claim_id="C-0",
            number=4,
            status="denied",
            paid_amount=0,
            processed_date="2026-03-20",
            place_of_service="22",
            rendering_provider={"npi": "1234567893"},
            state="OR",
            line_of_business="medicare",
            diagnoses=["M549"],
            diagnosis_pointers=[1],
            facts={"report.workstation": "independent"},
            base_line=3,
        )
    )
    assert (read.claim.id, read.claim.state, read.claim.diagnoses) == ("C-0", "OR", ("M549",))
    assert (read.line.number, read.line.place_of_service, read.line.base_line) == (4, "22", 3)
    assert (read.claim.place_of_service, read.claim.rendering_provider) == ("", None)
    assert (read.status, read.paid_amount, read.processed_date) == ("denied", 0, dt.date(2026, 3, 20))
    assert read.facts == {"report.workstation": "independent"}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"status": "pending"}, "$.status"),
        ({"paid_amount": "much"}, "$.paid_amount"),
        ({"paid_amount": "NaN"}, "$.paid_amount"),
        ({"lines": []}, "$.lines"),
        ({"id": "C-0"}, "$.id"),
        ({"patient": {"id": ""}}, "$.patient.id"),
        ({"code": ""}, "$.code"),
        ({"units": 0}, "$.units"),
        ({"service_date_end": "2026-03-01"}, "$.service_date_end"),
        ({"diagnoses": ["M549"], "diagnosis_pointers": [2]}, "$.diagnosis_pointers[0]"),
        ({"authorizations": [{"number": "1", "units": -1}]}, "$.authorizations[0].units"),
    ],
)
def test_a_history_line_that_cannot_be_is_refused(changes: dict[str, Any], path: str) -> None:
    assert problems(past(**changes)) == [path]

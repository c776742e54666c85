"""Claims at random: one generator, for seeded samples and for hypothesis alike.

What a claim holds of a patient is marked, so that a test can tell whether any of it shows where it must not.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeVar

import attrs

from payerpack.claim import Claim
from payerpack.formats.structure import structure_claim

T = TypeVar("T")
Choose = Callable[[Sequence[Any]], Any]
"""Picks one of several values; the first is the simplest."""

CODES: Final = ("72192", "76377", "76376", "71250", "70553", "74177", "76377", "99213", "77012", "76942", "93306")
"""Codes of the imaging family, which the starter edition holds, and two of other families."""
MODIFIERS: Final = ((), ("26",), ("TC",), ("59",), ("26", "59"), ("XU",), ("50",))
DATES: Final = ("2024-08-15", "2024-08-16", "2019-12-31", "2023-09-28", "2025-11-01", "2026-03-02")
PLACES: Final = ("", "11", "22", "23")
STATES: Final = ("", "OR", "OH", "FL", "WA")
LINES_OF_BUSINESS: Final = ("commercial", "medicare", "medicaid", "medicare_advantage", "")
FACTS: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"workstation": "independent", "supervision": "concurrent", "necessity": "strong"},
    {"workstation": "not_independent"},
    {"workstation": "pacs", "necessity": "none"},
    {"supervision": "denied"},
)
"""What may be attested about a line."""
DIAGNOSES: Final = ((), ("S32401A",), ("M545", "R079"), ("Z3480",))


@attrs.frozen(slots=True)
class Patient:
    """The marks of a patient, none of which may show in a finding, a log or an error.

    Attributes:
        id: The member id.
        birth_date: The date of birth, as ISO has it.
        authorization: The number of an authorization.
        text: Words of a report and of a line note.
    """

    id: str = "MEMBER-5150-X"
    birth_date: str = "1949-02-27"
    authorization: str = "AUTH-7718-Q"
    text: str = "quincunx-of-the-left-ulna"

    @property
    def marks(self) -> tuple[str, ...]:
        """Every mark."""
        return self.id, self.birth_date, self.authorization, self.text


PATIENT: Final = Patient()


def any_line(choose: Choose, number: int, codes: Sequence[str] = CODES, dates: Sequence[str] = DATES) -> dict[str, Any]:
    """Return a line in the JSON shape."""
    return {
        "number": number,
        "code": choose(codes),
        "modifiers": list(choose(MODIFIERS)),
        "units": choose((1, 2, 5)),
        "charge": choose(("100.00", "310.50")),
        "service_date": choose(dates),
        "place_of_service": choose(PLACES),
        "line_note": PATIENT.text,
    }


def any_claim(
    choose: Choose,
    codes: Sequence[str] = CODES,
    payers: Sequence[str] = ("TEST",),
    states: Sequence[str] = STATES,
    most_lines: int = 5,
) -> Claim:
    """Return a claim; its lines are near each other in time, so that they meet.

    Args:
        choose: Picks values.
        codes: The codes that lines may have.
        payers: The payers it may go to.
        states: The states it may come from.
        most_lines: How many lines it may have.
    """
    count = choose(range(1, most_lines + 1))
    days = [choose(DATES)] * 4 + [choose(DATES)]
    authorized = choose(((), ("76377",)))
    return structure_claim(
        {
            "id": f"C-{choose(range(1, 1000))}",
            "type": choose(("professional", "professional", "institutional")),
            "payer": {"id": choose(payers)},
            "line_of_business": choose(LINES_OF_BUSINESS),
            "state": choose(states),
            "received_date": choose(("2026-03-10", "2024-09-01")),
            "place_of_service": choose(PLACES),
            "diagnoses": list(choose(DIAGNOSES)),
            "patient": {"id": PATIENT.id, "birth_date": PATIENT.birth_date, "sex": choose(("F", "M", "U"))},
            "billing_provider": {"npi": "1234567893", "tax_id": "930000000"},
            "rendering_provider": {"npi": "1234567893", "specialty": choose(("30", "11"))},
            "authorizations": [{"number": PATIENT.authorization, "codes": list(authorized)}] if authorized else [],
            "lines": [any_line(choose, number, codes, days) for number in range(1, count + 1)],
            "attestations": [
                {"lines": [number], "facts": facts} for number in range(1, count + 1) if (facts := choose(FACTS))
            ],
            "documents": [{"id": "D1", "type": "radiology_report", "lines": [1], "text": PATIENT.text}],
        }
    )


def samples(
    count: int,
    codes: Sequence[str] = CODES,
    payers: Sequence[str] = ("TEST",),
    states: Sequence[str] = STATES,
    seed: int = 1,
) -> Iterator[Claim]:
    """Yield claims that are always the same for the same arguments."""
    chosen = random.Random(seed)  # noqa: S311 - samples, no secrets
    for _ in range(count):
        yield any_claim(chosen.choice, codes, payers, states)


def marked(claim: Claim) -> Claim:
    """Return a claim whose patient, authorizations, documents and notes bear the marks."""
    import datetime as dt

    patient = attrs.evolve(claim.patient, id=PATIENT.id, birth_date=dt.date.fromisoformat(PATIENT.birth_date))
    return attrs.evolve(
        claim,
        patient=patient,
        authorizations=tuple(attrs.evolve(one, number=PATIENT.authorization) for one in claim.authorizations),
        documents=tuple(attrs.evolve(one, text=f"{one.text} {PATIENT.text}") for one in claim.documents),
        lines=tuple(attrs.evolve(line, line_note=PATIENT.text) for line in claim.lines),
    )

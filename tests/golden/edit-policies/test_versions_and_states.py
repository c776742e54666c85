"""What one pack's own tests cannot show: several versions of a pack side by side, and which state's pack judges a claim."""

import datetime as dt
from pathlib import Path

import pytest

from payerpack.engine import Engine

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def engine():
    return Engine([HERE], edition=object(), installed=False, history=[])


def claim(*codes, day="2018-03-01", state="", payer="1", **header):
    lines = [
        {"number": n, "code": code, "modifiers": ["25"] if code == "99213" else [], "service_date": day}
        for n, code in enumerate(codes, start=1)
    ]
    return {
        "id": "C",
        "type": "professional",
        "payer": {"id": payer},
        "patient": {"id": "P"},
        "billing_provider": {"npi": "1234567893"},
        "state": state,
        "lines": lines,
        **header,
    }


def percent_as_of(engine, knowledge, day="2018-03-01"):
    review = engine.review(
        claim("99213", "17000", day=day), "edit-02-visit-reduction", as_of=dt.date.fromisoformat(knowledge)
    )
    return [finding.effect["percent"] for finding in review.findings]


@pytest.mark.parametrize(
    ("knowledge", "percent"),
    [("2017-12-14", [50]), ("2017-12-15", [75]), ("2018-02-22", [75]), ("2018-02-23", [])],
)
def test_what_was_announced_changed_and_withdrawn_is_judged_by_what_was_known(engine, knowledge, percent):
    assert percent_as_of(engine, knowledge) == percent


def test_the_newest_version_reviews_when_nobody_says_what_was_known(engine):
    assert engine.review(claim("99213", "17000"), "edit-02-visit-reduction").packs == {
        "edit-02-visit-reduction": "2018.3"
    }


@pytest.mark.parametrize(("day", "version"), [("2023-12-31", "2023.1"), ("2024-01-01", "2024.1")])
def test_a_claim_is_judged_by_the_version_in_force_when_it_was_served(engine, day, version):
    assert engine.review(claim("97110", day=day), "edit-40-as-of").packs == {"edit-40-as-of": version}


@pytest.mark.parametrize(("state", "policy"), [("OR", "edit-39-not-this-state"), ("TN", "edit-39-that-state")])
def test_the_state_decides_which_text_of_a_payer_judges(engine, state, policy):
    review = engine.review(claim("E0601", day="2025-05-01", state=state, payer="87726", line_of_business="medicaid"))
    assert review.policy == policy

"""What a pack's own tests cannot show: whose claims it takes, and what it only watches."""

import datetime as dt
from pathlib import Path

import pytest

from payerpack.engine import Engine

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def engine():
    return Engine([HERE], history=[])


def claim(payer, line_of_business, state="", day="2026-02-03", **header):
    return {
        "id": "C",
        "type": "professional",
        "payer": {"id": payer},
        "patient": {"id": "P"},
        "billing_provider": {"npi": "1234567893", "tax_id": "930000000"},
        "line_of_business": line_of_business,
        "state": state,
        "lines": [
            {"number": 1, "code": "74177", "service_date": day},
            {"number": 2, "code": "76377", "service_date": day},
        ],
        **header,
    }


@pytest.mark.parametrize(
    ("line_of_business", "state", "policy"),
    [
        ("commercial", "OR", "shape-always-integral"),
        ("medicare_advantage", "OR", "ncci-medicare"),
        ("commercial", "CA", "ncci-medicare"),
    ],
)
def test_a_pack_takes_the_claims_that_its_scope_describes_and_no_others(engine, line_of_business, state, policy):
    assert engine.review(claim("61001", line_of_business, state)).policy == policy


@pytest.mark.parametrize(("day", "policy"), [("2023-09-28", "shape-order-or-urgency"), ("2023-09-29", "ncci-medicare")])
def test_a_retired_pack_takes_claims_of_its_own_dates(engine, day, policy):
    assert engine.review(claim("61003", "medicare", day=day)).policy == policy


def test_a_share_above_a_fifth_is_reported_and_changes_nothing(engine):
    watched = claim(
        "61003", "medicare", day="2022-05-20", place_of_service="22", attributes={"profile.share_3d": "0.31"}
    )
    review = engine.review(watched, "shape-order-or-urgency", as_of=dt.date(2022, 6, 1))
    (finding,) = [found for found in review.findings if found.rule == "shape-order-or-urgency:share-of-practice"]
    assert (finding.action, finding.monitored, review.outcome) == ("warn", True, "accept")
    assert finding.message == "0.31 of the practice's studies carry a rendering"

"""Two versions of one plugin's pack stand side by side, and the date of service picks one."""

import datetime as dt

import pytest

from payerpack import Engine
from payerpack.testing import claim

RULE = """
[[rule]]
id = "integral"
stage = "bundling"
when = {{ code = ["76376", "76377"] }}
then = {{ action = "{action}", carc = "97", cure = "none", message = "since {since}" }}
source = {{ title = "Policy 1", section = "1", reviewed = 2026-01-15 }}
"""
OLD = 'status = "retired"\neffective = { from = 2023-01-01, to = 2024-12-31 }\npublished = 2022-11-01'
NEW = "effective = { from = 2025-01-01 }\npublished = 2024-11-15"


@pytest.fixture
def both(install, pack_text):
    """An engine with a distribution that ships last year's pack beside this year's."""
    old = pack_text("acme", OLD, RULE.format(action="deny", since=2023), version="2023.1")
    new = pack_text("acme", NEW, RULE.format(action="inform", since=2025), version="2025.1")
    install("payerpack-acme", {"acme-2023": old, "acme-2025": new}, tests=None)
    return Engine()


@pytest.mark.parametrize(
    ("day", "version", "outcome"),
    [
        ("2023-01-01", "2023.1", "deny"),
        ("2024-12-31", "2023.1", "deny"),
        ("2025-01-01", "2025.1", "inform"),
        ("2026-03-02", "2025.1", "inform"),
    ],
)
def test_a_claim_is_judged_by_the_version_of_its_day(both, day, version, outcome):
    review = both.review(claim(f"76377@{day}", payer="ACME"))

    found = [finding.action for finding in review.findings if finding.rule == "acme:integral"]
    assert (review.packs["acme"], found) == (version, [outcome])


def test_before_the_first_version_the_baseline_reviews(both):
    assert both.review(claim("76377@2022-12-31", payer="ACME")).policy == "ncci-medicare"


def test_a_policy_named_by_its_id_is_of_the_day_too(both):
    assert both.review(claim("76377@2024-06-01", payer="ACME"), "acme").packs["acme"] == "2023.1"


def test_a_version_that_was_not_published_yet_is_not_known(both):
    review = both.review(claim("76377@2025-02-01", payer="ACME"), as_of=dt.date(2024, 11, 14))

    assert review.policy == "ncci-medicare"


def test_one_version_can_be_asked_for(both):
    assert both.review(claim("76377@2026-03-02", payer="ACME"), "acme==2023.1").packs["acme"] == "2023.1"

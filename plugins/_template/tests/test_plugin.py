"""What the code adds to the pack; what the pack says is tested beside it, in TOML."""

import datetime as dt

import pytest
from payerpack import Setup
from payerpack.testing import claim, engine

from payerpack_acme.plugin import Plugin, Settings

FACT = "calendar.working_day"


def working_days(text, holidays=()):
    plugin = Plugin(Setup("acme", Settings(holidays=holidays)))
    return {number: value for (number, _), value in plugin.supply_facts(claim(text)).items()}


def test_every_line_is_judged_by_its_own_day():
    assert working_days("99051@2026-03-02 99051@2026-03-01") == {1: True, 2: False}


@pytest.mark.parametrize(
    "day, works", [("2026-03-06", True), ("2026-03-07", False), ("2026-03-08", False), ("2026-03-09", True)]
)
def test_saturday_and_sunday_are_no_working_days(day, works):
    assert working_days(f"99051@{day}") == {1: works}


def test_a_holiday_is_no_working_day():
    assert working_days("99051@2026-07-03", holidays=(dt.date(2026, 7, 3),)) == {1: False}


def test_a_claim_of_another_payer_does_not_meet_the_plugin():
    review = engine().review(claim("99051@2026-03-02", payer="OTHER", line_of_business="commercial"))

    assert "acme" not in review.packs

"""Dates as claim rules count them."""

from __future__ import annotations

import datetime as dt

import pytest

from payerpack.dates import DateRange, add_days, add_months, age

D = dt.date


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (D(2024, 3, 31), -1, D(2024, 2, 29)),
        (D(2023, 3, 31), -1, D(2023, 2, 28)),
        (D(2024, 2, 29), 12, D(2025, 2, 28)),
        (D(2024, 1, 15), -12, D(2023, 1, 15)),
        (D(2024, 12, 31), 2, D(2025, 2, 28)),
    ],
)
def test_months_are_clamped_to_the_months_end(day, months, expected):
    assert add_months(day, months) == expected


def test_arithmetic_stops_at_the_ends_of_the_calendar():
    assert add_days(D.min, -1) == D.min
    assert add_days(D.max, 1) == D.max
    assert add_months(D(1, 1, 1), -1) == D.min


@pytest.mark.parametrize(
    ("birth", "day", "years"),
    [
        (D(2004, 2, 29), D(2022, 2, 28), 17),
        (D(2004, 2, 29), D(2022, 3, 1), 18),
        (D(2004, 2, 29), D(2024, 2, 29), 20),
        (D(1961, 4, 2), D(2026, 4, 1), 64),
        (D(1961, 4, 2), D(2026, 4, 2), 65),
    ],
)
def test_a_birthday_of_29_february_counts_on_1_march(birth, day, years):
    assert age(birth, day) == years


def test_a_range_includes_both_ends():
    span = DateRange(D(2024, 1, 1), D(2024, 12, 31))

    assert D(2024, 1, 1) in span
    assert D(2024, 12, 31) in span
    assert D(2025, 1, 1) not in span
    assert D(1900, 1, 1) in DateRange(None, D(2024, 1, 1))


def test_ranges_that_touch_overlap():
    assert DateRange(None, D(2024, 1, 1)).overlaps(DateRange(D(2024, 1, 1), None))
    assert not DateRange(None, D(2024, 1, 1)).overlaps(DateRange(D(2024, 1, 2), None))

"""Every PTP row of 76376 and 76377 that the starter edition holds, deleted ones included, by date of service."""

from __future__ import annotations

import datetime as dt

import pytest

from payerpack.baseline.editions import starter_edition
from payerpack.baseline.editions.records import PtpRow
from payerpack.engine import Engine

ONE_DAY = dt.timedelta(days=1)
TABLE = starter_edition().ptp("practitioner")
ROWS = [row for row in TABLE.rows() if row.column1 in {"76376", "76377"} or row.column2 in {"76376", "76377"}]
ENGINE = Engine(edition=starter_edition())


def denied(make_claim, row: PtpRow, day: dt.date) -> list[tuple[int, ...]]:
    claim = make_claim((row.column1, {"service_date": day}), (row.column2, {"service_date": day}))
    return [
        finding.lines
        for finding in ENGINE.review(claim, "ncci-medicare").findings
        if finding.rule == "ncci-medicare:ptp" and finding.action == "deny"
    ]


def expected(row: PtpRow, day: dt.date) -> list[tuple[int, ...]]:
    """What a plain reading of every row of the pair in either direction says of a day."""
    rows = (*TABLE.windows(row.column1, row.column2), *TABLE.windows(row.column2, row.column1))
    held = [r for r in rows if r.indicator != "9" and r.effective <= day and (r.deletion is None or day <= r.deletion)]
    return sorted((2,) if r.column1 == row.column1 else (1,) for r in held)


def test_the_starter_edition_holds_the_rows_of_both_renderings():
    assert len(ROWS) > 600
    assert sum(row.deletion is not None for row in ROWS) > 50


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.column1}-{row.column2}-{row.effective}")
def test_a_row_holds_from_its_first_day_to_its_last_and_not_the_day_after(make_claim, row):
    last = row.deletion or TABLE.last

    for day in (row.effective - ONE_DAY, row.effective, last):
        assert denied(make_claim, row, day) == expected(row, day)
    if row.indicator != "9":
        assert denied(make_claim, row, row.effective)
        assert denied(make_claim, row, last)
    if row.deletion is not None:
        assert denied(make_claim, row, last + ONE_DAY) == expected(row, last + ONE_DAY)

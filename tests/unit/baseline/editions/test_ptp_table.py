from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payerpack.baseline.editions import starter_edition
from payerpack.baseline.editions.records import PtpRow

DELETED = ("0001A", "0591T")  # 2022-01-01 to 2023-12-31, indicator 1
NEVER = ("0001A", "90473")  # indicator 9


@pytest.fixture
def table(edition):
    return edition.ptp("practitioner")


@pytest.mark.parametrize(
    ("day", "found"),
    [
        (dt.date(2021, 12, 31), False),
        (dt.date(2022, 1, 1), True),
        (dt.date(2023, 12, 31), True),
        (dt.date(2024, 1, 1), False),
    ],
)
def test_an_edit_is_in_force_from_its_effective_to_its_deletion_date_inclusive(table, day, found):
    assert (table.lookup(*DELETED, day) is not None) is found
    assert bool(table.hits(DELETED, day.toordinal())) is found


def test_a_row_says_everything_the_file_says(table):
    assert table.lookup(*DELETED, dt.date(2022, 6, 1)) == PtpRow(
        "0001A", "0591T", dt.date(2022, 1, 1), dt.date(2023, 12, 31), "1", "manual-instruction"
    )


def test_an_edit_without_a_deletion_answers_after_the_release_too(table):
    open_ended = next(row for row in table.rows() if row.deletion is None)
    day = dt.date(2030, 1, 1)
    assert not table.covers(day)
    assert table.lookup(open_ended.column1, open_ended.column2, day) == open_ended


def test_indicator_9_was_never_in_force_but_its_window_is_kept(table):
    (row,) = table.windows(*NEVER)
    assert row.indicator == "9"
    assert table.lookup(*NEVER, row.effective) is None
    assert table.hits(NEVER, row.effective.toordinal()) == []


def test_the_order_of_the_codes_matters(table):
    day = dt.date(2022, 6, 1)
    assert table.lookup(*DELETED[::-1], day) is None
    assert table.hits(DELETED[::-1], day.toordinal()) == [(1, 0, 1, table.rationales.index("manual-instruction"))]


def test_codes_that_the_table_does_not_hold_are_no_hits(table):
    day = dt.date(2022, 6, 1).toordinal()
    assert table.hits(["ZZZZZ", "", "not a code at all", "é"], day) == []
    assert table.hits([], day) == []
    assert "ZZZZZ" not in table
    assert "0001A" in table


def test_counting_a_codes_pairs_by_date_and_ever(table):
    rows = [row for row in table.rows() if row.column1 == "0001A"]
    day = dt.date(2022, 6, 1)
    assert table.count("0001A") == (len({row.column2 for row in rows}), 0)
    assert table.count("0001A", day) == (len({row.column2 for row in rows if row.in_force(day)}), 0)
    assert table.count("0591T")[1] == 1
    assert table.count("ZZZZZ") == (0, 0)


def test_the_rows_of_a_code_are_those_where_it_is_column_1(table):
    assert list(table.rows_of("0001A")) == [row for row in table.rows() if row.column1 == "0001A"]


@given(data=st.data())
def test_hits_equal_a_plain_scan_of_the_rows(edition, data):
    table = edition.ptp("practitioner")
    rows = list(table.rows())
    codes = data.draw(st.lists(st.sampled_from([*table.codes, "ZZZZZ"]), max_size=6, unique=True))
    day = data.draw(st.dates(dt.date(1995, 1, 1), dt.date(2027, 1, 1)))
    scanned = [
        (i, j, int(row.indicator), table.rationales.index(row.rationale))
        for i, j in itertools.permutations(range(len(codes)), 2)
        for row in rows
        if (row.column1, row.column2) == (codes[i], codes[j]) and row.in_force(day)
    ]
    assert table.hits(codes, day.toordinal()) == scanned


@given(data=st.data())
def test_the_codes_that_have_an_edit_with_another_equal_a_plain_scan_of_the_rows(edition, data):
    table = edition.ptp("practitioner")
    codes = data.draw(st.lists(st.sampled_from([*table.codes, "ZZZZZ"]), max_size=6, unique=True))
    pairs = [{row.column1, row.column2} for row in table.rows() if {row.column1, row.column2} <= set(codes)]
    assert table.paired(codes) == set().union(*pairs)


def test_many_codes_at_once_equal_few_at_a_time():
    table = starter_edition().ptp("practitioner")
    day = dt.date(2024, 8, 15).toordinal()
    codes = [*table.codes][::3][:120]
    codes = codes[::2] + codes[::-2]  # in no order: positions are those of the caller
    one_by_one = [
        (i, j, *hit[2:])
        for i, j in itertools.permutations(range(len(codes)), 2)
        for hit in table.hits([codes[i], codes[j]], day)
        if hit[:2] == (0, 1)
    ]
    assert len(one_by_one) > 10
    assert table.hits(codes, day) == one_by_one
    assert table.paired(codes) >= {codes[at] for hit in one_by_one for at in hit[:2]}

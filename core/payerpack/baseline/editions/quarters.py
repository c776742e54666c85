"""CMS's calendar: quarters, and dates as its files print them."""

from __future__ import annotations

import datetime as dt

# What a missing end becomes in a column of day numbers, so that one comparison serves open and closed windows.
NO_END = dt.date.max.toordinal()
NO_START = 0

_MONTHS_PER_QUARTER = 3
_FIRST_VERSION_YEAR = 1994


def quarter_start(year: int, quarter: int) -> dt.date:
    """Return the first day of a quarter, counted from 1."""
    return dt.date(year, _MONTHS_PER_QUARTER * (quarter - 1) + 1, 1)


def quarter_end(day: dt.date) -> dt.date:
    """Return the last day of the quarter that the date lies in."""
    months = day.year * 12 + (day.month - 1) // _MONTHS_PER_QUARTER * _MONTHS_PER_QUARTER + _MONTHS_PER_QUARTER
    return dt.date(months // 12, months % 12 + 1, 1) - dt.timedelta(days=1)


def quarter_name(day: dt.date) -> str:
    """Return a quarter as ``2024Q3``."""
    return f"{day.year}Q{(day.month - 1) // _MONTHS_PER_QUARTER + 1}"


def release_start(version: int) -> dt.date:
    """Return the first day of an NCCI version: 302 is 2024Q3 (year minus 1994, then the quarter from 0)."""
    return quarter_start(_FIRST_VERSION_YEAR + version // 10, version % 10 + 1)


def from_yyyymmdd(text: str) -> dt.date:
    """Read ``20240131``; raises ValueError for anything else."""
    if len(text) != 8 or not text.isdigit():  # noqa: PLR2004 - the format's own width
        raise ValueError(text)
    return dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))


def from_yyyyddd(text: str) -> dt.date:
    """Read ``2024031``, the year and the day of the year; raises ValueError for anything else."""
    if len(text) != 7 or not text.isdigit():  # noqa: PLR2004 - the format's own width
        raise ValueError(text)
    year, day = int(text[:4]), int(text[4:])
    first = dt.date(year, 1, 1)
    found = first + dt.timedelta(days=day - 1)
    if found.year != year:
        raise ValueError(text)
    return found


def to_date(ordinal: int) -> dt.date | None:
    """Return the date of a day number in a column; an open end is None."""
    return None if ordinal in (NO_START, NO_END) else dt.date.fromordinal(ordinal)

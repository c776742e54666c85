"""Dates as claim rules count them: inclusive ranges, month arithmetic clamped to a month's end, completed years."""

from __future__ import annotations

import datetime as dt
from typing import Final

import attrs

_FEBRUARY: Final = 2
_SHORT: Final = frozenset((4, 6, 9, 11))


@attrs.frozen(slots=True)
class DateRange:
    """An inclusive range of dates; an absent end is open."""

    start: dt.date | None = None
    end: dt.date | None = None

    def __contains__(self, day: dt.date) -> bool:
        """Say whether the day lies in the range, both ends included."""
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)

    def overlaps(self, other: DateRange) -> bool:
        """Say whether the two ranges share a day."""
        return (self.start is None or other.end is None or self.start <= other.end) and (
            other.start is None or self.end is None or other.start <= self.end
        )


ALWAYS = DateRange()


def add_months(day: dt.date, months: int) -> dt.date:
    """Return the same day of the month so many months later (earlier if negative), clamped to the month's end."""
    month0 = day.year * 12 + day.month - 1 + months
    year, month = divmod(month0, 12)
    if not dt.MINYEAR <= year <= dt.MAXYEAR:
        return dt.date.min if months < 0 else dt.date.max
    return dt.date(year, month + 1, min(day.day, _length(year, month + 1)))


def add_days(day: dt.date, days: int) -> dt.date:
    """Return the date so many days later, clamped to the calendar's ends."""
    ordinal = day.toordinal() + days
    return dt.date.fromordinal(min(max(ordinal, 1), dt.date.max.toordinal()))


def month_start(day: dt.date) -> dt.date:
    """Return the first day of the date's month."""
    return day.replace(day=1)


def month_end(day: dt.date) -> dt.date:
    """Return the last day of the date's month."""
    return day.replace(day=_length(day.year, day.month))


def _length(year: int, month: int) -> int:
    """Return the number of days of a month; `calendar` knows too, and takes longer to import than a review."""
    if month == _FEBRUARY:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in _SHORT else 31


def age(birth: dt.date, day: dt.date) -> int:
    """Return completed years; somebody born on 29 February completes a year on 1 March of a common year."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))

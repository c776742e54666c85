"""The slow interpreter's windows: for a pair of dates, whether one lies in the window around the other.

Windows are tried day by day where the specification speaks of any window, so that no arithmetic is shared with the engine.
"""

import calendar
import datetime as dt

from .reading import UNKNOWN

ROLLING = ("days", "months", "years", "full_months")


def months_back(day, months):
    """Return the same day so many months earlier, clamped to that month's end."""
    year, month = day.year, day.month
    for _ in range(months):
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def covers(window, end, day, benefit_start=None):
    """Say whether the window that ends on ``end`` (or is fixed around it) covers ``day``; ``None`` when that is unknown."""
    if window in ("claim", "lifetime"):
        return True
    if window == "day":
        return day == end
    if window == "calendar_year":
        return day.year == end.year
    if window == "benefit_year":
        if benefit_start in {UNKNOWN, None} or not isinstance(benefit_start, dt.date):
            return True if day == end else None
        return year_of(day, benefit_start.month, benefit_start.day) == year_of(
            end, benefit_start.month, benefit_start.day
        )
    (unit, size), *_ = window.items()
    if unit == "fiscal_year_start":
        month, first = (int(part) for part in size.split("-"))
        return year_of(day, month, first) == year_of(end, month, first)
    if unit in {"from", "to"}:
        return window.get("from", dt.date.min) <= day <= window.get("to", dt.date.max)
    if unit in {"before", "after"}:
        # The other service is the anchor: here `day`, and `end` must lie around it.
        return -window.get("before", 0) <= (end - day).days <= window.get("after", 0)
    if unit == "days":
        return (end - day).days in range(size)
    if unit == "months":
        return months_back(end, size) < day <= end
    if unit == "years":
        return months_back(end, 12 * size) < day <= end
    assert unit == "full_months"
    return 0 <= (end.year * 12 + end.month) - (day.year * 12 + day.month) <= size


def year_of(day, month, first):
    """Return in which year, beginning each time on that month and day, a date lies."""
    return day.year if (day.month, day.day) >= (month, first) else day.year - 1


def both_ways(window):
    return isinstance(window, dict) and bool(window.keys() & {"from", "to", "before", "after"})


def looks_back(window, this, other, benefit_start):
    """Say whether a ``{line}`` with this window may match a line of that other date: not after the line, unless anchored."""
    if other > this and not both_ways(window) and window != "claim":
        return False
    return covers(window, this, other, benefit_start)


def windows_with(window, day, last):
    """Yield the end of every window that contains ``day`` and may matter: for a rolling one, each day until the last."""
    if not (isinstance(window, dict) and window.keys() & set(ROLLING)):
        yield day
        return
    for ahead in range((max(day, last) - day).days + 1):
        end = day + dt.timedelta(ahead)
        if covers(window, end, day):
            yield end

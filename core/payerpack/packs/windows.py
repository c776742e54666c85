"""Windows of time, as limits and companion lines use them; every window is an inclusive range of service dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from payerpack.claim import ServiceLine
from payerpack.context import Context
from payerpack.dates import add_days, add_months, month_end, month_start
from payerpack.facts import CATALOGUE, UNKNOWN

Span = tuple[dt.date, dt.date]
Around = Callable[[dt.date, ServiceLine, Context], "Span | None"]
"""The window around a date: first and last date, both included; ``None`` when a fact it needs is unknown."""

NAMED: Final = ("claim", "day", "calendar_year", "benefit_year", "lifetime")
KEYS: Final = ("days", "months", "years", "full_months", "fiscal_year_start", "from", "to", "before", "after")


class WindowError(ValueError):
    """Something that is no window."""


@attrs.frozen(slots=True, repr=False)
class Window:
    """A window of time.

    Attributes:
        around: The range that the window covers for a line of some date, looking back from it.
        slide: For a rolling window, the range that ends on a given date; ``None`` for a fixed one.
        claim_only: It looks at the claim alone.
        text: How people say it.
        both_ways: It also covers dates after the line's own.
        reach: For ``{ before, after }``, how many days it covers on each side of its anchor.
    """

    around: Around
    text: str
    slide: Callable[[dt.date], Span] | None = None
    claim_only: bool = False
    both_ways: bool = False
    reach: tuple[int, int] | None = None


def _back(start: Callable[[dt.date], dt.date], text: str) -> Window:
    def slide(day: dt.date) -> Span:
        return start(day), day

    return Window(lambda day, _line, _context: slide(day), text, slide=slide)


def _fiscal(month: int, day: int) -> Callable[[dt.date], Span]:
    def around(date: dt.date) -> Span:
        year = date.year if (date.month, date.day) >= (month, day) else date.year - 1
        return _anniversary(year, month, day), add_days(_anniversary(year + 1, month, day), -1)

    return around


def _anniversary(year: int, month: int, day: int) -> dt.date:
    try:
        return dt.date(year, month, day)
    except ValueError:  # 29 February of a common year
        return dt.date(year, month + 1, 1)


def _benefit_year(day: dt.date, line: ServiceLine, context: Context) -> Span | None:
    start = CATALOGUE.facts["coverage.year_start"].read(line, context)
    if start is UNKNOWN or not isinstance(start, dt.date):
        return None
    return _fiscal(start.month, start.day)(day)


def _count(value: Any, key: str) -> int:
    least = 0 if key in {"before", "after", "full_months"} else 1
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise WindowError(f"{key} must be a whole number of at least {least}")
    return value


def _month_day(value: Any) -> tuple[int, int]:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 12:  # noqa: PLR2004 - months
        return value, 1
    if isinstance(value, dt.date):
        return value.month, value.day
    if isinstance(value, str):
        try:
            day = dt.date.fromisoformat(f"2000-{value}")
        except ValueError:
            pass
        else:
            return day.month, day.day
    raise WindowError('fiscal_year_start must be a month and day such as "07-01", or the number of a month')


def _fixed(spec: Mapping[str, Any]) -> Window:
    first, last = spec.get("from", dt.date.min), spec.get("to", dt.date.max)
    if not (isinstance(first, dt.date) and isinstance(last, dt.date)):
        raise WindowError("from and to must be dates, written without quotes")
    if first > last:
        raise WindowError(f"from ({first}) is after to ({last})")
    return Window(lambda _day, _line, _context: (first, last), f"from {first} to {last}", both_ways=True)


def _anchored(spec: Mapping[str, Any]) -> Window:
    before, after = _count(spec.get("before", 0), "before"), _count(spec.get("after", 0), "after")

    def around(day: dt.date, _line: ServiceLine, _context: Context) -> Span:
        # Anchored on the other line: it covers `day` when day lies from `before` days ahead of it to `after` days past.
        return add_days(day, -after), add_days(day, before)

    return Window(
        around,
        f"from {before} days before to {after} days after the other service",
        both_ways=True,
        reach=(before, after),
    )


def back(window: Window, day: dt.date, line: ServiceLine, context: Context) -> Span | None:
    """Return the window around a date as a companion line sees it: nothing after the date, unless it says so."""
    span = window.around(day, line, context)
    if span is None or window.both_ways:
        return span
    return span[0], min(span[1], day)


def _plural(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def parse(spec: Any) -> Window:
    """Return the window that ``"day"``, ``{ months = 12 }``, ``{ before = 1, after = 90 }`` and the like describe.

    Raises:
        WindowError: It is none; the text says what to write.
    """
    if isinstance(spec, str):
        return _named(spec)
    if not isinstance(spec, Mapping) or not spec:
        raise WindowError(f"a window is one of {', '.join(NAMED)} or a table such as {{ months = 12 }}")
    keys = frozenset(spec)
    if keys <= {"before", "after"}:
        return _anchored(spec)
    if keys <= {"from", "to"}:
        return _fixed(spec)
    if len(keys) != 1:
        raise WindowError(f"a window has one unit, not {', '.join(sorted(keys))} together")
    key = next(iter(keys))
    if key == "fiscal_year_start":
        month, day = _month_day(spec[key])
        fiscal = _fiscal(month, day)
        return Window(lambda date, _line, _context: fiscal(date), f"fiscal year from {month:02d}-{day:02d}")
    if key not in KEYS:
        raise WindowError(f'"{key}" is no unit of a window; use one of {", ".join(KEYS)}')
    number = _count(spec[key], key)
    if key == "days":
        return _back(lambda date: add_days(date, 1 - number), _plural(number, "day"))
    if key == "months":
        return _back(lambda date: add_days(add_months(date, -number), 1), _plural(number, "month"))
    if key == "years":
        return _back(lambda date: add_days(add_months(date, -12 * number), 1), _plural(number, "year"))
    return Window(
        lambda date, _line, _context: (add_months(month_start(date), -number), month_end(date)),
        f"its month and the {_plural(number, 'month')} before it" if number else "its calendar month",
        slide=lambda date: (add_months(month_start(date), -number), month_end(date)),
    )


def _named(spec: str) -> Window:
    if spec == "claim":
        return Window(lambda _d, _l, _c: (dt.date.min, dt.date.max), "claim", claim_only=True, both_ways=True)
    if spec == "day":
        return Window(lambda day, _line, _context: (day, day), "day")
    if spec == "calendar_year":
        return Window(
            lambda day, _line, _context: (dt.date(day.year, 1, 1), dt.date(day.year, 12, 31)), "calendar year"
        )
    if spec == "benefit_year":
        return Window(_benefit_year, "benefit year")
    if spec == "lifetime":
        return Window(lambda _d, _l, _c: (dt.date.min, dt.date.max), "lifetime")
    raise WindowError(f'"{spec}" is no window; use one of {", ".join(NAMED)} or a table such as {{ months = 12 }}')

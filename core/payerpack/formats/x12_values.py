"""Values of X12 elements. The few values that a file repeats are decoded once: most calls are answered by a cache.

Every function raises ``ValueError`` for what it cannot read; the caller knows the segment and writes the message.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from payerpack.codes import normalise

_NUMBER: Final = re.compile(r"-?(?:0*\d{1,12}(?:\.\d*)?|\.\d+)", re.ASCII)
"""A number below a million million, as in every other format."""

CACHED: Final = 8192


class Procedure(NamedTuple):
    """The composite medical procedure identifier (SV101, SV202)."""

    code: str
    modifiers: tuple[str, ...]
    description: str


@lru_cache(CACHED)
def read_number(value: str) -> Decimal:
    """Return a number: digits with at most one decimal point, and a sign where it is negative."""
    if not _NUMBER.fullmatch(value):
        raise ValueError
    return Decimal(value)


@lru_cache(CACHED)
def read_units(value: str) -> Decimal:
    """Return a number above 0."""
    number = read_number(value)
    if number <= 0:
        raise ValueError
    return number


def read_date(value: str) -> dt.date:
    """Return a date written CCYYMMDD; not cached, because birth dates hardly repeat."""
    if len(value) != 8 or not value.isdecimal():  # noqa: PLR2004 - the format's own width
        raise ValueError
    number = int(value)
    return dt.date(number // 10000, number // 100 % 100, number % 100)


@lru_cache(CACHED)
def read_period(qualifier: str, value: str) -> tuple[dt.date, dt.date | None]:
    """Return the first and last day, both inclusive, of a date (D8) or range (RD8); one day has no last day."""
    if qualifier == "D8":
        return read_date(value), None
    start, _, end = value.partition("-")
    first, last = read_date(start), read_date(end)
    if qualifier != "RD8" or last < first:
        raise ValueError
    return first, (last if last != first else None)


@lru_cache(CACHED)
def read_procedure(value: str, component: str) -> Procedure:
    """Return code, modifiers (components 3 to 6) and description (component 7) of a procedure composite."""
    parts = value.split(component)
    modifiers = (normalise(part) for part in parts[2:6])
    return Procedure(
        code=normalise(parts[1]) if len(parts) > 1 else "",
        modifiers=tuple(modifier for modifier in modifiers if modifier),
        description=read_text(parts[6]) if len(parts) > 6 else "",  # noqa: PLR2004 - its place in the composite
    )


@lru_cache(CACHED)
def read_count(value: str) -> int:
    """Return a whole number from 1 on; ``1.00`` is 1."""
    number = read_number(value)
    if number < 1 or number != number.to_integral_value():
        raise ValueError
    return int(number)


@lru_cache(CACHED)
def read_pointers(value: str, component: str) -> tuple[int, ...]:
    """Return the diagnosis pointers of a line (SV107), counted from 1."""
    return tuple(read_count(part) for part in value.split(component) if part)


@lru_cache(CACHED)
def read_qualified(value: str, component: str) -> tuple[str, str]:
    """Return the first two components of a composite: what kind of code it holds, and the code."""
    qualifier, _, rest = value.partition(component)
    return qualifier, normalise(rest.partition(component)[0])


def read_text(value: str) -> str:
    """Return free text, decoded as UTF-8 where it is that, else as Latin-1."""
    if value.isascii():
        return value
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return value


def harmless(value: str) -> str:
    """Return a value in quotes for a message if it can only be a date or an amount, else nothing.

    A shifted segment may hold a name or an identifier where an amount is due, and messages never hold those.
    """
    shown = re.fullmatch(r"\d{1,8}(?:-\d{8})?|[-+$]?(?=.{1,10}$)\d*[.,][\d.,]*", value, re.ASCII)
    return f' "{value}"' if shown else ""

"""Values of a pack as its readers understand them, sound or not: a parent with its versions, a range of dates."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, Final, TypeGuard

from payerpack.dates import DateRange
from payerpack.versions import Range

_EXTENDS: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(.*)", re.DOTALL)


def split_extends(text: str) -> tuple[str, str]:
    """Return the parent's id and the version specifier of ``extends``.

    Raises:
        ValueError: The text is neither an id nor an id and a specifier.
    """
    match = _EXTENDS.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    name, specifier = match.groups()
    Range(specifier)
    return name, specifier.strip()


def date_range(table: Any) -> DateRange:
    """Return the range of a table with ``from`` and ``to``; what is absent or no date is open."""
    if not isinstance(table, Mapping):
        return DateRange()
    start, end = table.get("from"), table.get("to")
    return DateRange(start if is_day(start) else None, end if is_day(end) else None)


def is_day(value: Any) -> TypeGuard[dt.date]:
    """Say whether a value is a date without a time."""
    return isinstance(value, dt.date) and not isinstance(value, dt.datetime)

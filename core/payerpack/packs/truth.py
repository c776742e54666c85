"""Three-valued truth: true, false, or ``None`` for unknown, and the tests that answer with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from payerpack.claim import ServiceLine
from payerpack.context import Context

Match = Callable[[Any, ServiceLine, Context], "bool | None"]
Test = Callable[[ServiceLine, Context], "bool | None"]


def kleene_not(value: bool | None) -> bool | None:
    """Return the opposite; unknown stays unknown."""
    return None if value is None else not value


def any_of(values: Iterable[bool | None]) -> bool | None:
    """Return true if one is true, unknown if none is but one is unknown, else false."""
    unknown = False
    for value in values:
        if value:
            return True
        unknown = unknown or value is None
    return None if unknown else False


def all_of(values: Iterable[bool | None]) -> bool | None:
    """Return false if one is false, unknown if none is but one is unknown, else true."""
    unknown = False
    for value in values:
        if value is None:
            unknown = True
        elif not value:
            return False
    return None if unknown else True

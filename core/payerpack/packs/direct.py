"""The quickest tests of a fact against plain values: what most conditions of most packs are.

They equal reading the fact and matching it (`payerpack.packs.matchers`); the property tests hold them to that.
"""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from payerpack.claim import ServiceLine
from payerpack.context import Context
from payerpack.facts import CONFLICT, UNKNOWN, Fact
from payerpack.packs import windows
from payerpack.packs.literals import typed_value
from payerpack.packs.truth import Test


def direct(matcher: Any, fact: Fact) -> Test | None:
    """Return the quickest test of a fact against plain values, or ``None`` where only the general one will do.

    It equals reading the fact and matching it; the property tests hold it to that.
    """
    if isinstance(matcher, Mapping):
        if matcher.keys() == {"within", "of"}:
            return _within(matcher, fact)
        if matcher.keys() == {"min"} and fact.name == "units":
            return _at_least(typed_value(matcher["min"], "number"))
        if len(matcher) != 1:
            return None
        ((key, values),) = matcher.items()
        if key not in {"none", "all"}:
            return None
    else:
        key, values = "any", matcher
    wanted = _plain(values, fact)
    if wanted is None or (fact.attribute and not fact.many):
        return None
    compare = {
        "any": lambda value: not wanted.isdisjoint(value),
        "none": wanted.isdisjoint,
        "all": wanted.issubset,
    }[key]
    if fact.name == "modifiers":
        return _of_modifiers(key, wanted)
    if fact.attribute:
        get = operator.attrgetter(fact.attribute)
        return lambda line, _context: compare(get(line))
    if fact.always_known and not fact.many and key == "any":
        read = fact.read

        def among(line: ServiceLine, context: Context) -> bool | None:
            value = read(line, context)
            return True if value in wanted else None if value == CONFLICT else False

        return among
    return _known(fact.read, compare)


def _within(matcher: Mapping[str, Any], fact: Fact) -> Test | None:
    """Return the test of two dates that lie days apart, where both are read straight off claim and line."""
    try:
        reach = windows.parse(matcher["within"]).reach
    except windows.WindowError:
        return None
    if matcher["of"] != "service_date" or not fact.always_known or reach is None or fact.type != "date":
        return None
    first, last = dt.timedelta(-reach[0]), dt.timedelta(reach[1])
    read = fact.read

    def within(line: ServiceLine, context: Context) -> bool | None:
        value = read(line, context)
        if value == CONFLICT:
            return None
        return value is not None and first <= value - line.service_date <= last

    if fact.name != "claim.received_date":
        return within

    def received_within(line: ServiceLine, context: Context) -> bool | None:
        received = context.claim.received_date
        if context.given or received is None:
            return within(line, context)
        return first <= received - line.service_date <= last

    return received_within


def _plain(values: Any, fact: Fact) -> frozenset[Any] | None:
    """Return plain values as a set, or ``None`` when there is a range, prefix, set, table or fault among them."""
    listed = values if isinstance(values, (list, tuple)) else [values]
    if not listed or any(isinstance(value, Mapping) or value == CONFLICT for value in listed):
        return None
    if any(
        isinstance(value, str) and (value[:1] in {"@", "!"} or value[-1:] == "*" or "-" in value) for value in listed
    ):
        return None
    typed = [typed_value(value, fact.type) for value in listed]
    if None in typed or (fact.values and not set(typed).issubset(fact.values)):
        return None
    return frozenset(typed)


def _at_least(least: Decimal | None) -> Test | None:
    """Return the test of a line's units against a number, or ``None`` when it is none."""
    return None if least is None else lambda line, _context: least <= line.units


def _of_modifiers(key: str, wanted: frozenset[str]) -> Test:
    """Return the test of whether a line has any, none or all of these modifiers: what rules ask most."""
    if key == "any":
        return lambda line, _context: not wanted.isdisjoint(line.modifiers)
    if key == "none":
        return lambda line, _context: wanted.isdisjoint(line.modifiers)
    return lambda line, _context: wanted.issubset(line.modifiers)


def _known(read: Callable[[ServiceLine, Context], Any], compare: Callable[[Iterable[Any]], bool]) -> Test:
    """Return the test that compares what a fact holds, one value or several, once it is known."""

    def test(line: ServiceLine, context: Context) -> bool | None:
        value = read(line, context)
        if value.__class__ is tuple:
            return compare(value)
        if value is UNKNOWN or value == CONFLICT:
            return None
        return compare(() if value is None else (value,))

    return test

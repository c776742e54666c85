"""Matchers: what a fact is compared with. Three-valued: true, false, or ``None`` for unknown.

A matcher compiles to one function of the fact's value, the line and its context. A list fact matches a value if any of
its elements does; ``not`` and ``none`` negate that; ``only`` asks that every element is listed. `CONFLICT` is unknown to
every matcher but ``"conflict"``; ``known`` and ``empty`` are always two-valued.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import attrs

from payerpack.claim import ServiceLine
from payerpack.codes import CodeSet, CodeSyntaxError
from payerpack.context import Context
from payerpack.facts import CONFLICT, UNKNOWN, Fact
from payerpack.packs import windows
from payerpack.packs.faults import Faults, nearest
from payerpack.packs.literals import EXAMPLES, article, kind_of, typed_value, written
from payerpack.packs.lookups import Lookup, is_lookup, spelled
from payerpack.packs.membership import membership
from payerpack.packs.truth import Match, all_of, any_of, kleene_not

RANGE_KEYS: Final = frozenset({"min", "max", "before", "after", "from", "to"})
MATCHER_KEYS: Final = RANGE_KEYS | {
    "within", "of", "not", "all", "none", "only", "known", "empty", "table", "key", "column",
}  # fmt: skip
"""The keys of a matcher table; a table with any other key is a namespace of facts."""


@attrs.frozen(slots=True, eq=False, repr=False)
class Matchers:
    """Compiles the matchers of one rule.

    Attributes:
        faults: Where everything wrong is collected.
        sets: The code sets that ``@name`` may refer to.
        lookups: Opens the tables that a lookup names.
    """

    faults: Faults
    sets: Mapping[str, CodeSet]
    lookups: Callable[[Mapping[str, Any], tuple[str | int, ...]], Lookup | None]

    def codes(self, entries: Any, path: tuple[str | int, ...]) -> CodeSet:
        """Return the set that a code, range, prefix, ``@set`` or a list of them describes."""
        result, excluded = CodeSet(), CodeSet()
        listed = entries if isinstance(entries, (list, tuple)) else [entries]
        for position, entry in enumerate(listed):
            place = (*path, position) if listed is entries else path
            if not isinstance(entry, str):
                hint = f'; write "{entry}" in quotes' if isinstance(entry, int) else ""
                self.faults.add("PP108", f"a code is text, not {kind_of(entry)}{hint}", place)
                continue
            negated = entry.startswith("!")
            found = self._code_entry(entry.removeprefix("!"), place)
            if negated:
                excluded = excluded | found
            else:
                result = result | found
        return result.minus(excluded) if excluded else result

    def _code_entry(self, entry: str, path: tuple[str | int, ...]) -> CodeSet:
        if entry.startswith("@"):
            found = self.sets.get(entry[1:])
            if found is None:
                hint = nearest(entry[1:], self.sets, prefix="@")
                self.faults.add("PP204", f'"{entry}" names no code set of this pack or its parents{hint}', path, entry)
                return CodeSet()
            return found
        try:
            return CodeSet.parse([entry])
        except CodeSyntaxError as error:
            self.faults.add("PP201", str(error), path)
            return CodeSet()

    def compile(self, matcher: Any, fact: Fact, path: tuple[str | int, ...]) -> Match:
        """Return the matcher of a fact as a function; what is wrong with it goes to the faults."""
        if isinstance(matcher, Mapping):
            if is_lookup(matcher):
                return self._lookup(matcher, fact, path)
            return self._table(matcher, fact, path)
        if isinstance(matcher, (list, tuple)):
            return self._any(matcher, fact, path)
        return self._literals([matcher], fact, path, single=True)

    # -- lists and literals

    def _any(self, entries: Sequence[Any], fact: Fact, path: tuple[str | int, ...]) -> Match:
        if not entries:
            self.faults.add(
                "PP114", "an empty list matches nothing; use { empty = true } to ask for an empty fact", path
            )
            return _never
        plain = [(n, entry) for n, entry in enumerate(entries) if not isinstance(entry, Mapping)]
        tables = [(n, entry) for n, entry in enumerate(entries) if isinstance(entry, Mapping)]
        parts: list[Match] = []
        if plain:
            literal = [entry for _, entry in plain]
            parts.append(self._literals(literal, fact, path, positions=[n for n, _ in plain]))
        parts += [self.compile(entry, fact, (*path, n)) for n, entry in tables]
        if len(parts) == 1:
            return parts[0]
        return lambda value, line, context: any_of(part(value, line, context) for part in parts)

    def _literals(
        self,
        values: Sequence[Any],
        fact: Fact,
        path: tuple[str | int, ...],
        *,
        positions: Sequence[int] = (),
        single: bool = False,
    ) -> Match:
        """Return the matcher of literal values: true when the fact is one of them."""
        paths = [path] * len(values) if single else [(*path, n) for n in positions]
        conflict = CONFLICT in values
        if fact.type == "code" and not (conflict and len(values) == 1):
            negated = [v for v in values if isinstance(v, str) and v.startswith("!")]
            if negated and len(negated) == len(values):
                self.faults.add("PP114", "a list of exclusions alone matches nothing; use { none = [...] }", path)
            wanted = [v for v in values if v != CONFLICT]
            codes = self.codes(wanted if not single else wanted[0], path)
            if not codes:
                return _never
            return _element(membership(codes), conflict=conflict)
        accepted: set[Any] = set()
        for value, place in zip(values, paths, strict=True):
            if isinstance(value, str) and value.startswith("@"):
                accepted.update(self._code_entry(value, place))
            elif value == CONFLICT:
                continue
            else:
                literal = self.literal(value, fact, place)
                if literal is not None:
                    accepted.add(literal)
        return _element(frozenset(accepted).__contains__, conflict=conflict)

    def literal(self, value: Any, fact: Fact, path: tuple[str | int, ...]) -> Any:
        """Return the value as the fact's type has it, or ``None`` after reporting that it is of another type."""
        typed = typed_value(value, fact.type)
        if typed is None:
            self.faults.add(
                "PP102",
                f"{fact.name} is {article(fact.type)}, and {written(value)} is not; {EXAMPLES[fact.type]}",
                path,
            )
        elif fact.values and typed not in fact.values:
            hint = nearest(str(value), fact.values)
            self.faults.add(
                "PP104", f"{fact.name} is never {written(value)}; it is one of {', '.join(fact.values)}{hint}", path
            )
            return None
        return typed

    # -- tables

    def _table(self, matcher: Mapping[str, Any], fact: Fact, path: tuple[str | int, ...]) -> Match:
        if not matcher:
            self.faults.add("PP121", "an empty table matches nothing; write a value, a list or a matcher", path)
            return _never
        parts: list[Match] = []
        bounds = {key: value for key, value in matcher.items() if key in RANGE_KEYS}
        if bounds:
            parts.append(self._bounds(bounds, fact, path))
        for key, value in matcher.items():
            place = (*path, key)
            if key in RANGE_KEYS or key == "of":
                continue
            if key not in MATCHER_KEYS:
                hint = nearest(key, MATCHER_KEYS)
                self.faults.add("PP121", f'"{key}" is no matcher of {fact.name}{hint}', place, at="key")
            elif key == "not":
                inner = self.compile(value, fact, place)
                parts.append(lambda v, line, context, inner=inner: kleene_not(inner(v, line, context)))  # type: ignore[misc]  # a default that a Match has not
            elif key in {"all", "none", "only"}:
                parts.append(self._quantified(key, value, fact, place))
            elif key in {"known", "empty"}:
                parts.append(self._two_valued(key, value, place))
            elif key == "within":
                parts.append(self._within(matcher, fact, path))
        if not parts:
            return _never
        if len(parts) == 1:
            return parts[0]
        return lambda value, line, context: all_of(part(value, line, context) for part in parts)

    def _quantified(self, key: str, value: Any, fact: Fact, path: tuple[str | int, ...]) -> Match:
        if not isinstance(value, (list, tuple)) or not value:
            self.faults.add("PP102", f'"{key}" takes a list with at least one entry', path)
            return _never
        if key == "all":
            each = [self.compile(entry, fact, (*path, n)) for n, entry in enumerate(value)]
            return lambda v, line, context: all_of(match(v, line, context) for match in each)
        listed = self._any(value, fact, path)
        if key == "none":
            return lambda v, line, context: kleene_not(listed(v, line, context))

        def only(value: Any, line: ServiceLine, context: Context) -> bool | None:
            if value is UNKNOWN or value == CONFLICT:
                return None
            elements = value if isinstance(value, (tuple, list)) else () if value is None else (value,)
            return all_of(listed(element, line, context) for element in elements)

        return only

    def _two_valued(self, key: str, value: Any, path: tuple[str | int, ...]) -> Match:
        if not isinstance(value, bool):
            self.faults.add("PP102", f'"{key}" is true or false, not {written(value)}', path)
            return _never
        if key == "known":
            return lambda v, _line, _context: (v is not UNKNOWN and v != CONFLICT) is value
        return lambda v, _line, _context: _is_empty(v) is value

    def _bounds(self, bounds: Mapping[str, Any], fact: Fact, path: tuple[str | int, ...]) -> Match:
        dated = fact.type == "date"
        limits: list[tuple[str, Any]] = []
        for key, raw in bounds.items():
            place = (*path, key)
            allowed = {"before", "after", "from", "to"} if dated else {"min", "max"}
            if key not in allowed:
                wanted = "before, after, from and to" if dated else "min and max"
                self.faults.add("PP102", f'"{key}" does not fit {fact.name}, which takes {wanted}', place, at="key")
            elif fact.type not in {"date", "number", "money"}:
                self.faults.add("PP102", f"{fact.name} is {article(fact.type)} and has no bounds", place, at="key")
            elif is_lookup(raw):
                lookup = self.lookups(raw, place)
                if lookup is not None:
                    limits.append((key, lookup.typed(fact.type)))
            else:
                value = self.literal(raw, fact, place)
                if value is not None:
                    limits.append((key, value))
        fixed = {key: value for key, value in limits if not isinstance(value, Lookup)}
        low, high = fixed.get("min", fixed.get("from")), fixed.get("max", fixed.get("to"))
        if low is not None and high is not None and low > high:
            self.faults.add("PP115", f"{low} is above {high}, so nothing lies between them", path)
        if len(fixed) == len(limits):
            return _between(fixed)
        compares = [_COMPARE[key](value) for key, value in limits]

        def bounded(value: Any, line: ServiceLine, context: Context) -> bool | None:
            if value is UNKNOWN or value == CONFLICT:
                return None
            if value is None:
                return False
            if isinstance(value, (tuple, list)):
                return any_of(bounded(element, line, context) for element in value)
            return all_of(compare(value, line, context) for compare in compares)

        return bounded

    def _within(self, matcher: Mapping[str, Any], fact: Fact, path: tuple[str | int, ...]) -> Match:
        try:
            window = windows.parse(matcher["within"])
        except windows.WindowError as error:
            self.faults.add("PP117", str(error), (*path, "within"))
            return _never
        if fact.type != "date":
            self.faults.add("PP102", f"{fact.name} is {article(fact.type)}; only a date lies within a window", path)
        anchor = self.faults.fact(matcher.get("of"), (*path, "of"))
        if anchor is None:
            return _never
        if anchor.type != "date":
            self.faults.add("PP102", f'"of" names a date fact, and {anchor.name} is none', (*path, "of"))
        read = anchor.read
        if window.reach is not None:
            return _near(read, *window.reach)

        def within(value: Any, line: ServiceLine, context: Context) -> bool | None:
            day = read(line, context)
            if value is UNKNOWN or value == CONFLICT or not isinstance(day, dt.date):
                return None
            if value is None:
                return False
            span = window.around(day, line, context)
            if span is None:  # the year is unknown, and yet it surely holds the anchor itself
                return True if value == day else None
            return bool(span[0] <= value <= span[1])

        return within

    def _lookup(self, matcher: Mapping[str, Any], fact: Fact, path: tuple[str | int, ...]) -> Match:
        lookup = self.lookups(matcher, path)
        if lookup is None:
            return _never

        def looked_up(value: Any, line: ServiceLine, context: Context) -> bool | None:
            if value is UNKNOWN or value == CONFLICT:
                return None
            wanted = lookup.values(line, context)
            if wanted is UNKNOWN:
                return None
            elements = value if isinstance(value, (tuple, list)) else (value,)
            listed = {spelled(one, fact.type) for one in wanted}
            return any(spelled(element, fact.type) in listed for element in elements if element is not None)

        return looked_up


def _between(bounds: Mapping[str, Any]) -> Match:
    """Return the test of fixed bounds; before and after are strict, so they move by a day to become inclusive."""
    day = dt.timedelta(1)
    lows = [bounds[key] + day if key == "after" else bounds[key] for key in ("min", "from", "after") if key in bounds]
    highs = [bounds[key] - day if key == "before" else bounds[key] for key in ("max", "to", "before") if key in bounds]
    low, high = _quick(max(lows, default=None)), _quick(min(highs, default=None))

    def between(value: Any, line: ServiceLine, context: Context) -> bool | None:
        try:
            return (low is None or low <= value) and (high is None or value <= high)
        except TypeError:
            if isinstance(value, tuple):
                return any_of(between(element, line, context) for element in value)
            return False if value is None else None  # empty is false; unknown and conflict are unknown

    return between


def _quick(bound: Any) -> Any:
    """Return a whole decimal as an integer, which compares quicker."""
    return int(bound) if isinstance(bound, Decimal) and bound == bound.to_integral_value() else bound


def _near(read: Callable[[ServiceLine, Context], Any], before: int, after: int) -> Match:
    """Return the test that a date lies from so many days before another to so many after it."""
    first, last = dt.timedelta(-before), dt.timedelta(after)

    def near(value: Any, line: ServiceLine, context: Context) -> bool | None:
        try:
            return bool(first <= value - read(line, context) <= last)
        except TypeError:  # one of the two is no date: empty is false, unknown is unknown
            return False if value is None else None

    return near


def _never(_value: Any, _line: ServiceLine, _context: Context) -> bool | None:
    return False


def _element(contains: Callable[[Any], bool], *, conflict: bool = False) -> Match:
    """Return the matcher of set membership, for a scalar or for any element of a list."""

    def match(value: Any, _line: ServiceLine, _context: Context) -> bool | None:
        if value.__class__ is tuple:
            return any(map(contains, value))
        if value is UNKNOWN:
            return None
        if value == CONFLICT:
            return True if conflict else None
        return value is not None and contains(value)

    return match


def _is_empty(value: Any) -> bool:
    return value is None or value in ((), "")


def _comparison(holds: Callable[[Any, Any], bool]) -> Callable[[Any], Match]:
    def build(bound: Any) -> Match:
        if isinstance(bound, Lookup):

            def against_table(value: Any, line: ServiceLine, context: Context) -> bool | None:
                limit = bound.value(line, context)
                return None if limit is UNKNOWN else holds(value, limit)

            return against_table
        return lambda value, _line, _context: holds(value, bound)

    return build


_COMPARE: Final[Mapping[str, Callable[[Any], Match]]] = {
    "min": _comparison(lambda value, bound: value >= bound),
    "max": _comparison(lambda value, bound: value <= bound),
    "from": _comparison(lambda value, bound: value >= bound),
    "to": _comparison(lambda value, bound: value <= bound),
    "before": _comparison(lambda value, bound: value < bound),
    "after": _comparison(lambda value, bound: value > bound),
}

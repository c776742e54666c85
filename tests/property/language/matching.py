"""The slow interpreter's matchers and tables: three values (``True``, ``False``, ``None`` for unknown), as Kleene has them."""

import datetime as dt
from decimal import Decimal

from .reading import CONFLICT, UNKNOWN, number
from .spans import covers

BOUNDS = ("min", "max", "before", "after", "from", "to")
WORDS = {*BOUNDS, "within", "of", "not", "all", "none", "only", "known", "empty", "table", "key", "column"}
LINE_KEYS = {"same", "window", "standing", "pairs", "bypass_modifiers", "target"}


def negate(value):
    return None if value is None else not value


def either(values):
    values = list(values)
    return True if True in values else None if None in values else False


def both(values):
    values = list(values)
    return False if False in values else None if None in values else True


def in_codes(code, entries, sets):
    """Say whether a code is among codes, ranges, prefixes and ``@sets``, and not among those with ``!``."""
    included = [entry for entry in entries if not entry.startswith("!")]
    excluded = [entry[1:] for entry in entries if entry.startswith("!")]
    return any(in_entry(code, e, sets) for e in included) and not any(in_entry(code, e, sets) for e in excluded)


def in_entry(code, entry, sets):
    if entry.startswith("@"):
        return code in sets[entry[1:]]
    if entry.endswith("*"):
        return code.startswith(entry[:-1])
    if "-" in entry:
        low, high = entry.split("-")
        return len(code) == len(low) and low <= code <= high
    return code == entry


def flat(table, known):
    """Yield the facts of a table by dotted name, without its groups."""
    for key, value in table.items():
        if isinstance(value, dict) and not known(key) and not value.keys() <= WORDS:
            yield from flat({f"{key}.{inner}": item for inner, item in value.items()}, known)
        else:
            yield key, value


class Matching:
    """What a rule's tables are judged with: its code sets, its tables, and the question whether another line exists."""

    def __init__(self, sets, lookup, exists, known, is_code):
        self.sets, self.lookup, self.exists, self.known, self.is_code = sets, lookup, exists, known, is_code

    def table(self, table, seen, other=None):
        """Say whether every fact and group of a table holds of a line; ``other.*`` is read of the other line."""
        results = []
        groups = {"any", "none", "with"}
        plain = {key: value for key, value in table.items() if key not in groups | LINE_KEYS}
        for name, matcher in flat(plain, self.known):
            if name.startswith("other."):
                value = UNKNOWN if other is None else other.read(name.removeprefix("other."))
                results.append(self.matches(matcher, value, name.removeprefix("other."), seen))
            else:
                results.append(self.matches(matcher, seen.read(name), name, seen))
        if "any" in table:
            results.append(either(self.table(inner, seen, other) for inner in table["any"]))
        if "none" in table:
            results.append(negate(either(self.table(inner, seen, other) for inner in table["none"])))
        if "with" in table:
            results.append(self.exists(table["with"], seen))
        return both(results)

    def matches(self, matcher, value, name, seen):
        if isinstance(matcher, dict):
            return self.matches_table(matcher, value, name, seen)
        if isinstance(matcher, list):
            if self.is_code(name):
                texts = [m for m in matcher if isinstance(m, str) and m != CONFLICT]
                rest = [m for m in matcher if not isinstance(m, str) or m == CONFLICT]
                found = [self.matches_codes(texts, value)] if texts else []
                return either(found + [self.matches(m, value, name, seen) for m in rest])
            return either(self.matches(m, value, name, seen) for m in matcher)
        if value == UNKNOWN:
            return None
        if value == CONFLICT:
            return True if matcher == CONFLICT else None
        if self.is_code(name) and matcher != CONFLICT:
            return self.matches_codes([matcher], value)
        return any(same(matcher, element) for element in elements(value))

    def matches_codes(self, entries, value):
        if value in {UNKNOWN, CONFLICT}:
            return None
        return any(in_codes(element, entries, self.sets) for element in elements(value))

    def matches_table(self, matcher, value, name, seen):
        if "table" in matcher:
            found = self.lookup(matcher, seen)
            if value in {UNKNOWN, CONFLICT} or found == UNKNOWN:
                return None
            return any(str(element) in found for element in elements(value))
        results = []
        if "known" in matcher:
            results.append((value not in {UNKNOWN, CONFLICT}) == matcher["known"])
        if "empty" in matcher:
            results.append((value in {None, ()}) == matcher["empty"])
        if "not" in matcher:
            results.append(negate(self.matches(matcher["not"], value, name, seen)))
        if "all" in matcher:
            results.append(both(self.matches(m, value, name, seen) for m in matcher["all"]))
        if "none" in matcher:
            results.append(negate(self.matches(matcher["none"], value, name, seen)))
        if "only" in matcher:
            unread = value in {UNKNOWN, CONFLICT}
            results.append(
                None if unread else both(self.matches(matcher["only"], e, name, seen) for e in elements(value))
            )
        if "within" in matcher:
            results.append(self.within(matcher, value, seen))
        bounds = {key: matcher[key] for key in BOUNDS if key in matcher}
        if bounds:
            unread = value in {UNKNOWN, CONFLICT}
            results.append(None if unread else either(self.bounded(bounds, e, seen) for e in elements(value)))
        return both(results)

    def bounded(self, bounds, element, seen):
        compare = {
            "min": lambda a, b: a >= b,
            "max": lambda a, b: a <= b,
            "from": lambda a, b: a >= b,
            "to": lambda a, b: a <= b,
            "before": lambda a, b: a < b,
            "after": lambda a, b: a > b,
        }
        results = []
        for key, bound in bounds.items():
            limit = self.value(bound, seen)
            if limit == UNKNOWN:
                results.append(None)
            elif isinstance(element, dt.date):
                results.append(compare[key](element, limit))
            else:
                results.append(compare[key](number(element), number(limit)))
        return both(results)

    def value(self, raw, seen):
        """Return a value that may be plain or looked up; several different rows are no value."""
        if isinstance(raw, dict) and "table" in raw:
            found = self.lookup(raw, seen)
            return found[0] if found != UNKNOWN and len(set(found)) == 1 else UNKNOWN
        return raw

    def within(self, matcher, value, seen):
        anchor = seen.read(matcher["of"])
        if value in {UNKNOWN, CONFLICT} or not isinstance(anchor, dt.date):
            return None
        if value is None:
            return False
        window = matcher["within"]
        if isinstance(window, dict) and window.keys() & {"before", "after"}:
            return covers(window, value, anchor)  # the fact named by `of` is the anchor
        return covers(window, anchor, value, seen.read("coverage.year_start"))


def elements(value):
    """Return what a fact holds: of a list its elements, of an empty fact nothing."""
    return () if value is None else value if isinstance(value, tuple) else (value,)


def same(matcher, element):
    if isinstance(element, Decimal) and not isinstance(matcher, bool):
        return number(matcher) == element
    return type(matcher) is type(element) and matcher == element

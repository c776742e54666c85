"""Conditions: one list of named tests for a rule, from which both the quick closure and the explaining one are made.

A facts table is a conjunction: every fact in it must match. ``any`` and ``none`` hold tables (one of them, not one of
them), ``with`` asks whether another line exists. A condition keeps its name, its facts and what it wants, so that the
explanation runs the very same test as the decision.
"""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import attrs

from payerpack.claim import ServiceLine
from payerpack.context import Context, Entry
from payerpack.facts import UNKNOWN, Fact, FactKind, free_fact
from payerpack.packs.direct import direct
from payerpack.packs.dotted import dotted, flatten_facts
from payerpack.packs.faults import Faults
from payerpack.packs.matchers import RANGE_KEYS, Matchers
from payerpack.packs.membership import membership
from payerpack.packs.truth import Test, kleene_not

Path_ = tuple[str | int, ...]


@attrs.frozen(slots=True, eq=False, repr=False)
class Condition:
    """One named test of a rule.

    Attributes:
        name: Where it stands in the rule, such as ``when.code``.
        test: True, false or ``None`` for unknown, for a line and its context.
        wanted: The matcher as the pack has it.
        fact: The fact it reads, or ``None`` for a group.
        parts: The conditions of a group, one tuple per table.
        partners: Of a ``with``: the codes of which another line must have one; see `Companion.partners`.
    """

    name: str
    test: Test
    wanted: Any = None
    fact: Fact | None = None
    parts: tuple[tuple[Condition, ...], ...] = ()
    partners: Partners | None = None

    @property
    def negative(self) -> bool:
        """Whether it asks for something not to be, which most lines fulfil."""
        wanted = self.wanted
        return self.name.endswith(".none") or (isinstance(wanted, Mapping) and not wanted.keys().isdisjoint(_NEGATIVE))

    @property
    def asks_for_modifiers(self) -> bool:
        """Whether no line without modifiers fulfils it."""
        if self.fact is None or self.fact.name != "modifiers":
            return False
        wanted = self.wanted
        listed = wanted.get("all") if isinstance(wanted, Mapping) and len(wanted) == 1 else wanted
        return isinstance(listed, str) or (
            isinstance(listed, (list, tuple)) and all(isinstance(w, str) for w in listed)
        )

    @property
    def claim_wide(self) -> bool:
        """Whether all lines of one service date get the same answer, as long as nothing is stated of one line."""
        return self.fact is not None and bool(self.fact.claim_attribute) and _is_fixed(self.wanted)

    def facts(self) -> Iterator[Fact]:
        """Yield every fact that the condition reads of the line itself."""
        if self.fact is not None:
            yield self.fact
        for table in self.parts:
            for part in table:
                yield from part.facts()


_NEGATIVE = frozenset({"not", "none", "only", "known", "empty"})
_FIXED = (_NEGATIVE - {"known", "empty"}) | RANGE_KEYS | {"all"}
Conditions = tuple[Condition, ...]
Partners = Callable[[str], "frozenset[str] | None"]
"""Says, for a line's code, the codes of which another line must have one; ``None``: no code is needed."""
LineFinder = Callable[[Mapping[str, Any], Path_], "tuple[Test, Partners | None]"]
"""Compiles the ``{line}`` of a ``with`` into a test of whether one exists, and the codes it may have."""


def no_line(_spec: Mapping[str, Any], _path: Path_) -> tuple[Test, Partners | None]:
    """Compile a ``with`` where there are no lines to ask: nobody knows."""
    return (lambda _line, _context: None), None


def _is_fixed(matcher: Any) -> bool:
    """Say whether a matcher compares with nothing but what the pack says and the service date."""
    if not isinstance(matcher, Mapping):
        return not isinstance(matcher, (list, tuple)) or all(map(_is_fixed, matcher))
    if matcher.keys() == {"within", "of"}:
        within = matcher["within"]
        return matcher["of"] == "service_date" and isinstance(within, Mapping) and within.keys() <= {"before", "after"}
    return all(key in {"known", "empty"} or (key in _FIXED and _is_fixed(value)) for key, value in matcher.items())


def holds(conditions: Sequence[Condition]) -> Test:
    """Return the conjunction of conditions as one three-valued test."""
    return every(tuple(condition.test for condition in conditions))


def every(tests: tuple[Test, ...]) -> Test:
    """Return the conjunction of tests: false if one is false, unknown if none is but one is unknown, else true."""
    if not tests:
        return lambda _line, _context: True
    if len(tests) == 1:
        return tests[0]

    def conjunction(line: ServiceLine, context: Context) -> bool | None:
        result: bool | None = True
        for test in tests:
            held = test(line, context)
            if held is None:
                result = None
            elif not held:
                return False
        return result

    return conjunction


def some(tests: tuple[Test, ...]) -> Test:
    """Return the disjunction of tests: true if one is true, unknown if none is but one is unknown, else false."""

    def disjunction(line: ServiceLine, context: Context) -> bool | None:
        result: bool | None = False
        for test in tests:
            held = test(line, context)
            if held:
                return True
            if held is None:
                result = None
        return result

    return disjunction


@attrs.frozen(slots=True, eq=False, repr=False)
class Tables:
    """Compiles the facts tables of one rule.

    Attributes:
        faults: Where everything wrong is collected.
        matchers: Compiles the matchers.
        exists: Compiles a ``with``.
    """

    faults: Faults
    matchers: Matchers
    exists: LineFinder

    def compile(
        self, table: Mapping[str, Any], path: Path_, *, skip: frozenset[str] = frozenset(), other: bool = False
    ) -> Conditions:
        """Return the conditions of a table, in the order written; all of them must hold.

        Args:
            table: The table as the pack has it.
            path: Where it stands in the rule.
            skip: Keys of a ``{line}`` that are no facts.
            other: Whether ``other.*`` may be asked about, as in an ``unless``.
        """
        made: list[Condition] = []
        for name, matcher, inside in flatten_facts(table, self.faults.catalogue, skip=skip | {"any", "none", "with"}):
            place = (*path, *inside)
            of_other = name.startswith("other.")
            if of_other and not other:
                message = f"{name} is of the line that a clause matched; only unless, except and messages know it"
                self.faults.add("PP120", message, place, at="key")
                continue
            fact = self.faults.fact(name.removeprefix("other."), place, at="key")
            if fact is None:
                continue
            if fact.name not in self.faults.catalogue.facts:
                fact = free_fact(fact.name, _kind(matcher))
            if of_other:
                fact = _of_other(fact)
            match = self.matchers.compile(matcher, fact, place)
            test = direct(matcher, fact) or _reading(fact, match)
            made.append(Condition(dotted((*path, name)), test, matcher, fact))
        groups = (group for group in ("any", "none") if group in table)
        made += [self._group(group, table[group], (*path, group), other) for group in groups]
        if "with" in table:
            place = (*path, "with")
            exists, partners = self.exists(table["with"], place)
            made.append(Condition(dotted((*path, "with")), exists, table["with"], partners=partners))
        return tuple(made)

    def _group(self, group: str, tables: Any, path: Path_, other: bool) -> Condition:
        listed = tables if isinstance(tables, (list, tuple)) else [tables]
        parts = tuple(self.compile(table, (*path, number), other=other) for number, table in enumerate(listed))
        any_holds = some(tuple(holds(part) for part in parts))

        def none_holds(line: ServiceLine, context: Context) -> bool | None:
            return kleene_not(any_holds(line, context))

        return Condition(dotted((*path[:-1], group)), any_holds if group == "any" else none_holds, tables, parts=parts)


def split_codes(
    conditions: Conditions, matchers: Matchers, path: Path_
) -> tuple[Callable[[str], bool] | None, Conditions]:
    """Return the membership test of the condition on ``code``, if it is one of plain codes, and the other conditions.

    The index asks it instead of the condition, and so does a search for other lines: codes rule out most of them.
    """
    for condition in conditions:
        if is_code_set(condition):
            quiet = attrs.evolve(matchers, faults=Faults(matchers.faults.rule, matchers.faults.catalogue))
            found = membership(quiet.codes(condition.wanted, (*path, "code")))
            return found, tuple(other for other in conditions if other is not condition)
    return None, conditions


def is_code_set(condition: Condition) -> bool:
    """Say whether a condition asks for nothing but a procedure code out of some set."""
    wanted = condition.wanted
    return (
        condition.fact is not None
        and condition.fact.name == "code"
        and (isinstance(wanted, str) or (isinstance(wanted, (list, tuple)) and all(isinstance(w, str) for w in wanted)))
    )


def _reading(fact: Fact, match: Callable[[Any, ServiceLine, Context], bool | None]) -> Test:
    if fact.attribute:
        get = operator.attrgetter(fact.attribute)
        return lambda line, context: match(get(line), line, context)
    read = fact.read
    return lambda line, context: match(read(line, context), line, context)


_OTHER: Final = "other"


def _of_other(fact: Fact) -> Fact:
    """Return the fact of the line that a clause matched; unknown where it matched none."""
    read = fact.read

    def read_other(_line: ServiceLine, context: Context) -> Any:
        other: Entry | None = context.cache.get(_OTHER)
        return UNKNOWN if other is None else read(*other)

    return attrs.evolve(fact, name=f"other.{fact.name}", read=read_other, attribute="", always_known=False)


@attrs.frozen(slots=True, eq=False, repr=False)
class Excuse:
    """One table of an ``unless``; it may ask about the line that a clause matched."""

    conditions: Conditions
    name: str

    def excuses(self, line: ServiceLine, context: Context, other: Entry | None) -> bool:
        """Say whether the table surely holds; unknown does not excuse."""
        if other is not None or _OTHER in context.cache:
            context.cache[_OTHER] = other
        return all(condition.test(line, context) is True for condition in self.conditions)


_TWO_VALUED: Final = frozenset({"known", "empty"})
# In this order: a bool is an int to Python.
_KINDS: Final[tuple[tuple[Any, FactKind], ...]] = ((bool, "flag"), ((int, float), "number"), (dt.date, "date"))


def _kind(matcher: Any) -> FactKind:
    """Return the type that a matcher expects of a fact nobody declared: what a claim's contract or coverage holds."""
    if isinstance(matcher, Mapping):
        kinds = [
            ("date" if key == "within" else _kind(value)) for key, value in matcher.items() if key not in _TWO_VALUED
        ]
    elif isinstance(matcher, (list, tuple)):
        kinds = [_kind(value) for value in matcher]
    else:
        kinds = [kind for types, kind in _KINDS if isinstance(matcher, types)]
    return next(iter(kinds), "text")

"""The stepwise closure: every rule that looked at a line, and each of its conditions with what was seen.

It runs the very conditions that the quick closure runs, one by one, so the two cannot disagree; a property test holds
them to that.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

import attrs

from payerpack.claim import ServiceLine
from payerpack.context import Context
from payerpack.facts import UNKNOWN
from payerpack.finding import Finding
from payerpack.packs.bodies import Body
from payerpack.packs.clauses import Require, Verdict
from payerpack.packs.compile import CompiledPolicy, CompiledRule
from payerpack.packs.conditions import Condition, Conditions, Excuse
from payerpack.packs.limits import Limit
from payerpack.packs.matchers import MATCHER_KEYS
from payerpack.packs.messages import shown

Result = Literal["fired", "undecided", "not fired", "excused", "not matched", "unknown", "not in force", "other code"]


@attrs.frozen(slots=True, repr=False)
class Step:
    """One condition as it was seen.

    Attributes:
        name: Where it stands in the rule, such as ``when.code``.
        holds: True, false, or ``None`` for unknown.
        observed: What the fact was, in words; empty for a group.
        wanted: What the pack asks for, in words.
    """

    name: str
    holds: bool | None
    observed: str = ""
    wanted: str = ""


class Trace(NamedTuple):
    """What one rule made of one line: what decided is kept, and put into words when it is read.

    Attributes:
        of: The rule.
        line: The line.
        context: Its context.
        result: What came of it.
        body: The rule's tree in force on the line's date, or ``None``.
        decided: The condition of ``when`` that did not hold, or ``None``.
        verdict: Why it fired or is undecided, or ``None``.
        excuse: What excused the line, or ``None``.
    """

    of: CompiledRule
    line: ServiceLine
    context: Context
    result: Result
    body: Body | None = None
    decided: Condition | None = None
    verdict: Verdict | None = None
    excuse: Excuse | None = None

    @property
    def rule(self) -> str:
        """``pack-id:rule-id``."""
        return self.of.id

    @property
    def finding(self) -> Finding | None:
        """The finding, where it fired and the rule has something to say."""
        if self.body is None or self.verdict is None:
            return None
        return self.body.finding(self.line, self.context, self.verdict)

    @property
    def monitored(self) -> bool:
        """Whether the rule changes no outcome."""
        return self.of.source.monitored

    @property
    def overridden(self) -> tuple[str, ...]:
        """The reasons of the overrides that changed the rule."""
        return tuple(f"{scope.pack}: {scope.reason}" for scope in self.of.source.overridden_by)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The rule's conditions up to the one that decided, in the order written."""
        if self.body is None or self.result == "not in force":
            return (self._out_of_force(),)
        steps: list[Step] = []
        for condition in self.body.when:
            steps.append(see(condition, self.line, self.context))
            if condition is self.decided:
                return tuple(steps)
        if isinstance(self.body.clause, Require):
            steps += self._all(self.body.clause.conditions)
        steps += self._excusing(self.body)
        if self.verdict is not None:
            steps += self._held(self.verdict)
        return tuple(steps)

    def _out_of_force(self) -> Step:
        dates = (self.body or self.of.base).clock.dates
        day = self.of.base.clock.day(self.line, self.context)
        return Step("effective", False, shown(day), f"{dates.start or 'always'} to {dates.end or 'further notice'}")

    def _excusing(self, body: Body) -> Iterator[Step]:
        """Yield what the rule saw of its limit and of what might have excused the line."""
        if self.excuse is not None:
            self.excuse.excuses(self.line, self.context, None)  # its conditions are about no other line
            yield from self._all(self.excuse.conditions) or (Step(self.excuse.name, True),)
            return
        if self.verdict is None and isinstance(body.clause, Limit):
            for name, value in body.clause.seen(self.line, self.context).items():
                yield Step(name, False, shown(value))
        for excuse in body.excuses:
            excuse.excuses(self.line, self.context, None if self.verdict is None else self.verdict.other)
            yield from self._all(excuse.conditions)

    def _held(self, verdict: Verdict) -> Iterator[Step]:
        if verdict.other is not None:
            other, theirs = verdict.other
            where = f"line {other.number}" if theirs is self.context else f"an earlier line of {other.service_date}"
            yield Step("other line", True, f"{other.code} on {where}")
        for name, value in verdict.values.items():
            yield Step(name, True, shown(value))

    def _all(self, conditions: Conditions) -> tuple[Step, ...]:
        return tuple(see(condition, self.line, self.context) for condition in conditions)


def trace_line(policy: CompiledPolicy, line: ServiceLine, context: Context, *, every: bool = False) -> Iterator[Trace]:
    """Yield what each rule of the policy's packs made of a line, by rule id.

    Args:
        policy: The policy.
        line: The line.
        context: Its context; with ``denied`` filled in when cascades are to be explained.
        every: Also rules that are about other codes.
    """
    if every:
        for rule in policy.rules:
            yield trace_rule(rule, line, context)
        return
    for rule, left in policy.concerning(line.code):
        yield trace_rule(rule, line, context) if left is None else _trace(rule, rule.base, left, line, context)


def trace_rule(rule: CompiledRule, line: ServiceLine, context: Context) -> Trace:
    """Return what one rule made of a line."""
    if rule.steady:
        return _trace(rule, rule.base, rule.base.when, line, context)
    day = rule.base.clock.day(line, context)
    body = None if day is None else rule.body_on(day)
    if day is None or body is None or day not in body.clock.dates:
        return Trace(rule, line, context, "not in force", body)
    return _trace(rule, body, body.when, line, context)


_made = functools.partial(tuple.__new__, Trace)  # a third of the time that the class's own takes


def _trace(rule: CompiledRule, body: Body, left: Conditions, line: ServiceLine, context: Context) -> Trace:
    """Return what the body of a rule made of a line, given the conditions that are not known to hold."""
    for condition in left:
        held = condition.test(line, context)
        if not held:
            of_code = body.codes is not None and condition.fact is not None and condition.fact.name == "code"
            result = "unknown" if held is None else "other code" if of_code else "not matched"
            return _made((rule, line, context, result, body, condition, None, None))
    verdict = body.judge(line, context)
    if verdict is not None:
        result = "undecided" if verdict.unknown else "fired"
        return _made((rule, line, context, result, body, None, verdict, None))
    for excuse in body.excuses:
        if excuse.excuses(line, context, None):
            return _made((rule, line, context, "excused", body, None, None, excuse))
    return _made((rule, line, context, "not fired", body, None, None, None))


def see(condition: Condition, line: ServiceLine, context: Context) -> Step:
    """Return what a condition saw of a line, in words."""
    fact = condition.fact
    observed = ""
    if fact is not None:
        observed = "(not shown)" if fact.identifying else shown(fact.read(line, context))
    else:
        seen = {part.name: part for part in condition.facts()}
        observed = ", ".join(
            f"{name} {shown(part.read(line, context))}" for name, part in seen.items() if not part.identifying
        )
    return Step(condition.name, condition.test(line, context), observed, _wanted(condition))


@functools.lru_cache(maxsize=4_096)
def _wanted(condition: Condition) -> str:
    """Return what a condition asks for, in words that are put together once."""
    return in_words(condition.wanted)


def in_words(matcher: Any) -> str:
    """Return a matcher as people say it."""
    if isinstance(matcher, dict):
        if not matcher.keys() <= MATCHER_KEYS:
            return " and ".join(f"{name} {in_words(value)}" for name, value in _facts(matcher))
        return " and ".join(_clause_words(key, value) for key, value in matcher.items())
    if isinstance(matcher, (list, tuple)):
        return " or ".join(in_words(entry) for entry in matcher)
    return shown(UNKNOWN if matcher is UNKNOWN else matcher)


def _facts(table: Mapping[str, Any], namespace: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the facts of a table by their full names: TOML nests dotted keys."""
    for name, value in table.items():
        if isinstance(value, dict) and not value.keys() <= MATCHER_KEYS:
            yield from _facts(value, f"{namespace}{name}.")
        else:
            yield f"{namespace}{name}", value


def _clause_words(key: str, value: Any) -> str:
    if key == "known":
        return "known" if value else "unknown"
    if key == "empty":
        return "empty" if value else "not empty"
    words = {"min": "at least", "max": "at most", "of": "of", "not": "not", "only": "only", "all": "all of",
             "none": "none of", "key": "by", "table": "in", "column": "column"}  # fmt: skip
    return f"{words.get(key, key)} {in_words(value)}"

"""The stepwise closure: every rule that looked at a line, and each of its conditions with what was seen.

It runs the very conditions that the quick closure runs, one by one, so the two cannot disagree; a property test holds
them to that.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import attrs

from payerpack.claim import ServiceLine
from payerpack.context import Context
from payerpack.facts import UNKNOWN
from payerpack.finding import Finding
from payerpack.packs.bodies import Body
from payerpack.packs.clauses import Require, Verdict
from payerpack.packs.compile import CompiledPolicy, CompiledRule
from payerpack.packs.conditions import Condition, Conditions
from payerpack.packs.limits import Limit
from payerpack.packs.matchers import MATCHER_KEYS
from payerpack.packs.messages import shown

Result = Literal["fired", "undecided", "not fired", "excused", "not matched", "unknown", "not in force", "other code"]


@attrs.frozen(slots=True)
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


@attrs.frozen(slots=True)
class Trace:
    """What one rule made of one line.

    Attributes:
        rule: ``pack-id:rule-id``.
        result: What came of it.
        steps: Its conditions up to the one that decided, in the order written.
        finding: The finding, where it fired.
        monitored: It changes no outcome.
        overridden: The reasons of the overrides that changed it.
    """

    rule: str
    result: Result
    steps: tuple[Step, ...] = ()
    finding: Finding | None = None
    monitored: bool = False
    overridden: tuple[str, ...] = ()


def trace_line(policy: CompiledPolicy, line: ServiceLine, context: Context, *, every: bool = False) -> Iterator[Trace]:
    """Yield what each rule of the policy's packs made of a line, by rule id.

    Args:
        policy: The policy.
        line: The line.
        context: Its context; with ``denied`` filled in when cascades are to be explained.
        every: Also rules that are about other codes.
    """
    for rule in policy.rules if every else policy.concerning(line.code):
        yield trace_rule(rule, line, context)


def trace_rule(rule: CompiledRule, line: ServiceLine, context: Context) -> Trace:
    """Return what one rule made of a line."""
    reasons = tuple(f"{scope.pack}: {scope.reason}" for scope in rule.source.overridden_by)
    day = rule.base.clock.day(line, context)
    body = None if day is None else rule.body_on(day)
    if day is None or body is None or day not in body.clock.dates:
        dates = (body or rule.base).clock.dates
        step = Step("effective", False, shown(day), f"{dates.start or 'always'} to {dates.end or 'further notice'}")
        return Trace(rule.id, "not in force", (step,), None, rule.source.monitored, reasons)
    steps: list[Step] = []
    result, verdict = _walk(body, line, context, steps)
    finding = None if verdict is None else body.finding(line, context, verdict)
    return Trace(rule.id, result, tuple(steps), finding, rule.source.monitored, reasons)


def _walk(body: Body, line: ServiceLine, context: Context, steps: list[Step]) -> tuple[Result, Verdict | None]:
    for condition in body.when:
        step = _see(condition, line, context)
        steps.append(step)
        if step.holds is not True:
            if condition.fact is not None and condition.fact.name == "code" and body.codes is not None:
                return "other code", None
            return ("unknown" if step.holds is None else "not matched"), None
    if isinstance(body.clause, Require):
        steps += _all(body.clause.conditions, line, context)
    verdict = body.judge(line, context)
    if verdict is None:
        excuse = next((e for e in body.excuses if e.excuses(line, context, None)), None)
        if excuse is None:
            if isinstance(body.clause, Limit):
                steps += [Step(name, False, shown(value)) for name, value in body.clause.seen(line, context).items()]
            steps += [step for e in body.excuses for step in _all(e.conditions, line, context)]
            return "not fired", None
        steps += _all(excuse.conditions, line, context) or (Step(excuse.name, True),)
        return "excused", None
    steps += [step for e in body.excuses for step in _all(e.conditions, line, context)]
    if verdict.other is not None:
        other = verdict.other[0]
        where = f"line {other.number}" if verdict.other[1] is context else f"an earlier line of {other.service_date}"
        steps.append(Step("other line", True, f"{other.code} on {where}"))
    steps += [Step(name, True, shown(value)) for name, value in verdict.values.items()]
    return ("undecided" if verdict.unknown else "fired"), verdict


def _all(conditions: Conditions, line: ServiceLine, context: Context) -> tuple[Step, ...]:
    return tuple(_see(condition, line, context) for condition in conditions)


def _see(condition: Condition, line: ServiceLine, context: Context) -> Step:
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

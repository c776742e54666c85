"""Why a test of a pack failed: what was expected, what came out, and each rule's steps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import attrs

from payerpack.context import Context
from payerpack.formats.structure import structure_claim
from payerpack.history import MemoryHistory
from payerpack.pack_tests import case_history
from payerpack.packs.spans import position, spans
from payerpack.packs.toml import decode
from payerpack.packs.trace import trace_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payerpack.engine import Engine
    from payerpack.packs.expectations import CaseResult
    from payerpack.packs.model import Place
    from payerpack.packs.trace import Step, Trace

_LINE: Final = re.compile(r"line (\d+):")
_HOLDS: Final = {True: "yes", False: "no", None: "unknown"}


def told(engine: Engine, result: CaseResult) -> Iterator[str]:
    """Yield the lines of a report on a failed test."""
    case = result.case
    yield from result.failures
    yield f"written in {case.place.file.name}, line {line_of(case.place)}"
    review = result.review
    failed = {int(found.group(1)) for failure in result.failures if (found := _LINE.match(failure))}
    if review is None or not failed:
        return
    for outcome in review.lines:
        number = outcome.number
        if number not in failed:
            continue
        expected = case.expect.get(number)
        yield ""
        yield f"line {number}: {outcome.outcome}" + (f" by {outcome.primary}" if outcome.primary else "")
        for finding in review.findings:
            if number in finding.lines or not finding.lines:
                monitored = " (monitored)" if finding.monitored else ""
                yield f"  {finding.action}{monitored}  {finding.rule}: {finding.message}"
        yield from _traces(engine, result, number, expected.rule if expected else "")
    yield from (f"note: {note}" for note in review.notes)


def _traces(engine: Engine, result: CaseResult, number: int, expected: str) -> Iterator[str]:
    """Yield what the rules made of a line: the expected one and those that spoke step by step, the others in short."""
    case, review = result.case, result.review
    assert review is not None
    claim = structure_claim(case.claim)
    line = claim.line(number)
    policy = engine.policy(case.policy, case.as_of, min(one.service_date for one in claim.lines))
    environment = attrs.evolve(policy.environment, history=MemoryHistory(case_history(case)))
    context = Context(claim, environment, case.as_of, case.supplied)
    context.denied = frozenset(one.number for one in review.lines if one.outcome in {"deny", "reject"})
    silent: dict[str, list[str]] = {}
    for rule in policy.compiled.rules:
        trace = trace_rule(rule, line, context)
        if trace.rule == expected or trace.rule.partition(":")[2] == expected or trace.finding is not None:
            yield from _steps(trace)
        elif rule.describes(line.code):
            silent.setdefault(trace.result, []).append(trace.rule)
    yield from (f"  {answer}: {', '.join(rules)}" for answer, rules in silent.items())


def _steps(trace: Trace) -> Iterator[str]:
    yield f"  {trace.rule}: {trace.result}"
    yield from (f"    {_told(step)}" for step in trace.steps)
    yield from (f"    overridden: {reason}" for reason in trace.overridden)


def _told(step: Step) -> str:
    wanted = f", asked for {step.wanted}" if step.wanted else ""
    return f"{_HOLDS[step.holds]:<8}{step.name}: {step.observed or 'nothing shown'}{wanted}"


def line_of(place: Place) -> int:
    """Return the line that a place is written on, counted from 1."""
    text = decode(place.file.read_bytes())
    found = spans(text)
    for length in range(len(place.path), 0, -1):
        span = found.get(place.path[:length])
        if span is not None:
            return position(text, (span.key or span.value)[0])[0]
    return 1

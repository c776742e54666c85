"""A claim's story: every rule that looked at each line, what it saw, what came of it, and what can be done.

The steps of a pack's rule come from the very conditions that decided (`payerpack.packs.trace`). A rule whose test is
code says what it found, or that it looked and found nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Literal

import attrs

from payerpack.context import Context, LineKey, units
from payerpack.errors import ClaimError, Problem
from payerpack.facts import CONFLICT, UNKNOWN
from payerpack.finding import STRENGTH, Finding, LineOutcome, Outcome, Review, Source
from payerpack.history import MemoryHistory
from payerpack.packs.bodies import CLAUSES
from payerpack.packs.clauses import Require
from payerpack.packs.trace import Step, Trace, trace_rule
from payerpack.plugins.guard import CHANGES
from payerpack.words import appeal_in_words, change_in_words, cure_in_words, denial_class

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from payerpack.claim import Claim, HistoryLine, ServiceLine
    from payerpack.engine import Engine
    from payerpack.packs.bodies import Body
    from payerpack.packs.compile import CompiledRule
    from payerpack.packs.conditions import Condition
    from payerpack.plugins.plan import Change
    from payerpack.policy import Policy

Result = Literal[
    "fired", "undecided", "removed", "not fired", "excused", "not matched", "unknown", "not in force", "not run"
]
RESULTS: Final[tuple[Result, ...]] = (
    "fired", "undecided", "removed", "unknown", "excused", "not fired", "not in force", "not matched", "not run",
)  # fmt: skip
"""Every result, what matters most first."""
_EVERYWHERE: Final = ("payerpack-evidence", "payerpack-packs")
"""Plugins of every policy; they run no builtin rule."""
_PLACE: Final = re.compile(r"^\w+(\[\d+\])?\.")
"""Where in its rule a condition stands: the first part of its name."""
_GROUPS: Final = (".any", ".none", ".with")
"""How the names of conditions end that ask about several facts, or about another line."""
_HELD: Final[Mapping[str, str]] = {
    "require": "what it requires holds",
    "needs": "a line that it needs is there",
    "conflicts_with": "no other line conflicts",
    "limit": "the limit is not exceeded",
    "combine": "not all of its codes are there",
    "components": "no shares overlap",
    "builtin": "it looked and found nothing",
}
"""Why a rule that is about a line does not fire on it, by the rule's test."""


@attrs.frozen(slots=True)
class RuleStory:
    """What one rule made of one line.

    Attributes:
        rule: ``pack-id:rule-id``.
        result: What came of it.
        because: Why, in a sentence.
        steps: Its conditions as they were seen, up to the one that decided; none for a rule whose test is code.
        unknown: The facts that were unknown, or on which sources disagree.
        overridden: Who changed the rule, and why.
        source: Where it is written.
        finding: What it found.
        monitored: It changes no outcome.
    """

    rule: str
    result: Result
    because: str
    steps: tuple[Step, ...] = ()
    unknown: tuple[str, ...] = ()
    overridden: tuple[str, ...] = ()
    source: Source | None = None
    finding: Finding | None = None
    monitored: bool = False

    def sort_key(self) -> tuple[Any, ...]:
        """Return what orders stories: what was found, strongest first, then what else came of rules, then by rule."""
        strength = len(STRENGTH) if self.finding is None else STRENGTH[self.finding.action]
        return RESULTS.index(self.result), self.monitored, strength, self.rule

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape; ``class``, ``cure_in_words`` and ``appeal`` are there where something was found."""
        told: dict[str, Any] = {
            "rule": self.rule,
            "result": self.result,
            "because": self.because,
            "monitored": self.monitored,
            "unknown": list(self.unknown),
            "steps": [attrs.asdict(step) for step in self.steps],
            "overridden": list(self.overridden),
            "source": self.source and self.source.to_dict(),
            "finding": self.finding and self.finding.to_dict(),
        }
        if self.finding is not None:
            told["class"] = denial_class(self.finding)
            told["change"] = change_in_words(self.finding)
            told["cure_in_words"] = cure_in_words(self.finding.cure)
            told["appeal"] = appeal_in_words(self.finding)
        return told


@attrs.frozen(slots=True)
class LineStory:
    """What every rule made of one line.

    Attributes:
        line: The line.
        outcome: What becomes of it, and the rule that decides.
        rules: Every rule that looked, what was found first.
        others: How many rules of the policy are about other codes.
    """

    line: ServiceLine
    outcome: LineOutcome
    rules: tuple[RuleStory, ...]
    others: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape."""
        return {
            "number": self.line.number,
            "code": self.line.code,
            "modifiers": list(self.line.modifiers),
            "units": units(self.line.units),
            "service_date": self.line.service_date.isoformat(),
            "outcome": self.outcome.outcome,
            "primary": self.outcome.primary,
            "rules": [story.to_dict() for story in self.rules],
            "rules_about_other_codes": self.others,
        }


@attrs.frozen(slots=True)
class Explanation:
    """Why a review says what it says.

    Attributes:
        review: The review.
        lines: The lines, in the order submitted, or the one that was asked for.
        whole: What was found about the claim as a whole.
        disabled: Rules that overrides take out of the policy, and why.
    """

    review: Review
    lines: tuple[LineStory, ...]
    whole: tuple[RuleStory, ...] = ()
    disabled: tuple[tuple[str, str], ...] = ()

    @property
    def outcome(self) -> Outcome:
        """The outcome of the claim."""
        return self.review.outcome

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape."""
        return {
            "claim_id": self.review.claim_id,
            "policy": self.review.policy,
            "packs": dict(sorted(self.review.packs.items())),
            "outcome": self.outcome,
            "notes": list(self.review.notes),
            "whole_claim": [story.to_dict() for story in self.whole],
            "lines": [line.to_dict() for line in self.lines],
            "disabled": [{"rule": rule, "reason": reason} for rule, reason in self.disabled],
        }


def explain(
    engine: Engine,
    claim: Claim,
    policy: str | None = None,
    as_of: dt.date | None = None,
    line: int | None = None,
    *,
    supplied: Mapping[LineKey, Any] | None = None,
    history: Iterable[HistoryLine] | None = None,
) -> Explanation:
    """Explain the review of a claim.

    Args:
        engine: Reviews it.
        claim: The claim.
        policy: The id of the pack to review it by; absent: routed.
        as_of: Use the pack versions that were known on this date.
        line: The number of the only line to explain.
        supplied: Facts beyond the claim's own, as `payerpack.Engine.review` takes them.
        history: Earlier lines for this review alone.

    Raises:
        ClaimError: The claim has no such line.
        PackError: The policy cannot be used.
        RoutingError: Two packs describe the claim equally closely.
    """
    if line is not None and line not in {one.number for one in claim.lines}:
        there = ", ".join(str(one.number) for one in claim.lines)
        raise ClaimError(Problem(f"line {line}", f"the claim has no such line; its lines are {there}"))
    notes: tuple[str, ...] = ()
    if policy is None:
        chosen, notes = engine.policy_of(claim, as_of)
    else:
        chosen = engine.policy(policy, as_of, min((one.service_date for one in claim.lines), default=None))
    past = None if history is None else MemoryHistory(history)
    review = chosen.review(claim, as_of, supplied=supplied, history=past, notes=notes)
    # The same again in a context of our own: afterwards it knows which lines stand and what wrappers changed.
    environment = chosen.environment if past is None else attrs.evolve(chosen.environment, history=past)
    context = Context(claim, environment, as_of, supplied)
    chosen.found(claim, context)
    teller = _Teller(chosen, review, context)
    outcomes = {outcome.number: outcome for outcome in review.lines}
    return Explanation(
        review,
        tuple(teller.line(one, outcomes[one.number]) for one in claim.lines if line in {None, one.number}),
        tuple(_found_elsewhere(finding) for finding in review.findings if not finding.lines),
        tuple(_disabled(chosen)),
    )


@attrs.frozen(slots=True, eq=False)
class _Teller:
    """Tells the stories of one review."""

    policy: Policy
    review: Review
    context: Context
    on_line: dict[int, list[Finding]] = attrs.field(init=False)

    @on_line.default
    def _by_line(self) -> dict[int, list[Finding]]:
        found: dict[int, list[Finding]] = {}
        for finding in self.review.findings:
            for number in finding.lines:
                found.setdefault(number, []).append(finding)
        return found

    def line(self, line: ServiceLine, outcome: LineOutcome) -> LineStory:
        compiled = self.policy.compiled
        rules = [*compiled.rules, *(builtin.rule for builtin in compiled.builtins)]
        told = [self.rule(rule, line) for rule in rules if rule.describes(line.code)]
        stories = [story for stories in told for story in stories]
        known = {id(story.finding) for story in stories}
        stories += (
            _found_elsewhere(finding) for finding in self.on_line.get(line.number, ()) if id(finding) not in known
        )
        stories.sort(key=lambda story: (not _decides(story, outcome), story.sort_key()))
        return LineStory(line, outcome, tuple(stories), len(rules) - sum(map(bool, told)))

    def rule(self, rule: CompiledRule, line: ServiceLine) -> list[RuleStory]:
        """Return what a rule made of a line: a story, or one for each finding; none when it is about other codes."""
        trace = trace_rule(rule, line, self.context)
        if trace.result == "other code":
            return []
        story = RuleStory(
            trace.rule,
            trace.result,
            "",
            trace.steps,
            tuple(self.unknown(trace, rule, line)),
            trace.overridden,
            rule.base.stamp.source,
            monitored=trace.monitored,
        )
        if trace.result not in {"fired", "undecided"}:
            return [attrs.evolve(story, because=self.because(story, rule, line))]
        on = {line.number} if trace.finding is None or "builtin" in rule.source.data else set(trace.finding.lines)
        there = (f for number in sorted(on) for f in self.on_line.get(number, ()) if f.rule == trace.rule)
        found = list({id(finding): finding for finding in there}.values())
        if not found:
            result, because = self.silence(story, rule, line)
            return [attrs.evolve(story, result=result, because=because)]
        return [attrs.evolve(story, because=_said(finding, line), finding=finding) for finding in found]

    def unknown(self, trace: Trace, rule: CompiledRule, line: ServiceLine) -> Iterator[str]:
        """Yield the facts that kept conditions from being decided: unknown ones, and those on which sources disagree."""
        day = rule.base.clock.day(line, self.context)
        body = None if day is None else rule.body_on(day)
        undecided = {step.name for step in trace.steps if step.holds is None}
        seen = dict.fromkeys(
            fact.name
            for condition in (() if body is None else _conditions(body))
            if condition.name in undecided
            for fact in condition.facts()
            if fact.read(line, self.context) in {UNKNOWN, CONFLICT}
        )
        yield from seen

    def because(self, story: RuleStory, rule: CompiledRule, line: ServiceLine) -> str:
        """Say why a rule did not fire."""
        last = story.steps[-1] if story.steps else Step("", None)
        if story.result == "not in force":
            day = rule.base.clock.day(line, self.context)
            if day is None:
                return "the claim lacks the date that dates it"
            if rule.body_on(day) is None:
                return "an override disables it on this date"
            return f"it is in force from {last.wanted}, and the date is {last.observed}"
        if story.result == "not fired":
            return _HELD[next((name for name in CLAUSES if name in rule.source.data), "builtin")]
        if story.result == "unknown":
            return _are_unknown(story.unknown)
        seen = last.observed if last.name.endswith(_GROUPS) else f"{_PLACE.sub('', last.name)} is {last.observed}"
        if story.result == "excused":
            return f"excused, because {seen}" if last.observed else f"excused by {last.name}"
        return f"{seen}, and the rule asks for {last.wanted}" if last.wanted else f"{seen or last.name} does not hold"

    def silence(self, story: RuleStory, rule: CompiledRule, line: ServiceLine) -> tuple[Result, str]:
        """Say why a rule whose conditions hold found nothing that stands."""
        changes: Sequence[Change] = self.context.cache.get(CHANGES, ())
        for change in changes:
            if any(gone.rule == story.rule and line.number in gone.lines for gone in change.removed):
                return "removed", f"the plugin {change.plugin} {change.version} removed what it found"
        if "builtin" in rule.source.data:
            if all(plugin.name in _EVERYWHERE for plugin in self.policy.plan.registered):
                return "not run", "no plugin of this policy runs it"
            return "not fired", _HELD["builtin"]
        return "undecided", f"{_are_unknown(story.unknown)}, and the rule lets that pass"


def _decides(story: RuleStory, outcome: LineOutcome) -> bool:
    return story.rule == outcome.primary and story.finding is not None and story.finding.action == outcome.outcome


def _said(finding: Finding, line: ServiceLine) -> str:
    elsewhere = f"on line {', '.join(map(str, finding.lines))}: " if line.number not in finding.lines else ""
    return elsewhere + finding.message


def _found_elsewhere(finding: Finding) -> RuleStory:
    """Return the story of a finding that no rule of a pack tells: a plugin found it, or a rule on another line."""
    return RuleStory(
        finding.rule, "fired", finding.message, source=finding.source, finding=finding, monitored=finding.monitored
    )


def _conditions(body: Body) -> Iterator[Condition]:
    yield from body.when
    if isinstance(body.clause, Require):
        yield from body.clause.conditions
    for excuse in body.excuses:
        yield from excuse.conditions


def _are_unknown(facts: Sequence[str]) -> str:
    if not facts:
        return "what it asks for is unknown"
    return f"{facts[0]} is unknown" if len(facts) == 1 else f"{', '.join(facts[:-1])} and {facts[-1]} are unknown"


def _disabled(policy: Policy) -> Iterator[tuple[str, str]]:
    for rule in policy.compiled.policy.rules:
        for scope in rule.disabled:
            dates = scope.effective
            when = (
                f" from {dates.start or 'the beginning'} to {dates.end or 'further notice'}"
                if dates.start or dates.end
                else ""
            )
            yield rule.id, f"{scope.pack} disables it{when}: {scope.reason}"

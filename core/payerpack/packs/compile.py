"""From a resolved policy to what runs: rules indexed by procedure code, cascades, and the builtin rules for plugins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import attrs

from payerpack.claim import Claim, ServiceLine
from payerpack.codes import CodeSet
from payerpack.context import Context
from payerpack.dates import ALWAYS, DateRange
from payerpack.errors import PackError
from payerpack.facts import CATALOGUE, Catalogue, Fact, free_fact
from payerpack.finding import STAGES, Finding, Stage
from payerpack.hookspecs import hookimpl
from payerpack.packs.bodies import Body, BodyCompiler
from payerpack.packs.builtin_rules import Builtin
from payerpack.packs.conditions import Conditions
from payerpack.packs.diagnostics import problems
from payerpack.packs.faults import Faults
from payerpack.packs.index import KNOWN_CODES, CodeIndex
from payerpack.packs.model import Fault, ResolvedPolicy, ResolvedRule
from payerpack.packs.quick import Quick, always, quick

_NO_VALUES: Final[Mapping[str, Any]] = {}


@attrs.frozen(slots=True, eq=False, repr=False)
class CompiledRule:
    """A rule with all its dated variants.

    Attributes:
        source: The rule as resolved.
        base: The body that holds when no variant does.
        variants: Bodies inside the dates of dated overrides; the first that contains the date wins.
        disabled: Dates, on the rule's own clock, in which an override disables it.
        steady: The base holds on every date.
    """

    source: ResolvedRule
    base: Body
    variants: tuple[tuple[DateRange, Body], ...] = ()
    disabled: tuple[DateRange, ...] = ()
    steady: bool = attrs.field(init=False)

    @steady.default
    def _is_steady(self) -> bool:
        return not self.variants and not self.disabled and self.base.clock.dates == ALWAYS

    @property
    def id(self) -> str:
        """``pack-id:rule-id``."""
        return self.source.id

    @property
    def stage(self) -> Stage:
        """The hook it runs in."""
        return self.base.stamp.stage

    @property
    def cascades(self) -> bool:
        """Whether it asks for standing lines, and so looks again after everything else."""
        return any(body.cascades for body in self.bodies())

    def bodies(self) -> Iterator[Body]:
        """Yield every body."""
        for _, body in self.variants:
            yield body
        yield self.base

    def body_on(self, day: dt.date) -> Body | None:
        """Return the body for a date on the rule's own clock, or ``None`` when an override disables it then."""
        if any(day in dates for dates in self.disabled):
            return None
        return next((body for dates, body in self.variants if day in dates), self.base)

    def describes(self, code: str) -> bool:
        """Say whether the rule may concern a line of that code."""
        return any(body.codes is None or body.codes(code) for body in self.bodies())

    def quick(self) -> Quick:
        """Return the rule as an index has it, over all its variants."""
        if not self.variants and not self.disabled:
            return quick(self.base)
        roads = {id(body): quick(body) for body in self.bodies()}
        by_code = {id(body): body.codes for body in self.bodies()}
        clock, body_on = self.base.clock, self.body_on

        def check(_held: bool | None, line: ServiceLine, context: Context, out: list[Finding]) -> None:
            day = clock.day(line, context)
            body = None if day is None else body_on(day)
            if body is None:
                return
            codes = by_code[id(body)]
            if codes is None or codes(line.code):
                roads[id(body)].decide(line, context, out)

        return Quick(always, check)


Concerning = tuple[CompiledRule, "Conditions | None"]
"""A rule and the conditions of its ``when`` beside the code; ``None`` when the date picks one of several bodies."""


def declared_facts(policy: ResolvedPolicy) -> Iterator[Fact]:
    """Yield the facts that the chain's ``[facts]`` declare."""
    for declared in policy.facts:
        fact = free_fact(declared.name, declared.type, many=declared.many, meaning=declared.meaning)
        yield attrs.evolve(fact, values=declared.values)


class CompiledPolicy:
    """Everything of a policy's packs that runs; one object, no state per claim, shared by threads.

    Attributes:
        policy: The policy as resolved.
        catalogue: The facts its rules may ask about.
        rules: Its rules, by id, those with ``builtin`` left out.
        builtins: Its rules with ``builtin``.
        sets: The code sets of its chain; the nearest pack's name wins.
        proposes: Whether a finding of its rules may propose a change.
    """

    def __init__(self, policy: ResolvedPolicy, catalogue: Catalogue = CATALOGUE) -> None:
        """Compile a policy.

        Raises:
            PackError: Rules ask about facts that do not exist, or with matchers of the wrong type; all of them.
        """
        self.policy = policy
        self.catalogue = catalogue.with_facts(declared_facts(policy))
        found: list[Fault] = []
        compiled: list[CompiledRule] = []
        builtins: list[Builtin] = []
        for rule in policy.rules:
            faults = Faults(rule, self.catalogue)
            made = self._rule(rule, faults)
            found += faults.found
            if any(not scope.effective.start and not scope.effective.end for scope in rule.disabled):
                continue
            if "builtin" in rule.data:
                parameters: dict[int, Mapping[str, Any]] = {
                    id(body): data.get("parameters", {}) for body, data in self._trees(made)
                }
                builtins.append(Builtin(made, str(rule.data["builtin"]), faults, parameters=parameters))
            else:
                compiled.append(made)
        if found:
            raise PackError(*problems(tuple(dict.fromkeys(found))))
        self.rules = tuple(sorted(compiled, key=lambda rule: rule.id))
        self.builtins = tuple(sorted(builtins, key=lambda rule: rule.id))
        nearest_last = sorted(policy.rules, key=lambda rule: -rule.depth)
        scopes = {id(rule.sets): rule.sets for rule in nearest_last}  # the rules of one pack share theirs
        self.sets: Mapping[str, CodeSet] = {name: codes for sets in scopes.values() for name, codes in sets.items()}
        roads = [(rule, rule.quick()) for rule in self.rules]
        judged = [road for road in roads if not road[0].cascades]
        cascading = [road for road in roads if road[0].cascades]
        self._all = CodeIndex(judged)
        self._stages = {stage: CodeIndex([one for one in judged if one[0].stage == stage]) for stage in STAGES}
        self._cascade = CodeIndex(cascading)
        self.proposes = any(
            outcome.proposes for rule in self.rules for body in rule.bodies() for outcome in body.consequences()
        )
        self.has_cascade = bool(cascading)
        self._concerning: dict[str, tuple[Concerning, ...]] = {}

    def _rule(self, rule: ResolvedRule, faults: Faults) -> CompiledRule:
        pack = next(pack for pack in self.policy.chain if pack.id == rule.pack)
        compiler = BodyCompiler(rule, faults, self.policy.tables, pack.effective)
        return CompiledRule(
            rule,
            compiler.compile(rule.data),
            tuple((dates, compiler.compile(data)) for dates, data in rule.variants),
            tuple(scope.effective for scope in rule.disabled),
        )

    @staticmethod
    def _trees(rule: CompiledRule) -> Iterator[tuple[Body, Mapping[str, Any]]]:
        yield rule.base, rule.source.data
        for (_, body), (_, data) in zip(rule.variants, rule.source.variants, strict=True):
            yield body, data

    def concerning(self, code: str) -> tuple[Concerning, ...]:
        """Return the rules that may concern a line of that code, by id, with what is left to ask of such a line."""
        found = self._concerning.get(code)
        if found is None:
            rules = (rule for rule in self.rules if rule.describes(code))
            found = tuple((rule, rule.base.left() if rule.steady else None) for rule in rules)
            if len(self._concerning) < KNOWN_CODES:
                self._concerning[code] = found
        return found

    @property
    def fused(self) -> Callable[[Claim, Context], list[Finding]]:
        """What all stages find, in one pass over the lines; equals the four hooks together."""
        return self._all.run

    @property
    def cascade(self) -> Callable[[Claim, Context], list[Finding]] | None:
        """What the rules that ask for standing lines find, given the lines denied so far; absent without such rules."""
        return self._cascade.run if self.has_cascade else None

    @hookimpl
    def check_eligibility(self, claim: Claim, context: Context) -> list[Finding]:
        """Run the rules of the stage."""
        return self._stages["eligibility"].run(claim, context)

    @hookimpl
    def check_modifiers(self, claim: Claim, context: Context) -> list[Finding]:
        """Run the rules of the stage."""
        return self._stages["modifiers"].run(claim, context)

    @hookimpl
    def check_bundling(self, claim: Claim, context: Context) -> list[Finding]:
        """Run the rules of the stage."""
        return self._stages["bundling"].run(claim, context)

    @hookimpl
    def check_frequency(self, claim: Claim, context: Context) -> list[Finding]:
        """Run the rules of the stage."""
        return self._stages["frequency"].run(claim, context)

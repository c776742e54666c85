"""The index: for every procedure code the rules that a line of it has to meet, ordered by what they ask of the line.

What a rule asks of the whole claim is asked once a claim or date, and what the claim cannot fulfil is not asked at all:
rules about modifiers of a line that has none, rules about other lines of a claim that has no line of their codes.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from payerpack.claim import Claim, ServiceLine
from payerpack.context import Context
from payerpack.finding import Finding
from payerpack.packs.matchers import Test
from payerpack.packs.quick import Check, Quick

_KNOWN_CODES: Final = 50_000
"""How many codes an index remembers; codes come from outside, so memory must have a bound."""
_GATE_SIZE: Final = 256
"""How many codes a gate joins; past that it is nearly always open, and every code has gates of its own."""
_CODE: Final = operator.attrgetter("code")
_FULFILS: Final = operator.attrgetter("fulfils")

Screened = tuple[Test, Check]
"""A rule: the screen that most lines do not pass, and the check that decides."""
Gate = tuple[frozenset[str], tuple[Screened, ...]]
"""Codes of which another line must have one, and the rules that need it."""
Entries = tuple[tuple[Screened, ...], tuple[Screened, ...], tuple[Screened, ...], tuple[Gate, ...]]
"""Rules whose screen must be true; those whose screen must not be; those about modifiers; those about other lines."""


class Indexed(Protocol):
    """What an index needs of a rule."""

    def describes(self, code: str) -> bool:
        """Say whether the rule may concern a line of that code."""

    def quick(self) -> Quick:
        """Return its quick road."""


class CodeIndex(dict[str, Entries]):
    """The rules that a line of some code has to meet, found once per code."""

    def __init__(self, rules: Sequence[Indexed]) -> None:
        super().__init__()
        made = [(rule, rule.quick()) for rule in rules]
        self._rules = [(rule, road) for rule, road in made if not road.claim_wide]
        self._wide = [road for _, road in made if road.claim_wide]

    def __missing__(self, code: str) -> Entries:
        entries = _entries(code, [road for rule, road in self._rules if rule.describes(code)])
        if len(self) < _KNOWN_CODES:
            self[code] = entries
        return entries

    def run(self, claim: Claim, context: Context) -> list[Finding]:
        """Return what the rules find on the claim's lines."""
        out: list[Finding] = []
        lines = claim.lines
        several, codes = len(lines) > 1, None
        wide, passed, day = self._wide, _NONE, None
        for line in lines:
            wanted, unwanted, modifying, gates = self[line.code]
            for screen, check in wanted:
                if screen(line, context):
                    check(True, line, context, out)
            for screen, check in unwanted:
                held = screen(line, context)
                if not held:
                    check(held, line, context, out)
            if modifying and line.modifiers:
                for screen, check in modifying:
                    if screen(line, context):
                        check(True, line, context, out)
            if gates and several:
                codes = codes or frozenset(map(_CODE, lines))
                for partners, screened in gates:
                    if not partners.isdisjoint(codes):
                        for screen, check in screened:
                            if screen(line, context):
                                check(True, line, context, out)
            if wide:
                if line.service_date != day:
                    passed = _passed(wide, line, context)
                    day = None if context.given else line.service_date  # what is given may be of one line
                for held, check in passed:
                    check(held, line, context, out)
        return out


def _passed(roads: Iterable[Quick], line: ServiceLine, context: Context) -> list[tuple[bool | None, Check]]:
    """Return the checks of the rules whose screen a line passes, each with the screen's answer."""
    passed = []
    for road in roads:
        held = road.screen(line, context)
        if (not held) if road.fulfils else held:
            passed.append((held, road.check))
    return passed


def _entries(code: str, met: Sequence[Quick]) -> Entries:
    """Sort the rules that a code meets by what they ask of a line."""
    if not met:
        return _NOTHING
    gated: list[tuple[frozenset[str], Screened]] = []
    wanted: list[Screened] = []
    unwanted: list[Screened] = []
    modifying: list[Screened] = []
    for road in met:
        screened = (road.screen, road.check)
        if road.fulfils:
            unwanted.append(screened)
            continue
        partners = None if road.partners is None else road.partners(code)
        if partners is not None:
            gated.append((partners, screened))
        else:
            (modifying if road.modified else wanted).append(screened)
    return tuple(wanted), tuple(unwanted), tuple(modifying), tuple(_gates(gated))


def _gates(gated: Iterable[tuple[frozenset[str], Screened]]) -> Iterable[Gate]:
    """Join rules behind common gates, smallest first, so that most lines are told once that they have no partner."""
    codes: frozenset[str] = frozenset()
    behind: list[Screened] = []
    for partners, screened in sorted(gated, key=lambda one: len(one[0])):
        joined = codes | partners
        if behind and len(joined) > _GATE_SIZE:
            yield codes, tuple(behind)
            behind, joined = [], partners
        codes = joined
        behind.append(screened)
    if behind:
        yield codes, tuple(behind)


_NONE: Final[list[tuple[bool | None, Check]]] = []
_NOTHING: Final[Entries] = ((), (), (), ())

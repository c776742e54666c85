"""The index: for every procedure code the rules that a line of it has to meet, ordered by what they ask of the line.

What a rule asks of the whole claim is asked once a claim or date, and what the claim cannot fulfil is not asked at all:
rules about modifiers of a line that has none, rules about other lines of a claim that has no line of their codes.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, Protocol

from payerpack.claim import Claim, ServiceLine
from payerpack.context import Context
from payerpack.finding import Finding
from payerpack.packs.companions import twice
from payerpack.packs.quick import Check, Quick
from payerpack.packs.truth import Test

KNOWN_CODES: Final = 50_000
"""How many codes an index remembers; codes come from outside, so memory must have a bound."""
_CODE: Final = operator.attrgetter("code")
_GATE_SIZE: Final = 32
"""How many codes a gate joins; one of many codes is open too often to be worth sharing."""

Codes = frozenset[str]
Screened = tuple[Test, Check]
"""A rule: the screen that most lines do not pass, and the check that decides."""
Gate = tuple[Codes, tuple[Screened, ...]]
"""Codes of which another line must have one, and the rules that need it."""


class Asked(NamedTuple):
    """The rules of a code that a line has to be asked about, whatever else its claim has.

    Attributes:
        wanted: Rules whose screen must be true.
        unwanted: Rules whose screen must not be true.
        modifying: Rules whose screen is not true of a line without modifiers.
        needing: Rules whose screen must not be true, and is not unless another line has one of the codes.
        gates: Rules whose screen is not true unless another line has one of the codes, by sets of such codes.
    """

    wanted: tuple[Screened, ...]
    unwanted: tuple[Screened, ...]
    modifying: tuple[Screened, ...]
    needing: tuple[tuple[Codes, Test, Check], ...]
    gates: tuple[Gate, ...]


Entries = tuple[Codes, tuple[Screened, ...], "Asked | None"]
"""The first gate, the rules behind it, and all other rules where there are any: most codes have nothing but a gate."""


class Indexed(Protocol):
    """What an index needs of a rule."""

    def describes(self, code: str) -> bool:
        """Say whether the rule may concern a line of that code."""


class CodeIndex(dict[str, Entries]):
    """The rules that a line of some code has to meet, found once per code."""

    def __init__(self, rules: Sequence[tuple[Indexed, Quick]]) -> None:
        super().__init__()
        self._rules = [(rule, road) for rule, road in rules if not road.claim_wide]
        self._wide = tuple((road.screen, road.fulfils, road.check) for _, road in rules if road.claim_wide)

    def __missing__(self, code: str) -> Entries:
        entries = _entries(code, [road for rule, road in self._rules if rule.describes(code)])
        if len(self) < KNOWN_CODES:
            self[code] = entries
        return entries

    def run(self, claim: Claim, context: Context) -> list[Finding]:
        """Return what the rules find on the claim's lines."""
        out: list[Finding] = []
        lines = claim.lines
        codes = frozenset(map(_CODE, lines))
        if len(codes) < len(lines):
            codes = _with_repeated(codes, lines)
        for line in lines:
            partners, gated, asked = self[line.code]
            if not partners.isdisjoint(codes):
                for screen, check in gated:
                    if screen(line, context):
                        check(True, line, context, out)
            if asked is not None:
                _ask(asked, line, context, codes, out)
        if self._wide:
            self._run_wide(lines, context, out)
        return out

    def _run_wide(self, lines: Sequence[ServiceLine], context: Context, out: list[Finding]) -> None:
        """Run the rules that ask the claim something: the lines of one date get one answer."""
        day, passed = None, _NONE_PASSED
        for line in lines:
            if line.service_date != day:
                day = None if context.given else line.service_date  # what is given may be of one line
                passed = _NONE_PASSED
                for screen, fulfils, check in self._wide:
                    held = screen(line, context)
                    if (not held) if fulfils else held:
                        passed = (*passed, (held, check))
            if passed:
                for held, check in passed:
                    check(held, line, context, out)


def _ask(asked: Asked, line: ServiceLine, context: Context, codes: Codes, out: list[Finding]) -> None:
    """Let a line meet the rules of its code."""
    wanted, unwanted, modifying, needing, gates = asked
    # Most of these are empty, and looking is quicker than a loop over nothing.
    if wanted:
        for screen, check in wanted:
            if screen(line, context):
                check(True, line, context, out)
    if unwanted:
        for screen, check in unwanted:
            held = screen(line, context)
            if not held:
                check(held, line, context, out)
    if modifying and line.modifiers:
        for screen, check in modifying:
            if screen(line, context):
                check(True, line, context, out)
    if needing:
        for partners, screen, check in needing:
            held = not partners.isdisjoint(codes) and screen(line, context)
            if not held:
                check(held, line, context, out)
    if gates:
        for partners, gated in gates:
            if not partners.isdisjoint(codes):
                for screen, check in gated:
                    if screen(line, context):
                        check(True, line, context, out)


def _with_repeated(codes: Codes, lines: Sequence[ServiceLine]) -> Codes:
    """Return the codes of a claim's lines and, of each that several lines have, `twice` the code."""
    once = set(codes)
    repeated = []
    for line in lines:
        if line.code in once:
            once.remove(line.code)
        else:
            repeated.append(twice(line.code))
    return codes.union(repeated)


def _entries(code: str, met: Sequence[Quick]) -> Entries:
    """Sort the rules that a code meets by what they ask of a line."""
    if not met:
        return _NOTHING
    wanted: list[Screened] = []
    unwanted: list[Screened] = []
    modifying: list[Screened] = []
    needing: list[tuple[Codes, Test, Check]] = []
    gated: list[tuple[Codes, Screened]] = []
    for road in met:
        partners = None if road.partners is None else road.partners(code)
        if road.fulfils:
            unwanted.append(road.screened) if partners is None else needing.append((partners, *road.screened))
        elif partners is not None:
            gated.append((partners, road.screened))
        elif road.modified:
            modifying.append(road.screened)
        else:
            wanted.append(road.screened)
    gates = tuple(_gates(gated)) or (_NO_GATE,)
    asked = Asked(tuple(wanted), tuple(unwanted), tuple(modifying), tuple(needing), gates[1:])
    return (*gates[0], asked if len(met) > len(gates[0][1]) else None)


def _gates(gated: Iterable[tuple[Codes, Screened]]) -> Iterable[Gate]:
    """Join rules behind common gates, smallest first, so that most lines are told once that they have no partner."""
    codes: Codes = frozenset()
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


_NO_CODES: Final[Codes] = frozenset()
_NONE_PASSED: Final[tuple[tuple[bool | None, Check], ...]] = ()
_NO_GATE: Final[Gate] = (_NO_CODES, ())
_NOTHING: Final[Entries] = (*_NO_GATE, None)

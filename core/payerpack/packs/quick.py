"""The quick road of a rule: the one test to ask first, and the check of what passes it.

Both are made of the conditions and the clause that ``trace`` explains with, so there is one source of truth. Most lines
stop at the first test; the index (see ``index``) asks it, and may know already that a line cannot pass.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from payerpack.claim import ServiceLine
from payerpack.context import Context
from payerpack.dates import ALWAYS
from payerpack.finding import Finding
from payerpack.packs.clauses import FIRES, UNDECIDED, Conflicts, Needs, Require
from payerpack.packs.conditions import Condition, Conditions, Partners
from payerpack.packs.limits import Limit
from payerpack.packs.outcomes import build
from payerpack.packs.truth import Test

if TYPE_CHECKING:
    from payerpack.packs.bodies import Body

Check = Callable[["bool | None", ServiceLine, Context, list[Finding]], None]
"""Decides about a line that passed the screen, given the screen's answer, and adds what it finds."""


@attrs.frozen(slots=True, eq=False, repr=False)
class Quick:
    """A rule as an index has it.

    Attributes:
        screen: The test asked first.
        check: Decides about a line that passed.
        fulfils: The screen is what the rule asks for, so a line passes unless it is true; else a line passes when it is.
        modified: Only a line with modifiers can pass.
        claim_wide: All lines of one service date get the screen's same answer.
        partners: The codes of which another line must have one, by the line's own code; see `Companion.partners`.
    """

    screen: Test
    check: Check
    fulfils: bool = False
    modified: bool = False
    claim_wide: bool = False
    partners: Partners | None = None

    @property
    def screened(self) -> tuple[Test, Check]:
        """The screen and the check."""
        return self.screen, self.check

    def decide(self, line: ServiceLine, context: Context, out: list[Finding]) -> None:
        """Let the rule decide about one line."""
        held = self.screen(line, context)
        if (not held) if self.fulfils else held:
            self.check(held, line, context, out)


def quick(body: Body) -> Quick:
    """Return the quick road of a rule without dated variants, for lines whose code ``when`` does not rule out."""
    left, clause = body.left(), body.clause
    with_line = next((condition for condition in left if condition.partners is not None), None)
    modified = any(condition.asks_for_modifiers for condition in left)
    partners = None if with_line is None else with_line.partners
    if isinstance(clause, Conflicts) and partners is None:
        partners = clause.companion.partners
    elif isinstance(clause, Needs) and _asks(body) and not left:
        partners = clause.companion.partners  # the screen is what the rule asks for: without a partner it fires

    def made(
        screen: Test, rest: Conditions, *, fulfils: bool = False, in_force: bool = False, wide: bool = False
    ) -> Quick:
        check = _check(body, rest, asked=fulfils, in_force=in_force)
        return Quick(screen, check, fulfils, modified, wide and body.codes is None, partners)

    # Most lines lack what a condition asks for, and fulfil what asks for something not to be.
    first = next((condition for condition in left if not condition.negative), None)
    near = clause.companion.near() if first is None and isinstance(clause, Conflicts) else None
    if near is not None:
        return made(near, left)
    first = first or next(iter(left), None)
    if first is not None:
        return made(first.test, _without(left, first), wide=first.claim_wide)
    if _asks(body):
        assert isinstance(clause, (Require, Needs))
        wide = isinstance(clause, Require) and all(condition.claim_wide for condition in clause.conditions)
        return made(clause.fulfilled, (), fulfils=True, wide=wide)
    if isinstance(clause, Limit):
        return made(clause.screen(), ())
    if body.clock.dates != ALWAYS:
        return made(body.clock.test(), (), in_force=True)
    return made(always, ())


def _without(conditions: Conditions, asked: Condition) -> Conditions:
    return tuple(condition for condition in conditions if condition is not asked)


def always(_line: ServiceLine, _context: Context) -> bool:
    """Let every line pass."""
    return True


def _asks(body: Body) -> bool:
    """Say whether a rule fires on every line that does not fulfil its clause."""
    clause = body.clause
    return isinstance(clause, Require) or (isinstance(clause, Needs) and clause.companion.pairs is None)


def _check(body: Body, rest: Conditions, *, asked: bool, in_force: bool) -> Check:
    """Return the check of a rule.

    Args:
        body: The rule.
        rest: The conditions of ``when`` that neither the index nor the screen has answered.
        asked: Whether the screen was the clause itself, so that its answer need not be had again.
        in_force: Whether the screen was the rule's dates.
    """
    tests = tuple(condition.test for condition in rest)
    if _asks(body):
        check = _asking(body, tests, asked)
    elif body.clause is None and not body.excuses:
        check = _direct(body, tests)
    else:
        check = _judging(body, tests)
    return check if in_force or body.clock.dates == ALWAYS else _dated(body.clock.test(), check)


def _hold(tests: tuple[Test, ...], line: ServiceLine, context: Context) -> bool:
    """Say whether all tests are true; unknown is not."""
    for test in tests:  # noqa: SIM110 - a generator costs twice the tests
        if not test(line, context):
            return False
    return True


def _dated(in_force: Test, check: Check) -> Check:
    def dated(held: bool | None, line: ServiceLine, context: Context, out: list[Finding]) -> None:
        if in_force(line, context):
            check(held, line, context, out)

    return dated


def _direct(body: Body, tests: tuple[Test, ...]) -> Check:
    """Return the check of a rule that fires when its conditions hold."""
    stamp, then = body.stamp, body.then

    def direct(_held: bool | None, line: ServiceLine, context: Context, out: list[Finding]) -> None:
        if tests and not _hold(tests, line, context):
            return
        out.append(build(stamp, then, line, context, FIRES))

    return direct


def _asking(body: Body, tests: tuple[Test, ...], asked: bool) -> Check:
    """Return the check of a rule that fires when its clause is not fulfilled; unknown has an outcome of its own."""
    stamp, then, unknown, excuses, excused = body.stamp, body.then, body.unknown, body.excuses, body.excused
    assert isinstance(body.clause, (Require, Needs))
    fulfilled = body.clause.fulfilled

    def asking(held: bool | None, line: ServiceLine, context: Context, out: list[Finding]) -> None:
        if tests and not _hold(tests, line, context):
            return
        answer = held if asked else fulfilled(line, context)
        if answer or (excuses and excused(line, context, None)):
            return
        if answer is not None:
            out.append(build(stamp, then, line, context, FIRES))
        elif unknown is not None:
            out.append(build(stamp, unknown, line, context, UNDECIDED))

    return asking


def _judging(body: Body, tests: tuple[Test, ...]) -> Check:
    """Return the check of any rule."""
    judge, finding = body.judge, body.finding

    def judging(_held: bool | None, line: ServiceLine, context: Context, out: list[Finding]) -> None:
        if tests and not _hold(tests, line, context):
            return
        verdict = judge(line, context)
        if verdict is not None:
            found = finding(line, context, verdict)
            if found is not None:
                out.append(found)

    return judging

"""The clauses: the one test that a rule may have beside ``when`` and ``unless``.

Each clause judges one line of the claim and answers with a `Verdict`, or ``None`` when it has nothing against it. The
order in which a file lists lines never matters: lines are taken by service date and number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import attrs

from payerpack.claim import ServiceLine
from payerpack.context import Context, Entry
from payerpack.packs.companions import Companion
from payerpack.packs.conditions import Conditions
from payerpack.packs.keys import Keys
from payerpack.packs.truth import Test

Excused = Callable[[ServiceLine, Context, "Entry | None"], bool]
"""Says whether an ``unless`` excuses a line, given the other line that the clause matched."""


@attrs.frozen(slots=True, eq=False, repr=False)
class Verdict:
    """Why a rule fires on a line.

    Attributes:
        other: The line it was held against, or ``None``.
        unknown: The rule cannot be decided and ``on_unknown`` says what follows.
        lines: Numbers of the lines that the finding is about; none: the one that was judged.
        related: Numbers of lines of this claim that take part.
        values: Further values for the message: ``count``, ``max``, ``into``.
        effect: The change that follows from the count, where the rule leaves it open.
    """

    other: Entry | None = None
    unknown: bool = False
    lines: tuple[int, ...] = ()
    related: tuple[int, ...] = ()
    values: Mapping[str, Any] = attrs.field(factory=dict)
    effect: Mapping[str, Any] | None = None


FIRES: Final = Verdict()
UNDECIDED: Final = Verdict(unknown=True)


class Clause(Protocol):
    """What every clause offers."""

    def judge(self, line: ServiceLine, context: Context, excused: Excused) -> Verdict | None:
        """Return why the rule fires on the line, or ``None``."""


def _related(context: Context, other: Entry) -> tuple[int, ...]:
    return (other[0].number,) if other[1] is context else ()


@attrs.frozen(slots=True, eq=False, repr=False)
class Require:
    """``require``: fires when the facts do not hold; unknown facts follow ``on_unknown``."""

    conditions: Conditions
    fulfilled: Test

    def judge(self, line: ServiceLine, context: Context, excused: Excused) -> Verdict | None:
        """Fire when one part is known to be false; undecided when none is and one is unknown."""
        held = self.fulfilled(line, context)
        if held or excused(line, context, None):
            return None
        return UNDECIDED if held is None else FIRES


@attrs.frozen(slots=True, eq=False, repr=False)
class Needs:
    """``needs``: fires when no other line matches."""

    companion: Companion
    fulfilled: Test

    def judge(self, line: ServiceLine, context: Context, excused: Excused) -> Verdict | None:
        """Fire when no line matches; undecided when one only may, or history is needed and there is none."""
        if not self.companion.concerns(line):
            return None
        found = self.fulfilled(line, context)
        if found:
            return None
        if excused(line, context, None):
            return None
        return UNDECIDED if found is None else FIRES


@attrs.frozen(slots=True, eq=False, repr=False)
class Conflicts:
    """``conflicts_with``: fires when another line matches; if each beats the other, only the later one loses.

    Attributes:
        companion: The other line.
        judges: Whether the rule is in force for a line and its ``when`` describes it; settles who loses when both do.
        on_other: ``target = "other"``: the finding is about the other lines.
    """

    companion: Companion
    judges: Test
    on_other: bool = False

    def judge(self, line: ServiceLine, context: Context, excused: Excused) -> Verdict | None:
        """Fire when a line surely matches and nothing excuses it: on the first such, or about all of them."""
        if not self.companion.concerns(line):
            return None
        losers: list[Entry] = []
        for other, sure in self.companion.candidates(line, context):
            if not sure or excused(line, context, other) or self._spared(line, context, other):
                continue
            if not self.on_other:
                return Verdict(other, related=_related(context, other))
            if other[1] is context:  # an earlier claim's line is decided; nothing of this claim can fire on it
                losers.append(other)
        if not losers:
            return None
        return Verdict(losers[0], lines=tuple(loser.number for loser, _ in losers), related=(line.number,))

    def _spared(self, line: ServiceLine, context: Context, other: Entry) -> bool:
        """Say whether each line beats the other and the one that would lose here is the earlier.

        What excuses the later line does not turn the rule on the earlier one: a modifier belongs on one of the two.
        """
        candidate, theirs = other
        if theirs is not context:
            return False
        loser, winner = (candidate, line) if self.on_other else (line, candidate)
        if (loser.service_date, loser.number) > (winner.service_date, winner.number):
            return False
        return (
            self.judges(candidate, theirs) is True
            and self.companion.concerns(candidate)
            and self.companion.matches(candidate, theirs, line, context) is True
        )


@attrs.frozen(slots=True, eq=False, repr=False)
class Combine:
    """``combine``: fires on each of the lines whose distinct codes are all, or at least n, present.

    Attributes:
        codes: The codes that count.
        wanted: How many distinct ones it takes.
        keys: What the lines must share.
        describes: The rule's ``when``; only lines it describes count.
        into: The code they become.
    """

    codes: Callable[[str], bool]
    wanted: int
    keys: Keys
    describes: Test
    into: str

    def judge(self, line: ServiceLine, context: Context, excused: Excused) -> Verdict | None:
        """Fire when the line's group holds enough distinct codes."""
        if not self.codes(line.code):
            return None
        group = [
            other
            for other in context.lines
            if self.codes(other.code)
            and (other is line or self.keys.shared(line, context, other, context))
            and self.describes(other, context) is True
        ]
        if len({other.code for other in group}) < self.wanted or excused(line, context, None):
            return None
        related = tuple(other.number for other in group if other is not line)
        return Verdict(related=related, values={"into": self.into, "count": len(group)}, effect={"into": self.into})


_PROFESSIONAL, _TECHNICAL = frozenset({"26"}), frozenset({"TC"})
_GLOBAL = _PROFESSIONAL | _TECHNICAL


def shares(line: ServiceLine) -> frozenset[str]:
    """Return the component shares a line bills: 26, TC, or both for a global line."""
    if "26" in line.modifiers:
        return _GLOBAL if "TC" in line.modifiers else _PROFESSIONAL
    return _TECHNICAL if "TC" in line.modifiers else _GLOBAL


@attrs.frozen(slots=True, eq=False, repr=False)
class Components:
    """``components``: fires when the line's professional or technical share was billed for the same code and day.

    The later processed loses: an earlier claim's line that is paid beats the line under review; of two lines of one
    claim the later number loses.
    """

    def judge(self, line: ServiceLine, context: Context, excused: Excused) -> Verdict | None:
        """Fire when another line, of any provider, has a share of this one and was processed first."""
        mine = shares(line)
        for other in context.lines:
            if other.number < line.number and self._same_service(line, other) and mine & shares(other):
                entry = (other, context)
                if not excused(line, context, entry):
                    return Verdict(entry, related=(other.number,))
        ours = context.processed_date
        for entry in context.earlier() or ():
            other, theirs = entry
            if theirs.status != "paid" or not self._same_service(line, other) or not mine & shares(other):
                continue
            if theirs.processed is not None and ours is not None and theirs.processed > ours:
                continue
            if not excused(line, context, entry):
                return Verdict(entry)
        return None

    @staticmethod
    def _same_service(line: ServiceLine, other: ServiceLine) -> bool:
        return line.code == other.code and line.service_date == other.service_date

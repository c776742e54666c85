"""What every edit of the baseline is made of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import attrs

from payerpack.baseline.editions.columns import Memo
from payerpack.baseline.options import SILENT, as_action, read_options
from payerpack.baseline.view import EDITED, Setting, View
from payerpack.claim import ServiceLine
from payerpack.context import BuiltinRule, Setup
from payerpack.finding import Adjustment, Cure, Finding

if TYPE_CHECKING:
    from payerpack.baseline.editions.edition import Edition
    from payerpack.baseline.editions.pfs import PfsTable
    from payerpack.baseline.editions.records import PfsRow

_Options = TypeVar("_Options")


@attrs.frozen(slots=True, repr=False)
class Subject:
    """What a line is, as far as CMS's indicators go: two lines with equal subjects get equal verdicts.

    Attributes:
        code: The procedure code.
        modifiers: Its modifiers, in the order submitted.
        day: First day of service.
        setting: Which edits the claim meets.
        fees: The fee schedule that answers for the day, or ``None``.
    """

    code: str
    modifiers: tuple[str, ...]
    day: dt.date
    setting: Setting
    fees: PfsTable | None

    def row(self, modifier: str = "") -> PfsRow | None:
        """Return the fee schedule's row of the code with a modifier."""
        return None if self.fees is None else self.fees.row(self.code, modifier)


@attrs.frozen(slots=True, repr=False)
class Verdict:
    """What an edit says of a subject; absent fields are what the pack's ``then`` says."""

    facts: Mapping[str, Any]
    message: str = ""
    action: str | None = None
    adjustment: Adjustment | None = None
    cure: Cure | None = None


@attrs.frozen(slots=True, repr=False)
class Look:
    """What an edit says of a subject that it cannot judge without the rest of the claim.

    Attributes:
        at: What it found out about the subject already, and gets back with each line of it.
    """

    at: Any = None


Looked = Sequence[tuple[ServiceLine, Any]]
"""Lines that an edit asked to look at, each with `Look.at`."""


class Edit(Generic[_Options]):
    """One builtin rule, ready to judge claims.

    `judge` is asked once for each distinct subject, so that a line without a problem costs a look-up. Where the rest of
    the claim matters it says `Look`, and `consider` gets those lines of a claim; `cascade` gets them once more when all
    rules have spoken. An edit that compares every line has `check` instead. What an edit does not define is never asked.

    Attributes:
        builtin: The name that a rule's ``builtin`` has.
        settings: The settings in which it applies.
        options: The attrs class of its parameters.
        of_modifiers: Whether `judge` has nothing to say of a line without modifiers.
    """

    builtin: ClassVar[str]
    settings: ClassVar[frozenset[Setting]] = EDITED
    options: type[_Options]
    of_modifiers: ClassVar[bool] = False

    def __init__(self, rule: BuiltinRule, setup: Setup) -> None:
        """Bind the test to its rule.

        Raises:
            PackError: The rule has a parameter that the test does not know or cannot use.
        """
        self.rule = rule
        self.edition: Edition | None = setup.edition
        self._sets = setup.sets
        self._by_day: Memo[dt.date, _Options] = Memo()
        self._variants: list[tuple[Mapping[str, Any], _Options]] = []
        for parameters in rule.every_parameters():  # a mistake must surface when the policy is built, not at a claim
            self._read(parameters)

    def options_on(self, day: dt.date) -> _Options:
        """Return the parameters for services of a day; the same object as long as they are the same."""
        found = self._by_day.get(day)
        if found is None:
            found = self._by_day.remember(day, self._read(self.rule.parameters_on(day)))
        return found

    def _read(self, parameters: Mapping[str, Any]) -> _Options:
        for known, options in self._variants:
            if known == parameters:
                return options
        options = read_options(self.options, self.rule.id, parameters, self._sets)
        self._variants.append((parameters, options))
        return options

    def judge(self, subject: Subject) -> Iterable[Verdict | Look]:
        """Say what a line's code and modifiers alone decide."""
        raise NotImplementedError  # only an edit that defines it is asked

    def consider(self, view: View, looked: Looked) -> Iterable[Finding]:
        """Say what the claim decides for the lines that `judge` asked to look at."""
        raise NotImplementedError  # only an edit that defines it is asked

    def cascade(self, view: View, looked: Looked) -> Iterable[Finding]:
        """Say what becomes of these lines now that ``view.context.denied`` are denied; asked until nothing is new."""
        raise NotImplementedError  # only an edit that defines it is asked

    def check(self, view: View, lines: Sequence[ServiceLine]) -> Iterable[Finding]:
        """Say what is wrong with the lines of a claim; there is at least one."""
        raise NotImplementedError  # only an edit that defines it is asked

    def find(
        self,
        view: View,
        line: ServiceLine,
        verdict: Verdict,
        *,
        lines: tuple[int, ...] | None = None,
        related_lines: tuple[int, ...] = (),
    ) -> Iterable[Finding]:
        """Return the finding of a verdict in a tuple; empty where the pack silences it or the rule leaves the line."""
        if verdict.action == SILENT:
            return ()
        found = self.rule.finding(
            line,
            view.context,
            lines=lines,
            related_lines=related_lines,
            action=None if verdict.action is None else as_action(verdict.action),
            adjustment=verdict.adjustment,
            cure=verdict.cure,
            message=verdict.message,
            facts=verdict.facts,
        )
        return () if found is None else (found,)


def implements(edit: Edit[Any], method: str) -> bool:
    """Say whether an edit has a method of its own."""
    return getattr(type(edit), method) is not getattr(Edit, method)

"""Visits and procedures that a surgery's global period includes.

Source:
    CMS NCCI Policy Manual, chapter I, section D; Medicare Claims Processing Manual, chapter 12, section 40.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import attrs

from payerpack.baseline import options as read
from payerpack.baseline.edit import Edit, Look, Looked, Subject, Verdict
from payerpack.baseline.options import NO_CODES
from payerpack.baseline.view import PRACTITIONER, View, provider_key
from payerpack.claim import ServiceLine
from payerpack.codes import CodeSet
from payerpack.context import Entry
from payerpack.finding import Finding

if TYPE_CHECKING:
    from payerpack.baseline.editions.records import PfsRow

_DAYS_AFTER: Final = {"000": 0, "010": 10, "090": 90}
_MAJOR: Final = "090"
_SURGEONS: Final = ((provider_key("rendering_npi"),), (provider_key("billing_group"), provider_key("specialty")))
"""Two lines are one surgeon's where all the keys of one of these agree."""


@attrs.frozen(slots=True, repr=False)
class GlobalPeriodOptions:
    """Parameters of ``builtin = "global-period"``.

    Attributes:
        visit_codes: The visits that the period includes.
        visit_before: Modifiers that make a visit on the eve of a major surgery payable.
        visit_same_day: Modifiers that make a visit on the day of surgery payable.
        visit_after: Modifiers that make a visit after it payable.
        procedure_after: Modifiers that make a procedure after it payable.
        not_the_surgeon: A surgery with one of these leaves the period to somebody else.
        same_group_and_specialty: Whether surgeons of one group and specialty count as one.
    """

    visit_codes: CodeSet = attrs.field(default=NO_CODES, metadata=read.CODES)
    visit_before: frozenset[str] = attrs.field(default=frozenset(("57",)), metadata=read.NAMES)
    visit_same_day: frozenset[str] = attrs.field(default=frozenset(("25", "57")), metadata=read.NAMES)
    visit_after: frozenset[str] = attrs.field(default=frozenset(("24",)), metadata=read.NAMES)
    procedure_after: frozenset[str] = attrs.field(default=frozenset(("58", "78", "79")), metadata=read.NAMES)
    not_the_surgeon: frozenset[str] = attrs.field(default=frozenset(), metadata=read.NAMES)
    same_group_and_specialty: bool = attrs.field(default=True, metadata=read.FLAG)


class _Surgery(NamedTuple):  # a tuple is made in a third of the time, and some claims have one for each line
    entry: Entry
    period: str
    related: tuple[int, ...]


class GlobalPeriod(Edit[GlobalPeriodOptions]):
    """Denies what the surgeon was paid for with the surgery, on this claim or an earlier one.

    A major surgery (090) includes the eve, its day and the 90 days after it; a minor one (010) its day and 10 days, or
    (000) its day. Only procedures with a period of their own are denied after it; imaging and tests are not part of it.
    """

    builtin = "global-period"
    settings = PRACTITIONER
    options = GlobalPeriodOptions

    def judge(self, subject: Subject) -> Iterable[Verdict | Look]:
        """Ask to look at visits and at procedures with a global period."""
        visit = subject.code in self.options_on(subject.day).visit_codes
        period = _period_in(subject.row())
        return (Look((visit, period)),) if visit or period else ()

    def consider(self, view: View, looked: Looked) -> Iterable[Finding]:
        """Look for a surgery whose period each line falls into: those of this claim, then earlier ones that were paid."""
        earlier = view.context.earlier() or ()
        if not earlier and (len(looked) == 1 or (len(view.days) == 1 and _no_visit(looked))):
            return ()  # nothing beside it, or procedures of one day
        surgeries = [_Surgery((line, view.context), period, (line.number,)) for line, (_, period) in looked if period]
        surgeries += [
            _Surgery(entry, period, ())
            for entry in earlier
            if entry[1].status == "paid" and (period := self._period(entry[0]))
        ]
        if not surgeries:
            return ()
        return self._inside(view, looked, surgeries)

    def _inside(self, view: View, looked: Looked, surgeries: Sequence[_Surgery]) -> Iterator[Finding]:
        """Find the lines that fall into the period of a surgery."""
        first = min(surgery.entry[0].service_date for surgery in surgeries)
        for line, (visit, _) in looked:
            if line.service_date <= first and not visit:
                continue
            options = self.options_on(line.service_date)
            for surgery in surgeries:
                excuses = self._excuses(line, visit, surgery, options)
                if (
                    excuses is not None
                    and excuses.isdisjoint(line.modifiers)
                    and self._same_surgeon((line, view.context), surgery.entry, options)
                ):
                    facts = {
                        "surgery": surgery.entry[0].code,
                        "surgery_date": surgery.entry[0].service_date,
                        "global_days": surgery.period,
                        "modifiers_needed": ", ".join(sorted(excuses)),
                    }
                    yield from self.find(view, line, Verdict(facts), related_lines=surgery.related)
                    break

    @staticmethod
    def _excuses(
        line: ServiceLine, visit: bool, surgery: _Surgery, options: GlobalPeriodOptions
    ) -> frozenset[str] | None:
        """Return the modifiers that take a line out of a surgery's period, or ``None`` where it is not in it."""
        operated = surgery.entry[0]
        days = (line.service_date - operated.service_date).days
        if operated is line or not options.not_the_surgeon.isdisjoint(operated.modifiers):
            return None
        if 0 < days <= _DAYS_AFTER[surgery.period]:
            return options.visit_after if visit else options.procedure_after
        if visit and days == 0:
            return options.visit_same_day
        return options.visit_before if visit and days == -1 and surgery.period == _MAJOR else None

    def _period(self, line: ServiceLine) -> str | None:
        fees = None if self.edition is None else self.edition.pfs(line.service_date)
        return _period_in(None if fees is None else fees.row(line.code))

    def _same_surgeon(self, one: Entry, other: Entry, options: GlobalPeriodOptions) -> bool:
        for keys in _SURGEONS if options.same_group_and_specialty else _SURGEONS[:1]:
            mine = [key(*one) for key in keys]
            if all(mine) and mine == [key(*other) for key in keys]:
                return True
        return False


def _no_visit(looked: Looked) -> bool:
    return not any([visit for _, (visit, _) in looked])  # noqa: C419 - twice as quick, and nearly every claim comes here


def _period_in(row: PfsRow | None) -> str | None:
    return row.global_days if row is not None and row.global_days in _DAYS_AFTER else None

"""Visits and procedures that a surgery's global period includes.

Source:
    CMS NCCI Policy Manual, chapter I, section D; Medicare Claims Processing Manual, chapter 12, section 40.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import attrs

from payerpack.baseline import options as read
from payerpack.baseline.edit import LOOK, Edit, Subject, Verdict
from payerpack.baseline.options import NO_CODES
from payerpack.baseline.view import PRACTITIONER, View, provider_key
from payerpack.claim import ServiceLine
from payerpack.codes import CodeSet
from payerpack.context import Entry
from payerpack.finding import Finding

_DAYS_AFTER: Final = {"000": 0, "010": 10, "090": 90}
_MAJOR: Final = "090"


@attrs.frozen(slots=True)
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


class GlobalPeriod(Edit[GlobalPeriodOptions]):
    """Denies what the surgeon was paid for with the surgery, on this claim or an earlier one.

    A major surgery (090) includes the eve, its day and the 90 days after it; a minor one (010) its day and 10 days, or
    (000) its day. Only procedures with a period of their own are denied after it; imaging and tests are not part of it.
    """

    builtin = "global-period"
    settings = PRACTITIONER
    options = GlobalPeriodOptions
    judges = True
    looks = True

    def judge(self, subject: Subject) -> Iterable[Verdict]:
        """Ask to look at visits and at procedures with a global period."""
        visit = subject.code in self.options_on(subject.day).visit_codes
        return (LOOK,) if visit or self._period(subject.code, subject.day) is not None else ()

    def check(self, view: View, lines: Sequence[ServiceLine]) -> Iterable[Finding]:
        """Look for a surgery whose period each line falls into."""
        for line in lines:
            options = self.options_on(line.service_date)
            for entry, period, related in self._surgeries(view, line):
                verdict = self._judge(line, entry[0], period, options)
                if verdict is not None and self._same_surgeon((line, view.context), entry, options):
                    yield from self.find(view, line, verdict, related_lines=related)
                    break

    def _surgeries(self, view: View, line: ServiceLine) -> Iterator[tuple[Entry, str, tuple[int, ...]]]:
        """Yield every surgery beside a line, with its period: those of this claim, then earlier ones that were paid."""
        here = [(other, view.context) for other in view.claim.lines if other is not line]
        paid = [entry for entry in view.context.earlier() or () if entry[1].status == "paid"]
        for entry in (*here, *paid):
            surgery, context = entry
            period = self._period(surgery.code, surgery.service_date)
            if period is not None:
                yield entry, period, (surgery.number,) if context is view.context else ()

    def _judge(
        self, line: ServiceLine, surgery: ServiceLine, period: str, options: GlobalPeriodOptions
    ) -> Verdict | None:
        """Return the verdict on a line if the surgery's period includes it."""
        if not options.not_the_surgeon.isdisjoint(surgery.modifiers):
            return None
        days = (line.service_date - surgery.service_date).days
        visit = line.code in options.visit_codes
        if visit and days == 0:
            excused = options.visit_same_day
        elif visit and days == -1 and period == _MAJOR:
            excused = options.visit_before
        elif 0 < days <= _DAYS_AFTER[period]:
            excused = options.visit_after if visit else options.procedure_after
        else:
            return None
        if not excused.isdisjoint(line.modifiers):
            return None
        facts: dict[str, Any] = {
            "surgery": surgery.code,
            "surgery_date": surgery.service_date,
            "global_days": period,
            "modifiers_needed": ", ".join(sorted(excused)),
        }
        return Verdict(facts)

    def _period(self, code: str, day: dt.date) -> str | None:
        fees = None if self.edition is None else self.edition.pfs(day)
        row = None if fees is None else fees.row(code)
        return row.global_days if row is not None and row.global_days in _DAYS_AFTER else None

    def _same_surgeon(self, one: Entry, other: Entry, options: GlobalPeriodOptions) -> bool:
        keys: tuple[tuple[str, ...], ...] = (("rendering_npi",), ("billing_group", "specialty"))
        for names in keys if options.same_group_and_specialty else keys[:1]:
            mine = [provider_key(name)(*one) for name in names]
            if all(mine) and mine == [provider_key(name)(*other) for name in names]:
                return True
        return False

"""Says what the edition could not answer, so that silence is never taken for a pass.

Such findings have the fact ``gap``, so that a reader (or a pack's test) can tell them from what a rule found.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

import attrs

from payerpack.baseline import options as read
from payerpack.baseline.edit import Edit, Verdict
from payerpack.baseline.view import EVERYWHERE, Setting, View
from payerpack.claim import ServiceLine
from payerpack.context import BuiltinRule, Setup
from payerpack.finding import Finding

_NOT_COVERED: Final = "no edition covers {dates}: {tables}"
_NEAREST: Final = "{dates} {is_} answered from the nearest release held: {tables}"
_ABSENT: Final = "the edition holds no {tables}, so these edits were not asked"


@attrs.frozen(slots=True)
class CoverageOptions:
    """Parameters of ``builtin = "coverage"``.

    Attributes:
        program: ``medicare`` or ``medicaid``: whose tables.
    """

    program: str = attrs.field(default="medicare", metadata=read.TEXT)


@attrs.frozen(slots=True)
class Gaps:
    """What an edition leaves open on one day.

    Attributes:
        told: For each kind of gap its name, what to say of it, and the tables that are meant.
    """

    told: tuple[tuple[str, str, str], ...]

    @classmethod
    def of(cls, uncovered: Sequence[str], nearest: Sequence[str], absent: Sequence[str]) -> Gaps:
        """Collect the gaps of a day."""
        kinds = (("uncovered", _NOT_COVERED, uncovered), ("nearest", _NEAREST, nearest), ("absent", _ABSENT, absent))
        return cls(tuple((kind, message, ", ".join(tables)) for kind, message, tables in kinds if tables))


class Coverage(Edit[CoverageOptions]):
    """Informs once about dates that the tables do not cover, tables that are absent, and claims without edits."""

    builtin = "coverage"
    options = CoverageOptions
    settings = EVERYWHERE

    def __init__(self, rule: BuiltinRule, setup: Setup) -> None:
        super().__init__(rule, setup)
        self._known: dict[tuple[dt.date, Setting], Gaps] = {}

    def check(self, view: View, lines: Sequence[ServiceLine]) -> Iterable[Finding]:
        """Compare the dates of the lines that have a code with what the edition covers."""
        days = {line.service_date for line in lines if line.code}
        if view.setting == "dental" or not days:
            return ()
        if view.setting == "inpatient":
            message = "CMS's edits do not apply to inpatient facility claims: none was asked"
            return self._inform(view, [line for line in lines if line.code], Verdict({"gap": "inpatient"}, message))
        by_gaps: dict[Gaps, list[dt.date]] = {}
        for day in days:
            by_gaps.setdefault(self._gaps(day, view.setting), []).append(day)
        found: list[Finding] = []
        for gaps, same in sorted(by_gaps.items(), key=lambda item: min(item[1])) if len(days) > 1 else by_gaps.items():
            touched = [line for line in lines if line.code and line.service_date in same]
            for kind, message, tables in gaps.told:
                if kind == "absent":
                    view.context.limit(f"the edition holds no {tables}")
                dates = ", ".join(map(str, sorted(same)))
                told = message.replace("{is_}", "is" if len(same) == 1 else "are")
                verdict = Verdict({"gap": kind, "dates": dates, "tables": tables}, told)
                # That an indicator comes from the nearest release says nothing about any one line.
                found += self._inform(view, touched, verdict, whole=kind == "nearest")
        return found

    def _inform(
        self, view: View, lines: Sequence[ServiceLine], verdict: Verdict, *, whole: bool = False
    ) -> Iterable[Finding]:
        numbers = () if whole else tuple(sorted(line.number for line in lines))
        return self.find(view, lines[0], verdict, lines=numbers)

    def _gaps(self, day: dt.date, setting: Setting) -> Gaps:
        found = self._known.get((day, setting))
        if found is None:
            found = self._known[day, setting] = self._gaps_on(day, setting)
        return found

    def _gaps_on(self, day: dt.date, setting: Setting) -> Gaps:
        edition = self.edition
        if edition is None:
            return Gaps.of((), (), ("CPT/NCCI tables",))
        program = self.options_on(day).program
        uncovered, nearest, absent = [], [], []
        ptp = edition.ptp(setting, program)
        if ptp is None:
            absent.append(f"{program} {setting} PTP table")
        elif not ptp.covers(day):
            uncovered.append(f"{ptp.label(day)} answers as far as it knows")
        mue = edition.mue_nearest(setting, day, program)
        if mue is None:
            absent.append(f"{program} {setting} MUE table")
        elif not mue.exact:
            uncovered.append(f"{mue.label} is not asked")
        fees = edition.pfs(day)
        if fees is not None and not fees.exact:
            nearest.append(fees.label)
        others = (edition.add_on, edition.hcpcs)
        nearest += [table.label for table in others if table is not None and not table.covers(day)]
        return Gaps.of(uncovered, nearest, absent)

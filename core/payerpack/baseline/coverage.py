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
from payerpack.baseline.editions.columns import Memo
from payerpack.baseline.view import EVERYWHERE, Setting, View
from payerpack.claim import ServiceLine
from payerpack.context import BuiltinRule, Setup
from payerpack.finding import Finding

_MOST_DAYS: Final = 1000
_NOT_COVERED: Final = "no edition covers {dates}: {tables}"
_NEAREST: Final = "{dates} {is_} answered from the nearest release held: {tables}"
_ABSENT: Final = "the edition holds no {tables}, so these edits were not asked"


@attrs.frozen(slots=True, repr=False)
class CoverageOptions:
    """Parameters of ``builtin = "coverage"``.

    Attributes:
        program: ``medicare`` or ``medicaid``: whose tables.
    """

    program: str = attrs.field(default="medicare", metadata=read.TEXT)


@attrs.frozen(slots=True, repr=False)
class Gap:
    """What an edition leaves open on some of a claim's days.

    Attributes:
        days: The days.
        verdict: What to say of it.
        whole: Whether it says nothing about any one line: an indicator that comes from the nearest release.
        note: What limits the review, or empty.
    """

    days: frozenset[dt.date]
    verdict: Verdict
    whole: bool
    note: str


class Coverage(Edit[CoverageOptions]):
    """Informs once about dates that the tables do not cover, tables that are absent, and claims without edits."""

    builtin = "coverage"
    options = CoverageOptions
    settings = EVERYWHERE

    def __init__(self, rule: BuiltinRule, setup: Setup) -> None:
        super().__init__(rule, setup)
        # What is said of a day, or of the few days of a claim, is said of many claims; an entry is about a kilobyte.
        self._known: Memo[tuple[dt.date, Setting], tuple[tuple[str, str, str], ...]] = Memo(_MOST_DAYS)
        self._prepared: Memo[tuple[Setting, tuple[dt.date, ...]], tuple[Gap, ...]] = Memo(_MOST_DAYS)

    def check(self, view: View, lines: Sequence[ServiceLine]) -> Iterable[Finding]:
        """Compare the dates of the lines that have a code with what the edition covers."""
        if view.setting == "dental" or not view.days:
            return ()
        key = (view.setting, tuple(view.days))
        gaps = self._prepared.get(key)
        if gaps is None:
            gaps = self._prepared.remember(key, self._gaps(view.setting, view.days))
        found: list[Finding] = []
        for gap in gaps:
            if gap.note:
                view.context.limit(gap.note)
            touched = [line for line in lines if line.service_date in gap.days and line.code]
            numbers = () if gap.whole else tuple(sorted(line.number for line in touched))
            found += self.find(view, touched[0], gap.verdict, lines=numbers)
        return found

    def _gaps(self, setting: Setting, days: Sequence[dt.date]) -> tuple[Gap, ...]:
        """Return what the edition leaves open on the days of a claim, those of the earliest day first."""
        if setting == "inpatient":
            message = "CMS's edits do not apply to inpatient facility claims: none was asked"
            return (Gap(frozenset(days), Verdict({"gap": "inpatient"}, message), False, ""),)
        alike: dict[tuple[tuple[str, str, str], ...], list[dt.date]] = {}
        for day in sorted(days):
            alike.setdefault(self._told(day, setting), []).append(day)
        gaps = []
        for told, same in alike.items():
            for kind, message, tables in told:
                dates = ", ".join(map(str, same))
                text = message.replace("{is_}", "is" if len(same) == 1 else "are")
                verdict = Verdict({"gap": kind, "dates": dates, "tables": tables}, text)
                note = f"the edition holds no {tables}" if kind == "absent" else ""
                gaps.append(Gap(frozenset(same), verdict, kind == "nearest", note))
        return tuple(gaps)

    def _told(self, day: dt.date, setting: Setting) -> tuple[tuple[str, str, str], ...]:
        """Return for each kind of gap of a day its name, what to say of it, and the tables that are meant."""
        told = self._known.get((day, setting))
        if told is None:
            uncovered, nearest, absent = self._open_on(day, setting)
            kinds = (
                ("uncovered", _NOT_COVERED, uncovered),
                ("nearest", _NEAREST, nearest),
                ("absent", _ABSENT, absent),
            )
            told = tuple((kind, message, ", ".join(tables)) for kind, message, tables in kinds if tables)
            self._known.remember((day, setting), told)
        return told

    def _open_on(self, day: dt.date, setting: Setting) -> tuple[list[str], list[str], list[str]]:
        """Return the tables that do not cover a day, those whose nearest release answers for it, and those absent."""
        uncovered: list[str] = []
        nearest: list[str] = []
        absent: list[str] = []
        edition = self.edition
        if edition is None:
            return uncovered, nearest, ["CPT/NCCI tables"]
        program = self.options_on(day).program
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
        return uncovered, nearest, absent

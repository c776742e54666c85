"""Says what the edition could not answer, so that silence is never taken for a pass."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import attrs

from payerpack.baseline import options as read
from payerpack.baseline.edit import Edit, Verdict
from payerpack.baseline.view import EDITED, EVERYWHERE, Setting, View
from payerpack.claim import ServiceLine
from payerpack.finding import Finding

_NOT_COVERED: Final = "no edition covers {dates}: {tables}"
_NEAREST: Final = "{dates} is answered from the nearest release held: {tables}"
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
    """What an edition leaves open on one day: tables that do not cover it, that answer from the nearest, or are absent."""

    uncovered: tuple[str, ...]
    nearest: tuple[str, ...]
    absent: tuple[str, ...]


class Coverage(Edit[CoverageOptions]):
    """Informs once about dates that the tables do not cover, tables that are absent, and claims without edits."""

    builtin = "coverage"
    options = CoverageOptions
    settings = EVERYWHERE
    looks = True

    def check(self, view: View, lines: Sequence[ServiceLine]) -> Iterable[Finding]:
        """Compare the dates of the lines that have a code with what the edition covers."""
        coded = [line for line in lines if line.code]
        if not coded:
            return ()
        if view.setting == "inpatient":
            message = "CMS's edits do not apply to inpatient facility claims: none was asked"
            return self.find(view, coded[0], Verdict({}, message), lines=_numbers(coded))
        return list(self._gaps(view, coded)) if view.setting in EDITED else ()

    def _gaps(self, view: View, lines: Sequence[ServiceLine]) -> Iterator[Finding]:
        by_day: dict[dt.date, list[ServiceLine]] = {}
        for line in lines:
            by_day.setdefault(line.service_date, []).append(line)
        gaps = {day: self._gaps_on(day, view.setting) for day in by_day}
        for kind, message in (("uncovered", _NOT_COVERED), ("nearest", _NEAREST), ("absent", _ABSENT)):
            days = sorted(day for day, found in gaps.items() if getattr(found, kind))
            if not days:
                continue
            touched = [line for line in lines if line.service_date in days]
            tables = ", ".join(dict.fromkeys(name for day in days for name in getattr(gaps[day], kind)))
            if kind == "absent":
                view.context.limit(f"the edition holds no {tables}")
            facts = {"gap": kind, "dates": ", ".join(map(str, days)), "tables": tables}
            yield from self.find(view, touched[0], Verdict(facts, message), lines=_numbers(touched))

    def _gaps_on(self, day: dt.date, setting: Setting) -> Gaps:
        edition = self.edition
        if edition is None:
            return Gaps((), (), ("edition",))
        program = self.options_on(day).program
        uncovered, nearest, absent = [], [], []
        ptp = edition.ptp(setting, program)
        if ptp is None:
            absent.append(f"{program} {setting} PTP table")
        elif not ptp.covers(day):
            uncovered.append(f"{ptp.label(day)} answers to the last day it knows")
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
        return Gaps(tuple(uncovered), tuple(nearest), tuple(absent))


def _numbers(lines: Sequence[ServiceLine]) -> tuple[int, ...]:
    return tuple(line.number for line in lines)

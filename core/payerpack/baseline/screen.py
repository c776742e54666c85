"""Judges each distinct code and modifiers once, so that a line without a problem costs a look-up.

A verdict holds for an epoch: a stretch of days with one fee schedule, one quarter of CMS's calendar and the same
parameters. Inside it only a code or modifier that starts or ends in mid-quarter changes anything, so each entry keeps
the days that it is good for.
"""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs

from payerpack.baseline.edit import Edit, Look, Subject, Verdict
from payerpack.baseline.editions.columns import REMEMBERED
from payerpack.baseline.editions.modifiers import modifiers, modifiers_as_of
from payerpack.baseline.editions.quarters import quarter_end, quarter_name, quarter_start
from payerpack.baseline.view import Setting, View, setting_of
from payerpack.claim import Claim, ServiceLine
from payerpack.context import Context
from payerpack.finding import Stage

if TYPE_CHECKING:
    from payerpack.baseline.editions.edition import Edition
    from payerpack.baseline.editions.pfs import PfsTable

# About 2 MB: claims of a practice or a day repeat far fewer.
_MOST_ENTRIES: Final = 5_000
_CODE: Final = operator.attrgetter("code")

_Entry = tuple[int, int, tuple[tuple[Edit[Any], Any], ...], tuple[tuple[Edit[Any], Verdict], ...]]
"""The first and last day that a judgement is good for, what edits want to look at the line with, and their verdicts."""


@attrs.define(slots=True, eq=False, repr=False)
class _Epoch:
    fees: PfsTable | None
    first: int
    last: int
    entries: dict[Setting, dict[tuple[str, tuple[str, ...]], _Entry]]


class Screen:
    """The edits that judge lines by their code and modifiers alone."""

    def __init__(self, edits: Sequence[Edit[Any]], edition: Edition | None) -> None:
        self._edits = tuple(edits)
        self._of_codes = tuple(edit for edit in edits if not edit.of_modifiers)
        self._edition = edition
        self._days: dict[dt.date, _Epoch] = {}
        self._epochs: dict[tuple[Any, ...], _Epoch] = {}
        self._count = 0

    def look(self, claim: Claim, context: Context) -> View:
        """Judge every line of a claim; there is at least one."""
        setting = setting_of(claim)
        lines = context.lines
        days: list[dt.date] = []
        looks: dict[Edit[Any], list[tuple[ServiceLine, Any]]] = {}
        verdicts: dict[Stage, list[tuple[Edit[Any], ServiceLine, Verdict]]] = {}
        day: dt.date | None = None
        entries: dict[tuple[str, tuple[str, ...]], _Entry] = {}
        ordinal = 0
        for line in lines:
            code = line.code
            if not code:
                continue
            if line.service_date != day:
                day = line.service_date
                epoch = self._days.get(day) or self._epoch(day)
                entries = epoch.entries.get(setting) or epoch.entries.setdefault(setting, {})
                ordinal = day.toordinal()
                if day not in days:
                    days.append(day)
            entry = entries.get((code, line.modifiers))
            if entry is None or not entry[0] <= ordinal <= entry[1]:
                entry = self._judge(epoch, entries, Subject(code, line.modifiers, day, setting, epoch.fees))
            for edit, at in entry[2]:
                if edit in looks:
                    looks[edit].append((line, at))
                else:
                    looks[edit] = [(line, at)]
            for edit, verdict in entry[3]:
                verdicts.setdefault(edit.rule.stage, []).append((edit, line, verdict))
        return View(claim, context, setting, lines, frozenset(map(_CODE, lines)), days, looks, verdicts)

    def _judge(self, epoch: _Epoch, entries: dict[tuple[str, tuple[str, ...]], _Entry], subject: Subject) -> _Entry:
        looks: list[tuple[Edit[Any], Any]] = []
        verdicts: list[tuple[Edit[Any], Verdict]] = []
        for edit in self._edits if subject.modifiers else self._of_codes:
            for said in edit.judge(subject) if subject.setting in edit.settings else ():
                if isinstance(said, Look):
                    looks.append((edit, said.at))
                else:
                    verdicts.append((edit, said))
        if self._count >= _MOST_ENTRIES:
            for held in self._epochs.values():
                held.entries.clear()
            self._count = 0
        self._count += 1
        first, last = self._good_for(epoch, subject)
        entry = entries[subject.code, subject.modifiers] = (first, last, tuple(looks), tuple(verdicts))
        return entry

    def _good_for(self, epoch: _Epoch, subject: Subject) -> tuple[int, int]:
        """Return the days around the subject's for which nothing changes in its code's and modifiers' own dates."""
        day = subject.day.toordinal()
        first, last = epoch.first, epoch.last
        cuts = [modifiers_as_of().toordinal() + 1]
        hcpcs = None if self._edition is None else self._edition.hcpcs
        for name in (subject.code, *subject.modifiers):
            row = (None if hcpcs is None else hcpcs.get(name)) or modifiers().get(name)
            if row is not None:
                cuts += [] if row.added is None else [row.added.toordinal()]
                cuts += [] if row.terminated is None else [row.terminated.toordinal() + 1]
        for cut in cuts:
            if cut <= day:
                first = max(first, cut)
            else:
                last = min(last, cut - 1)
        return first, last

    def _epoch(self, day: dt.date) -> _Epoch:
        fees = None if self._edition is None else self._edition.pfs(day)
        key = (quarter_name(day), id(fees), *(id(edit.options_on(day)) for edit in self._edits))
        epoch = self._epochs.get(key)
        if epoch is None:
            first = quarter_start(day.year, (day.month + 2) // 3)
            last = quarter_end(day) if day.year < dt.MAXYEAR else dt.date.max
            epoch = self._epochs[key] = _Epoch(fees, first.toordinal(), last.toordinal(), {})
        if len(self._days) >= REMEMBERED:
            self._days.clear()
            self._epochs.clear()
            self._count = 0
        self._days[day] = epoch
        return epoch

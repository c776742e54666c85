"""Judges each distinct code and modifiers once, so that a line without a problem costs a look-up.

A verdict holds for an epoch: a stretch of days with one fee schedule, one quarter of CMS's calendar and the same
parameters. Inside it only a code or modifier that starts or ends in mid-quarter changes anything: such are judged by
the day.
"""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Iterable, Sequence
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

_Entry = tuple[tuple[tuple[Edit[Any], Any], ...], tuple[tuple[Edit[Any], Verdict], ...]]
"""What edits want to look at a line with, and their verdicts."""
_Entries = dict[tuple[Any, ...], _Entry]
"""Entries by code and modifiers, and by the day too where they are not good for the whole epoch."""


@attrs.define(slots=True, eq=False, repr=False)
class _Epoch:
    fees: PfsTable | None
    first: dt.date
    last: dt.date
    entries: dict[Setting, _Entries]


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
        entries: _Entries = {}
        for line in lines:
            code = line.code
            if not code:
                continue
            if line.service_date != day:
                day = line.service_date
                epoch = self._days.get(day) or self._epoch(day)
                entries = epoch.entries.get(setting) or epoch.entries.setdefault(setting, {})
                if day not in days:
                    days.append(day)
            entry = entries.get((code, line.modifiers))
            if entry is None:
                subject = Subject(code, line.modifiers, day, setting, epoch.fees)
                entry = entries.get((code, line.modifiers, day)) or self._judge(epoch, entries, subject)
            for edit, at in entry[0]:
                if edit in looks:
                    looks[edit].append((line, at))
                else:
                    looks[edit] = [(line, at)]
            if entry[1]:
                for edit, verdict in entry[1]:
                    verdicts.setdefault(edit.rule.stage, []).append((edit, line, verdict))
        return View(claim, context, setting, lines, frozenset(map(_CODE, lines)), days, looks, verdicts)

    def _judge(self, epoch: _Epoch, entries: _Entries, subject: Subject) -> _Entry:
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
        key: tuple[Any, ...] = (subject.code, subject.modifiers)
        if not self._steady(epoch, (subject.code, *subject.modifiers)):
            key = (*key, subject.day)
        entry = entries[key] = (tuple(looks), tuple(verdicts))
        return entry

    def _steady(self, epoch: _Epoch, names: Iterable[str]) -> bool:
        """Say whether nothing changes in the dates of a code and its modifiers on any day of an epoch but the first."""
        hcpcs = None if self._edition is None else self._edition.hcpcs
        if epoch.first <= modifiers_as_of() < epoch.last:
            return False
        for name in names:
            row = (None if hcpcs is None else hcpcs.get(name)) or modifiers().get(name)
            if row is not None:
                if row.added is not None and epoch.first < row.added <= epoch.last:
                    return False
                if row.terminated is not None and epoch.first <= row.terminated < epoch.last:
                    return False
        return True

    def _epoch(self, day: dt.date) -> _Epoch:
        fees = None if self._edition is None else self._edition.pfs(day)
        key = (quarter_name(day), id(fees), *(id(edit.options_on(day)) for edit in self._edits))
        epoch = self._epochs.get(key)
        if epoch is None:
            first = quarter_start(day.year, (day.month + 2) // 3)
            last = quarter_end(day) if day.year < dt.MAXYEAR else dt.date.max
            epoch = self._epochs[key] = _Epoch(fees, first, last, {})
        if len(self._days) >= REMEMBERED:
            self._days.clear()
            self._epochs.clear()
            self._count = 0
        self._days[day] = epoch
        return epoch

"""Medically unlikely edits: units of one code on a line or a day.

Source:
    CMS NCCI Policy Manual, chapter I, section V.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Final

import attrs

from payerpack.baseline import options as read
from payerpack.baseline.edit import Edit, Verdict
from payerpack.baseline.view import Key, View, last_day, provider_key
from payerpack.claim import ServiceLine
from payerpack.context import BuiltinRule, Setup
from payerpack.finding import Cure, Finding

if TYPE_CHECKING:
    from payerpack.baseline.editions.mue import MueTable
    from payerpack.baseline.editions.records import Mue

_CLAIM_LINE: Final = "1"
_ABSOLUTE: Final = "2"
_CURES: Final[dict[str, Cure]] = {"1": "modifier", "2": "none", "3": "documentation"}
_WHOLE: Final = Decimal(1)


@attrs.frozen(slots=True)
class MueOptions:
    """Parameters of ``builtin = "mue"``.

    Attributes:
        program: ``medicare`` or ``medicaid``: whose table.
        table: ``practitioner``, ``hospital`` or ``dme`` instead of what the claim's type chooses.
        provider_key: Who counts as one provider on a practitioner's claim.
        facility_key: Who counts as one provider on a hospital's claim.
        exclude_modifiers: Lines with one of these do not count and are not judged.
        default_mai: The adjudication indicator where the table publishes none (Medicaid).
    """

    program: str = attrs.field(default="medicare", metadata=read.TEXT)
    table: str = attrs.field(default="", metadata=read.TEXT)
    provider_key: str = attrs.field(default="rendering_npi", metadata=read.TEXT)
    facility_key: str = attrs.field(default="billing_npi", metadata=read.TEXT)
    exclude_modifiers: frozenset[str] = attrs.field(default=frozenset(), metadata=read.NAMES)
    default_mai: str = attrs.field(default=_CLAIM_LINE, metadata=read.TEXT)


class MueEdit(Edit[MueOptions]):
    """Denies every unit of a line (MAI 1) or of a code's day (MAI 2 and 3) when the units exceed the value.

    Units count as submitted, whatever the modifiers; a line over several days counts its daily share, rounded to the
    nearest whole unit. A code without a published value is not judged: that is not a statement that any number is fine.
    """

    builtin = "mue"
    options = MueOptions
    looks = True

    def __init__(self, rule: BuiltinRule, setup: Setup) -> None:
        super().__init__(rule, setup)
        self._tables: dict[tuple[str, str, dt.date], MueTable | None] = {}

    def check(self, view: View, lines: Sequence[ServiceLine]) -> Iterable[Finding]:
        """Look at each code of each provider and day."""
        if self.edition is None or not lines:
            return ()
        options = self.options_on(lines[0].service_date)
        key = options.provider_key if view.setting == "practitioner" else options.facility_key
        found: list[Finding] = []
        spans = view.spans
        paid: set[str] | None = None
        for group, by_code in view.groups(key).items():
            day = group[0]
            options = self.options_on(day)
            table = self._table(options.program, options.table or view.setting, day)
            if table is None:
                continue
            for code, reported in by_code.items():
                mue = table.get(code)
                if mue is None:
                    continue
                if (mue.mai or options.default_mai) == _CLAIM_LINE:
                    found += self._lines(view, options, mue, table, reported)
                    continue
                if paid is None:
                    earlier = view.context.earlier() or ()
                    paid = {line.code for line, context in earlier if context.status == "paid"}
                if spans or code in paid:
                    found += self._days(view, options, key, group, code)
                elif len(reported) > 1 or reported[0].units > mue.value:
                    counted = _counted(reported, options)
                    total = sum((line.units for line in counted), Decimal(0))
                    if total > mue.value:
                        for line in counted:
                            found += self._exceeds(view, mue, table, line, total, counted)
        return found

    def _lines(
        self, view: View, options: MueOptions, mue: Mue, table: MueTable, lines: Sequence[ServiceLine]
    ) -> Iterator[Finding]:
        """Judge each line for itself."""
        for line in _counted(lines, options):
            units = _daily(line)
            if units > mue.value:
                yield from self._exceeds(view, mue, table, line, units, (line,))

    def _days(self, view: View, options: MueOptions, key: str, group: Key, code: str) -> Iterator[Finding]:
        """Judge the days of one code and provider that a span of days or an earlier claim may reach into.

        A sum can only rise on a day that a line starts on, so these days decide. A line that starts later than
        ``group`` judges its own day; a line is reported once, for its own first day or the first later one.
        """
        read_key = provider_key(key)
        lines = [
            line
            for (_, provider), by_code in view.groups(key).items()
            if provider == group[1]
            for line in by_code.get(code, ())
        ]
        earlier = [
            line
            for line, context in view.context.earlier() or ()
            if line.code == code and context.status == "paid" and read_key(line, context) == group[1]
        ]
        counted = _counted(lines, options)
        entries = (*counted, *_counted(earlier, options))
        here = {id(line) for line in counted}
        for line in counted:
            if line.service_date != group[0]:
                continue
            last = last_day(line)
            starts = sorted({max(other.service_date, group[0]) for other in entries if other.service_date <= last})
            for day in starts:
                table = self._table(options.program, options.table or view.setting, day)
                mue = None if table is None else table.get(code)
                if table is None or mue is None:
                    continue
                covering = [other for other in entries if _covers(other, day)]
                total = sum((_daily(other) for other in covering), Decimal(0))
                if total > mue.value:
                    together = [other for other in covering if id(other) in here]
                    yield from self._exceeds(view, mue, table, line, total, together)
                    break

    def _exceeds(
        self, view: View, mue: Mue, table: MueTable, line: ServiceLine, units: Decimal, together: Sequence[ServiceLine]
    ) -> Iterable[Finding]:
        mai = mue.mai
        facts: dict[str, Any] = {
            "mue": mue.value,
            "mai": mai,
            "units": units,
            "edition": table.label,
            "rationale": mue.rationale,
            "appeal": mai != _ABSOLUTE,
        }
        cure = _CURES[mai or _CLAIM_LINE] if mue.value else "none"
        related = tuple(other.number for other in together if other is not line)
        return self.find(view, line, Verdict(facts, cure=cure), related_lines=related)

    def _table(self, program: str, setting: str, day: dt.date) -> MueTable | None:
        key = (program, setting, day)
        if key not in self._tables:
            self._tables[key] = None if self.edition is None else self.edition.mue(setting, day, program)
        return self._tables[key]


def _counted(lines: Sequence[ServiceLine], options: MueOptions) -> Sequence[ServiceLine]:
    if not options.exclude_modifiers:
        return lines
    return [line for line in lines if options.exclude_modifiers.isdisjoint(line.modifiers)]


def _covers(line: ServiceLine, day: dt.date) -> bool:
    return line.service_date <= day <= last_day(line)


def _daily(line: ServiceLine) -> Decimal:
    """Return a line's units for one of its days."""
    if line.service_date_end is None or line.service_date_end == line.service_date:
        return line.units
    days = (last_day(line) - line.service_date).days + 1
    return (line.units / days).quantize(_WHOLE, ROUND_HALF_UP)

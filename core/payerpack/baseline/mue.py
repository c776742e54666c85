"""Medically unlikely edits: units of one code on a line or a day.

Source:
    CMS NCCI Policy Manual, chapter I, section V.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Final

import attrs

from payerpack.baseline import options as read
from payerpack.baseline.edit import Edit, Verdict
from payerpack.baseline.editions.columns import Memo
from payerpack.baseline.view import View, last_day, provider_key
from payerpack.claim import ServiceLine
from payerpack.context import BuiltinRule, Context, Entry, Setup
from payerpack.finding import Cure, Finding

if TYPE_CHECKING:
    from payerpack.baseline.editions.mue import MueTable
    from payerpack.baseline.editions.records import Mue

_CLAIM_LINE: Final = "1"
_ABSOLUTE: Final = "2"
_CURES: Final[dict[str, Cure]] = {"1": "modifier", "2": "none", "3": "documentation"}
_WHOLE: Final = Decimal(1)
_NO_LIMIT: Final = (Decimal("Infinity"), True)


@attrs.frozen(slots=True, repr=False)
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


_Limit = tuple["Mue", str, bool]
"""A code's value, the table that says so, and whether it holds for each line alone."""


class _Limits(Memo[str, tuple[Decimal, bool]]):
    """For each code the most units, without end where no value is published, and whether that is for each line alone."""

    __slots__ = ("_options", "_table")

    def __init__(self, table: MueTable | None, options: MueOptions) -> None:
        super().__init__()
        self._table = table
        self._options = options

    def __missing__(self, code: str) -> tuple[Decimal, bool]:
        mue = None if self._table is None else self._table.get(code)
        if mue is None:
            return _NO_LIMIT
        return self.remember(code, (_number(mue.value), (mue.mai or self._options.default_mai) == _CLAIM_LINE))


_number = functools.lru_cache(maxsize=256)(Decimal)


class MueEdit(Edit[MueOptions]):
    """Denies every unit of a line (MAI 1) or of a code's day (MAI 2 and 3) when the units exceed the value.

    Units count as submitted, whatever the modifiers; a line over several days counts its daily share, rounded to the
    nearest whole unit. A code without a published value is not judged: that is not a statement that any number is fine.
    """

    builtin = "mue"
    options = MueOptions

    def __init__(self, rule: BuiltinRule, setup: Setup) -> None:
        super().__init__(rule, setup)
        self._limits: Memo[tuple[str, dt.date], _Limits] = Memo()
        self._shared: dict[tuple[int, int], _Limits] = {}

    def check(self, view: View, lines: Sequence[ServiceLine]) -> Iterable[Finding]:
        """Compare units with values: of the line alone, or with the other lines of its day."""
        if self._within(view, lines):
            return ()
        looked = [(line, limit) for line in lines if (limit := self._limit(view, line)) is not None]
        found: list[Finding] = []
        shared: dict[str, _Shared] | None = None
        for line, (mue, label, by_line) in looked:
            if not by_line:
                if shared is None:
                    shared = _shared(view, looked)
                if shared and line.code in shared:
                    found += self._together(view, line, shared[line.code])
                    continue
            if (units := _daily(line)) > mue.value:
                found += self._exceeds(view, line, mue, label, units, ())
        return found

    def _within(self, view: View, lines: Sequence[ServiceLine]) -> bool:
        """Say whether each line stands alone and has no more units than its code's value; false where that is not plain.

        A day's share of a line is never more than the whole. Nearly every claim ends here.
        """
        if view.repeats or not view.days:
            return False
        limits = self._limits_on(view.setting, view.days[0])
        for day in view.days[1:]:
            if self._limits_on(view.setting, day) is not limits:
                return False
        summed = False
        for line in lines:
            most, by_line = limits[line.code]
            if line.units > most:
                return False
            if not by_line:
                summed = True
        return not (summed and any(entry[0].code in view.codes for entry in _paid(view)))

    def _limit(self, view: View, line: ServiceLine) -> _Limit | None:
        """Return the value of a line's code, or ``None`` where none is published or a modifier excludes the line."""
        options = self.options_on(line.service_date)
        table = self._table(options, view.setting, line.service_date)
        mue = None if table is None or not line.code else table.get(line.code)
        if table is None or mue is None or not options.exclude_modifiers.isdisjoint(line.modifiers):
            return None
        return mue, table.label, (mue.mai or options.default_mai) == _CLAIM_LINE

    def _limits_on(self, setting: str, day: dt.date) -> _Limits:
        limits = self._limits.get((setting, day))
        if limits is None:
            options = self.options_on(day)
            table = self._table(options, setting, day)
            key = (id(table), id(options))
            limits = self._shared.get(key) or self._shared.setdefault(key, _Limits(table, options))
            self._limits.remember((setting, day), limits)
        return limits

    def _together(self, view: View, line: ServiceLine, shared: _Shared) -> Iterable[Finding]:
        """Judge the days of a line together with the claim's other lines of its code and with what was paid earlier.

        A sum can only rise on a day that a line starts on, so the first of these days that exceeds decides.
        """
        options = self.options_on(line.service_date)
        counted = shared.counted_with(line, options, view)
        starts = {line.service_date}
        if last_day(line) != line.service_date:
            starts |= {other.service_date for other in counted.lines}
        for day in sorted(day for day in starts if _covers(line, day)):
            table = self._table(options, view.setting, day)
            mue = None if table is None else table.get(line.code)
            if table is None or mue is None:
                continue
            units = counted.units_on(day)
            if units > mue.value:
                related = tuple(other.number for other in counted.here if other is not line and _covers(other, day))
                return self._exceeds(view, line, mue, table.label, units, related)
        return ()

    def _exceeds(
        self, view: View, line: ServiceLine, mue: Mue, label: str, units: Decimal, related: tuple[int, ...]
    ) -> Iterable[Finding]:
        facts: dict[str, Any] = {
            "mue": mue.value,
            "mai": mue.mai,
            "units": units,
            "edition": label,
            "rationale": mue.rationale,
            "appeal": mue.mai != _ABSOLUTE,
        }
        cure = _CURES[mue.mai or _CLAIM_LINE] if mue.value else "none"
        return self.find(view, line, Verdict(facts, cure=cure), related_lines=related)

    def _table(self, options: MueOptions, setting: str, day: dt.date) -> MueTable | None:
        return None if self.edition is None else self.edition.mue(options.table or setting, day, options.program)


@attrs.frozen(slots=True, eq=False, repr=False)
class _Counted:
    """Lines of one code and provider, whose units count together: those of the claim, and with those paid earlier."""

    here: Sequence[ServiceLine]
    lines: Sequence[ServiceLine]
    _units: dict[dt.date, Decimal] = attrs.field(factory=dict)

    def units_on(self, day: dt.date) -> Decimal:
        """Return the units of a day."""
        units = self._units.get(day)
        if units is None:
            units = sum((_daily(line) for line in self.lines if _covers(line, day)), Decimal(0))
            self._units[day] = units
        return units


@attrs.frozen(slots=True, eq=False, repr=False)
class _Shared:
    """The lines of a code that several lines have: those of the claim, and those that earlier claims were paid for."""

    here: list[ServiceLine] = attrs.field(factory=list)
    paid: list[Entry] = attrs.field(factory=list)
    _counted: dict[Any, _Counted] = attrs.field(factory=dict)

    def counted_with(self, line: ServiceLine, options: MueOptions, view: View) -> _Counted:
        """Return the lines that count together with a line, itself among them, found once for all lines of a provider."""
        key = provider_key(options.provider_key if view.setting == "practitioner" else options.facility_key)
        provider = key(line, view.context)
        group = (id(options), provider or (line.number,))
        counted = self._counted.get(group)
        if counted is None:

            def counts(other: ServiceLine, context: Context) -> bool:
                return options.exclude_modifiers.isdisjoint(other.modifiers) and (
                    other is line or (bool(provider) and key(other, context) == provider)
                )

            here = [other for other in self.here if counts(other, view.context)]
            paid = [other for other, context in self.paid if counts(other, context)]
            counted = self._counted[group] = _Counted(here, [*here, *paid])
        return counted


def _paid(view: View) -> list[Entry]:
    """Return the lines that earlier claims were paid for between the first and the last day of this claim."""
    earlier = view.context.earlier()  # which notes it where there is no history to sum with
    if not earlier:
        return []
    first, last = min(view.days), max(map(last_day, view.lines))
    return [
        entry
        for entry in earlier
        if entry[1].status == "paid" and entry[0].service_date <= last and first <= last_day(entry[0])
    ]


def _shared(view: View, looked: Iterable[tuple[ServiceLine, _Limit]]) -> dict[str, _Shared]:
    """Return the codes of these lines that several lines have."""
    paid = _paid(view)
    if not paid and not view.repeats:
        return {}
    found: dict[str, _Shared] = {}
    for line, _ in looked:
        found.setdefault(line.code, _Shared()).here.append(line)
    for entry in paid:
        if entry[0].code in found:
            found[entry[0].code].paid.append(entry)
    return {code: shared for code, shared in found.items() if len(shared.here) > 1 or shared.paid}


def _covers(line: ServiceLine, day: dt.date) -> bool:
    return line.service_date <= day <= last_day(line)


def _daily(line: ServiceLine) -> Decimal:
    """Return a line's units for one of its days."""
    if line.service_date_end is None or line.service_date_end == line.service_date:
        return line.units
    days = (last_day(line) - line.service_date).days + 1
    return (line.units / days).quantize(_WHOLE, ROUND_HALF_UP)

"""Procedure-to-procedure edits: two codes reported together by one provider on one day.

Source:
    CMS NCCI Policy Manual, introduction and chapter I, section E.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs

from payerpack.baseline import options as read
from payerpack.baseline.edit import Edit, Verdict
from payerpack.baseline.options import NO_CODES
from payerpack.baseline.view import View
from payerpack.claim import ServiceLine
from payerpack.codes import CodeSet
from payerpack.context import BuiltinRule, Setup
from payerpack.finding import Finding

if TYPE_CHECKING:
    from payerpack.baseline.editions.ptp import PtpTable

_DISTINCT: Final = frozenset(("59", "XE", "XS", "XP", "XU"))
_NOT_ON_VISITS: Final = _DISTINCT | {"91"}
_ON_VISITS_ONLY: Final = frozenset(("24", "25", "57"))
_ON_HOSPITAL_VISITS_ONLY: Final = "27"


@attrs.frozen(slots=True, repr=False)
class PtpOptions:
    """Parameters of ``builtin = "ptp"``.

    Attributes:
        program: ``medicare`` or ``medicaid``: whose table.
        table: ``practitioner``, ``hospital`` or ``dme`` instead of what the claim's type chooses.
        provider_key: Who counts as one provider on a practitioner's claim.
        facility_key: Who counts as one provider on a hospital's claim.
        bypass_modifiers: The modifiers that bypass an edit of indicator 1, on a code that they are valid for.
        either_column_from: First day that 59 and X{EPSU} count on the column 1 line too.
        visit_codes: Evaluation and management codes.
        eye_visit_codes: Codes that are not, but that take 24, 25 and 57 all the same.
        bypassed: The action of a pair that a modifier bypasses.
    """

    program: str = attrs.field(default="medicare", metadata=read.TEXT)
    table: str = attrs.field(default="", metadata=read.TEXT)
    provider_key: str = attrs.field(default="rendering_npi", metadata=read.TEXT)
    facility_key: str = attrs.field(default="billing_npi", metadata=read.TEXT)
    bypass_modifiers: frozenset[str] = attrs.field(default=frozenset(), metadata=read.NAMES)
    either_column_from: dt.date = attrs.field(default=dt.date.min, metadata=read.DATE)
    visit_codes: CodeSet = attrs.field(default=NO_CODES, metadata=read.CODES)
    eye_visit_codes: CodeSet = attrs.field(default=NO_CODES, metadata=read.CODES)
    bypassed: str = attrs.field(default="inform", metadata=read.ACTION)


class Ptp(Edit[PtpOptions]):
    """Denies the column 2 line of a pair in force, unless the indicator allows a modifier and one is there.

    Lines are judged as reported, by date of service and direction; an indicator 9 was never in force.
    """

    builtin = "ptp"
    options = PtpOptions

    def __init__(self, rule: BuiltinRule, setup: Setup) -> None:
        super().__init__(rule, setup)
        self._tables: dict[tuple[str, str], PtpTable | None] = {}

    def check(self, view: View, lines: Sequence[ServiceLine]) -> Iterable[Finding]:
        """Look for pairs among the lines of each day and provider."""
        if len(view.codes) == 1 or self.edition is None:
            return ()
        paired: set[str] = set()
        for table in {self._table(view, day) for day in view.days}:
            if table is not None:
                paired |= table.paired([*view.codes])
        if not paired:
            return ()
        options = self.options_on(lines[0].service_date)
        key = options.provider_key if view.setting == "practitioner" else options.facility_key
        found: list[Finding] = []
        for (day, _), by_code in sorted(view.together(key, paired).items(), key=_day):
            table = self._table(view, day)
            if len(by_code) > 1 and table is not None:
                options = self.options_on(day)
                codes = list(by_code)
                for first, second, indicator, rationale in table.hits(codes, day.toordinal()):
                    facts = {
                        "column1": codes[first],
                        "column2": codes[second],
                        "indicator": indicator,
                        "rationale": table.rationales[rationale],
                        "edition": table.label(day),
                    }
                    found += self._pair(view, options, by_code[codes[first]], by_code[codes[second]], facts)
        return _once(found) if view.spans else found

    def _pair(
        self,
        view: View,
        options: PtpOptions,
        column1: Sequence[ServiceLine],
        column2: Sequence[ServiceLine],
        facts: dict[str, Any],
    ) -> Iterator[Finding]:
        """Say what becomes of each column 2 line; it must be bypassed against every column 1 line."""
        bypassable = facts["indicator"] != 0
        standing = [one for one in column1 if not bypassable or self._bypass(view, options, one, 1) is None]
        denied = Verdict(facts, cure=None if bypassable else "none")
        against = tuple([one.number for one in standing])
        for line in column2:
            bypass = self._bypass(view, options, line, 2) if bypassable else None
            if standing and bypass is None:
                yield from self.find(view, line, denied, related_lines=against)
                continue
            bypass = bypass or self._bypass(view, options, column1[0], 1)
            assert bypass is not None
            verdict = Verdict(
                {**facts, "bypass_modifier": bypass[0], "bypass_line": bypass[1]},
                "{column2} is column 2 of {column1} ({edition}), bypassed by {bypass_modifier}, documentation required",
                options.bypassed,
                cure="documentation",
            )
            yield from self.find(view, line, verdict, related_lines=tuple([one.number for one in column1]))

    def _bypass(self, view: View, options: PtpOptions, line: ServiceLine, column: int) -> tuple[str, int] | None:
        """Return the first modifier of a line that bypasses an edit, and the line's number."""
        for modifier in line.modifiers:
            if modifier in options.bypass_modifiers and self._valid(view, options, line, modifier, column):
                return modifier, line.number
        return None

    def _valid(self, view: View, options: PtpOptions, line: ServiceLine, modifier: str, column: int) -> bool:
        """Say whether a bypass modifier counts: for its code, on this column, on this day."""
        code, visits = line.code, options.visit_codes
        if modifier in _NOT_ON_VISITS and code in visits:
            return False
        if modifier in _ON_VISITS_ONLY and code not in visits and code not in options.eye_visit_codes:
            return False
        if modifier == _ON_HOSPITAL_VISITS_ONLY and (view.setting != "hospital" or code not in visits):
            return False
        if modifier in _DISTINCT and column == 1 and line.service_date < options.either_column_from:
            return False
        return self.edition is None or self.edition.modifier_valid(modifier, line.service_date) is not False

    def _table(self, view: View, day: dt.date) -> PtpTable | None:
        options = self.options_on(day)
        key = (options.program, options.table or view.setting)
        if key not in self._tables:
            self._tables[key] = None if self.edition is None else self.edition.ptp(key[1], key[0])
        return self._tables[key]


def _day(group: tuple[tuple[dt.date, Any], Any]) -> dt.date:
    return group[0][0]


def _once(found: Iterable[Finding]) -> list[Finding]:
    """Leave out what lines over several days repeat from day to day."""
    first = {
        (f.action, f.lines, f.related_lines, f.facts["column1"], f.facts["column2"]): f for f in reversed([*found])
    }
    return list(first.values())[::-1]

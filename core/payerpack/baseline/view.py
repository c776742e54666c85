"""One claim as the edits see it: which of CMS's edits apply to it, and its lines by provider, day and code."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Final, Literal

import attrs

from payerpack.claim import Claim, ServiceLine
from payerpack.context import Context

Setting = Literal["practitioner", "hospital", "inpatient", "dental"]
EVERYWHERE: Final[frozenset[Setting]] = frozenset(("practitioner", "hospital", "inpatient", "dental"))
EDITED: Final[frozenset[Setting]] = frozenset(("practitioner", "hospital"))
"""The settings that CMS's edits apply to."""
PRACTITIONER: Final[frozenset[Setting]] = frozenset(("practitioner",))

# Hospital, skilled nursing, swing bed and religious non-medical inpatient bills.
_INPATIENT_BILLS: Final = ("11", "18", "21", "41")
_SURGICAL_CENTER_BILL: Final = "83"
_SURGICAL_CENTER: Final = "24"

Key = tuple[dt.date, Any]
"""A day of service and the value of the provider key."""
Groups = dict[Key, dict[str, list[ServiceLine]]]
"""The lines of each day and provider, by code."""
ReadKey = Callable[[ServiceLine, Context], Any]

_FACTS: Final = {
    "rendering_npi": "rendering_provider.npi",
    "billing_npi": "billing_provider.npi",
    "specialty": "rendering_provider.specialty",
    "facility": "facility.npi",
}


def setting_of(claim: Claim) -> Setting:
    """Return which edits a claim meets.

    Ambulatory surgical centers meet the practitioner's edits, on either form. An institutional claim without a type of
    bill is taken for an outpatient one.

    Source:
        CMS NCCI Policy Manual, introduction: edits apply to practitioner, ambulatory surgical center and outpatient
        hospital claims, not to inpatient facility claims.
    """
    if claim.type == "professional":
        return "practitioner"
    if claim.type == "dental":
        return "dental"
    bill = claim.type_of_bill.lstrip("0")[:2]
    if bill == _SURGICAL_CENTER_BILL:
        return "practitioner"
    return "inpatient" if bill in _INPATIENT_BILLS else "hospital"


def surgical_center(view: View, line: ServiceLine) -> bool:
    """Say whether a line with the practitioner's edits may be an ambulatory surgical center's; unknown may be."""
    place = line.place_of_service or view.claim.place_of_service
    return view.claim.type != "professional" or place in ("", _SURGICAL_CENTER)


def provider_key(name: str) -> ReadKey:
    """Return what reads a provider key of a line; empty means that nobody else has the same.

    Args:
        name: ``rendering_npi, billing_npi, billing_group, specialty, facility``, or a fact of the catalogue.
    """
    if name == "billing_group":
        return lambda line, context: context.billing_group(line)
    fact = _FACTS.get(name, name)
    if name == "rendering_npi":

        def rendering(line: ServiceLine, context: Context) -> Any:
            if context.given:
                return context.fact(fact, line)
            claim = context.claim
            provider = line.rendering_provider or claim.rendering_provider
            return (provider.npi if provider is not None else "") or claim.billing_provider.npi

        return rendering
    return lambda line, context: context.fact(fact, line)


def last_day(line: ServiceLine) -> dt.date:
    """Return a line's last day of service."""
    return line.service_date_end or line.service_date


def overlap(one: ServiceLine, other: ServiceLine) -> bool:
    """Say whether two lines share a day of service."""
    return one.service_date <= last_day(other) and other.service_date <= last_day(one)


@attrs.define(slots=True, eq=False, repr=False)
class View:
    """One claim during one review."""

    claim: Claim
    context: Context
    setting: Setting
    _groups: dict[str, Groups] = attrs.field(factory=dict)

    @classmethod
    def of(cls, claim: Claim, context: Context) -> View:
        """Look at a claim."""
        return cls(claim, context, setting_of(claim))

    @property
    def lines(self) -> tuple[ServiceLine, ...]:
        """The claim's lines by number."""
        return self.context.lines

    @property
    def spans(self) -> bool:
        """Whether any line is over more than one day."""
        for line in self.claim.lines:
            if line.service_date_end is not None and line.service_date_end != line.service_date:
                return True
        return False

    def groups(self, key: str) -> Groups:
        """Return the lines by first day of service and provider, then by code; lines without a code are left out."""
        found = self._groups.get(key)
        if found is None:
            found = self._groups[key] = {}
            read = provider_key(key)
            context = self.context
            # Without facts of its own a line differs from its claim only by a provider of its own.
            stated = context.given if key in _FACTS or key == "billing_group" else context.supplied
            common = None
            for line in self.lines:
                code = line.code
                if code:
                    if line.rendering_provider is not None or stated:
                        provider = read(line, context)
                    else:
                        provider = common = common or read(line, context)
                    group = (line.service_date, provider or (line.number,))
                    by_code = found.get(group)
                    if by_code is None:
                        by_code = found[group] = {}
                    lines = by_code.get(code)
                    if lines is None:
                        by_code[code] = [line]
                    else:
                        lines.append(line)
        return found

    def days(self, key: str) -> Groups:
        """Return the lines as `groups` does, each also on later days of its own that another line starts on.

        Two lines that share a day share the first day of one of them.
        """
        groups = self.groups(key)
        if not self.spans:
            return groups
        found: Groups = {}
        starts = sorted({day for day, _ in groups})
        for (_, provider), by_code in groups.items():
            for code, lines in by_code.items():
                for line in lines:
                    for day in starts:
                        if line.service_date <= day <= last_day(line):
                            found.setdefault((day, provider), {}).setdefault(code, []).append(line)
        return found

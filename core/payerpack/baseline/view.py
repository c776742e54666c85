"""One claim as the edits see it: which of CMS's edits apply to it, and its lines by provider, day and code."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

import attrs

from payerpack.claim import Claim, ServiceLine
from payerpack.context import Context

if TYPE_CHECKING:
    from payerpack.baseline.edit import Edit, Verdict
    from payerpack.finding import Stage

Setting = Literal["practitioner", "hospital", "inpatient", "dental"]
EVERYWHERE: Final[frozenset[Setting]] = frozenset(("practitioner", "hospital", "inpatient", "dental"))
EDITED: Final[frozenset[Setting]] = frozenset(("practitioner", "hospital"))
"""The settings that CMS's edits apply to."""
PRACTITIONER: Final[frozenset[Setting]] = frozenset(("practitioner",))

# Hospital, skilled nursing, swing bed and religious non-medical inpatient bills.
_INPATIENT_BILLS: Final = ("11", "18", "21", "41")
_SURGICAL_CENTER_BILL: Final = "83"
_SURGICAL_CENTER: Final = "24"

Groups = dict[tuple[dt.date, Any], dict[str, list[ServiceLine]]]
"""The lines of each day of service and value of the provider key, by code."""
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
    """One claim during one review, as the screen saw it in one pass over its lines.

    Attributes:
        claim: The claim.
        context: Its surroundings.
        setting: Which edits it meets.
        lines: Its lines by number.
        codes: The codes of its lines.
        days: The first days of service of its lines that have a code.
        looks: The lines that an edit must look at, by edit, each with what the edit found out about it already.
        verdicts: What edits say of lines by their code and modifiers alone, by stage.
    """

    claim: Claim
    context: Context
    setting: Setting
    lines: tuple[ServiceLine, ...]
    codes: frozenset[str]
    days: list[dt.date]
    looks: dict[Edit[Any], list[tuple[ServiceLine, Any]]]
    verdicts: dict[Stage, list[tuple[Edit[Any], ServiceLine, Verdict]]]
    _by_code: dict[str, list[ServiceLine]] = attrs.field(factory=dict)

    @property
    def by_code(self) -> Mapping[str, Sequence[ServiceLine]]:
        """The lines of each code, collected when first asked for."""
        if not self._by_code:
            for line in self.lines:
                self._by_code.setdefault(line.code, []).append(line)
        return self._by_code

    @property
    def repeats(self) -> bool:
        """Whether two lines have the same code, or none."""
        return len(self.codes) < len(self.lines)

    @property
    def spans(self) -> bool:
        """Whether any line is over more than one day."""
        for line in self.lines:
            if line.service_date_end is not None and line.service_date_end != line.service_date:
                return True
        return False

    def together(self, key: str, codes: Collection[str]) -> Groups:
        """Return the lines of some codes by day and provider, then by code.

        A line over several days is also there on later days of its own that another line starts on: two lines that share
        a day share the first day of one of them.
        """
        starts = sorted(self.days) if self.spans else ()
        found: Groups = {}
        read = provider_key(key)
        for line in self.lines:
            code = line.code
            if code in codes:
                provider = read(line, self.context) or (line.number,)
                first, last = line.service_date, last_day(line)
                for day in (first, *(day for day in starts if first < day <= last)):
                    found.setdefault((day, provider), {}).setdefault(code, []).append(line)
        return found

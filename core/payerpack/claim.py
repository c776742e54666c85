"""The claim under review: immutable records in one shape, whatever the input format.

Dates are ``datetime.date``, money and units are ``Decimal``, codes are upper case without dots or spaces. Lists are
tuples. An empty string or tuple is "known to be empty"; ``None`` is "absent".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

import attrs

from payerpack.errors import Problem

ClaimType = Literal["professional", "institutional", "dental"]
LineOfBusiness = Literal["commercial", "medicare", "medicare_advantage", "medicaid", "other"]
HistoryStatus = Literal["paid", "denied", "open"]

ONE = Decimal(1)


def _brief(*names: str) -> Any:
    """A ``repr`` that shows only the named attributes: a claim must not leak a patient into a log."""

    def __repr__(self: Any) -> str:  # noqa: N807 - it becomes the class's own
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    return __repr__


@attrs.frozen(slots=True)
class Payer:
    """The payer that will adjudicate the claim; ``id`` is the payer id of the clearinghouse or of the 837 (NM109)."""

    id: str
    name: str = ""


@attrs.frozen(slots=True, repr=False)
class Patient:
    """The patient. ``sex`` is F, M, U (unknown) or empty; ``birth_date`` is absent when not known."""

    id: str
    birth_date: dt.date | None = None
    sex: str = ""

    __repr__ = _brief()


@attrs.frozen(slots=True)
class Provider:
    """A provider: NPI, tax id (the billing group), taxonomy and CMS specialty code; each may be empty but the billing NPI."""

    npi: str = ""
    tax_id: str = ""
    taxonomy: str = ""
    specialty: str = ""
    state: str = ""


@attrs.frozen(slots=True, repr=False)
class Authorization:
    """An authorization: the codes it covers (none: any), its inclusive dates, and units where it limits them."""

    number: str
    codes: tuple[str, ...] = ()
    from_: dt.date | None = None
    to: dt.date | None = None
    units: Decimal | None = None

    __repr__ = _brief("codes", "from_", "to", "units")


@attrs.frozen(slots=True, repr=False)
class Attestation:
    """Facts that somebody attests for some lines (all lines when ``lines`` is empty): the ``report.*`` facts."""

    lines: tuple[int, ...] = ()
    facts: Mapping[str, Any] = attrs.field(factory=dict, hash=False)
    source: str = ""

    __repr__ = _brief("lines")


@attrs.frozen(slots=True, repr=False)
class Document:
    """A document that came with the claim, for some of its lines (all lines when ``lines`` is empty)."""

    id: str
    type: str
    lines: tuple[int, ...] = ()
    text: str = ""

    __repr__ = _brief("id", "type", "lines")


@attrs.frozen(slots=True, repr=False)
class ServiceLine:
    """One service line.

    Attributes:
        number: The line's number, unique in its claim.
        code: The procedure code; empty only beside a ``revenue_code``.
        service_date: First date of service.
        modifiers: Procedure modifiers, in the order submitted.
        units: Units of service as submitted.
        charge: The line's total charge in US dollars (not a unit price).
        service_date_end: Last date of service, inclusive; absent for one day.
        diagnosis_pointers: Positions in the claim's diagnoses, counted from 1; none means all of them.
        base_line: The number of the line that this one depends on (a rendering's base study).
    """

    number: int
    code: str
    service_date: dt.date
    modifiers: tuple[str, ...] = ()
    units: Decimal = ONE
    charge: Decimal | None = None
    service_date_end: dt.date | None = None
    place_of_service: str = ""
    revenue_code: str = ""
    ndc: str = ""
    diagnosis_pointers: tuple[int, ...] = ()
    base_line: int | None = None
    rendering_provider: Provider | None = None
    tooth: tuple[str, ...] = ()
    oral_area: tuple[str, ...] = ()
    surfaces: tuple[str, ...] = ()
    line_note: str = ""

    __repr__ = _brief("number", "code", "modifiers", "units", "service_date")


@attrs.frozen(slots=True, repr=False)
class Claim:
    """One claim with all its lines, in the order submitted.

    ``coverage``, ``contract`` and ``attributes`` are free facts (``coverage.*``, ``claim.contract.*`` and whatever a
    pack types under ``[facts]``). ``processed_date`` is when the payer processes the claim; see ``as_of``.
    """

    id: str
    type: ClaimType
    payer: Payer
    patient: Patient
    billing_provider: Provider
    lines: tuple[ServiceLine, ...] = ()
    line_of_business: LineOfBusiness | Literal[""] = ""
    state: str = ""
    received_date: dt.date | None = None
    processed_date: dt.date | None = None
    place_of_service: str = ""
    type_of_bill: str = ""
    diagnoses: tuple[str, ...] = ()
    rendering_provider: Provider | None = None
    referring_provider: Provider | None = None
    facility: Provider | None = None
    authorizations: tuple[Authorization, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    documents: tuple[Document, ...] = ()
    coverage: Mapping[str, Any] = attrs.field(factory=dict, hash=False)
    contract: Mapping[str, Any] = attrs.field(factory=dict, hash=False)
    attributes: Mapping[str, Any] = attrs.field(factory=dict, hash=False)

    __repr__ = _brief("id", "type", "payer", "lines")

    def line(self, number: int) -> ServiceLine:
        """Return the line of that number.

        Raises:
            KeyError: The claim has no such line.
        """
        for line in self.lines:
            if line.number == number:
                return line
        raise KeyError(number)


@attrs.frozen(slots=True, repr=False)
class HistoryLine:
    """An earlier line of the same patient: the line, the facts of its claim, and what became of it.

    Attributes:
        claim: The claim it was part of; only its header counts, ``claim.lines`` holds just this line.
        line: The line.
        status: ``paid``, ``denied`` or ``open`` (received, not decided).
        paid_amount: US dollars paid for the line, absent when not known.
        processed_date: When the payer processed it; orders first-processed-wins rules.
        facts: Further facts about it, such as ``report.*`` facts that a source stores beside the line.
    """

    claim: Claim
    line: ServiceLine
    status: HistoryStatus = "paid"
    paid_amount: Decimal | None = None
    processed_date: dt.date | None = None
    facts: Mapping[str, Any] = attrs.field(factory=dict, hash=False)

    __repr__ = _brief("line", "status")


@attrs.frozen(slots=True)
class RejectedClaim:
    """A claim of a file that could not be read; it is reported and counted, and costs its neighbours nothing.

    Attributes:
        location: Where it stands: ``file: claim 3`` or ``file: segment 120``.
        problems: Everything that is wrong with it, each with its JSON path or segment position.
        claim_id: Its id where that much was readable, else empty.
    """

    location: str
    problems: tuple[Problem, ...]
    claim_id: str = ""

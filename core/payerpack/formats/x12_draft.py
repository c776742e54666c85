"""What has been read of a claim so far, and how it becomes a record: one draft for each loop that a claim needs.

Drafts are changed by the handlers of `payerpack.formats.x12_loops`; they never show what they hold.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal

import attrs

from payerpack.claim import Authorization, Claim, Document, LineOfBusiness, Patient, Payer, Provider, ServiceLine

if TYPE_CHECKING:
    import datetime as dt
    from decimal import Decimal

    from payerpack.errors import Problem
    from payerpack.formats.x12_envelope import Kind

# A file names the same few payers and providers again and again; equal records may be one.
_payer: Final = lru_cache(1024)(Payer)
_provider: Final = lru_cache(1024)(Provider)

Days = tuple["dt.date", "dt.date | None"]
"""The first day and, where there are several, the last; both inclusive."""

Fault = Callable[[int, str, str], None]
"""Reports a problem: position of the segment, element, message."""


@attrs.define(slots=True, eq=False, repr=False)
class ProviderDraft:
    """A provider's loop: 2010AA, 2310 or 2420; ``position`` is that of the segment which began it."""

    position: int
    npi: str = ""
    taxonomy: str = ""
    state: str = ""
    employer_id: str = ""
    ssn: str = ""

    def record(self) -> Provider:
        """Return the record; a social security number is the tax id only of a provider without an employer's."""
        return _provider(self.npi, self.employer_id or self.ssn, self.taxonomy, "", self.state)


@attrs.define(slots=True, eq=False, repr=False)
class PersonDraft:
    """The subscriber (2010BA) or the dependent (2010CA)."""

    position: int
    member_id: str = ""
    first_name: str = ""
    birth_date: dt.date | None = None
    sex: str = ""
    built: Patient | None = None

    def subscriber(self) -> Patient:
        """Return the patient who is the subscriber: the member id is the patient's id."""
        if self.built is None:
            self.built = Patient(self.member_id, self.birth_date, self.sex)
        return self.built

    def dependent(self, member_id: str) -> Patient:
        """Return a patient whom the subscriber's member id covers.

        An 837 gives dependents no id of their own. Theirs is the member id and a digest of birth date, sex and first
        name: the same from claim to claim, different for twins, and without a name in it.
        """
        if self.built is None:
            who = f"{self.birth_date}|{self.sex}|{self.first_name.upper()}"
            digest = hashlib.blake2b(who.encode(), digest_size=6).hexdigest()
            self.built = Patient(f"{member_id}-{digest}" if member_id else "", self.birth_date, self.sex)
        return self.built


@attrs.define(slots=True, eq=False, repr=False)
class CoverageDraft:
    """Level 2000B: who is insured, and the payer (2010BB) that will adjudicate the claim."""

    person: PersonDraft
    line_of_business: LineOfBusiness | Literal[""] = ""
    payer_position: int = 0
    payer_id: str = ""
    payer_name: str = ""


@attrs.define(slots=True, eq=False, repr=False)
class LineDraft:
    """Loop 2400; ``position`` is that of its LX, then of its SV1 or SV2 segment."""

    number: int
    position: int
    served: bool = False
    dated: bool = False
    code: str = ""
    modifiers: tuple[str, ...] = ()
    units: Decimal | None = None
    charge: Decimal | None = None
    revenue_code: str = ""
    place: str = ""
    pointers: tuple[int, ...] = ()
    period: Days | None = None
    ndc: str = ""
    note: str = ""
    rendering: ProviderDraft | None = None

    def record(self, statement: Days | None) -> ServiceLine:
        """Return the record of a line without faults; one without days of its own has those of the statement."""
        days = self.period or statement
        assert days is not None
        assert self.units is not None
        return ServiceLine(
            self.number,
            self.code,
            days[0],
            self.modifiers,
            self.units,
            self.charge,
            days[1],
            self.place,
            self.revenue_code,
            self.ndc,
            self.pointers,
            rendering_provider=None if self.rendering is None else self.rendering.record(),
            line_note=self.note,
        )


@attrs.define(slots=True, eq=False, repr=False)
class ClaimDraft:
    """Loop 2300 and what it holds; ``billing``, ``coverage`` and ``dependent`` are those of the levels around it."""

    position: int
    kind: Kind
    billing: ProviderDraft
    coverage: CoverageDraft
    dependent: PersonDraft | None
    problems: list[Problem]
    id: str = ""
    place: str = ""
    type_of_bill: str = ""
    statement: Days | None = None
    diagnoses: list[str] = attrs.Factory(list)
    lines: list[LineDraft] = attrs.Factory(list)
    rendering: ProviderDraft | None = None
    attending: ProviderDraft | None = None
    referring: ProviderDraft | None = None
    facility: ProviderDraft | None = None
    authorizations: dict[str, list[LineDraft] | None] = attrs.Factory(dict)
    documents: list[Document] = attrs.Factory(list)
    attributes: dict[str, Any] = attrs.Factory(dict)

    def record(self, fault: Fault) -> Claim | None:
        """Return the record, or ``None`` when the claim has problems, its own or those just reported as faults."""
        patient = self.coverage.person.subscriber()
        if self.dependent is not None:
            patient = self.dependent.dependent(patient.id)
        self._check_header(patient, fault)
        self._check_lines(fault)
        if self.problems:
            return None
        billing = self.billing.record()
        facility = None if self.facility is None else self.facility.record()
        rendering = self.rendering or self.attending
        return Claim(
            self.id,
            self.kind,
            _payer(self.coverage.payer_id, self.coverage.payer_name),
            patient,
            billing,
            tuple([line.record(self.statement) for line in self.lines]),
            line_of_business=self.coverage.line_of_business,
            state=(facility.state if facility else "") or billing.state,
            place_of_service=self.place,
            type_of_bill=self.type_of_bill,
            diagnoses=tuple(self.diagnoses),
            rendering_provider=None if rendering is None else rendering.record(),
            referring_provider=None if self.referring is None else self.referring.record(),
            facility=facility,
            authorizations=self._authorizations() if self.authorizations else (),
            documents=tuple(self.documents),
            attributes=self.attributes,
        )

    def _authorizations(self) -> tuple[Authorization, ...]:
        codes = {
            number: dict.fromkeys(line.code or line.revenue_code for line in lines or ())
            for number, lines in self.authorizations.items()
        }
        return tuple(Authorization(number, tuple(covered)) for number, covered in codes.items())

    def _check_header(self, patient: Patient, fault: Fault) -> None:
        person = self.coverage.person
        if not self.id:
            fault(self.position, "CLM-01", "the claim has no id; write the provider's number for it in CLM01")
        if not self.billing.npi:
            message = "the billing provider has no NPI, and bundling is judged by it; write it in NM109 with NM108 XX"
            fault(self.billing.position, "NM1-09", message)
        if not self.coverage.payer_id:
            message = "the payer has no id, so no policy can be chosen; write it in NM109 of NM1*PR in loop 2010BB"
            fault(self.coverage.payer_position or person.position, "NM1-09", message)
        if not patient.id:
            message = "the subscriber has no member id, so no history can be found; write it in NM109 of NM1*IL"
            fault(person.position, "NM1-09", message)
        if not self.lines:
            fault(self.position, "LX", "the claim has no service line; write at least one LX loop")

    def _check_lines(self, fault: Fault) -> None:
        held = len(self.diagnoses)
        for line in self.lines:
            if not line.served:
                service = "SV1" if self.kind == "professional" else "SV2"
                fault(line.position, "LX", f"the line has no {service} segment; write one after LX")
            if line.pointers and max(line.pointers) > held:
                message = (
                    f"a diagnosis pointer is above {held}, the number of the claim's diagnoses; point at one of them"
                )
                fault(line.position, "SV1-07", message)
            if not line.dated and self.statement is None:
                message = "the line has no date of service, so no edit can be dated; write DTP*472 with D8 or RD8"
                fault(line.position, "DTP-03", message)

"""Handlers of the service line: 2400, its drug (2410), rendering provider (2420A) and other payers' decisions (2430)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from payerpack.codes import normalise
from payerpack.formats.x12_claim_loops import adjustments, document, npi, unreadable_days
from payerpack.formats.x12_draft import LineDraft, ProviderDraft
from payerpack.formats.x12_values import (
    harmless,
    read_count,
    read_number,
    read_period,
    read_pointers,
    read_procedure,
    read_text,
    read_units,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payerpack.formats.x12_reader import Handler, Reader


def lx(reader: Reader, segment: list[str]) -> None:
    """Read LX: a service line begins."""
    try:
        number = read_count(segment[1])
    except ValueError:
        number = 0
        reader.problem("LX-01", "the line's number is no number; write 1 for the first line and count on")
    lines = reader.claim.lines
    if lines and number <= lines[-1].number and any(line.number == number for line in lines):
        reader.problem("LX-01", f"the line number {number} stands twice in this claim; number its lines from 1 on")
    reader.enter("2400")
    reader.line = LineDraft(number, reader.position)
    lines.append(reader.line)


def _sv1(reader: Reader, segment: list[str]) -> None:
    line = _service(reader, segment, "professional", procedure=1)
    line.place = segment[5]
    if segment[7]:
        try:
            line.pointers = read_pointers(segment[7], reader.component)
        except ValueError:
            message = "a diagnosis pointer is no position; write positions of the claim's diagnoses, counted from 1"
            reader.problem("SV1-07", message)
    if not line.code:
        reader.problem("SV1-01", "the procedure code is missing; write its qualifier and code, such as HC:72192")


def _sv2(reader: Reader, segment: list[str]) -> None:
    line = _service(reader, segment, "institutional", procedure=2)
    line.revenue_code = normalise(segment[1])
    if not line.revenue_code:
        reader.problem("SV2-01", "the revenue code is missing; write four digits, such as 0350")


def _service(reader: Reader, segment: list[str], kind: str, procedure: int) -> LineDraft:
    """Read what SV1 and SV2 share: the procedure, then charge, basis and units in the three elements after it."""
    claim, line = reader.claim, reader.line
    if line.served:
        reader.problem(segment[0], "the line has two service segments; begin each line with an LX segment of its own")
    if claim.kind != kind:
        reader.problem(
            segment[0], f"the segment belongs to {kind} claims, and this claim is {claim.kind}; send it as what it is"
        )
    line.served = True
    line.position = reader.position
    if segment[procedure]:
        service = read_procedure(segment[procedure], reader.component)
        line.code = service.code
        line.modifiers = service.modifiers
        line.note = service.description
    try:
        line.charge = read_number(segment[procedure + 1]) if segment[procedure + 1] else None
    except ValueError:
        _unreadable_number(reader, segment, procedure + 1, "charge", "is no number")
    try:
        line.units = read_units(segment[procedure + 3])
    except ValueError:
        _unreadable_number(reader, segment, procedure + 3, "units of service", "are no number above 0")
    basis = segment[procedure + 2]
    if basis not in {"UN", ""}:
        claim.attributes.setdefault("line_unit_basis", {})[str(line.number)] = basis
    return line


def _unreadable_number(reader: Reader, segment: list[str], index: int, what: str, fault: str) -> None:
    message = (
        f"the {what}{harmless(segment[index])} {fault}; write digits with at most one decimal point, such as 310.00"
    )
    reader.problem(f"{segment[0]}-{index:02}", message)


def _dtp(reader: Reader, segment: list[str]) -> None:
    if segment[1] == "472":
        line = reader.line
        line.dated = True
        try:
            line.period = read_period(segment[2], segment[3])
        except ValueError:
            unreadable_days(reader, segment, "date of service")


def _ref(reader: Reader, segment: list[str]) -> None:
    """Read REF*G1; one with REF04 belongs to the other payer that REF04 names."""
    if segment[1] == "G1" and segment[2] and not segment[4]:
        lines = reader.claim.authorizations.setdefault(segment[2], [])
        if lines is not None:  # the claim has the number already: it covers every line
            lines.append(reader.line)


def _nte(reader: Reader, segment: list[str]) -> None:
    line = reader.line
    note = read_text(segment[2])
    line.note = f"{line.note}\n{note}" if line.note else note


def _k3(reader: Reader, segment: list[str]) -> None:
    by_line = reader.claim.attributes.setdefault("line_k3", {})
    by_line.setdefault(str(reader.line.number), []).append(read_text(segment[1]))


def _pwk(reader: Reader, segment: list[str]) -> None:
    document(reader.claim, segment, (reader.line.number,))


def _lin(reader: Reader, segment: list[str]) -> None:
    if segment[2] == "N4":
        reader.line.ndc = normalise(segment[3].replace("-", ""))


def _rendering(reader: Reader, segment: list[str]) -> None:
    reader.line.rendering = reader.provider = ProviderDraft(reader.position, npi(segment))


def _svd(reader: Reader, segment: list[str]) -> None:
    decided = {
        "number": reader.line.number,
        "payer_id": segment[1],
        "code": read_procedure(segment[3], reader.component).code,
        "paid": segment[2],
    }
    reader.claim.attributes.setdefault("other_payer_lines", []).append(decided)


def _cas(reader: Reader, segment: list[str]) -> None:
    decided = reader.claim.attributes.get("other_payer_lines")
    if decided and decided[-1]["number"] == reader.line.number:
        adjustments(decided[-1], segment)
    else:
        reader.problem("CAS", "the adjustment follows no SVD segment, so it is nobody's; write the SVD before it")


SEGMENTS: Final[Mapping[str, Handler]] = {
    "SV1": _sv1,
    "SV2": _sv2,
    "DTP": _dtp,
    "REF": _ref,
    "NTE": _nte,
    "K3": _k3,
    "PWK": _pwk,
    "LIN": _lin,
    "SVD": _svd,
    "CAS": _cas,
}
NAMES: Final[Mapping[str, Handler]] = {"82": _rendering}

"""Handlers of the claim (2300), its providers (2310) and, kept apart, the other payers (2320 and 2330).

What an 837 says beyond the fields of `Claim` is kept in ``claim.attributes``, each only where the file has it:

====================================  =================================================================================
``frequency_code``                    CLM05-3: ``"1"`` original, ``"7"`` replacement, ``"8"`` void
``original_claim_number``             REF*F8: the payer's number of the claim that this one replaces or voids
``claim_note``                        NTE, several joined by line breaks
``k3``                                K3 fixed-format information, a list of texts
``admission_date``                    DTP*435, ISO
``repricer_received_date``            DTP*050, ISO: when a repricer, not this payer, received the claim
``admission_type`` and others         CL1: ``admission_type``, ``admission_source``, ``patient_status``
``admitting_diagnoses`` and others    HI: lists of codes, see `CODE_LISTS`
``reports_not_sent``                  PWK types of reports that are only announced (available on request, or not needed)
``other_payers``                      2320: dictionaries of ``payer_id``, ``sequence``, ``filing_indicator``, ``paid``,
                                      ``adjustments`` (each with ``group``, ``carc``, ``amount``)
``other_payer_lines``                 2430: the same for lines, with ``number``, ``payer_id``, ``code``, ``paid``
``line_unit_basis``                   SV103 by line number, where units are not units (``"MJ"``: minutes)
``line_k3``                           K3 by line number
====================================  =================================================================================
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from payerpack.claim import Document
from payerpack.formats.x12_draft import ProviderDraft
from payerpack.formats.x12_values import harmless, read_date, read_period, read_qualified, read_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from payerpack.formats.x12_draft import ClaimDraft
    from payerpack.formats.x12_reader import Handler, Reader

CODE_LISTS: Final = {
    "BJ": "admitting_diagnoses",
    "ABJ": "admitting_diagnoses",
    "PR": "visit_reason_diagnoses",
    "APR": "visit_reason_diagnoses",
    "BN": "external_cause_diagnoses",
    "ABN": "external_cause_diagnoses",
    "BR": "procedures",
    "BBR": "procedures",
    "BQ": "procedures",
    "BBQ": "procedures",
    "BP": "anesthesia_procedures",
    "BO": "anesthesia_procedures",
    "BG": "condition_codes",
    "DR": "drg",
}
"""HI qualifiers of codes that are no diagnoses of the claim, and the attribute that lists them."""

DOCUMENT_TYPES: Final = {"RR": "radiology_report", "RB": "radiology_film", "OB": "operative_note"}
"""Document types of report type codes (PWK01); any other code is its own type."""

_DIAGNOSES: Final = frozenset(("ABK", "ABF", "BK", "BF"))
_DATES: Final = {"435": "admission_date", "050": "repricer_received_date"}
_NOT_SENT: Final = frozenset(("AA", "AG", "NS"))
_FACILITY_CODE: Final = re.compile(r"[0-9A-Z]{1,2}([^0-9A-Z\s])[AB]\1[0-9A-Z]")


def npi(segment: list[str]) -> str:
    """Return the NPI that an NM1 segment gives; a number of another kind (NM108) is none."""
    return segment[9] if segment[8] == "XX" else ""


def provider_address(reader: Reader, segment: list[str]) -> None:
    """Read N4: the state of the provider being read, if it is one that is needed."""
    if reader.provider is not None:
        reader.provider.state = segment[2]


def provider_taxonomy(reader: Reader, segment: list[str]) -> None:
    """Read PRV: the taxonomy of the provider being read."""
    if reader.provider is not None:
        reader.provider.taxonomy = segment[3]


def clm(reader: Reader, segment: list[str]) -> None:
    """Read CLM: a claim begins."""
    assert reader.kind is not None
    claim = reader.begin_claim(reader.kind)
    claim.id = segment[1]
    where = segment[5]
    if reader.component not in where and (bent := _FACILITY_CODE.fullmatch(where)):
        # Published samples declare ":" in ISA16 and then write ">". CLM05 has three short parts, so it tells.
        reader.component = bent[1]
    place, _, rest = where.partition(reader.component)
    frequency = rest.partition(reader.component)[2]
    if reader.kind == "professional":
        claim.place = place
    else:
        claim.type_of_bill = place + frequency
    if frequency:
        claim.attributes["frequency_code"] = frequency


def _dtp(reader: Reader, segment: list[str]) -> None:
    claim = reader.claim
    qualifier = segment[1]
    if qualifier == "434":
        try:
            claim.statement = read_period(segment[2], segment[3])
        except ValueError:
            unreadable_days(reader, segment, "statement period")
    elif qualifier in _DATES:
        try:
            # DT carries the time after the day.
            day = segment[3][:8] if segment[2] == "DT" else segment[3]
            claim.attributes[_DATES[qualifier]] = read_date(day).isoformat()
        except ValueError:
            message = f"the date{harmless(segment[3])} is no date; write CCYYMMDD, such as 20260302"
            reader.problem("DTP-03", message)


def unreadable_days(reader: Reader, segment: list[str], what: str) -> None:
    """Report a DTP segment that holds no days."""
    shown = harmless(segment[3])
    message = f"the {what}{shown} is no date or range; write D8 and 20260302, or RD8 and 20260302-20260304"
    reader.problem("DTP-03", message)


def _hi(reader: Reader, segment: list[str]) -> None:
    claim = reader.claim
    alone, alone_index = "", 0
    for index, element in enumerate(segment[1:13], 1):
        if not element:
            continue
        qualifier, code = read_qualified(element, reader.component)
        if alone and not code:
            # HI*BK*8901 for HI*BK:8901: a known qualifier and what follows it alone can only be the parts of one.
            qualifier, code, alone = alone, qualifier, ""
        elif not code and not alone and (qualifier in _DIAGNOSES or qualifier in CODE_LISTS):
            alone, alone_index = qualifier, index
            continue
        if not code:
            _no_code(reader, index)
        elif qualifier in _DIAGNOSES:
            claim.diagnoses.append(code)
        elif qualifier in CODE_LISTS:
            claim.attributes.setdefault(CODE_LISTS[qualifier], []).append(code)
    if alone:
        _no_code(reader, alone_index)


def _no_code(reader: Reader, index: int) -> None:
    message = "the element is not a qualifier and a code; write both in one element, such as ABK:S32401A"
    reader.problem(f"HI-{index:02}", message)


def _cl1(reader: Reader, segment: list[str]) -> None:
    attributes = reader.claim.attributes
    for index, name in enumerate(("admission_type", "admission_source", "patient_status"), 1):
        if code := segment[index]:
            attributes[name] = code


def _nte(reader: Reader, segment: list[str]) -> None:
    attributes = reader.claim.attributes
    note = read_text(segment[2])
    attributes["claim_note"] = f"{attributes['claim_note']}\n{note}" if "claim_note" in attributes else note


def _k3(reader: Reader, segment: list[str]) -> None:
    reader.claim.attributes.setdefault("k3", []).append(read_text(segment[1]))


def _pwk(reader: Reader, segment: list[str]) -> None:
    document(reader.claim, segment, ())


def document(claim: ClaimDraft, segment: list[str], lines: tuple[int, ...]) -> None:
    """Read PWK: a document that came with the claim, for the lines given (none: all of them)."""
    code = segment[1]
    kind = DOCUMENT_TYPES.get(code, code)
    if segment[2] in _NOT_SENT:
        claim.attributes.setdefault("reports_not_sent", []).append(kind)
    else:
        claim.documents.append(Document(segment[6] or f"PWK-{len(claim.documents) + 1}", kind, lines))


def _ref(reader: Reader, segment: list[str]) -> None:
    claim = reader.claim
    qualifier = segment[1]
    if qualifier == "G1" and segment[2]:
        claim.authorizations[segment[2]] = None
    elif qualifier == "F8":
        claim.attributes["original_claim_number"] = segment[2]


# -- providers of the claim --------------------------------------------------------------------------------------------


def _provider(attribute: str) -> Handler:
    def read(reader: Reader, segment: list[str]) -> None:
        claim = reader.claim
        if getattr(claim, attribute) is None:  # a second referring provider is the primary care physician
            reader.provider = ProviderDraft(reader.position, npi(segment))
            setattr(claim, attribute, reader.provider)

    return read


# -- other payers ------------------------------------------------------------------------------------------------------


def other_payer(reader: Reader, segment: list[str]) -> None:
    """Read SBR below a claim: another payer's loop begins, and what follows is that payer's."""
    payer = {"payer_id": "", "sequence": segment[1], "filing_indicator": segment[9]}
    reader.claim.attributes.setdefault("other_payers", []).append(payer)
    reader.enter("2320")


def _other_payer_id(reader: Reader, segment: list[str]) -> None:
    reader.claim.attributes["other_payers"][-1]["payer_id"] = segment[9]


def _other_payer_paid(reader: Reader, segment: list[str]) -> None:
    if segment[1] == "D":
        reader.claim.attributes["other_payers"][-1]["paid"] = segment[2]


def _other_payer_adjustments(reader: Reader, segment: list[str]) -> None:
    adjustments(reader.claim.attributes["other_payers"][-1], segment)


def adjustments(owner: dict[str, Any], segment: list[str]) -> None:
    """Read CAS: up to six adjustments of one group, for a payer or a line that it decided."""
    kept = owner.setdefault("adjustments", [])
    for index in range(2, 20, 3):
        if not segment[index]:
            break
        kept.append({"group": segment[1], "carc": segment[index], "amount": segment[index + 1]})


SEGMENTS: Final[Mapping[str, Callable[[Reader, list[str]], None]]] = {
    "DTP": _dtp,
    "HI": _hi,
    "CL1": _cl1,
    "NTE": _nte,
    "K3": _k3,
    "PWK": _pwk,
    "REF": _ref,
}
NAMES: Final[Mapping[str, Handler]] = {
    "82": _provider("rendering"),
    "71": _provider("attending"),
    "77": _provider("facility"),
    "DN": _provider("referring"),
}
OTHER_PAYER_SEGMENTS: Final[Mapping[str, Handler]] = {"CAS": _other_payer_adjustments, "AMT": _other_payer_paid}
OTHER_PAYER_NAMES: Final[Mapping[str, Handler]] = {"PR": _other_payer_id}

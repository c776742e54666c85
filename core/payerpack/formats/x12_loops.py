"""What each segment means in each loop of an 837: one table of handlers a level, and the handlers of the header.

A segment is only ever read by the table of the level it stands in. So other payers' data (2320, 2330) cannot reach the
claim's own, whatever qualifiers they share. Source: TR3 005010X222A1 and 005010X223A2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from payerpack.formats import x12_claim_loops as claim
from payerpack.formats import x12_line_loops as line
from payerpack.formats.x12_draft import PersonDraft
from payerpack.formats.x12_envelope import claim_type, refusal
from payerpack.formats.x12_reader import Handler, Loop, Reader
from payerpack.formats.x12_values import read_date, read_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payerpack.claim import LineOfBusiness

LINES_OF_BUSINESS: Final[Mapping[str, LineOfBusiness]] = {
    **dict.fromkeys(("MA", "MB"), "medicare"),
    **dict.fromkeys(("16", "HN"), "medicare_advantage"),
    "MC": "medicaid",
    **dict.fromkeys(("12", "13", "14", "15", "17", "BL", "CI", "FI", "HM"), "commercial"),
    **dict.fromkeys(("11", "AM", "CH", "DS", "LM", "OF", "TV", "VA", "WC"), "other"),
}
"""The line of business of a claim filing indicator (SBR09); an indicator that is absent or ZZ says nothing."""


# -- the envelope ------------------------------------------------------------------------------------------------------


def _isa(reader: Reader, segment: list[str]) -> None:
    reader.cut_claim()
    reader.begin_transaction(None)
    reader.component = segment[16]
    reader.version = ""
    reader.envelope.open(reader.position, "ISA", segment[13])


def _gs(reader: Reader, segment: list[str]) -> None:
    reader.close_claim()
    reader.begin_transaction(None)
    reader.version = segment[8]
    reader.envelope.open(reader.position, "GS", segment[6])


def _st(reader: Reader, segment: list[str]) -> None:
    reader.close_claim()
    reader.envelope.open(reader.position, "ST", segment[2])
    reader.transaction_position = reader.position
    transaction, version = segment[1], segment[3] or reader.version
    kind = claim_type(version) if transaction == "837" else None
    reader.begin_transaction(kind)
    if kind is None:
        reader.refuse(refusal(transaction, version))


def _se(reader: Reader, segment: list[str]) -> None:
    reader.close_claim()
    counted = reader.position - reader.transaction_position + 1
    reader.envelope.close(reader.position, "ST", segment[1], segment[2], counted)
    reader.begin_transaction(None)


def _ge(reader: Reader, segment: list[str]) -> None:
    reader.close_claim()
    reader.begin_transaction(None)
    reader.envelope.close(reader.position, "GS", segment[1], segment[2])


def _iea(reader: Reader, segment: list[str]) -> None:
    reader.close_claim()
    reader.begin_transaction(None)
    reader.envelope.close(reader.position, "ISA", segment[1], segment[2])


def _outside(reader: Reader, segment: list[str]) -> None:
    reader.refuse("a segment stands outside of every transaction, so it is not read; begin a transaction with ST")
    if segment[0] == "CLM":
        _refused_claim(reader, segment)


def _refused_claim(reader: Reader, _segment: list[str]) -> None:
    reader.refused.claims += 1


# -- levels ------------------------------------------------------------------------------------------------------------


def _hl(reader: Reader, segment: list[str]) -> None:
    reader.close_claim()
    level = segment[3]
    if level == "20":
        reader.begin_billing()
        reader.level = level
        reader.enter("2000A")
        reader.provider = reader.billing
    elif level == "22":
        reader.begin_coverage()
        reader.enter("2000B")
    elif level == "23":
        reader.begin_dependent(PersonDraft(reader.position))
        reader.enter("2000C")
    else:
        reader.begin_coverage()
        reader.enter("2000B")
        reader.problem("HL-03", "the level is none of an 837; write 20 (billing), 22 (subscriber) or 23 (patient)")


def _nm1(reader: Reader, segment: list[str]) -> None:
    reader.provider = None
    handler = reader.loop.names.get(segment[1])
    if handler is not None:
        handler(reader, segment)


def _unknown(reader: Reader, segment: list[str]) -> None:
    reader.stray(segment, "this is no segment of an 837 claim file, so what it says is lost; correct its id")


def _misplaced(reader: Reader, segment: list[str]) -> None:
    reader.stray(segment, "the segment does not belong here, so what it says is lost; put it into its own loop")


# -- billing provider, subscriber, payer, patient ----------------------------------------------------------------------


def _billing(reader: Reader, segment: list[str]) -> None:
    reader.billing.position = reader.position
    reader.billing.npi = claim.npi(segment)
    reader.provider = reader.billing


def _billing_reference(reader: Reader, segment: list[str]) -> None:
    """Read REF in 2010AA: EI is an employer's number, SY a social security number."""
    provider = reader.provider
    if provider is not None and segment[1] in {"EI", "SY"}:
        number = segment[2].replace("-", "").replace(" ", "")
        if segment[1] == "EI":
            provider.employer_id = number
        else:
            provider.ssn = number


def _sbr(reader: Reader, segment: list[str]) -> None:
    indicator = segment[9]
    lob: LineOfBusiness | Literal[""] = LINES_OF_BUSINESS.get(indicator, "")
    reader.coverage.line_of_business = lob


def _subscriber(reader: Reader, segment: list[str]) -> None:
    reader.coverage.person.position = reader.position
    reader.coverage.person.member_id = segment[9]


def _payer(reader: Reader, segment: list[str]) -> None:
    reader.coverage.payer_position = reader.position
    reader.coverage.payer_id = segment[9]
    reader.coverage.payer_name = read_text(segment[3])


def _dependent(reader: Reader, segment: list[str]) -> None:
    if reader.dependent is not None:
        reader.dependent.first_name = segment[4]


def _demographics(reader: Reader, segment: list[str]) -> None:
    person = reader.dependent or reader.coverage.person
    person.sex = segment[3]
    if segment[2]:
        try:
            person.birth_date = read_date(segment[2])
        except ValueError:
            reader.problem("DMG-02", "the birth date is no date; write CCYYMMDD with DMG01 D8")


# -- the tables --------------------------------------------------------------------------------------------------------

_NEEDLESS: Final = (
    "AMT", "BHT", "CAS", "CL1", "CN1", "CR1", "CR2", "CR3", "CR4", "CR5", "CR6", "CR7", "CR8", "CRC", "CTP", "CUR",
    "DMG", "DN1", "DN2", "DTP", "FRM", "HCP", "HSD", "IMM", "K3", "LQ", "MEA", "MIA", "MOA", "N2", "N3", "N4", "NTE",
    "OI", "PAT", "PER", "PRV", "PS1", "PWK", "QTY", "REF", "SBR", "SV3", "SV4", "SV5", "SV6", "SV7", "TA1", "TOO",
    "UR",
)  # fmt: skip
"""Segments that an 837 may hold and that say nothing which is needed, where no table below says otherwise."""

_ENVELOPE: Final[dict[str, Handler]] = {"ISA": _isa, "GS": _gs, "ST": _st, "SE": _se, "GE": _ge, "IEA": _iea}

_EVERYWHERE: Final[dict[str, Handler | None]] = {
    **dict.fromkeys(_NEEDLESS),
    **dict.fromkeys(("HI", "LX", "SV1", "SV2", "SVD", "LIN"), _misplaced),
    **_ENVELOPE,
    "HL": _hl,
    "NM1": _nm1,
    "N4": claim.provider_address,
    "PRV": claim.provider_taxonomy,
    "CLM": claim.clm,
}


def _loop(segments: Mapping[str, Handler], names: Mapping[str, Handler]) -> Loop:
    return Loop({**_EVERYWHERE, **segments}, names, _unknown)


_LINES: Final[Mapping[str, Handler]] = {"LX": line.lx, "SBR": claim.other_payer}

LOOPS: Final[Mapping[str, Loop]] = {
    "envelope": Loop({**_ENVELOPE, "TA1": None}, {}, _outside),
    "refused": Loop({**_ENVELOPE, "CLM": _refused_claim}, {}, None),
    "transaction": _loop({}, {}),
    "2000A": _loop({"REF": _billing_reference}, {"85": _billing}),
    "2000B": _loop({"SBR": _sbr, "DMG": _demographics}, {"IL": _subscriber, "PR": _payer}),
    "2000C": _loop({"DMG": _demographics}, {"QC": _dependent}),
    "2300": _loop({**claim.SEGMENTS, **_LINES}, claim.NAMES),
    "2320": _loop({**claim.OTHER_PAYER_SEGMENTS, **_LINES}, claim.OTHER_PAYER_NAMES),
    "2400": _loop({**line.SEGMENTS, **_LINES}, line.NAMES),
}

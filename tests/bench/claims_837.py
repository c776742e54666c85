"""The workload's claims as an 837P: what a file of that format can say of them, which leaves out what is attested."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from payerpack import Claim

_HEAD = (
    "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261121*0900*^*00501*000000001*0*T*:",
    "GS*HC*SENDER*RECEIVER*20261121*0900*1*X*005010X222A1",
    "ST*837*0001*005010X222A1",
    "BHT*0019*00*0001*20261121*0900*CH",
    "NM1*41*2*SAMPLE SUBMITTER*****46*SENDER",
    "NM1*40*2*SAMPLE RECEIVER*****46*RECEIVER",
)


def as_837(claims: Sequence[Claim]) -> bytes:
    """Return the claims, which share one billing provider, as one interchange."""
    billing = claims[0].billing_provider
    provider = (
        "HL*1**20*1",
        f"PRV*BI*PXC*{billing.taxonomy}",
        f"NM1*85*2*SAMPLE GROUP*****XX*{billing.npi}",
        "N3*1 SAMPLE STREET",
        f"N4*SAMPLETOWN*{claims[0].state}*970010001",
        f"REF*EI*{billing.tax_id}",
    )
    body = [*provider, *(segment for level, claim in enumerate(claims, 2) for segment in _claim(level, claim))]
    count = len(_HEAD) - 2 + len(body) + 1
    return "".join(
        f"{segment}~\n" for segment in (*_HEAD, *body, f"SE*{count}*0001", "GE*1*1", "IEA*1*000000001")
    ).encode()


def _claim(level: int, claim: Claim) -> Iterator[str]:
    patient, total = claim.patient, sum(line.charge or 0 for line in claim.lines)
    yield f"HL*{level}*1*22*0"
    yield "SBR*P*18*******CI"
    yield f"NM1*IL*1*SAMPLE*ONE****MI*{patient.id}"
    yield f"DMG*D8*{patient.birth_date:%Y%m%d}*{patient.sex}"
    yield f"NM1*PR*2*SAMPLE PAYER*****PI*{claim.payer.id}"
    yield f"CLM*{claim.id}*{total}***{claim.place_of_service}:B:1*Y*A*Y*Y"
    yield from (f"REF*G1*{authorization.number}" for authorization in claim.authorizations)
    yield "HI*" + "*".join(f"{'ABF' if place else 'ABK'}:{code}" for place, code in enumerate(claim.diagnoses))
    if claim.rendering_provider is not None:
        yield f"NM1*82*1*SAMPLE*TWO****XX*{claim.rendering_provider.npi}"
        yield f"PRV*PE*PXC*{claim.rendering_provider.taxonomy}"
    pointers = ":".join(str(place) for place in range(1, len(claim.diagnoses) + 1))
    for line in claim.lines:
        yield f"LX*{line.number}"
        yield f"SV1*{':'.join(('HC', line.code, *line.modifiers))}*{line.charge}*UN*{line.units}***{pointers}"
        yield f"DTP*472*D8*{line.service_date:%Y%m%d}"

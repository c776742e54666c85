"""Small 837 files for the tests, built of segments: only what a test is about is written there."""

from __future__ import annotations

import io
from typing import Any

from payerpack.claim import Claim, RejectedClaim
from payerpack.errors import DataError
from payerpack.formats.x12 import read

BILLING = "HL*1**20*1 PRV*BI*PXC*2085R0202X NM1*85*2*SAMPLE*****XX*1234567893 N3*1 N4*TOWN*OH*43001 REF*EI*93-0000000"
SUBSCRIBER = (
    "HL*2*1*22*0 SBR*P*18*******CI NM1*IL*1*SAMPLE*ONE****MI*MEMBER1 DMG*D8*19610402*F NM1*PR*2*PAYER*****PI*60054"
)
CLAIM = "CLM*C-1*490***22:B:1*Y*A*Y*Y HI*ABK:S32401A*ABF:R1031"
LINE = "LX*1 SV1*HC:72192:26*310*UN*1***1 DTP*472*D8*20260302"
PROFESSIONAL, INSTITUTIONAL = "005010X222A1", "005010X223A2"


def body(*parts: str) -> list[str]:
    """Return the segments of the parts, each a text of segments with blanks between; ``_`` stands for a blank."""
    return [segment.replace("_", " ") for part in parts for segment in part.split()]


def transaction(*parts: str, version: str = PROFESSIONAL, control: str = "0001") -> list[str]:
    """Return a whole transaction around the parts."""
    inner = [f"ST*837*{control}*{version}", "BHT*0019*00*1*20260302*0900*CH", *body(*parts)]
    return [*inner, f"SE*{len(inner) + 1}*{control}"]


def group(*transactions: list[str], version: str = PROFESSIONAL, control: str = "1") -> list[str]:
    """Return a whole group around transactions."""
    opening = f"GS*HC*SENDER*RECEIVER*20260302*0900*{control}*X*{version}"
    return [opening, *(segment for one in transactions for segment in one), f"GE*{len(transactions)}*{control}"]


def header(control: str = "000000001", component: str = ":") -> str:
    """Return an ISA segment without its terminator."""
    party = "ZZ*" + "SAMPLE".ljust(15)
    return f"ISA*00*{' ' * 10}*00*{' ' * 10}*{party}*{party}*260302*0900*^*00501*{control}*0*T*{component}"


def interchange(*groups: list[str], control: str = "000000001") -> list[str]:
    """Return a whole interchange around groups."""
    return [header(control), *(segment for one in groups for segment in one), f"IEA*{len(groups)}*{control}"]


def file_of(segments: list[str], end: str = "~\n") -> bytes:
    """Return the bytes of a file."""
    return "".join(segment + end for segment in segments).encode("latin-1")


def claims_file(*parts: str, version: str = PROFESSIONAL) -> bytes:
    """Return a file of one transaction with the parts in it."""
    return file_of(interchange(group(transaction(*parts, version=version), version=version)))


def read_all(data: bytes) -> list[Any]:
    """Return all claims of a file without faults of its envelope."""
    return list(read(io.BytesIO(data), "x.837"))


def read_one(*parts: str, version: str = PROFESSIONAL) -> Claim:
    """Return the claim of a file of the parts."""
    (claim,) = read_all(claims_file(*parts, version=version))
    assert isinstance(claim, Claim), [str(problem) for problem in claim.problems]
    return claim


def reject_one(*parts: str, version: str = PROFESSIONAL) -> RejectedClaim:
    """Return the rejected claim of a file of the parts."""
    (claim,) = read_all(claims_file(*parts, version=version))
    assert isinstance(claim, RejectedClaim)
    return claim


def read_with_faults(data: bytes) -> tuple[list[Any], list[str]]:
    """Return the claims of a file and the problems that reading it ends with."""
    claims = []
    try:
        for claim in read(io.BytesIO(data), "x.837"):
            claims.append(claim)  # noqa: PERF402 - an error must leave what came before it
    except DataError as error:
        return claims, [str(problem) for problem in error.problems]
    return claims, []

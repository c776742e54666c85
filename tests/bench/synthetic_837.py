"""A synthetic 837P of any size, the same for the same seed, and the sums that a reader of it must find.

``python tests/bench/synthetic_837.py claims.837 10000`` writes a file. Nobody in it exists: names are tokens, member
ids are counted, NPIs only pass the check digit.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED = 20261121
PROCEDURES = (
    ("99213", "92.50"), ("99214", "131.20"), ("72192", "310.00"), ("74177", "402.75"), ("76377", "180.00"),
    ("76376", "61.40"), ("70450", "214.10"), ("71250", "198.65"), ("80053", "18.90"), ("36415", "9.00"),
)  # fmt: skip
DIAGNOSES = ("S32401A", "R1031", "I10", "E119", "M545", "J189", "N179", "K5730")
MODIFIERS = ("26", "TC", "59", "25", "LT", "RT", "XS")
PLACES = ("11", "22", "23")
PAYERS = (("12345", "MB"), ("60054", "CI"), ("99999", "MC"), ("77777", "16"))


def npi(number: int) -> str:
    """Return an NPI of nobody: nine digits and their check digit (Luhn, with the prefix 80840)."""
    digits = f"80840{123456000 + number:09d}"
    doubled = (int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return digits[5:] + str(-sum(value // 10 + value % 10 for value in doubled) % 10)


class Synthetic837:
    """Writes the file piece by piece and counts what it writes.

    Attributes:
        truth: Claims, lines, units, diagnoses, modifiers, notes, documents, drugs, other payers, decided lines,
            dependents; and ``charge`` in US dollars.
    """

    def __init__(self, claims: int = 10_000, transactions: int = 10, seed: int = SEED) -> None:
        self.truth: Counter[str] = Counter()
        self.charge = Decimal(0)
        self._claims = claims
        self._transactions = transactions
        self._random = random.Random(seed)
        self._segments = 0

    def pieces(self) -> Iterator[str]:
        """Yield the file in pieces: header, one piece for each claim, trailer."""
        sender, receiver = f"{'SENDER':<15}", f"{'RECEIVER':<15}"
        yield f"ISA*00*          *00*          *ZZ*{sender}*ZZ*{receiver}*261121*0900*^*00501*000000001*0*T*:~\n"
        yield "GS*HC*SENDER*RECEIVER*20261121*0900*1*X*005010X222A1~\n"
        for number in range(self._transactions):
            share = self._claims // self._transactions + (number < self._claims % self._transactions)
            yield from self._transaction(f"{number + 1:04}", share)
        yield f"GE*{self._transactions}*1~\nIEA*1*000000001~\n"

    def _transaction(self, control: str, claims: int) -> Iterator[str]:
        self._segments = 0
        yield self._text(
            f"ST*837*{control}*005010X222A1",
            f"BHT*0019*00*{control}*20261121*0900*CH",
            "NM1*41*2*SAMPLE SUBMITTER*****46*SENDER",
            "PER*IC*SAMPLE CONTACT*TE*5550100",
            "NM1*40*2*SAMPLE RECEIVER*****46*RECEIVER",
        )
        level = 0
        for index in range(claims):
            if index % 50 == 0:
                level += 1
                billing_level = level
                yield self._text(
                    f"HL*{level}**20*1",
                    "PRV*BI*PXC*2085R0202X",
                    f"NM1*85*2*SAMPLE GROUP*****XX*{npi(level)}",
                    "N3*1 SAMPLE STREET",
                    "N4*SAMPLETOWN*OH*430010001",
                    f"REF*EI*{930000000 + level}",
                )
            level += 1
            dependent = self._random.random() < 0.3
            yield self._subscriber(level, billing_level, dependent=dependent)
            if dependent:
                level += 1
                yield self._dependent(level)
            yield self._claim()
        closing = self._segments + 1
        yield self._text(f"SE*{closing}*{control}")

    def _subscriber(self, level: int, parent: int, *, dependent: bool) -> str:
        payer, indicator = self._random.choice(PAYERS)
        self.truth["claims"] += 1
        return self._text(
            f"HL*{level}*{parent}*22*{int(dependent)}",
            f"SBR*P*{'' if dependent else '18'}*******{indicator}",
            f"NM1*IL*1*SAMPLE*ONE****MI*M{self.truth['claims']:08}",
            *(() if dependent else ("N3*2 SAMPLE STREET", "N4*SAMPLETOWN*OH*43001", f"DMG*D8*{self._birth()}*F")),
            f"NM1*PR*2*SAMPLE PAYER*****PI*{payer}",
        )

    def _dependent(self, level: int) -> str:
        self.truth["dependents"] += 1
        return self._text(
            f"HL*{level}*{level - 1}*23*0",
            "PAT*19",
            "NM1*QC*1*SAMPLE*TWO",
            "N3*2 SAMPLE STREET",
            "N4*SAMPLETOWN*OH*43001",
            f"DMG*D8*{self._birth()}*M",
        )

    def _birth(self) -> str:
        return f"{self._random.randint(1930, 2020)}{self._random.randint(1, 12):02}{self._random.randint(1, 28):02}"

    def _claim(self) -> str:
        pick = self._random
        lines = pick.choices((1, 2, 3, 4, 5, 6, 12), (20, 22, 20, 16, 12, 8, 2))[0]
        chosen = [pick.choice(PROCEDURES) for _ in range(lines)]
        other = pick.random() < 0.12
        diagnoses = pick.sample(DIAGNOSES, pick.choices((1, 3, 4, 8), (30, 30, 30, 10))[0])
        total = sum(Decimal(charge) for _, charge in chosen)
        self.charge += total
        self.truth["lines"] += lines
        self.truth["diagnoses"] += len(diagnoses)
        segments = [f"CLM*C{self.truth['claims']:07}*{total}***{pick.choice(PLACES)}:B:1*Y*A*Y*Y"]
        if pick.random() < 0.05:
            self.truth["documents"] += 1
            segments.append("PWK*RR*EL***AC*SAMPLE-DOCUMENT")
        if pick.random() < 0.1:
            self.truth["authorizations"] += 1
            segments.append("REF*G1*SAMPLE-AUTHORIZATION")
        if pick.random() < 0.05:
            self.truth["notes"] += 1
            segments.append("NTE*ADD*SAMPLE NOTE")
        segments += [
            "HI*" + "*".join(f"{'ABF' if index else 'ABK'}:{code}" for index, code in enumerate(diagnoses)),
            f"NM1*82*1*SAMPLE*THREE****XX*{npi(pick.randint(1, 300))}",
            "PRV*PE*PXC*2085R0202X",
        ]
        if pick.random() < 0.4:
            segments += ["NM1*77*2*SAMPLE SITE*****XX*" + npi(999), "N3*3 SAMPLE STREET", "N4*SAMPLETOWN*IN*460010001"]
        if other:
            self.truth["other_payers"] += 1
            segments += [
                "SBR*S*18*******CI",
                "AMT*D*25.00",
                "OI***Y***Y",
                "NM1*IL*1*SAMPLE*FOUR****MI*OTHER",
                "NM1*PR*2*OTHER PAYER*****PI*OTHERPAYER",
                "REF*G1*OTHER-AUTHORIZATION",
            ]
        for number, (code, charge) in enumerate(chosen, 1):
            segments += self._line(number, code, charge, len(diagnoses), other=other)
        return self._text(*segments)

    def _line(self, number: int, code: str, charge: str, diagnoses: int, *, other: bool) -> Iterator[str]:
        pick = self._random
        modifiers = pick.sample(MODIFIERS, pick.choices((0, 1, 2, 4), (70, 22, 6, 2))[0])
        pointers = range(1, min(diagnoses, pick.randint(1, 4)) + 1)
        units = pick.choices((1, 2, 3), (90, 7, 3))[0]
        day = f"2026{pick.randint(1, 12):02}{pick.randint(1, 27):02}"
        self.truth["modifiers"] += len(modifiers)
        self.truth["units"] += units
        yield f"LX*{number}"
        procedure = ":".join(("HC", code, *modifiers))
        yield f"SV1*{procedure}*{charge}*UN*{units}***{':'.join(map(str, pointers))}"
        yield f"DTP*472*RD8*{day}-{int(day) + 1}" if pick.random() < 0.1 else f"DTP*472*D8*{day}"
        yield f"REF*6R*{number}"
        if pick.random() < 0.03:
            self.truth["drugs"] += 1
            yield "LIN**N4*00004196501"
            yield "CTP****2*UN"
        if other:
            self.truth["decided_lines"] += 1
            yield f"SVD*OTHERPAYER*5.00*HC:{code}**1"
            yield "CAS*CO*45*3.00**42*1.00"
            yield f"DTP*573*D8*{day}"

    def _text(self, *segments: str) -> str:
        self._segments += len(segments)
        return "".join(f"{segment}~\n" for segment in segments)


def main() -> None:
    """Write a file of as many claims as asked for."""
    path, *claims = sys.argv[1:]
    synthetic = Synthetic837(int(claims[0]) if claims else 10_000)
    with Path(path).open("w", encoding="ascii", newline="") as file:
        file.writelines(synthetic.pieces())
    sys.stdout.write(f"{dict(synthetic.truth)} charge {synthetic.charge}\n")


if __name__ == "__main__":
    main()

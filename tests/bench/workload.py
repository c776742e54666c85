"""What the benchmarks review: claims, payer rules and code pairs of any size, the same for the same seed.

Nothing in it is anybody's: codes are drawn at random, or from the tables of an edition where the benchmark is about
those tables. Rules and claims are plain dictionaries, so that hand-written code reads them as a billing system would;
`harness_adapter` writes the same rules as a pack, and `claim` makes an ordinary claim of one.
"""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

from harness_adapter import pack_text, pair_tables

from payerpack import Attestation, Authorization, Claim, Patient, Payer, Provider, ServiceLine

SEED = 20261121
PACK = "bench"
FIRST_DAY = dt.date(2024, 7, 1)
DAYS = 92  # the third quarter of 2024, which CMS's practitioner tables of the benchmarks cover
RENDERINGS = ("76376", "76377")
STUDIES = ("70450", "74177", "71260", "70496")
FLAGS = ("workstation", "supervision", "separate_report", "necessity", "order", "contrast")
BYPASS = ["59", "XE", "XP", "XS", "XU", "25", "91"]
MODIFIERS = ("26", "TC", "59", "LT", "RT", "50", "76", "77", "XS", "XU", "25", "52")
PLACES = ("11", "22", "23", "21", "24", "19", "81")
DIAGNOSES = (
    *(f"{letter}{number}" for letter in "ABCDEGHIJKLMNRSZ" for number in (101, 255, 389, 672)),
    "C61", "N401", "R9720", "S020XXA", "S329XXA", "C3490", "R918", "I639", "G459", "R519",
)  # fmt: skip
Uses = dict[str, tuple[tuple[str, ...], int]]
"""For a code: the modifiers for shares that it takes, and how many units are ordinary."""
PROVIDER = Provider("1234567893", "930000000", "2085R0202X")

_ONE_FACT = {
    "code_deny": lambda _: {},
    "units_line": lambda pick: {"cap": pick.choice([1, 2, 3])},
    "units_day": lambda pick: {"cap": pick.choice([1, 4])},
    "mod_conflict": lambda pick: dict(zip("ab", pick.choice([("26", "TC"), ("LT", "50"), ("59", "XS")]), strict=True)),
    "component_dup": lambda _: {},
    "date_window": lambda pick: {"start": (first := _ordinal(pick)), "end": first + pick.choice([14, 30, 60])},
    "age": lambda pick: dict(zip(("lo", "hi"), pick.choice([(18, 120), (0, 17), (40, 120)]), strict=True)),
    "sex": lambda pick: {"sex": pick.choice("FM")},
    "pos": lambda pick: {"pos": pick.sample(PLACES, 3)},
    "docs": lambda pick: {"flags": pick.sample(FLAGS, 2)},
    "dx": lambda pick: {"prefixes": pick.sample(["S02", "S32", "C61", "N40", "R97", "C34", "R91", "I6", "G45"], 3)},
    "auth": lambda pick: {"units": pick.choice([1, 2])},
}
"""What each kind of rule asks beside its codes."""
_TWO_LINES = ("base_study", "conflict")


def _ordinal(pick: random.Random) -> int:
    return FIRST_DAY.toordinal() + pick.randrange(DAYS)


def random_codes(count: int = 1050, seed: int = SEED) -> list[str]:
    """Return so many five-digit codes, the most frequent first."""
    pick = random.Random(seed)
    fixed = {*RENDERINGS, *STUDIES}
    codes = [f"{number:05}" for number in pick.sample(range(10021, 79999), count) if f"{number:05}" not in fixed]
    return [*STUDIES, *codes, *RENDERINGS]


def rules(count: int, codes: list[str], seed: int = SEED) -> list[dict[str, Any]]:
    """Return so many rules over these codes: of every kind, most about rare codes, some about frequent ones."""
    pick = random.Random(seed)
    frequent, rare = codes[:250], codes[250:]
    found: list[dict[str, Any]] = [
        {"kind": "timely", "days": 180},
        {"kind": "pairs", "bypass": BYPASS},
        {"kind": "docs", "codes": ["76377"], "flags": list(FLAGS[:3])},
        {"kind": "base_study", "codes": list(RENDERINGS), "base": [*STUDIES, *pick.sample(frequent, 100)]},
    ]
    kinds = (*_ONE_FACT, *_TWO_LINES)
    for number in range(len(found), count):
        kind = kinds[number % len(kinds)]
        rule = {"kind": kind, "codes": sorted({*pick.sample(frequent, 2), *pick.sample(rare, pick.randint(3, 18))})}
        if kind == "base_study":
            rule["base"] = sorted(pick.sample(codes, 120))
        elif kind == "conflict":
            rule |= {"other": sorted(pick.sample(codes, 40)), "bypass": BYPASS[:3]}
        else:
            rule |= _ONE_FACT[kind](pick)
        found.append(rule)
    return [{"id": f"r{number:05}-{rule['kind'].replace('_', '-')}", **rule} for number, rule in enumerate(found, 1)]


def pairs(count: int, codes: list[str], seed: int = SEED) -> list[list[Any]]:
    """Return so many dated pairs: column 1 code, column 2 code, modifier indicator, first day, day after the last."""
    pick = random.Random(seed)
    found: dict[tuple[str, str], list[Any]] = {}
    while len(found) < count:
        first, second = pick.sample(codes, 2)
        until = pick.choice([dt.date(2024, 8, 15), dt.date.max, dt.date.max, dt.date.max]).toordinal()
        found[first, second] = [first, second, pick.choice([0, 1, 1, 9]), dt.date(2020, 1, 1).toordinal(), until]
    return list(found.values())


def edition_codes(edition: Any, count: int = 1500, seed: int = SEED) -> tuple[list[str], Uses]:
    """Return codes that an edition's tables pay, the most frequent first, and how each is ordinarily billed.

    Add-on codes come last: without their primary they are findings, and claims that bill them so are rare.
    """
    day = FIRST_DAY
    fees, limits = edition.pfs(day), edition.mue_nearest("practitioner", day)
    rows = {code: row for code in fees.codes() if code.isdigit() and (row := fees.row(code)) and row.status in "AR"}
    pick = random.Random(seed)
    codes = pick.sample(sorted(rows), min(count, len(rows)))
    codes.sort(key=lambda code: rows[code].global_days == "ZZZ")
    codes = [*STUDIES, *(code for code in codes if code not in {*STUDIES, *RENDERINGS}), *RENDERINGS]
    uses = {}
    for code in codes:
        limit = limits.get(code) if limits is not None else None
        shares = ("26", "26", "TC") if fees.row(code, "26") else ()
        uses[code] = (shares, 1 if limit is None else max(1, min(limit.value, 4)))
    return codes, uses


def raw_claims(
    count: int, codes: list[str], lines: int | None = None, uses: Uses | None = None, seed: int = SEED
) -> list[dict[str, Any]]:
    """Return so many claims as plain dictionaries; dates are ordinals.

    Args:
        count: How many.
        codes: What is billed; the earlier in the list the more often.
        lines: How many lines each has; absent: 1 to 8, 3.5 on average.
        uses: How each code is ordinarily billed; one line in thirty is not. Absent: nobody knows.
        seed: Tells one workload from another.
    """
    pick = random.Random(seed)
    weights = [1 / (rank + 8) ** 0.9 for rank in range(len(codes))]
    drawn = iter(pick.choices(codes, weights, k=count * (lines or 8)))
    found = []
    for number in range(count):
        day = _ordinal(pick)
        many = lines or pick.choices(range(1, 9), (18, 20, 18, 16, 12, 8, 5, 3))[0]
        found.append(
            {
                "id": f"C{number}",
                "recv": day + pick.choices([5, 20, 45, 90, 170, 200], (40, 30, 15, 8, 5, 2))[0],
                "age": min(99, max(0, int(pick.gauss(52, 23)))),
                "sex": pick.choice("MF"),
                "pos": pick.choices(PLACES, (38, 26, 14, 10, 4, 3, 2))[0],
                "auth": pick.random() < 0.6,
                "dx": pick.sample(DIAGNOSES, pick.randint(1, 4)),
                "att": [flag for flag in FLAGS if pick.random() < 0.8],
                "lines": [_line(pick, place, next(drawn), day, uses) for place in range(1, many + 1)],
            }
        )
    return found


def _line(pick: random.Random, number: int, code: str, day: int, uses: Uses | None) -> dict[str, Any]:
    code = pick.choice(RENDERINGS) if pick.random() < 0.035 else code
    shares, most = (("26", "26", "TC"), 8) if uses is None else uses[code]
    modifiers = [pick.choice(shares)] if shares and pick.random() < 0.27 else []
    units = pick.choices([1, 2, 3, 4, 8], (86, 8, 3, 2, 1))[0]
    if pick.random() < (0.2 if uses is None else 0.03):  # whatever comes to mind
        modifiers = list(dict.fromkeys([*modifiers, pick.choice(MODIFIERS)]))
    elif units > most:
        units = most
    return {
        "n": number,
        "code": code,
        "mods": modifiers,
        "units": units,
        "charge": f"{pick.randint(20, 900)}.{pick.randint(0, 99):02}",
        "dos": day if pick.random() < 0.93 else day + 1,
    }


def claim(raw: dict[str, Any], line_of_business: Any = "commercial") -> Claim:
    """Return the ordinary claim of a plain one."""
    first = dt.date.fromordinal(raw["lines"][0]["dos"])
    return Claim(
        raw["id"],
        "professional",
        Payer("BENCH"),
        Patient(f"P{raw['id']}", dt.date(first.year - raw["age"], 1, 1), raw["sex"]),
        PROVIDER,
        tuple(
            ServiceLine(
                line["n"],
                line["code"],
                dt.date.fromordinal(line["dos"]),
                tuple(line["mods"]),
                Decimal(line["units"]),
                Decimal(line["charge"]),
            )
            for line in raw["lines"]
        ),
        line_of_business,
        "OR",
        received_date=dt.date.fromordinal(raw["recv"]),
        place_of_service=raw["pos"],
        diagnoses=tuple(raw["dx"]),
        rendering_provider=PROVIDER,
        authorizations=(Authorization("A1"),) if raw["auth"] else (),
        attestations=(Attestation((), {"attested": tuple(raw["att"])}),),
    )


def write_pack(
    folder: Path, wanted: list[dict[str, Any]], tables: list[list[Any]], *, extends: str = "", payer: str = ""
) -> Path:
    """Write rules and pairs as an ordinary pack; return its folder."""
    head = f'id = "{PACK}"\n'
    more = (f'extends = "{extends}"\n' if extends else "") + (
        f'applies_to = {{ payer = ["{payer}"] }}\n' if payer else ""
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pack.toml").write_text(pack_text(wanted).replace(head, head + more, 1), encoding="utf-8")
    for name, table in pair_tables(tables).items():
        (folder / name).write_text(table, encoding="utf-8")
    return folder

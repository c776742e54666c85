"""Packs: how long loading takes, and how many policies one process can hold."""

from __future__ import annotations

import csv

import tomli
import workload
from measured import in_a_process, race

from payerpack import Engine
from payerpack.packs.library import Library
from payerpack.packs.load import load_pack

CODES = workload.random_codes()
MANY_POLICIES = """
import sys, time
from payerpack import Engine, Claim, Patient, Payer, Provider, ServiceLine
import datetime as dt
began = time.process_time()
engine = Engine([sys.argv[1]], installed=False)
lines = (ServiceLine(1, "99213", dt.date(2024, 8, 15)),)
def review(number):
    return engine.review(Claim("C", "professional", Payer(f"PAYER{number}"), Patient("P"), Provider("1234567893"), lines))
assert review(0).policy == "payer-0"
print(time.process_time() - began)
began = time.process_time()
for number in range(int(sys.argv[2])):
    review(number)
print(time.process_time() - began)
"""


def test_loading_a_large_pack(table, tmp_path):
    folder = workload.write_pack(tmp_path / "large", workload.rules(2000, CODES), workload.pairs(50_000, CODES))
    text = (folder / "pack.toml").read_text(encoding="utf-8")

    def read_tables():
        for file in folder.glob("*.csv"):
            with file.open(encoding="utf-8", newline="") as stream:
                for _ in csv.reader(stream):
                    pass

    def first_review():
        engine = Engine([folder], installed=False)
        engine.review(claim, workload.PACK)

    claim = workload.claim(workload.raw_claims(1, CODES)[0])
    best = race(
        {
            "tomli and csv alone (the yardstick)": lambda: (tomli.loads(text), read_tables()),
            "finding it": lambda: Library([folder], installed=False),
            "load and check": lambda: load_pack(folder),
            "to the first review": first_review,
        },
        5,
    )
    yardstick = best["tomli and csv alone (the yardstick)"]
    figures = table("A pack of 2,000 rules and 50,000 pairs", "step", "ms", "times the yardstick")
    for name, took in best.items():
        figures.add(name, took * 1000, took / yardstick)


def test_many_policies(table, tmp_path):
    figures = table(
        "Many payers' packs in one process",
        "packs",
        "rules",
        "to the first review, ms",
        "a review by each, ms a pack",
        "peak MB",
    )
    for packs, rules in ((1, 50), (200, 50), (1000, 5)):
        root = tmp_path / f"{packs}"
        for number in range(packs):
            folder = workload.write_pack(
                root / f"payer-{number}",
                workload.rules(rules, CODES, number),
                workload.pairs(10, CODES),
                payer=f"PAYER{number}",
            )
            pack = folder / "pack.toml"
            text = pack.read_text(encoding="utf-8").replace(f'id = "{workload.PACK}"', f'id = "payer-{number}"', 1)
            pack.write_text(text, encoding="utf-8")
        _, peak, said = in_a_process(MANY_POLICIES, root, packs)
        first, every = map(float, said.split())
        figures.add(packs, packs * rules, first * 1000, every * 1000 / packs, peak)

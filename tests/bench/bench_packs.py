"""Packs: how long loading takes, and how many policies one process can hold."""

from __future__ import annotations

import csv

import tomli
import workload
from measured import in_a_process, race

from payerpack import Engine
from payerpack.packs.cache import PackCache
from payerpack.packs.library import Library
from payerpack.packs.load import load_pack

CODES = workload.random_codes()
MANY_POLICIES = """
import sys, time
from pathlib import Path
from payerpack import Engine, Claim, Patient, Payer, Provider, ServiceLine
import datetime as dt
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4 if Path("/proc/self/statm").exists() else 0
began = time.process_time()
engine = Engine([sys.argv[1]], installed=False)
lines = (ServiceLine(1, "99213", dt.date(2024, 8, 15)),)
def claim(number):
    return Claim("C", "professional", Payer(f"PAYER{number}"), Patient("P"), Provider("1234567893"), lines)
def a_review(of):
    turns = []
    for _ in range(20):
        began = time.perf_counter()
        for _ in range(200):
            engine.review(of)
        turns.append(time.perf_counter() - began)
    return min(turns) / 200
first = claim(0)
assert engine.review(first).policy == "payer-0"
print(time.process_time() - began)
alone, before = a_review(first), resident()
began = time.process_time()
for number in range(1, int(sys.argv[2])):
    assert engine.review(claim(number)).policy == f"payer-{number}"
others = max(int(sys.argv[2]) - 1, 1)
print((time.process_time() - began) / others, (resident() - before) / others, alone, a_review(first))
"""


def test_loading_a_large_pack(table, tmp_path):
    folder = workload.write_pack(tmp_path / "large", workload.rules(2000, CODES), workload.pairs(50_000, CODES))
    text = (folder / "pack.toml").read_text(encoding="utf-8")

    def read_tables():
        for file in folder.glob("*.csv"):
            with file.open(encoding="utf-8", newline="") as stream:
                for _ in csv.reader(stream):
                    pass

    def first_review(cache):
        engine = Engine([folder], installed=False, cache=cache)
        engine.review(claim, workload.PACK)

    kept = PackCache(tmp_path / "cache")
    claim = workload.claim(workload.raw_claims(1, CODES)[0])
    best = race(
        {
            "tomli and csv alone (the yardstick)": lambda: (tomli.loads(text), read_tables()),
            "finding it": lambda: Library([folder], installed=False),
            "load and check": lambda: load_pack(folder),
            "load from the cache": lambda: load_pack(folder, cache=kept),
            "to the first review, without a cache": lambda: first_review("off"),
            "to the first review, from the cache": lambda: first_review(kept.folder),
        },
        5,
    )
    yardstick = best["tomli and csv alone (the yardstick)"]
    figures = table("A pack of 2,000 rules and 50,000 pairs", "step", "ms", "times the yardstick")
    for name, took in best.items():
        figures.add(name, took * 1000, took / yardstick)


def test_many_policies(table, tmp_path):
    figures = table(
        "Many payers' packs in one process, from the cache",
        "packs",
        "rules",
        "to the first review, ms",
        "with an empty cache, ms",
        "each further policy, ms",
        "with an empty cache, ms",
        "kB a policy",
        "a review beside one policy, us",
        "beside all, us",
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
        said = [in_a_process(MANY_POLICIES, root, packs)[2] for _ in range(3)]  # the first fills the cache
        unkept, *kept = ([float(figure) for figure in text.split()] for text in said)
        best = [min(figures) for figures in zip(*kept, strict=True)]
        further = [f"{value * 1000:.3g}" if packs > 1 else "" for value in (best[1], unkept[1])]
        memory = best[2] if packs > 1 else ""
        figures.add(
            packs, packs * rules, best[0] * 1000, unkept[0] * 1000, *further, memory, *(t * 1e6 for t in best[3:])
        )

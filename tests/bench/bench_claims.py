"""The latency of one claim: by its lines, by the edition, with history; and CMS's edits beside dictionaries of tuples."""

from __future__ import annotations

import json
from pathlib import Path

import attrs
import by_hand
import pytest
import workload
from measured import each, in_a_process, latencies, race

from payerpack import Engine
from payerpack.claim import HistoryLine
from payerpack.context import Context
from payerpack.formats.writers import encode_review

HERE = Path(__file__).parent
LINES = (1, 4, 20, 200, 1000)
MANY = {1: 1000, 4: 1000, 20: 300, 200: 40, 1000: 5}
LOAD_BY_HAND = """
import sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
import by_hand
began = time.process_time()
edits = by_hand.Edits(map(Path, sys.argv[2:]))
edits.pairs.get(("99213", "99214"))
print(time.process_time() - began)
"""
OPEN_EDITION = """
import sys, time
from payerpack import Engine, Claim, Patient, Payer, Provider, ServiceLine
import datetime as dt
began = time.process_time()
lines = tuple(ServiceLine(n, c, dt.date(2024, 8, 15)) for n, c in ((1, "99213"), (2, "74177")))
claim = Claim("C", "professional", Payer("1"), Patient("P"), Provider("1234567893"), lines, "medicare")
Engine(edition=sys.argv[1]).review(claim, "ncci-medicare").findings
print(time.process_time() - began)
"""


def codes_of(edition):
    return workload.edition_codes(edition)


def claims_of(codes, uses, count, lines, **header):
    raw = workload.raw_claims(count, codes, lines, uses)
    return [attrs.evolve(workload.claim(one), **header) for one in raw]


@pytest.fixture(scope="module")
def starter():
    from payerpack.baseline.editions import starter_edition

    return starter_edition()


@pytest.mark.parametrize("kind", ["starter", "full"])
def test_latency_by_lines(table, tmp_path, kind, request):
    edition = request.getfixturevalue("starter" if kind == "starter" else "full_edition")
    codes, uses = codes_of(edition)
    folder = workload.write_pack(
        tmp_path / "pack", workload.rules(50, codes), workload.pairs(1000, codes), extends="ncci-medicare"
    )
    figures = table(
        f"Latency of a claim, {kind} edition, pack of 50 rules over ncci-medicare, evidence attested",
        "lines", "history", "median, us", "99th percentile, us", "findings", "as JSON: median, us",
    )  # fmt: skip
    for lines in LINES:
        claims = claims_of(codes, uses, MANY[lines], lines)
        engine = Engine([folder], edition=edition)
        median, tail = latencies(lambda claim, engine=engine: engine.review(claim, workload.PACK), claims)
        encoded, _ = latencies(
            lambda claim, engine=engine: encode_review(engine.review(claim, workload.PACK)), claims, 3
        )
        found = sum(len(engine.review(claim, workload.PACK).findings) for claim in claims) / len(claims)
        figures.add(lines, "no", median, tail, found, encoded)
    claims = claims_of(codes, uses, MANY[4], 4)
    earlier = [
        HistoryLine(attrs.evolve(claim, id=f"H-{claim.id}-{line.number}", lines=(line,)), line)
        for claim in claims
        for line in claim.lines
    ]
    engine = Engine([folder], edition=edition, history=earlier)
    median, tail = latencies(lambda claim: engine.review(claim, workload.PACK), claims)
    encoded, _ = latencies(lambda claim: encode_review(engine.review(claim, workload.PACK)), claims, 3)
    found = sum(len(engine.review(claim, workload.PACK).findings) for claim in claims) / len(claims)
    figures.add(4, "4 lines", median, tail, found, encoded)
    figures.notes.append(
        "Each claim's latency is the least of seven: percentiles tell slow claims, not a busy machine."
    )


TWO_EDITS = ("ncci-medicare:ptp", "ncci-medicare:mue")


def two_edits(folder, policy):
    """Write a pack that disables every rule of a policy but PTP and MUE; return its folder."""
    rules = [rule.id for rule in (*policy.compiled.builtins, *policy.compiled.rules) if rule.id not in TWO_EDITS]
    disabled = (f'[[override]]\nrule = "{rule}"\ndisable = true\nreason = "a benchmark"\n' for rule in rules)
    folder.mkdir()
    head = 'schema = 1\n[pack]\nid = "two-edits"\nversion = "1"\nextends = "ncci-medicare"\n'
    (folder / "pack.toml").write_text(head + "\n".join(disabled), encoding="utf-8")
    return folder


def test_cms_edits_beside_dictionaries_of_tuples(table, full_edition, cms_files, tmp_path):
    codes, uses = codes_of(full_edition)
    raw = workload.raw_claims(3000, codes, 4, uses)
    claims = [workload.claim(one, "medicare") for one in raw]
    engine = Engine(edition=full_edition)
    edits = by_hand.Edits(cms_files)
    policy = engine.policy("ncci-medicare")
    different = sum(
        {(f.rule.partition(":")[2], f.lines[0]) for f in engine.review(claim, "ncci-medicare").findings
         if f.rule in TWO_EDITS and f.action == "deny"} != set(edits.review(one))
        for claim, one in zip(claims, raw, strict=True)
    )  # fmt: skip
    two = Engine([two_edits(tmp_path / "two", policy)], edition=full_edition)
    quiet = [claim for claim in claims if len(engine.review(claim, "ncci-medicare").findings) == 1]
    best = race(
        {
            "quiet": each(lambda claim: engine.review(claim, "ncci-medicare"), quiet),
            "payerpack": each(lambda claim: engine.review(claim, "ncci-medicare"), claims),
            "hooks": each(lambda claim: policy.plan.check(claim, Context(claim, policy.environment)), claims),
            "two": each(lambda claim: two.review(claim, "two-edits"), claims),
            "by hand": each(edits.review, raw),
        }
    )
    medians = {
        "payerpack": latencies(lambda claim: engine.review(claim, "ncci-medicare"), claims),
        "quiet": latencies(lambda claim: engine.review(claim, "ncci-medicare"), quiet),
        "two": latencies(lambda claim: two.review(claim, "two-edits"), claims),
        "by hand": latencies(edits.review, raw),
    }
    del edits
    _, theirs, loaded = in_a_process(LOAD_BY_HAND, HERE, *cms_files)
    _, ours, opened = in_a_process(OPEN_EDITION, full_edition.path)
    figures = table(
        "All baseline edits of CMS's full practitioner tables, claims of four lines",
        "what", "us per claim", "median, us", "99th percentile, us", "start and first answer, s", "peak memory, MB",
    )  # fmt: skip
    many = len(claims) / 1e6
    figures.add(
        "payerpack: every edit of ncci-medicare, findings built",
        best["payerpack"] / many, *medians["payerpack"], float(opened), ours,
    )  # fmt: skip
    figures.add(
        "payerpack: the same, claims with no finding but which release answered",
        best["quiet"] / len(quiet) * 1e6, *medians["quiet"], "", "",
    )  # fmt: skip
    figures.add("payerpack: its checks alone", best["hooks"] / many, "", "", "", "")
    figures.add("payerpack: PTP and MUE alone", best["two"] / many, *medians["two"], "", "")
    figures.add(
        "by hand: PTP and MUE alone, dictionaries of tuples",
        best["by hand"] / many, *medians["by hand"], float(loaded), theirs,
    )  # fmt: skip
    figures.notes.append(
        f"PTP and MUE denials differ on {different} of {len(claims):,} claims: by hand, no modifier of an E/M code is told "
        "from that of a procedure."
    )


MEMORY = """
import datetime as dt, json, random, sys
from decimal import Decimal
from payerpack import Engine, Claim, Patient, Payer, Provider, ServiceLine

def private():
    rows = [row.split() for row in open("/proc/self/smaps_rollup")]
    return {row[0]: int(row[1]) / 1024 for row in rows if row[0].startswith("Private")}

engine, codes, pick, found = Engine(edition=sys.argv[1]), json.loads(sys.argv[2]), random.Random(1), {}
weights = [1 / (rank + 8) ** 0.9 for rank in range(len(codes))]
provider, days = Provider("1234567893", "930000000"), [dt.date(2024, 7, 1) + dt.timedelta(days=n) for n in range(92)]
for number in range(200_001):
    day = pick.choice(days)
    lines = tuple(
        ServiceLine(place, code, day, units=Decimal(pick.choice([1, 1, 1, 2])))
        for place, code in enumerate(pick.choices(codes, weights, k=4), 1)
    )
    claim = Claim(f"C{number}", "professional", Payer("1"), Patient(f"P{number}"), provider, lines, "medicare")
    engine.review(claim, "ncci-medicare").findings
    if number in (0, 1_000, 20_000, 200_000):
        found[number] = private()
print(json.dumps(found))
"""


def test_private_memory_of_a_process_that_reviews_many_claims(table, full_edition):
    if not Path("/proc/self/smaps_rollup").exists():
        pytest.skip("this system does not tell which memory of a process is its own (/proc/self/smaps_rollup)")
    codes, _ = codes_of(full_edition)
    _, _, told = in_a_process(MEMORY, full_edition.path, json.dumps(codes))
    figures = table("Memory of a process of its own, full edition", "claims reviewed", "written, MB", "mapped, MB")
    for count, private in json.loads(told).items():
        figures.add(int(count) or 1, private["Private_Dirty:"], private["Private_Clean:"])
    figures.notes.append("What is mapped is the edition and libraries: processes that use the same ones share it.")

"""The latency of one claim: by its lines, by the edition, with history; and CMS's edits beside dictionaries of tuples."""

from __future__ import annotations

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
LINES = (1, 4, 20, 200)
MANY = {1: 1000, 4: 1000, 20: 300, 200: 40}
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


def test_cms_edits_beside_dictionaries_of_tuples(table, full_edition, cms_files):
    codes, uses = codes_of(full_edition)
    raw = workload.raw_claims(3000, codes, 4, uses)
    claims = [workload.claim(one, "medicare") for one in raw]
    engine = Engine(edition=full_edition)
    edits = by_hand.Edits(cms_files)
    policy = engine.policy("ncci-medicare")
    different = sum(
        {(f.rule.partition(":")[2], f.lines[0]) for f in engine.review(claim, "ncci-medicare").findings
         if f.rule in ("ncci-medicare:ptp", "ncci-medicare:mue") and f.action == "deny"} != set(edits.review(one))
        for claim, one in zip(claims, raw, strict=True)
    )  # fmt: skip
    best = race(
        {
            "payerpack": each(lambda claim: engine.review(claim, "ncci-medicare"), claims),
            "hooks": each(lambda claim: policy.plan.check(claim, Context(claim, policy.environment)), claims),
            "by hand": each(edits.review, raw),
        }
    )
    del edits
    _, theirs, loaded = in_a_process(LOAD_BY_HAND, HERE, *cms_files)
    _, ours, opened = in_a_process(OPEN_EDITION, full_edition.path)
    figures = table(
        "All baseline edits of CMS's full practitioner tables, claims of four lines",
        "what", "us per claim", "start and first answer, s", "peak memory, MB",
    )  # fmt: skip
    many = len(claims) / 1e6
    figures.add("payerpack: every edit of ncci-medicare, findings built", best["payerpack"] / many, float(opened), ours)
    figures.add("payerpack: its checks alone", best["hooks"] / many, "", "")
    figures.add("by hand: PTP and MUE alone, dictionaries of tuples", best["by hand"] / many, float(loaded), theirs)
    figures.notes.append(
        f"PTP and MUE denials differ on {different} of {len(claims):,} claims: by hand, no modifier of an E/M code is told "
        "from that of a procedure."
    )

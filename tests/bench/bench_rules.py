"""Payer rules through the public API, beside the same rules written by hand."""

from __future__ import annotations

import functools

import by_hand
import workload
from measured import each, race

from payerpack import Claim, Engine
from payerpack.context import Context, Environment
from payerpack.packs.compile import CompiledPolicy
from payerpack.packs.trace import Trace, trace_line

CODES = workload.random_codes()
CLAIMS = {0: 4000, 50: 4000, 500: 2000, 5000: 300}


def found_by(engine: Engine, claim: Claim) -> list[tuple[str, int]]:
    """Return the rule and the line of every finding; the pairs' rule is two rules of the pack."""
    review = engine.review(claim, workload.PACK)
    return sorted({(f.rule.partition(":")[2].partition(".")[0], f.lines[0]) for f in review.findings})


def test_rules_beside_hand_written_python(table, tmp_path):
    figures = table(
        "Payer rules, claims of 3.5 lines on average",
        "rules", "claims/s", "us per claim", "by hand, us", "times by hand", "claims that differ",
    )  # fmt: skip
    pairs = workload.pairs(1000, CODES)
    for count, many in CLAIMS.items():
        rules = workload.rules(count, CODES) if count else []
        folder = workload.write_pack(tmp_path / str(count), rules, pairs if count else [])
        engine = Engine([folder], installed=False)
        raw = workload.raw_claims(many, CODES)
        claims = [workload.claim(one) for one in raw]
        evaluate = by_hand.evaluator(rules, pairs)
        different = sum(
            found_by(engine, claim) != sorted(set(evaluate(one))) for claim, one in zip(claims, raw, strict=True)
        )
        best = race(
            {
                "payerpack": each(lambda claim, review=engine.review: review(claim, workload.PACK), claims),
                "by hand": each(evaluate, raw),
            }
        )
        ours, theirs = (best[name] / many * 1e6 for name in ("payerpack", "by hand"))
        figures.add(count, 1e6 / ours, ours, theirs, theirs / ours, different)
        assert different == 0
    figures.notes.append(
        "The rules are of 16 kinds over 1,055 codes and a table of 1,000 dated pairs. By hand: a function for each rule that "
        "looks at every line of a plain dictionary, which is how such rules are written where there is no engine."
    )


def traced(compiled: CompiledPolicy, environment: Environment, claim: Claim) -> list[Trace]:
    """Return what every rule that is about a line's code made of every line."""
    context = Context(claim, environment)
    return [trace for line in claim.lines for trace in trace_line(compiled, line, context)]


def test_what_is_read_costs_beside_the_review(table, tmp_path):
    figures = table("What costs beside the review, 50 rules", "step", "us per claim", "times a review", "times by hand")
    rules, pairs = workload.rules(50, CODES), workload.pairs(1000, CODES)
    engine = Engine([workload.write_pack(tmp_path / "pack", rules, pairs)], installed=False)
    raw = workload.raw_claims(3000, CODES)
    claims = [workload.claim(one) for one in raw]
    reviews = [engine.review(claim, workload.PACK) for claim in claims]
    policy = engine.policy(workload.PACK)
    trace = functools.partial(traced, policy.compiled, policy.environment)
    steps = {
        "review": each(lambda claim: engine.review(claim, workload.PACK), claims),
        "by hand": each(by_hand.evaluator(rules, pairs), raw),
        "stepwise trace of every rule, in place of a review": each(trace, claims),
        "the same, each step in words": each(lambda claim: [one.steps for one in trace(claim)], claims),
        "outcome of the claim": each(lambda review: review.outcome, reviews),
        "outcomes of the lines": each(lambda review: review.lines, reviews),
        "messages": each(lambda review: [finding.message for finding in review.findings], reviews),
        "facts": each(lambda review: [finding.facts for finding in review.findings], reviews),
        "fingerprint": each(lambda review: review.fingerprint, reviews),
    }
    best = race(steps)
    for name, took in best.items():
        figures.add(name, took / len(claims) * 1e6, took / best["review"], best["by hand"] / took)
    several = sum(len(trace(claim)) for claim in claims) / len(claims)
    figures.notes.append(
        f"A trace holds what {several:.1f} rules a claim saw and did; the review keeps only what fired."
    )

"""``payerpack compare``: one claim, several policies, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TextIO

from payerpack.cli import WRONG, output, report
from payerpack.cli.explain import add_claim, claim_of
from payerpack.cli.options import add_engine, add_format, add_output, engine_of, finish
from payerpack.errors import PayerpackError, Problem, UserError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from payerpack.claim import Claim, ServiceLine
    from payerpack.engine import Engine
    from payerpack.finding import Finding, LineOutcome, Review

_EXAMPLE: Final = """  payerpack compare claim.json
  payerpack compare claim.json --policy ncci-medicare --policy acme --packs my-packs"""
_HEADER: Final = ("line", "code", "policy", "outcome", "rule", "reason", "adjustment", "cure", "source")


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    add_claim(parser)
    parser.add_argument(
        "--policy",
        metavar="ID",
        action="append",
        help="a policy to compare, may be repeated; absent: every active pack of a payer, and the baseline",
    )
    add_engine(parser)
    add_format(parser)
    add_output(parser)
    finish(parser, run, _EXAMPLE)


def run(options: argparse.Namespace) -> int:
    """Compare; a policy that cannot be used is reported, and costs the others nothing."""
    claim = claim_of(options)
    engine = engine_of(options)
    reviews: list[Review] = []
    failed = False
    for name in options.policy or policies(engine, claim):
        try:
            reviews.append(engine.review(claim, name, as_of=options.as_of))
        except PayerpackError as error:
            failed = True
            problems = error.problems if isinstance(error, UserError) else (Problem("", str(error)),)
            report(Problem(": ".join(filter(None, (name, p.location))), p.message, p.code, p.excerpt) for p in problems)
    cells = list(compared(claim, reviews))
    if options.format == "json":
        output.write_json(_told(claim, reviews, cells), options.output)
    else:
        with output.opened(options.output) as out:
            _write(cells, out)
    return WRONG if failed else 0


def policies(engine: Engine, claim: Claim) -> list[str]:
    """Return the ids of the claim's baseline and of every active pack that applies to somebody's claims."""
    from payerpack.engine import baseline_of

    payers = {header.id for header in engine.library.all() if header.status == "active" and header.applies_to}
    baseline = baseline_of(claim)
    return [baseline, *sorted(payers - {baseline})]


class Cell(NamedTuple):
    """What one policy makes of one line."""

    line: ServiceLine
    policy: str
    outcome: LineOutcome
    finding: Finding | None


def compared(claim: Claim, reviews: Sequence[Review]) -> Iterator[Cell]:
    """Yield what every policy makes of every line, line by line."""
    from payerpack.cli.text import deciding

    outcomes = [{line.number: line for line in review.lines} for review in reviews]
    for line in claim.lines:
        for review, by_number in zip(reviews, outcomes, strict=True):
            outcome = by_number[line.number]
            primary, _ = deciding(review, line.number, outcome.primary)
            whole = (f for f in review.findings if not f.lines and f.rule == outcome.primary)
            yield Cell(line, review.policy, outcome, primary or next(whole, None))


def _told(claim: Claim, reviews: Sequence[Review], cells: Sequence[Cell]) -> dict[str, Any]:
    return {
        "claim_id": claim.id,
        "policies": [
            {"policy": r.policy, "packs": dict(r.packs), "outcome": r.outcome, "notes": list(r.notes)} for r in reviews
        ],
        "lines": [
            {
                "number": line.number,
                "code": line.code,
                "modifiers": list(line.modifiers),
                "policies": [
                    {
                        "policy": cell.policy,
                        "outcome": cell.outcome.outcome,
                        "primary": cell.outcome.primary,
                        "finding": cell.finding and cell.finding.to_dict(),
                    }
                    for cell in cells
                    if cell.line is line
                ],
            }
            for line in claim.lines
        ],
    }


def _write(cells: Sequence[Cell], out: TextIO) -> None:
    if out.isatty():
        from payerpack.cli.terminal import write_comparison

        write_comparison(cells, out)
    else:
        output.write_table(map(_row, cells), _HEADER, out)


def _row(cell: Cell) -> tuple[str, ...]:
    from payerpack.cli.text import cure_of, described
    from payerpack.words import adjustment_in_words, source_in_words

    finding = cell.finding
    line = (str(cell.line.number), next(described(cell.line)), cell.policy, cell.outcome.outcome)
    if finding is None:
        return (*line, cell.outcome.primary or "", "", "", "", "")
    adjustment = adjustment_in_words(finding.adjustment) if finding.adjustment else ""
    source = source_in_words(finding.source) if finding.source else ""
    return (*line, finding.rule, finding.message, adjustment, cure_of(finding), source)

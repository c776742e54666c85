"""``payerpack compare``: one claim, several policies, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TextIO

from payerpack.cli import WRONG, output, problems_of, report
from payerpack.cli.explain import add_claim, claim_of
from payerpack.cli.options import add_engine, add_format, add_output, engine_of, finish
from payerpack.errors import Problem

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from payerpack.claim import Claim, ServiceLine
    from payerpack.engine import Engine
    from payerpack.finding import Finding, LineOutcome, Review

_EXAMPLE: Final = """  payerpack compare claim.json
  payerpack compare claim.json --policy ncci-medicare --policy acme --packs my-packs
  payerpack compare claim.json --format html -o comparison.html"""
_HEADER: Final = ("line", "code", "policy", "outcome", "rule", "reason", "adjustment", "cure", "source")
_IN_USE: Final = frozenset({"active", "monitor"})
NOT_REVIEWED: Final = "not reviewed"
"""What stands for the outcome where a policy could not be used."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    add_claim(parser)
    parser.add_argument(
        "--policy",
        metavar="ID",
        action="append",
        help="a policy to compare, may be repeated; absent: the baseline and every payer's pack that judges claims of its day",
    )
    add_engine(parser)
    add_format(parser, ("text", "json", "html"))
    add_output(parser)
    finish(parser, run, _EXAMPLE)


def run(options: argparse.Namespace) -> int:
    """Compare; a policy that cannot be used is reported and shown as such, and costs the others nothing."""
    claim = claim_of(options)
    engine = engine_of(options)
    names = dict.fromkeys(options.policy or policies(engine, claim))
    columns = [_column(engine, claim, name, options) for name in names]
    for column in columns:
        report(column.problems)
    if options.format == "json":
        output.write_json(_told(claim, columns), options.output)
    else:
        with output.opened(options.output, machine=options.format == "html") as out:
            _write(claim, columns, options.format, out)
    return WRONG if any(column.problems for column in columns) else 0


def policies(engine: Engine, claim: Claim) -> list[str]:
    """Return the ids of the claim's baseline, and of every pack that applies to somebody's claims.

    A pack is active, on trial (``monitor``), or retired and in force on the claim's first service date. A pack that
    cannot be read may be one of them, so it is among them, to be shown as one that could not be used.
    """
    from payerpack.engine import baseline_of, first_day

    library, day = engine.library, first_day(claim)
    payers = {
        header.id
        for header in library.all()
        if header.applies_to
        and (header.status in _IN_USE or (header.status == "retired" and day is not None and day in header.effective))
    }
    baseline = baseline_of(claim)
    return [baseline, *sorted({*payers, *library.unreadable()} - {baseline})]


class Column(NamedTuple):
    """One policy: its review of the claim, or why there is none."""

    policy: str
    review: Review | None
    problems: tuple[Problem, ...] = ()

    @property
    def outcome(self) -> str:
        """What becomes of the claim."""
        return NOT_REVIEWED if self.review is None else self.review.outcome


class Cell(NamedTuple):
    """What one policy makes of one line; without an outcome the policy could not be used."""

    line: ServiceLine
    policy: str
    outcome: LineOutcome | None
    finding: Finding | None
    reason: str

    @property
    def result(self) -> str:
        """The outcome of the line in a word or two."""
        return NOT_REVIEWED if self.outcome is None else self.outcome.outcome


def _column(engine: Engine, claim: Claim, name: str, options: argparse.Namespace) -> Column:
    try:
        review = engine.review(claim, name, as_of=options.as_of)
        _ = review.outcome  # a finding's message is put together when it is read
    except Exception as fault:
        if getattr(options, "debug", False):
            raise
        return Column(
            name,
            None,
            tuple(
                Problem(": ".join(filter(None, (name, p.location))), p.message, p.code, p.excerpt)
                for p in problems_of(fault)
            ),
        )
    return Column(name, review)


def compared(claim: Claim, columns: Sequence[Column]) -> Iterator[Cell]:
    """Yield what every policy makes of every line, line by line."""
    from payerpack.cli.text import deciding

    for line in claim.lines:
        for policy, review, problems in columns:
            if review is None:
                yield Cell(line, policy, None, None, problems[0].message)
                continue
            outcome = next(one for one in review.lines if one.number == line.number)
            primary, _ = deciding(review, line.number, outcome.primary)
            whole = (f for f in review.findings if not f.lines and f.rule == outcome.primary)
            finding = primary or next(whole, None)
            yield Cell(line, policy, outcome, finding, "" if finding is None else finding.message)


def _told(claim: Claim, columns: Sequence[Column]) -> dict[str, Any]:
    cells = list(compared(claim, columns))
    return {
        "claim_id": claim.id,
        "policies": [_policy(column) for column in columns],
        "lines": [
            {
                "number": line.number,
                "code": line.code,
                "modifiers": list(line.modifiers),
                "policies": [
                    {
                        "policy": cell.policy,
                        "outcome": cell.outcome and cell.outcome.outcome,
                        "primary": cell.outcome and cell.outcome.primary,
                        "finding": cell.finding and cell.finding.to_dict(),
                    }
                    for cell in cells
                    if cell.line is line
                ],
            }
            for line in claim.lines
        ],
    }


def _policy(column: Column) -> dict[str, Any]:
    review = column.review
    return {
        "policy": column.policy,
        "packs": {} if review is None else dict(review.packs),
        "outcome": None if review is None else review.outcome,
        "notes": [] if review is None else list(review.notes),
        "problems": [{"location": p.location, "code": p.code, "message": p.message} for p in column.problems],
    }


def _write(claim: Claim, columns: Sequence[Column], form: str, out: TextIO) -> None:
    cells = list(compared(claim, columns))
    if form == "html":
        from payerpack.cli.page import write_comparison as write_page

        write_page(claim, columns, cells, out)
    elif out.isatty():
        from payerpack.cli.terminal import write_comparison

        write_comparison(cells, out)
    else:
        output.write_table(map(_row, cells), _HEADER, out)


def _row(cell: Cell) -> tuple[str, ...]:
    from payerpack.cli.text import described, remedies

    line = (str(cell.line.number), next(described(cell.line)), cell.policy, cell.result)
    rule = cell.finding.rule if cell.finding else (cell.outcome.primary if cell.outcome else "") or ""
    return (*line, rule, cell.reason, *remedies(cell.finding))

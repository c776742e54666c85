"""``payerpack compare``: one claim, several policies, side by side."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TextIO

from payerpack.cli import WRONG, output, problems_of, report
from payerpack.cli.explain import add_claim, claim_of
from payerpack.cli.options import add_engine, add_format, add_output, engine_of, finish
from payerpack.errors import Problem

if TYPE_CHECKING:
    import argparse
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from payerpack.claim import Claim, ServiceLine
    from payerpack.engine import Engine
    from payerpack.finding import Finding, LineOutcome, Review

_EXAMPLE: Final = """  payerpack compare claim.json
  payerpack compare claim.json --policy ncci-medicare --policy acme --packs my-packs
  payerpack compare claim.json --format html -o comparison.html"""
_HEADER: Final = ("line", "code", "policy", "outcome", "rule", "reason", "adjustment", "cure", "source")
_IN_USE: Final = frozenset({"active", "monitor", "retired"})
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
    columns = [column_of(engine, claim, name, options.as_of, debug=getattr(options, "debug", False)) for name in names]
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

    A pack is active, on trial (``monitor``) or retired, and in force on the claim's first service date. A pack that
    cannot be read may be one of them, so it is among them, to be shown as one that could not be used.
    """
    from payerpack.engine import baseline_of, first_day

    library, day = engine.library, first_day(claim)
    payers = {
        header.id
        for header in library.all()
        if header.applies_to and header.status in _IN_USE and (day is None or day in header.effective)
    }
    baseline = baseline_of(claim)
    return [baseline, *sorted({*payers, *library.unreadable()} - {baseline})]


class Column(NamedTuple):
    """One policy: its review of the claim, or why there is none.

    Attributes:
        policy: Its id.
        review: The review.
        problems: Why there is none.
        scope: Why no claim like this one is routed to the policy, whoever pays it.
    """

    policy: str
    review: Review | None
    problems: tuple[Problem, ...] = ()
    scope: tuple[str, ...] = ()

    @property
    def outcome(self) -> str:
        """What becomes of the claim."""
        return NOT_REVIEWED if self.review is None else self.review.outcome

    @property
    def out_of_scope(self) -> str:
        """Why no claim like this one is routed to the policy, in a sentence; empty where one is."""
        return f"no claim like this one is routed to it: {'; '.join(self.scope)}" if self.scope else ""


class Cell(NamedTuple):
    """What one policy makes of one line; without an outcome the policy could not be used.

    Attributes:
        line: The line.
        policy: The policy's id.
        outcome: What becomes of the line.
        finding: What decides, where something was found.
        reason: Why, in a sentence.
        monitored: What rules on trial found on it, which decides nothing.
        incurable: Something as strong that nothing cures, where a cure of what decides would not save the line.
    """

    line: ServiceLine
    policy: str
    outcome: LineOutcome | None
    finding: Finding | None
    reason: str
    monitored: tuple[Finding, ...] = ()
    incurable: Finding | None = None

    @property
    def remedies(self) -> tuple[str, str, str]:
        """The adjustment, the cure and the source, in words; empty where there is none."""
        from payerpack.cli.text import remedies

        adjustment, cure, source = remedies(self.finding)
        if self.incurable is not None:
            cure = f"nothing: {self.incurable.rule} stops it as well, and nothing changes that"
        return adjustment, cure, source

    @property
    def result(self) -> str:
        """The outcome of the line in a word or two."""
        return NOT_REVIEWED if self.outcome is None else self.outcome.outcome


def column_of(engine: Engine, claim: Claim, name: str, as_of: dt.date | None = None, *, debug: bool = False) -> Column:
    """Return what a policy makes of a claim, or why it cannot be used.

    Args:
        engine: Reviews the claim.
        claim: The claim.
        name: The policy's id.
        as_of: Use the pack versions that were known on this date.
        debug: Raise what goes wrong instead.
    """
    from payerpack.engine import first_day
    from payerpack.routing import out_of_scope

    try:
        review = engine.review(claim, name, as_of=as_of)
        _ = review.outcome  # a finding's message is put together when it is read
        pack_id, equals, version = name.partition("==")
        header = engine.library.header(pack_id, equals + version, as_of, first_day(claim))
        scope = out_of_scope(header, claim, as_of)
    except Exception as fault:
        if debug:
            raise
        return Column(
            name,
            None,
            tuple(
                Problem(": ".join(filter(None, (name, p.location))), p.message, p.code, p.excerpt)
                for p in problems_of(fault)
            ),
        )
    return Column(name, review, scope=scope)


def compared(claim: Claim, columns: Sequence[Column]) -> Iterator[Cell]:
    """Yield what every policy makes of every line, line by line."""
    from payerpack.cli.text import deciding

    for line in claim.lines:
        for policy, review, problems, _ in columns:
            if review is None:
                yield Cell(line, policy, None, None, problems[0].message)
                continue
            outcome = next(one for one in review.lines if one.number == line.number)
            primary, others = deciding(review, line.number, outcome.primary)
            whole = (f for f in review.findings if not f.lines and f.rule == outcome.primary)
            finding = primary or next(whole, None)
            monitored = tuple(other for other in others if other.monitored)
            reason = "" if finding is None else finding.message
            yield Cell(line, policy, outcome, finding, reason, monitored, _incurable(finding, others))


def _incurable(decides: Finding | None, others: Sequence[Finding]) -> Finding | None:
    if decides is None or decides.cure == "none":
        return None
    as_strong = (other for other in others if other.action == decides.action and not other.monitored)
    return next((other for other in as_strong if other.cure == "none"), None)


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
                        "incurable": cell.incurable and cell.incurable.to_dict(),
                        "monitored": [finding.to_dict() for finding in cell.monitored],
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
        "scope": list(column.scope),
        "problems": [{"location": p.location, "code": p.code, "message": p.message} for p in column.problems],
    }


def _write(claim: Claim, columns: Sequence[Column], form: str, out: TextIO) -> None:
    cells = list(compared(claim, columns))
    if form == "html":
        from payerpack.cli.page import write_comparison as write_page

        write_page(claim, columns, cells, out)
    elif out.isatty():
        from payerpack.cli.terminal import write_comparison

        write_comparison(columns, cells, out)
    else:
        output.write_table(itertools.chain.from_iterable(map(_rows, cells)), _HEADER, out)
        notes = [(column.policy, column.out_of_scope) for column in columns if column.scope]
        out.write("\n" if notes else "")
        out.writelines(f"note: {output.printable(policy)}: {output.printable(text)}\n" for policy, text in notes)


def _rows(cell: Cell) -> Iterator[tuple[str, ...]]:
    from payerpack.cli.text import described, remedies

    line = (str(cell.line.number), next(described(cell.line)), cell.policy)
    rule = cell.finding.rule if cell.finding else (cell.outcome.primary if cell.outcome else "") or ""
    yield (*line, cell.result, rule, cell.reason, *cell.remedies)
    for finding in cell.monitored:
        yield (*line, f"{finding.action} (monitored)", finding.rule, finding.message, *remedies(finding))

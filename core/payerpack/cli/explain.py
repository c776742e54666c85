"""``payerpack explain``: one claim, every rule that looked at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TextIO

from payerpack.cli import output, report
from payerpack.cli.options import add_engine, add_format, add_output, engine_of, finish
from payerpack.errors import ClaimError, DataError, Problem

if TYPE_CHECKING:
    import argparse

    from payerpack.claim import Claim
    from payerpack.explain import Explanation

_EXAMPLE: Final = """  payerpack explain claim.json
  payerpack explain claims.837 --claim C-1001 --line 2 --policy ncci-medicare"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    add_claim(parser)
    parser.add_argument("--line", metavar="N", type=int, help="only this line")
    parser.add_argument(
        "--policy", metavar="ID", help="explain by this pack; absent: the pack that applies to the claim"
    )
    add_engine(parser)
    add_format(parser)
    add_output(parser)
    finish(parser, run, _EXAMPLE)


def add_claim(parser: argparse.ArgumentParser) -> None:
    """Add the one claim that a command is about."""
    parser.add_argument("claim_file", metavar="CLAIM", help="a file that holds the claim, or -")
    parser.add_argument("--claim", metavar="ID", help="which claim of the file; needed when it holds several")


def run(options: argparse.Namespace) -> int:
    """Explain a claim."""
    from payerpack.explain import explain

    claim = claim_of(options)
    told = explain(engine_of(options), claim, options.policy, options.as_of, options.line)
    if options.format == "json":
        output.write_json(told.to_dict(), options.output)
    else:
        with output.opened(options.output) as out:
            _write(told, out)
    return 0


def _write(told: Explanation, out: TextIO) -> None:
    if out.isatty():
        from payerpack.cli.terminal import write_explanation
    else:
        from payerpack.cli.text import write_explanation
    write_explanation(told, out)


def claim_of(options: argparse.Namespace) -> Claim:
    """Return the claim that the options of `add_claim` name.

    Raises:
        ClaimError: There is no such claim, or it cannot be read, or there are several.
        DataError: The file cannot be read.
    """
    from payerpack.claim import RejectedClaim
    from payerpack.formats import read_claims
    from payerpack.scale.tally import placed

    found: list[Claim | RejectedClaim] = []
    count = 0
    try:
        for item in read_claims(options.claim_file):
            count += 1
            identity = item.claim_id if isinstance(item, RejectedClaim) else item.id
            if options.claim in {None, identity}:
                found.append(item)
                if len(found) > 1:
                    break
    except DataError as error:  # what was read before may be what is asked for
        if not found:
            raise
        report(error.problems)
    if not found:
        raise ClaimError(Problem(options.claim_file, f"none of its {count} claims has the id that --claim asks for"))
    if len(found) > 1:
        how = "name one with --claim ID" if options.claim is None else "give a file that holds it once"
        raise ClaimError(Problem(options.claim_file, f"holds several claims that could be meant; {how}"))
    (item,) = found
    if isinstance(item, RejectedClaim):
        raise ClaimError(*placed(item))
    return item

"""``payerpack plugin verify``: whether an installed distribution keeps the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TextIO

from payerpack.cli import output
from payerpack.cli.options import add_format, add_output, finish, subcommand

if TYPE_CHECKING:
    import argparse

    from payerpack.testing.report import Report

_EXAMPLE: Final = "  payerpack plugin verify payerpack-acme"
_MARKS: Final = {"passed": "ok", "failed": "FAILED", "skipped": "--"}


def configure(group: Any) -> None:
    """Describe the arguments."""
    verify = subcommand(group, "verify", "check an installed distribution against the contract; 1 when it breaks it")
    verify.add_argument("distribution", metavar="DISTRIBUTION", help="its name, such as payerpack-acme")
    add_format(verify)
    add_output(verify)
    finish(verify, run, _EXAMPLE)


def run(options: argparse.Namespace) -> int:
    """Verify a distribution; this imports its plugins and reviews sample claims with them."""
    from payerpack.testing.report import verify

    report = verify(options.distribution)
    if options.format == "json":
        output.write_json(report.to_dict(), options.output)
    else:
        with output.opened(options.output) as out:
            _write(report, out)
    return int(not report.passed)


def _write(report: Report, out: TextIO) -> None:
    out.write(f"{report.distribution} {report.version}\n")
    for result in report.results:
        out.write(f"{_MARKS[result.outcome]:<8}{result.name}: {result.asks}\n")
        out.writelines(f"        {line}\n" for problem in result.problems for line in problem.splitlines())
    broken = sum(result.outcome == "failed" for result in report.results)
    kept = sum(result.outcome == "passed" for result in report.results)
    out.write(f"{kept} clauses kept, {broken} broken\n")

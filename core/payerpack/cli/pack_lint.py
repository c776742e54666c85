"""``payerpack pack lint``: everything that is wrong with packs, and what is allowed and still unwise."""

from __future__ import annotations

import datetime as dt
import sys
from typing import TYPE_CHECKING, Any, Final

from payerpack.cli import WRONG, output, pack_choice
from payerpack.cli.options import add_format, add_output, add_packs, finish, subcommand
from payerpack.scale.tally import many

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from payerpack.errors import Problem
    from payerpack.packs.library import Library

_EXAMPLE: Final = "  payerpack pack lint my-packs/acme\n  payerpack pack lint my-packs --strict"
_UNREADABLE: Final = "PP0"
"""How the codes of what keeps a file from being read begin."""


def configure(group: Any) -> None:
    """Describe the arguments."""
    summary = (
        "report what is wrong with packs, and advice (PP8xx); 1 when anything is wrong, 2 when a pack cannot be read"
    )
    lint = subcommand(group, "lint", summary)
    lint.add_argument("wanted", metavar="PACK", nargs="+", help="a pack's id or folder, or a folder of packs")
    lint.add_argument("--strict", action="store_true", help="advice too makes the command exit with 1")
    add_packs(lint)
    add_format(lint)
    add_output(lint)
    finish(lint, run, _EXAMPLE)


def run(options: argparse.Namespace) -> int:
    """Report all of it, in the order of packs, files and lines."""
    library = pack_choice.library_of(options.wanted, options.packs)
    folders = [pack_choice.folder_of(target, library) for target in pack_choice.targets(options.wanted)]
    found = dict.fromkeys(problem for folder in folders for problem in checked(folder, library))
    wrong = [problem for problem in found if not is_advice(problem)]
    if options.format == "json":
        output.write_json([_told(problem) for problem in found], options.output)
    else:
        with output.opened(options.output) as out:
            out.writelines(f"{problem}\n" for problem in found)
        advice = many(len(found) - len(wrong), "piece") + " of advice" if len(found) > len(wrong) else ""
        counted = ", ".join(filter(None, (many(len(wrong), "problem"), advice)))
        sys.stderr.write(f"{many(len(folders), 'pack')}: {counted}\n")
    if any(problem.code.startswith(_UNREADABLE) for problem in wrong):
        return WRONG
    return int(bool(found if options.strict else wrong))


def checked(folder: Path, library: Library, today: dt.date | None = None) -> tuple[Problem, ...]:
    """Return everything that is wrong with a pack; of one that is sound, advice.

    Args:
        folder: The pack's folder.
        library: Where its parents are.
        today: The date that says what has expired; absent, that of the clock.
    """
    from payerpack.packs.check import examine_pack
    from payerpack.packs.lint import lint_pack

    found = examine_pack(folder, library)
    if found.problems or found.policy is None:
        return found.problems
    # What has expired depends on the author's own calendar, and advice decides no claim.
    return lint_pack(found.policy, found.cases, dt.date.today() if today is None else today)  # noqa: DTZ011 - an author's own calendar has no zone


def is_advice(problem: Problem) -> bool:
    """Say whether a problem is advice: the pack can be used all the same."""
    from payerpack.packs.lint import ADVICE

    return problem.code in ADVICE


def _told(problem: Problem) -> dict[str, Any]:
    return {
        "location": problem.location,
        "code": problem.code,
        "severity": "advice" if is_advice(problem) else "error",
        "message": problem.message,
        "excerpt": problem.excerpt,
    }

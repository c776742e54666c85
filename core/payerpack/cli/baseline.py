"""``payerpack baseline``: import CMS's files, and ask what an edition holds."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from payerpack.cli import output
from payerpack.cli.options import add_format, add_output, date, finish, subcommand
from payerpack.errors import DataError, Problem

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Mapping

_IMPORT: Final = "  payerpack baseline import ccipra-*.zip MCR_MUE_*.csv --edition editions"
_LIST: Final = "  payerpack baseline list"
_SHOW: Final = "  payerpack baseline show 76377\n  payerpack baseline show 76377 76376 --date 2024-08-15 --format json"
_VERIFY: Final = "  payerpack baseline verify --edition editions"


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    group = parser.add_subparsers(metavar="COMMAND", required=True)
    command = subcommand(group, "import", "compile CMS's files, as published, into an edition")
    command.add_argument("files", metavar="FILES", nargs="+", type=Path, help="zip, txt, csv or xlsx files of CMS")
    _finish(command, import_files, _IMPORT)
    command = subcommand(group, "list", "list the editions there are; the one in use is marked")
    _finish(command, list_editions, _LIST)
    command = subcommand(group, "show", "show what an edition says of a code, or of a pair")
    command.add_argument("code", metavar="CODE", type=str.upper, help="a procedure code or a modifier")
    command.add_argument("code2", metavar="CODE2", type=str.upper, nargs="?", help="another code, for their PTP edits")
    command.add_argument("--date", metavar="D", type=date, help="the date of service; absent: the last one covered")
    _finish(command, show, _SHOW)
    command = subcommand(group, "verify", "check an edition's digests and tables; 1 when something is wrong")
    _finish(command, verify, _VERIFY)


def _finish(parser: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int], example: str) -> None:
    parser.add_argument("--edition", metavar="DIR", help="the folder of one edition, or of several")
    add_format(parser)
    add_output(parser)
    finish(parser, run, example)


def import_files(options: argparse.Namespace) -> int:
    """Import files; the edition before stays as it is until everything is sound."""
    from payerpack.baseline.editions import import_files as run_import

    with _progress() as progress:
        summary = run_import(options.files, options.edition, progress)
    if options.format == "json":
        output.write_json(summary.to_dict(), options.output)
        return 0
    with output.opened(options.output) as out:
        state = "was there already" if summary.unchanged else "imported"
        out.write(f"edition {summary.id}: {state} in {summary.seconds:.1f} s\n")
        out.write(f"folder: {summary.path}\n")
        out.writelines(f"table: {_table(table)}\n" for table in summary.tables)
        out.writelines(f"carried over: {_table(table)}\n" for table in summary.carried)
        out.writelines(f"skipped: {name}\n" for name in summary.skipped)
        out.writelines(f"warning: {text}\n" for text in summary.warnings)
    return 0


def _table(table: Any) -> str:
    partial = "" if table.complete else ", an extract"
    return f"{table.label}, {table.first} to {table.last}, {table.rows} rows{partial}"


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None] | None]:
    """Show how far an import is, when somebody is there to see it."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task("importing", total=None)
        yield lambda file, done, total: bar.update(task, description=Path(file).name, completed=done, total=total)


def list_editions(options: argparse.Namespace) -> int:
    """List editions; without any, reviews use the starter edition of the wheel."""
    from payerpack.baseline.editions import list_editions as listed
    from payerpack.baseline.editions import starter_edition
    from payerpack.baseline.editions.importers.run import table_dict

    found = listed(options.edition)
    if options.edition and not Path(options.edition).is_dir():
        raise DataError(Problem(options.edition, "is no folder; name the one that editions were imported into"))
    rows: list[dict[str, Any]] = [
        {
            "id": one.manifest.id,
            "current": one.current,
            "label": one.manifest.label,
            "path": str(one.path),
            "tables": [table_dict(table) for table in one.manifest.tables],
        }
        for one in found
    ]
    if not found and not options.edition:
        starter = starter_edition()
        tables = [table_dict(table) for table in starter.manifest.tables]
        rows = [{"id": starter.id, "current": True, "label": starter.label, "path": None, "tables": tables}]
    if options.format == "json":
        output.write_json(rows, options.output)
        return 0
    with output.opened(options.output) as out:
        output.write_table(
            (
                ("*" if row["current"] else "", row["id"], row["path"] or "in the wheel (starter)", row["label"])
                for row in rows
            ),
            ("", "edition", "folder", "tables"),
            out,
        )
    return 0


def show(options: argparse.Namespace) -> int:
    """Show what an edition says of a code."""
    from payerpack.baseline.editions import describe_code, open_edition

    edition = open_edition(options.edition)
    try:
        found = describe_code(edition, options.code, options.code2, options.date)
    except (IndexError, KeyError, TypeError, ValueError, OverflowError) as fault:  # what damaged tables lead to
        message = f"cannot be read ({type(fault).__name__}); see what is damaged with `payerpack baseline verify`"
        raise DataError(Problem(str(edition.path or "the starter edition"), message)) from fault
    if options.format == "json":
        output.write_json(found, options.output)
        return 0
    with output.opened(options.output) as out:
        out.writelines(f"{line}\n" for line in _lines(found))
    return 0


def _lines(tree: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Yield plain data as lines of ``path: value``."""
    for key, value in tree.items():
        here = f"{path}.{key}" if path else key
        if isinstance(value, dict):
            yield from _lines(value, here)
        elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
            for item in value:
                yield f"{here}: {', '.join(f'{name} {_plain(entry)}' for name, entry in item.items())}"
        else:
            yield f"{here}: {_plain(value)}"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_plain, value)) or "none"
    return "none" if value is None or value == "" else str(value)


def verify(options: argparse.Namespace) -> int:
    """Check an edition; every problem is a line."""
    from payerpack.baseline.editions import open_edition
    from payerpack.baseline.editions import verify as check

    edition = open_edition(options.edition)
    problems = check(edition)
    if options.format == "json":
        told = {"edition": edition.id, "problems": [{"location": p.location, "message": p.message} for p in problems]}
        output.write_json(told, options.output)
    else:
        with output.opened(options.output) as out:
            out.writelines(f"{problem}\n" for problem in problems)
            out.write("" if problems else f"edition {edition.id} is sound: {edition.label}\n")
    return int(bool(problems))

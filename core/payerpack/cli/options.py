"""Options that several subcommands share, and the engine that they ask for."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from payerpack.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from payerpack.engine import Engine
    from payerpack.settings import Settings


def finish(parser: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int], example: str) -> None:
    """Add what every subcommand has: an example, ``--debug``, and the function that runs it."""
    parser.epilog = f"example:\n{example}"
    parser.add_argument(
        "--debug", action="store_true", default=argparse.SUPPRESS, help="show where an error comes from"
    )
    parser.set_defaults(run=run)


def subcommand(group: Any, name: str, summary: str) -> argparse.ArgumentParser:
    """Return the parser of a subcommand of a subcommand."""
    parser: argparse.ArgumentParser = group.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return parser


def add_packs(parser: argparse.ArgumentParser) -> None:
    """Add ``--packs``."""
    parser.add_argument(
        "--packs",
        metavar="DIR",
        action="append",
        default=[],
        type=Path,
        help="a pack's folder, or a folder of such folders; may be repeated",
    )


def add_config(parser: argparse.ArgumentParser) -> None:
    """Add ``--config``."""
    parser.add_argument(
        "--config", metavar="FILE", help="the deployment's settings; absent: PAYERPACK_CONFIG, else ./payerpack.toml"
    )


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Add what an engine needs: settings, packs, edition, history, date, blocked plugins."""
    add_config(parser)
    add_packs(parser)
    parser.add_argument("--edition", metavar="DIR", help="the CPT/NCCI edition, or a folder of several")
    parser.add_argument(
        "--history", metavar="URL", help="earlier claims: a JSON file, or a database such as sqlite:///h.db"
    )
    parser.add_argument("--as-of", metavar="DATE", type=date, help="use the pack versions known on this date")
    parser.add_argument("--block", metavar="PLUGIN", action="append", default=[], help="use no hook of this plugin")


def add_format(parser: argparse.ArgumentParser, choices: Sequence[str] = ("text", "json")) -> None:
    """Add ``--format`` with a closed list of formats, the first being the default."""
    parser.add_argument(
        "--format", choices=choices, default=choices[0], help=f"{', '.join(choices[1:])}, or {choices[0]} (the default)"
    )


def add_output(parser: argparse.ArgumentParser) -> None:
    """Add ``-o``."""
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="write to a file, all of it or nothing")


def date(text: str) -> dt.date:
    """Read a date of an option.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no date; write it like 2026-03-31") from None


def settings_of(options: argparse.Namespace) -> Settings:
    """Return the settings in effect: those of the deployment, and the options of `add_engine` over them."""
    from payerpack.settings import read_settings

    for name in ("config", "edition", "history"):
        if getattr(options, name) == "":
            raise UserError(Problem(f"--{name}", "is empty; name what is meant, or leave the option out"))
    return read_settings(options.config).over(
        packs=options.packs,
        edition=options.edition,
        history=options.history,
        block=options.block,
        fail_on=getattr(options, "fail_on", None),
    )


def engine_of(options: argparse.Namespace, settings: Settings | None = None) -> Engine:
    """Return the engine that the options of `add_engine` ask for; an edition that is named must open."""
    from payerpack.engine import Engine
    from payerpack.settings import engine_arguments

    settings = settings_of(options) if settings is None else settings
    _check_blocked(options.block)
    engine = Engine(**engine_arguments(settings))
    if settings.get("edition"):
        engine.open_edition()
    return engine


def _check_blocked(names: Sequence[str]) -> None:
    """Refuse to block what is not there: a name that is mistyped would leave the plugin running."""
    if not names:
        return
    from payerpack.packs.faults import nearest
    from payerpack.plugins.catalog import catalog
    from payerpack.versions import normalize

    known = {normalize(name): name for one in catalog().plugins for name in (one.name, one.distribution)}
    for name in names:
        if normalize(name) not in known:
            hint = nearest(name, known.values()) or f"; installed: {', '.join(sorted(known.values())) or 'none'}"
            raise UserError(Problem("--block", f"no plugin {name} is installed{hint}"))

"""``payerpack config``: the settings in effect, and where each came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from payerpack.cli import output
from payerpack.cli.options import add_engine, add_format, add_output, finish, settings_of, subcommand

if TYPE_CHECKING:
    import argparse

_SHOW: Final = "  payerpack config show\n  payerpack config show --config deployment/payerpack.toml --format json"


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    group = parser.add_subparsers(metavar="COMMAND", required=True)
    show = subcommand(group, "show", "show every setting in effect, and the file, variable or option it came from")
    add_engine(show)
    add_format(show)
    add_output(show)
    finish(show, show_settings, _SHOW)


def show_settings(options: argparse.Namespace) -> int:
    """Show the settings that `payerpack review` would use with the same options."""
    from payerpack.settings import as_rows

    settings = settings_of(options)
    rows = as_rows(settings.effective())
    if options.format == "json":
        output.write_json({"file": settings.file and str(settings.file), "settings": rows}, options.output)
        return 0
    with output.opened(options.output) as out:
        told = ((row["key"], "" if row["value"] is None else str(row["value"]), row["origin"]) for row in rows)
        output.write_table(told, ("setting", "value", "from"), out)
    return 0

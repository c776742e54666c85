"""``payerpack plugin``: what is installed, without running anybody's code; what makes and verifies is beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from payerpack.cli import output, plugin_new, plugin_verify, report
from payerpack.cli.options import add_format, add_output, add_packs, finish, subcommand

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from payerpack.packs.library import Library
    from payerpack.plugins.catalog import Installed

_LIST: Final = "  payerpack plugin list"


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    group = parser.add_subparsers(metavar="COMMAND", required=True)
    listing = subcommand(group, "list", "list installed plugins: version, place, hooks, and the packs that name them")
    add_packs(listing)
    add_format(listing)
    add_output(listing)
    finish(listing, list_plugins, _LIST)
    plugin_new.configure(group)
    plugin_verify.configure(group)


def list_plugins(options: argparse.Namespace) -> int:
    """List plugins; names that two distributions claim are reported."""
    from payerpack.packs.library import Library
    from payerpack.plugins.catalog import blocked_names, catalog
    from payerpack.plugins.listing import installed
    from payerpack.versions import normalize

    library = Library(options.packs)
    blocked = blocked_names()
    rows: list[dict[str, Any]] = [
        {
            "name": one.installed.name,
            "version": one.installed.version,
            "distribution": one.installed.distribution,
            "location": one.installed.location,
            "object": one.installed.value,
            "hooks": None if one.hooks is None else list(one.hooks),
            "packs": list(_naming(library, one.installed)),
            "blocked": bool(blocked & {normalize(one.installed.name), normalize(one.installed.distribution)}),
        }
        for one in installed()
    ]
    report(catalog().clashes())
    if options.format == "json":
        output.write_json(rows, options.output)
        return 0
    with output.opened(options.output) as out:
        output.write_table(
            (
                (
                    row["name"] + (" (blocked)" if row["blocked"] else ""),
                    f"{row['distribution']} {row['version']}",
                    "not known before it runs" if row["hooks"] is None else ", ".join(row["hooks"]),
                    ", ".join(row["packs"]) or "none",
                    row["location"],
                )
                for row in rows
            ),
            ("plugin", "distribution", "hooks", "packs that name it", "location"),
            out,
        )
    return 0


def _naming(library: Library, plugin: Installed) -> Iterator[str]:
    """Yield the packs that name a plugin, by its own name or its distribution's."""
    from payerpack.errors import PackError
    from payerpack.plugins.catalog import parse
    from payerpack.versions import normalize

    names = {normalize(plugin.name), normalize(plugin.distribution)}
    for header in library.all():
        for requirement in header.plugins:
            try:
                name = normalize(parse(requirement)[0])
            except PackError:  # `payerpack pack lint` says what is wrong with it
                continue
            if name in names:
                yield f"{header.id} {header.version}"

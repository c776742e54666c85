"""``payerpack pack``: list and show policy packs; what makes, tests and checks them is beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from payerpack.cli import WRONG, output, pack_lint, pack_new, pack_test, report
from payerpack.cli import pack_choice as choice
from payerpack.cli.options import add_format, add_output, add_packs, finish, subcommand
from payerpack.errors import PackError, Problem

if TYPE_CHECKING:
    import argparse

    from payerpack.packs.library import Header

_LIST: Final = "  payerpack pack list --packs my-packs"
_SHOW: Final = "  payerpack pack show ncci-medicare\n  payerpack pack show my-packs/acme --rule ncci-medicare:mue"


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    group = parser.add_subparsers(metavar="COMMAND", required=True)
    listing = subcommand(group, "list", "list every version of every pack that can be had")
    _add_common(listing)
    finish(listing, list_packs, _LIST)
    show = subcommand(group, "show", "show a pack after all layers, each key with the file and line it comes from")
    show.add_argument("pack", metavar="PACK", help="a pack's id, id==version, or its folder")
    show.add_argument("--rule", metavar="ID", help="only this rule")
    _add_common(show)
    finish(show, show_pack, _SHOW)
    pack_test.configure(group)
    pack_lint.configure(group)
    pack_new.configure(group)


def _add_common(parser: argparse.ArgumentParser) -> None:
    add_packs(parser)
    add_format(parser)
    add_output(parser)


def list_packs(options: argparse.Namespace) -> int:
    """List packs; those that cannot be read are reported."""
    from payerpack.packs.library import Library

    library = Library(options.packs)
    headers, problems = library.all(), library.problems()
    if options.format == "json":
        output.write_json([described(header) for header in headers], options.output)
    else:
        rows = [(h.id, h.version, h.status, h.distribution or str(h.folder), h.title) for h in headers]
        with output.opened(options.output) as out:
            output.write_table(rows, ("pack", "version", "status", "from", "title"), out)
    report(problems)
    return WRONG if problems else 0


def described(header: Header) -> dict[str, Any]:
    """Return what a pack's header says, as JSON has it."""
    from payerpack.finding import plain

    return {
        "id": header.id,
        "version": header.version,
        "status": header.status,
        "title": header.title,
        "extends": None if header.extends is None else " ".join(header.extends).strip(),
        "plugins": list(header.plugins),
        "applies_to": plain(header.applies_to),
        "folder": str(header.folder),
        "distribution": header.distribution,
    }


def show_pack(options: argparse.Namespace) -> int:
    """Show a pack after all layers."""
    from payerpack.cli.pack_show import resolved_dict, write_resolved
    from payerpack.packs.layers import resolve

    target, *others = choice.targets([options.pack])
    if others:
        raise PackError(Problem(options.pack, f"holds {len(others) + 1} packs; name the folder of one of them"))
    library = choice.library_of([options.pack], options.packs)
    policy = resolve(library.load(choice.header_of(target, library)), library)
    shown = resolved_dict(policy, options.rule)
    if options.format == "json":
        output.write_json(shown, options.output)
    else:
        with output.opened(options.output) as out:
            write_resolved(shown, out)
    return 0

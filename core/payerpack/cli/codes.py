"""``payerpack codes``: the codes of a pack's code set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from payerpack.cli import output
from payerpack.cli.options import add_format, add_output, add_packs, finish
from payerpack.errors import PackError, Problem

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from payerpack.codes import CodeSet

_EXAMPLE: Final = "  payerpack codes rendering_3d --policy cpt-imaging-3d\n  payerpack codes --policy ncci-medicare"


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.add_argument("set", metavar="SET", nargs="?", help="the set's name, or pack-id:name; absent: all names")
    parser.add_argument("--policy", metavar="ID", required=True, help="the pack whose set it is, or its parent's")
    add_packs(parser)
    add_format(parser)
    add_output(parser)
    finish(parser, run, _EXAMPLE)


def run(options: argparse.Namespace) -> int:
    """List the codes of a set, or the names of all sets."""
    from payerpack.engine import Engine
    from payerpack.packs.faults import nearest

    sets = Engine(options.packs).policy(options.policy).compiled.sets
    if options.set is None:
        # A set's full name is worth a line only where a nearer pack has another set of that name.
        names = [
            name for name in sorted(sets) if sets.get(name.rpartition(":")[2]) is not sets[name] or ":" not in name
        ]
        told: Any = [{"set": name, **_described(sets[name])} for name in names]
        lines = [f"{one['set']}: {_size(one)}" for one in told]
    else:
        name = options.set.removeprefix("@")
        if name not in sets:
            there = nearest(name, sets) or f"; its sets are {', '.join(sorted(sets)) or 'none'}"
            raise PackError(Problem(options.policy, f"has no code set {name}{there}"))
        told = {"policy": options.policy, "set": name, **_described(sets[name])}
        lines = told["codes"] if told["codes"] is not None else told["entries"]
    if options.format == "json":
        output.write_json(told, options.output)
    else:
        with output.opened(options.output) as out:
            out.writelines(f"{line}\n" for line in lines)
    return 0


def _described(codes: CodeSet) -> dict[str, Any]:
    """Return a set as it can be listed: code by code, or by ranges and prefixes where it has no end."""
    return {"codes": list(codes) if codes.is_finite else None, "entries": list(_entries(codes))}


def _entries(codes: CodeSet, mark: str = "") -> Iterator[str]:
    """Yield what a set is made of; a part with exclusions of its own stands in brackets."""
    yield from (f"{mark}{code}" for code in sorted(codes.codes))
    yield from (f"{mark}{low}-{high}" for low, high in sorted(codes.ranges))
    yield from (f"{mark}{prefix}*" for prefix in sorted(codes.prefixes))
    for part in codes.parts:
        entries = list(_entries(part))
        yield f"{mark}({' '.join(entries)})" if mark or part.excluded is not None else " ".join(entries)
    if codes.excluded is not None:
        yield from _entries(codes.excluded, "!")


def _size(one: dict[str, Any]) -> str:
    return f"{len(one['codes'])} codes" if one["codes"] is not None else " ".join(one["entries"])

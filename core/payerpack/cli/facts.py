"""``payerpack facts``: every fact that a rule may ask about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from payerpack.cli import output
from payerpack.cli.options import add_format, add_output, add_packs, finish

if TYPE_CHECKING:
    import argparse

    from payerpack.facts import Catalogue, Fact

_EXAMPLE: Final = "  payerpack facts\n  payerpack facts --policy acme --packs my-packs --format json"
_LINE: Final = "line"


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.add_argument("--policy", metavar="ID", help="also the facts that this pack and its parents declare")
    add_packs(parser)
    add_format(parser)
    add_output(parser)
    finish(parser, run, _EXAMPLE)


def run(options: argparse.Namespace) -> int:
    """List facts, grouped by what they are about."""
    groups: dict[str, list[Fact]] = {}
    for fact in _catalogue(options).facts.values():
        groups.setdefault(fact.name.partition(".")[0] if "." in fact.name else _LINE, []).append(fact)
    if options.format == "json":
        told = [_described(fact, group) for group, facts in groups.items() for fact in facts]
        output.write_json(told, options.output)
        return 0
    with output.opened(options.output) as out:
        for number, (group, facts) in enumerate(groups.items()):
            out.write("\n" if number else "")
            header = (f"{group} facts", "type", "from", "meaning")
            output.write_table(((f.name, _type(f), f.source, _meaning(f)) for f in facts), header, out)
    return 0


def _catalogue(options: argparse.Namespace) -> Catalogue:
    if options.policy is None:
        from payerpack.facts import CATALOGUE

        return CATALOGUE
    from payerpack.engine import Engine

    return Engine(options.packs).policy(options.policy).compiled.catalogue


def _described(fact: Fact, group: str) -> dict[str, Any]:
    return {
        "name": fact.name,
        "group": group,
        "type": fact.type,
        "many": fact.many,
        "unit": fact.unit,
        "meaning": fact.meaning,
        "source": fact.source,
        "values": list(fact.values),
        "always_known": fact.always_known,
        "identifying": fact.identifying,
    }


def _type(fact: Fact) -> str:
    kind = f"list of {fact.type}" if fact.many else fact.type
    return f"{kind} ({fact.unit})" if fact.unit else kind


def _meaning(fact: Fact) -> str:
    values = f": {', '.join(fact.values)}" if fact.values else ""
    known = "" if fact.always_known else "; may be unknown"
    return f"{fact.meaning}{values}{known}"

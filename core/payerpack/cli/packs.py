"""``payerpack pack``: list, show, test and check policy packs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from payerpack.cli import WRONG, output, pack_lint, pack_new, problems_of, report
from payerpack.cli import pack_choice as choice
from payerpack.cli.options import add_format, add_output, add_packs, finish, subcommand
from payerpack.errors import PackError, PayerpackError, Problem
from payerpack.scale.tally import many

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from payerpack.engine import Engine
    from payerpack.packs.library import Header
    from payerpack.packs.model import Pack

_LIST: Final = "  payerpack pack list --packs my-packs"
_SHOW: Final = "  payerpack pack show ncci-medicare\n  payerpack pack show my-packs/acme --rule ncci-medicare:mue"
_TEST: Final = "  payerpack pack test my-packs/acme\n  payerpack pack test cpt-imaging-3d"


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
    tests = subcommand(
        group, "test", "run the tests that live with packs; 1 when one fails, 2 when a pack or its tests cannot be read"
    )
    tests.add_argument("wanted", metavar="PACK", nargs="+", help="a pack's id or folder, or a folder of packs")
    tests.add_argument("--edition", metavar="DIR", help="the CPT/NCCI edition to test with")
    _add_common(tests)
    finish(tests, test, _TEST)
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


def test(options: argparse.Namespace) -> int:
    """Run the tests of packs; a run that finds no test fails, and a pack that cannot be read costs the others nothing."""
    from payerpack.engine import Engine

    targets = choice.targets(options.wanted)
    library = choice.library_of(options.wanted, options.packs)
    engine = Engine(choice.given(options.wanted, options.packs), edition=options.edition)
    if options.edition is not None:
        engine.open_edition()
    results: list[dict[str, Any]] = []
    problems: dict[Problem, None] = {}  # a parent's problem is met again in every pack that extends it
    for target in targets:
        try:
            results += _tested(engine, library.load(choice.header_of(target, library)))
        except PayerpackError as error:
            problems.update(dict.fromkeys(problems_of(error)))
    _write_results(options, results, list(problems))
    if problems:
        return WRONG
    return int(any(not result["passed"] for result in results))


def _tested(engine: Engine, pack: Pack) -> list[dict[str, Any]]:
    """Return how each test of a pack goes."""
    from payerpack.cli.pack_show import relative
    from payerpack.pack_tests import run_pack_tests

    ran = [
        {
            "pack": pack.id,
            "version": pack.version,
            "test": result.case.name,
            "location": location,
            "passed": result.passed,
            "todo": result.case.todo,
            "failures": list(result.failures),
        }
        for result, location in _located(run_pack_tests(engine, pack))
    ]
    return ran or [_no_test(pack.id, pack.version, f"{relative(pack.folder / 'tests')}:1:1")]


def _no_test(pack: str, version: str, location: str) -> dict[str, Any]:
    failures = ["the pack has no test, so nothing shows that it does what it should; add tests/*.toml"]
    return {
        "pack": pack, "version": version, "test": "", "location": location, "passed": False, "todo": "",
        "failures": failures,
    }  # fmt: skip


def _write_results(options: argparse.Namespace, results: Sequence[dict[str, Any]], problems: Sequence[Problem]) -> None:
    failed = [result for result in results if not result["passed"]]
    if options.format == "json":
        told = {"results": results, "problems": [{"location": p.location, "message": p.message} for p in problems]}
        output.write_json(told, options.output)
        return
    with output.opened(options.output) as out:
        for result in failed:
            named = f"{result['test']}: " if result["test"] else ""
            out.writelines(f"{result['location']}: {named}{failure}\n" for failure in result["failures"])
        out.writelines(f"{problem}\n" for problem in problems if problem.location)
    report(problem for problem in problems if not problem.location)
    todo = sum(1 for result in results if result["todo"] and result["passed"])
    known = f", {todo} of them known gaps" if todo else ""
    sys.stderr.write(
        f"{many(len(results), 'test')}: {len(results) - len(failed)} passed{known}, {len(failed)} failed\n"
    )
    if problems:
        sys.stderr.write(f"problems that kept packs from being tested: {len(problems)}\n")


def _located(results: Any) -> Iterator[tuple[Any, str]]:
    from payerpack.cli.pack_show import Positions

    positions = Positions()
    for result in results:
        yield result, positions.of(result.case.place)

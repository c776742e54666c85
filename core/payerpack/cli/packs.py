"""``payerpack pack``: list, show, test and check policy packs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from payerpack.cli import WRONG, output, report
from payerpack.cli.options import add_format, add_output, add_packs, finish, subcommand
from payerpack.cli.output import many
from payerpack.errors import PackError, Problem

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from payerpack.packs.library import Header, Library

_LIST: Final = "  payerpack pack list --packs my-packs"
_SHOW: Final = "  payerpack pack show ncci-medicare\n  payerpack pack show my-packs/acme --rule ncci-medicare:mue"
_TEST: Final = "  payerpack pack test my-packs/acme\n  payerpack pack test cpt-imaging-3d"
_LINT: Final = "  payerpack pack lint my-packs"


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
    for name, summary, run, example in (
        ("test", "run the tests that live with packs; 1 when one fails, 2 when a pack cannot be read", test, _TEST),
        ("lint", "report everything that is wrong with packs; 1 when anything is", lint, _LINT),
    ):
        command = subcommand(group, name, summary)
        command.add_argument(
            "packs_under_test", metavar="PACK", nargs="+", help="a pack's id or folder, or a folder of packs"
        )
        _add_common(command)
        if name == "test":
            command.add_argument("--edition", metavar="DIR", help="the CPT/NCCI edition to test with")
        finish(command, run, example)


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

    library, (header,) = _find([options.pack], options.packs)
    policy = resolve(library.load(header), library)
    shown = resolved_dict(policy, options.rule)
    if options.format == "json":
        output.write_json(shown, options.output)
    else:
        with output.opened(options.output) as out:
            write_resolved(shown, out)
    return 0


def test(options: argparse.Namespace) -> int:
    """Run the tests of packs; a run that finds no test fails."""
    from payerpack.engine import Engine
    from payerpack.pack_tests import run_pack_tests

    library, headers = _find(options.packs_under_test, options.packs)
    engine = Engine(_folders(options.packs_under_test, options.packs), edition=options.edition)
    results: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for header in headers:
        try:
            pack = library.load(header)
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
        except PackError as error:
            problems += error.problems
            continue
        if not ran:
            folder = header.folder / "tests"
            ran = [_no_test(pack.id, pack.version, f"{_relative(folder)}:1:1")]
        results += ran
    _write_results(options, results, problems)
    if problems:
        return WRONG
    return int(any(not result["passed"] for result in results))


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
        out.writelines(f"{problem}\n" for problem in problems)
    todo = sum(1 for result in results if result["todo"] and result["passed"])
    known = f", {todo} of them known gaps" if todo else ""
    sys.stderr.write(
        f"{many(len(results), 'test')}: {len(results) - len(failed)} passed{known}, {len(failed)} failed\n"
    )
    if problems:
        sys.stderr.write(f"problems that kept packs from being tested: {len(problems)}\n")


def lint(options: argparse.Namespace) -> int:
    """Report everything that is wrong with packs; 2 when a pack cannot be found at all."""
    from payerpack.packs.check import check_pack
    from payerpack.packs.library import Library

    folders = list(_pack_folders(options.packs_under_test, options.packs))
    library = Library(_folders(options.packs_under_test, options.packs))
    found = [problem for folder in folders for problem in check_pack(folder, library)]
    if options.format == "json":
        told = [{"location": p.location, "code": p.code, "message": p.message, "excerpt": p.excerpt} for p in found]
        output.write_json(told, options.output)
    else:
        with output.opened(options.output) as out:
            out.writelines(f"{problem}\n" for problem in found)
        sys.stderr.write(f"{many(len(folders), 'pack')}: {many(len(found), 'problem')}\n")
    return int(bool(found))


def _find(wanted: Sequence[str], packs: Sequence[Path]) -> tuple[Library, list[Header]]:
    """Return a library that holds the packs that are wanted, by id or folder, and their headers.

    Raises:
        PackError: One of them is not there or cannot be read that far.
    """
    from payerpack.packs.discovery import Origin
    from payerpack.packs.library import Library, read_header
    from payerpack.packs.load import load_pack

    library = Library(_folders(wanted, packs))
    headers: list[Header] = []
    for one in wanted:
        folders = _held(one)
        for folder in folders:
            header = read_header(Origin(folder, by_hand=True))
            if header is None:
                load_pack(folder)  # says what is wrong with it
                raise PackError(Problem(str(folder), "has no [pack] that can be read; give it an id and a version"))
            headers.append(header)
        if not folders:
            pack_id, separator, version = one.partition("==")
            headers.append(library.header(pack_id, separator + version))
    return library, headers


def _pack_folders(wanted: Sequence[str], packs: Sequence[Path]) -> Iterator[Path]:
    """Yield the folders of packs given by id or folder; what is wrong in them does not matter yet."""
    for one in wanted:
        folders = _held(one)
        yield from folders
        if not folders:
            yield _find([one], packs)[1][0].folder


def _folders(wanted: Sequence[str], packs: Sequence[Path]) -> list[Path]:
    """Return what is to be looked up by hand: what was given so, and the folders that are wanted themselves."""
    return [*packs, *(folder for one in wanted for folder in _held(one))]


def _held(wanted: str) -> tuple[Path, ...]:
    """Return the pack folders that a folder is or holds; none for an id."""
    from payerpack.packs.discovery import pack_folders

    path = Path(wanted)
    if path.name == "pack.toml" and path.is_file():
        path = path.parent
    if not path.is_dir():
        return ()
    return pack_folders(path)


def _located(results: Any) -> Iterator[tuple[Any, str]]:
    from payerpack.cli.pack_show import Positions

    positions = Positions()
    for result in results:
        yield result, positions.of(result.case.place)


def _relative(path: Path) -> str:
    absolute = path.resolve()
    return str(absolute.relative_to(Path.cwd())) if absolute.is_relative_to(Path.cwd()) else str(path)

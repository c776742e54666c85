"""``payerpack pack test``: the tests that live with packs, and why those that fail do."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from payerpack.cli import WRONG, output, problems_of, report
from payerpack.cli import pack_choice as choice
from payerpack.cli.options import add_format, add_output, add_packs, finish, subcommand
from payerpack.cli.output import printable
from payerpack.errors import PayerpackError
from payerpack.scale.tally import many

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from payerpack.engine import Engine
    from payerpack.errors import Problem
    from payerpack.packs.expectations import CaseResult
    from payerpack.packs.model import Pack

_EXAMPLE: Final = "  payerpack pack test my-packs/acme\n  payerpack pack test cpt-imaging-3d"


def configure(group: Any) -> None:
    """Describe the arguments."""
    summary = "run the tests that live with packs; 1 when one fails, 2 when a pack or its tests cannot be read"
    tests = subcommand(group, "test", summary)
    tests.add_argument("wanted", metavar="PACK", nargs="+", help="a pack's id or folder, or a folder of packs")
    tests.add_argument("--edition", metavar="DIR", help="the CPT/NCCI edition to test with")
    add_packs(tests)
    add_format(tests)
    add_output(tests)
    finish(tests, run, _EXAMPLE)


def run(options: argparse.Namespace) -> int:
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
            "why": list(_why(engine, result)),
        }
        for result, location in _located(run_pack_tests(engine, pack))
    ]
    return ran or [_no_test(pack.id, pack.version, f"{relative(pack.folder / 'tests')}:1:1")]


def _no_test(pack: str, version: str, location: str) -> dict[str, Any]:
    failures = ["the pack has no test, so nothing shows that it does what it should; add tests/*.toml"]
    return {
        "pack": pack, "version": version, "test": "", "location": location, "passed": False, "todo": "",
        "failures": failures, "why": [],
    }  # fmt: skip


def _why(engine: Engine, result: CaseResult) -> Iterator[str]:
    """Yield what the rules that a failed test expects made of their lines, where they did not decide them."""
    from payerpack.cli.text import story_lines
    from payerpack.explain import explain
    from payerpack.formats.structure import structure_claim
    from payerpack.pack_tests import case_history

    case, review = result.case, result.review
    if result.passed or review is None or case.todo:
        return
    decided = {outcome.number: outcome.primary or "" for outcome in review.lines}
    for number, expected in sorted(case.expect.items()):
        if expected.rule and expected.rule not in {decided[number], decided[number].partition(":")[2]}:
            told = explain(
                engine, structure_claim(case.claim), case.policy, case.as_of, number,
                supplied=case.supplied, history=case_history(case),
            )  # fmt: skip
            for story in told.lines[0].rules:
                if expected.rule in {story.rule, story.rule.partition(":")[2]}:
                    yield from story_lines(story)


def _write_results(options: argparse.Namespace, results: Sequence[dict[str, Any]], problems: Sequence[Problem]) -> None:
    failed = [result for result in results if not result["passed"]]
    if options.format == "json":
        told = {"results": results, "problems": [{"location": p.location, "message": p.message} for p in problems]}
        output.write_json(told, options.output)
        return
    with output.opened(options.output) as out:
        for result in failed:
            named = f"{result['test']}: " if result["test"] else ""
            out.writelines(f"{result['location']}: {named}{printable(failure)}\n" for failure in result["failures"])
            out.writelines(f"    {printable(line)}\n" for line in result["why"])
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

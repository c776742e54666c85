"""The tests that live with a pack, run by the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payerpack.errors import ClaimError
from payerpack.formats.structure import structure_history
from payerpack.packs.cases import read_cases
from payerpack.packs.expectations import CaseResult, run_cases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payerpack.claim import HistoryLine
    from payerpack.engine import Engine
    from payerpack.finding import Review
    from payerpack.packs.cases import Case
    from payerpack.packs.model import Pack


def run_pack_tests(engine: Engine, pack: Pack) -> Iterator[CaseResult]:
    """Yield how each test of a pack goes; a test whose claim or history cannot be read has failed.

    Args:
        engine: Reviews; its packs must hold this one.
        pack: The pack under test.

    Raises:
        PackError: The pack or its tests cannot be used; every problem at once.
    """
    policy = engine.policy(f"{pack.id}=={pack.version}")
    for case in read_cases(pack, policy.compiled.catalogue):
        yield run_case(engine, case)


def run_case(engine: Engine, case: Case) -> CaseResult:
    """Return how one test of a pack goes; it has failed when its claim or its history cannot be read."""
    try:
        (result,) = run_cases([case], lambda case: _review(engine, case))
    except ClaimError as error:
        return CaseResult(case, tuple(str(problem) for problem in error.problems))
    return result


def case_history(case: Case) -> list[HistoryLine]:
    """Return the earlier lines that a test states.

    Raises:
        ClaimError: One of them cannot be read.
    """
    return [structure_history(line, f"history[{number}]") for number, line in enumerate(case.history)]


def _review(engine: Engine, case: Case) -> Review:
    return engine.review(case.claim, case.policy, as_of=case.as_of, supplied=case.supplied, history=case_history(case))

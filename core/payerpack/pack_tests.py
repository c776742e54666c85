"""The tests that live with a pack, run by the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payerpack.errors import ClaimError
from payerpack.formats.structure import structure_history
from payerpack.packs.cases import read_cases
from payerpack.packs.expectations import CaseResult, run_cases

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        try:
            yield from run_cases([case], lambda case: _review(engine, case))
        except ClaimError as error:
            yield CaseResult(case, tuple(str(problem) for problem in error.problems))


def _review(engine: Engine, case: Case) -> Review:
    earlier = [structure_history(line, f"history[{number}]") for number, line in enumerate(case.history)]
    return engine.review(case.claim, case.policy, as_of=case.as_of, supplied=case.supplied, history=earlier)

"""The contract that any plugin can prove, and the report of a distribution on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, Literal

import attrs

from payerpack.errors import PayerpackError
from payerpack.testing import checks, checks_running
from payerpack.testing.checks import NotApplicable
from payerpack.testing.subject import Subject

Outcome = Literal["passed", "failed", "skipped"]
Check = Callable[[Subject], Iterator[str]]
"""Yields a problem in a sentence for everything that breaks one clause of the contract."""

CHECKS: Final[tuple[Check, ...]] = (
    checks.is_declared,
    checks.hooks_are_valid,
    checks.packs_are_sound,
    checks.tests_of_packs_pass,
    checks.rules_cite_their_sources,
    checks.scope_is_its_own,
    checks.settings_are_typed,
    checks_running.hooks_hold,
    checks_running.findings_bear_its_name,
    checks_running.other_payers_are_unchanged,
    checks_running.reviews_are_deterministic,
    checks_running.processes_agree,
    checks_running.nothing_of_a_patient_shows,
    checks_running.hooks_run_once_per_claim,
    checks_running.imports_are_cheap,
)
"""Every clause of the contract."""


@attrs.frozen(slots=True)
class Result:
    """How a distribution does on one clause.

    Attributes:
        name: The clause.
        asks: What it asks, in a sentence.
        outcome: How it went.
        problems: What breaks it, or why there is nothing to look at.
    """

    name: str
    asks: str
    outcome: Outcome
    problems: tuple[str, ...] = ()


@attrs.frozen(slots=True)
class Report:
    """How a distribution does on the contract."""

    distribution: str
    version: str
    results: tuple[Result, ...]

    @property
    def passed(self) -> bool:
        """Whether it breaks no clause."""
        return all(result.outcome != "failed" for result in self.results)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape."""
        return {
            "distribution": self.distribution,
            "version": self.version,
            "passed": self.passed,
            "results": [{**attrs.asdict(result), "problems": list(result.problems)} for result in self.results],
        }


def verify(distribution: str) -> Report:
    """Check an installed distribution against the contract.

    Args:
        distribution: Its name.

    Raises:
        UserError: Nothing of that name is installed.
    """
    subject = Subject.of(distribution)
    return Report(subject.name, subject.version, tuple(run_check(check, subject) for check in CHECKS))


def run_check(check: Check, subject: Subject) -> Result:
    """Return how a distribution does on one clause; what keeps a clause from being checked breaks it."""
    name = check.__name__
    asks = (check.__doc__ or "").strip()
    try:
        problems = tuple(check(subject))
    except NotApplicable as reason:
        return Result(name, asks, "skipped", (str(reason),))
    except PayerpackError as error:
        problems = (str(error),)
    return Result(name, asks, "failed" if problems else "passed", problems)

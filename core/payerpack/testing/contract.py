"""The contract as tests: a plugin's own suite imports them, and passes.

In ``tests/test_contract.py`` of the plugin's project::

    from payerpack.testing.contract import *  # or: test_the_contract

The distribution must be installed (``pip install -e .``). It is the project of the ``pyproject.toml`` nearest to that
file, unless pytest's option ``payerpack_distribution`` names another.
"""

from __future__ import annotations

import pytest

from payerpack.testing.report import CHECKS, Check, run_check
from payerpack.testing.subject import Subject

__all__ = ["test_the_contract"]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_contract(check: Check, payerpack_subject: Subject) -> None:
    """Check one clause."""
    result = run_check(check, payerpack_subject)
    if result.outcome == "skipped":
        pytest.skip("; ".join(result.problems))
    if result.problems:
        pytest.fail("\n".join([result.asks, *(f"  {problem}" for problem in result.problems)]), pytrace=False)

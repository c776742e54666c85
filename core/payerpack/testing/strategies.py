"""Hypothesis strategies: claims and lines as payers get them. Hypothesis is imported here and nowhere else.

>>> from hypothesis import given
>>> from payerpack.testing import strategies
>>> @given(strategies.claims(payers=["ACME"]))
... def test_every_claim_is_reviewed(claim):
...     assert engine.review(claim).outcome
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st

from payerpack.claim import Claim, ServiceLine
from payerpack.testing import samples

T = TypeVar("T")


def _choosing(make: Callable[[samples.Choose], T]) -> st.SearchStrategy[T]:
    """Return what a generator makes, hypothesis choosing: it shrinks towards the first of each choice."""

    @st.composite
    def made(draw: st.DrawFn) -> T:
        return make(lambda values: draw(st.sampled_from(values)))

    return made()


def claims(
    codes: Sequence[str] = samples.CODES,
    payers: Sequence[str] = ("TEST",),
    states: Sequence[str] = samples.STATES,
    most_lines: int = 5,
) -> st.SearchStrategy[Claim]:
    """Return claims; see `payerpack.testing.samples.any_claim`."""
    return _choosing(lambda choose: samples.any_claim(choose, codes, payers, states, most_lines))


def lines(codes: Sequence[str] = samples.CODES, dates: Sequence[str] = samples.DATES) -> st.SearchStrategy[ServiceLine]:
    """Return single lines, numbered 1."""

    def make(choose: samples.Choose) -> ServiceLine:
        from payerpack.formats.structure import structure_claim

        header: dict[str, Any] = {
            "id": "C-1",
            "type": "professional",
            "payer": {"id": "TEST"},
            "patient": {"id": "P-1"},
            "billing_provider": {"npi": "1234567893"},
        }
        return structure_claim({**header, "lines": [samples.any_line(choose, 1, codes, dates)]}).lines[0]

    return _choosing(make)

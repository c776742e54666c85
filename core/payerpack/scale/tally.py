"""What becomes of many claims: counted, and everything that went wrong reported with its place.

Whatever reviews them, one by one or in many processes, keeps the sum: claims in = reviews + errors.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

from payerpack.errors import Problem
from payerpack.finding import STRENGTH

if TYPE_CHECKING:
    from payerpack.claim import RejectedClaim

Report = Callable[[Iterable[Problem]], None]
"""Takes problems to whoever wants to know."""
_AGAIN: Final = "is not reviewed, for the same reason as a claim before it"


class Tally:
    """What was counted: claims, reviews, errors, files that could not be read to their end, and outcomes of claims."""

    def __init__(self) -> None:
        self.claims = 0
        self.reviewed = 0
        self.errors = 0
        self.unread = 0
        self.outcomes: Counter[str] = Counter()
        self._said: set[tuple[Problem, ...]] = set()

    @property
    def failed(self) -> bool:
        """Whether anything could not be read or reviewed."""
        return bool(self.errors or self.unread)

    def reaches(self, action: str) -> bool:
        """Say whether any claim came out as strong as an action, or stronger."""
        return any(STRENGTH[outcome] <= STRENGTH[action] for outcome in self.outcomes)

    def count(self, outcome: str) -> None:
        """Count a review."""
        self.reviewed += 1
        self.outcomes[outcome] += 1

    def refuse(self, location: str, problems: tuple[Problem, ...]) -> list[Problem]:
        """Count a claim that could not be reviewed; return what to report, in short where that was said before."""
        self.errors += 1
        if problems in self._said:
            return [Problem(location, _AGAIN)]
        self._said.add(problems)
        return [Problem(joined(location, p.location), p.message, p.code, p.excerpt) for p in problems]

    def reject(self, claim: RejectedClaim) -> list[Problem]:
        """Count a claim that could not be read; return what to report."""
        self.errors += 1
        return list(placed(claim))

    def check(self) -> None:
        """Assert the sum: no claim may be lost."""
        assert self.claims == self.reviewed + self.errors, "every claim is reviewed or reported"

    def summary(self) -> str:
        """Return the count in a line."""
        text = f"{many(self.claims, 'claim')}: {self.reviewed} reviewed, {self.errors} not read"
        if self.unread:
            text += f"; {many(self.unread, 'input')} could not be read whole"
        if self.outcomes:
            ordered = sorted(self.outcomes, key=STRENGTH.__getitem__)
            text += f" ({', '.join(f'{self.outcomes[outcome]} {outcome}' for outcome in ordered)})"
        return text


def placed(claim: RejectedClaim) -> Iterator[Problem]:
    """Yield the problems of a claim that cannot be read, each with the file and the place in it."""
    for problem in claim.problems:
        # A JSON path says nothing of the file.
        location = joined(claim.location, problem.location) if problem.location.startswith("$") else problem.location
        yield Problem(location, problem.message, problem.code, problem.excerpt)


def joined(*locations: str) -> str:
    """Return a location of its parts, outermost first; empty ones say nothing."""
    return ": ".join(location for location in locations if location)


def many(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 claim``, ``2 claims``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

"""The loop of ``payerpack review``: claims of files in, reviews out, everything that went wrong reported and counted.

Whatever runs it, one by one or in parallel, keeps the sum: claims in = reviews + claims not read.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from payerpack.claim import Claim, RejectedClaim
from payerpack.cli.output import many
from payerpack.errors import DataError, PayerpackError, Problem, UserError
from payerpack.finding import STRENGTH, Review
from payerpack.formats import read_claims

if TYPE_CHECKING:
    import datetime as dt

    from payerpack.cli.progress import Watched
    from payerpack.engine import Engine
    from payerpack.finding import Format

Report = Callable[[Iterable[Problem]], None]
"""Takes problems to whoever wants to know."""


class Item(NamedTuple):
    """A claim of a file, read or not, and where it stands."""

    source: str
    position: int
    claim: Claim | RejectedClaim

    @property
    def location(self) -> str:
        """Where it stands: its file and its position in it, counted from 1."""
        return f"{'standard input' if self.source == '-' else self.source}: claim {self.position}"


class Reviewed(NamedTuple):
    """A claim and its review."""

    claim: Claim
    review: Review


class Tally:
    """What was counted: claims, reviews, errors, files that could not be read to their end, and outcomes of claims."""

    def __init__(self) -> None:
        self.claims = 0
        self.reviewed = 0
        self.errors = 0
        self.unread = 0
        self.outcomes: Counter[str] = Counter()

    @property
    def failed(self) -> bool:
        """Whether anything could not be read or reviewed."""
        return bool(self.errors or self.unread)

    def reaches(self, action: str) -> bool:
        """Say whether any claim came out as strong as an action, or stronger."""
        return any(STRENGTH[outcome] <= STRENGTH[action] for outcome in self.outcomes)

    def summary(self) -> str:
        """Return the count in a line."""
        text = f"{many(self.claims, 'claim')}: {self.reviewed} reviewed, {self.errors} not read"
        if self.unread:
            text += f"; {many(self.unread, 'input')} could not be read whole"
        if self.outcomes:
            ordered = sorted(self.outcomes, key=STRENGTH.__getitem__)
            text += f" ({', '.join(f'{self.outcomes[outcome]} {outcome}' for outcome in ordered)})"
        return text


def read_items(
    sources: Sequence[str],
    tally: Tally,
    report: Report,
    formats: Iterable[Format] | None = None,
    watched: Watched = str,
) -> Iterator[Item]:
    """Yield every claim of every source; a source that cannot be read costs the others nothing."""
    known = None if formats is None else tuple(formats)
    for source in sources:
        with _reading(tally, report):
            for position, claim in enumerate(read_claims(watched(source), formats=known), start=1):
                tally.claims += 1
                yield Item(source, position, claim)


@contextlib.contextmanager
def _reading(tally: Tally, report: Report) -> Iterator[None]:
    try:
        yield
    except DataError as error:
        tally.unread += 1
        report(error.problems)


def review_items(
    engine: Engine,
    items: Iterable[Item],
    tally: Tally,
    report: Report,
    *,
    policy: str | None = None,
    as_of: dt.date | None = None,
    unexpected: Callable[[Exception, str], Problem] | None = None,
) -> Iterator[Reviewed]:
    """Yield the review of every claim that can be reviewed; what becomes of the others is reported and counted.

    Args:
        engine: Reviews.
        items: The claims.
        tally: Where they are counted.
        report: Takes what went wrong.
        policy: The policy to review by; absent: routed.
        as_of: See `payerpack.Engine.review`.
        unexpected: Makes a problem of a fault of ours, so that one claim costs the others nothing; absent, it is raised.
    """
    said: set[tuple[Problem, ...]] = set()
    for item in items:
        claim = item.claim
        if isinstance(claim, RejectedClaim):
            tally.errors += 1
            report(placed(claim))
            continue
        try:
            review = engine.review(claim, policy, as_of=as_of)
            outcome = review.outcome
        except DataError:
            raise  # the edition or the history fails every claim
        except PayerpackError as error:
            tally.errors += 1
            problems = error.problems if isinstance(error, UserError) else (Problem("", str(error)),)
            if problems in said:
                report([Problem(item.location, "is not reviewed, for the same reason as a claim before it")])
            else:
                said.add(problems)
                report(Problem(_join(item.location, p.location), p.message, p.code, p.excerpt) for p in problems)
        except Exception as fault:
            if unexpected is None:
                raise
            tally.errors += 1
            report([unexpected(fault, item.location)])
        else:
            tally.reviewed += 1
            tally.outcomes[outcome] += 1
            yield Reviewed(claim, review)


def placed(claim: RejectedClaim) -> Iterator[Problem]:
    """Yield the problems of a claim that cannot be read, each with the file and the place in it."""
    for problem in claim.problems:
        # A JSON path says nothing of the file.
        location = _join(claim.location, problem.location) if problem.location.startswith("$") else problem.location
        yield Problem(location, problem.message, problem.code, problem.excerpt)


def _join(*locations: str) -> str:
    return ": ".join(location for location in locations if location)

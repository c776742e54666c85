"""Claims of files in, reviews out, one by one; what went wrong is reported and counted."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple, TypeVar

from payerpack.claim import Claim, RejectedClaim
from payerpack.errors import DataError, PayerpackError, Problem, UserError
from payerpack.finding import Review
from payerpack.formats import read_claims
from payerpack.scale.tally import Report, Tally

if TYPE_CHECKING:
    import datetime as dt

    from payerpack.engine import Engine
    from payerpack.finding import Format

Watched = Callable[[str], "str | BinaryIO"]
"""Takes a source, gives what to read it from."""
Made = TypeVar("Made")

STRIDE: Final = 16
"""So many claims are read, then reviewed, then written: measured a tenth quicker than each claim all the way, and a
quarter on a busy machine, as what one step needs of the processor's nearest caches the next one displaces."""


def strides(items: Iterable[Made]) -> Iterator[Made]:
    """Yield the same items, made some at a time: whatever makes them runs without what becomes of them in between.

    What was made is yielded before an error in making the next one, or an interrupt, is raised.
    """
    ready: list[Made] = []
    try:
        for item in items:
            ready.append(item)
            if len(ready) == STRIDE:
                yield from ready
                ready = []
    except (Exception, KeyboardInterrupt):
        yield from ready
        raise
    yield from ready


class Item(NamedTuple):
    """A claim of a file, read or not, and where it stands."""

    source: str
    position: int
    claim: Claim | RejectedClaim

    @property
    def location(self) -> str:
        """Where it stands: its file and its position in it, counted from 1."""
        return place(self.source, self.position)


class Reviewed(NamedTuple):
    """A claim and its review."""

    claim: Claim
    review: Review


def place(source: str, position: int) -> str:
    """Return where a claim stands: its file and its position in it, counted from 1."""
    return f"{'standard input' if source == '-' else source}: claim {position}"


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
        with reading(tally, report):
            for position, claim in enumerate(read_claims(watched(source), formats=known), start=1):
                tally.claims += 1
                yield Item(source, position, claim)


@contextlib.contextmanager
def reading(tally: Tally, report: Report) -> Iterator[None]:
    """Count and report a source that cannot be read to its end."""
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
    return strides(_reviewed(engine, strides(items), tally, report, policy, as_of, unexpected))


def _reviewed(
    engine: Engine,
    items: Iterable[Item],
    tally: Tally,
    report: Report,
    policy: str | None,
    as_of: dt.date | None,
    unexpected: Callable[[Exception, str], Problem] | None,
) -> Iterator[Reviewed]:
    for item in items:
        claim = item.claim
        if isinstance(claim, RejectedClaim):
            report(tally.reject(claim))
            continue
        try:
            review = engine.review(claim, policy, as_of=as_of)
            outcome = review.outcome
        except DataError:
            raise  # the edition or the history fails every claim
        except PayerpackError as error:
            report(tally.refuse(item.location, problems_of(error)))
        except Exception as fault:
            if unexpected is None:
                raise
            tally.errors += 1
            report([unexpected(fault, item.location)])
        else:
            tally.count(outcome)
            yield Reviewed(claim, review)


def problems_of(error: PayerpackError) -> tuple[Problem, ...]:
    """Return what an error says."""
    return error.problems if isinstance(error, UserError) else (Problem("", str(error)),)

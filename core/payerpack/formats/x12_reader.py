"""The state of reading one 837 file: where in its loops we are, the drafts that are open, and what is finished."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

import attrs

from payerpack.claim import Claim, RejectedClaim
from payerpack.errors import Problem
from payerpack.formats.x12_draft import ClaimDraft, CoverageDraft, LineDraft, PersonDraft, ProviderDraft
from payerpack.formats.x12_envelope import Envelope, Kind

if TYPE_CHECKING:
    from payerpack.formats.x12_segments import Separators

Handler = Callable[["Reader", list[str]], None]
"""Reads one segment: ``segment[0]`` is its id, ``segment[n]`` its element n, empty where it is absent."""

_FILLERS: Final = " \t\0\x1a"
"""What some systems put between segments or at a file's end: blanks, null characters, the old end-of-file mark."""
_PADDING: Final = [""] * 12
"""Lets a handler read the twelve elements after the last one that a segment has."""


@attrs.frozen(slots=True, eq=False)
class Loop:
    """One level of the 837's hierarchy and its inner loops.

    Attributes:
        segments: What reads each segment, ``None`` if nothing needs to; segments of the same id in other levels never
            reach it.
        names: What reads an NM1 segment by its NM101 (who it names); other names are not needed.
        unknown: What reads a segment that ``segments`` does not list.
    """

    segments: Mapping[str, Handler | None]
    names: Mapping[str, Handler]
    unknown: Handler | None


@attrs.define(slots=True, eq=False)
class Unread:
    """Something that is not read: where it begins, the CLM segments in it, and whether no claim stood before it."""

    position: int
    first: bool
    claims: int = 0


class Reader:
    """Reads the segments of one file through the handlers of its loops.

    Attributes:
        name: The file's name, for messages.
        position: The position in the file of the segment being read, from 1.
        component: The component separator in force.
        envelope: The interchange's levels.
        kind: What the transaction holds, ``None`` outside of a transaction that is read.
        claims: CLM segments seen in transactions that are read.
        unread: What is not read, by the sentence that refuses it.
        level: HL03 of the level we are in, empty before the first HL segment.
    """

    def __init__(self, name: str, loops: Mapping[str, Loop]) -> None:
        self.name = name
        self.position = 0
        self.component = ":"
        self.envelope = Envelope(name)
        self.version = ""
        self.transaction_position = 0
        self.kind: Kind | None = None
        self.claims = 0
        self.unread: dict[str, Unread] = {}
        self.finished: list[Claim | RejectedClaim] = []
        self._loops = loops
        self.begin_transaction(None)
        # CLM and LX replace these before the handlers of 2300 and 2400, which may take them for granted, can run.
        self.claim = ClaimDraft(0, "professional", self.billing, self.coverage, None, [])
        self.line = LineDraft(0, 0)

    # -- segments -----------------------------------------------------------------------------------------------------

    def take(self, separators: Separators, raw_segments: list[str]) -> None:
        """Read some segments; `finished` then holds the claims that ended among them."""
        mark = separators.element
        for raw in raw_segments:
            segment = raw.split(mark)
            handler = self.segments.get(segment[0], _unlisted)
            self.position += 1
            if handler is not None:
                segment += _PADDING
                handler(self, segment)

    def drain(self) -> Iterator[Claim | RejectedClaim]:
        """Yield the finished claims, once."""
        finished, self.finished = self.finished, []
        yield from finished

    def take_unlisted(self, segment: list[str]) -> None:
        """Read a segment that no table lists as it stands: its id follows blanks, it is blank, or it is unknown."""
        segment[0] = segment[0].strip(_FILLERS)
        if not any(segment):
            self.position -= 1
        else:
            handler = self.segments.get(segment[0], self.loop.unknown)
            if handler is not None:
                handler(self, segment)

    # -- loops --------------------------------------------------------------------------------------------------------

    def enter(self, name: str) -> None:
        """Go to a level of the hierarchy."""
        self.loop = self._loops[name]
        self.segments = self.loop.segments
        self.provider: ProviderDraft | None = None

    def begin_transaction(self, kind: Kind | None) -> None:
        """Forget everything of the transaction before."""
        self.kind = kind
        self.claim_is_open = False
        self.header_problems: dict[str, list[Problem]] = {}
        self.begin_billing()
        self.level = ""
        self.enter("transaction" if kind else "envelope")

    def refuse(self, sentence: str) -> None:
        """Read nothing up to the next segment of the envelope; say why once for each reason, and count the claims."""
        self.refused = self.unread.setdefault(sentence, Unread(self.position, first=not self.claims))
        self.enter("refused")

    def begin_billing(self) -> None:
        """Begin level 2000A; nothing of another billing provider may be seen from it."""
        self.billing = ProviderDraft(self.position)
        self.header_problems.pop("20", None)
        self.begin_coverage()

    def begin_coverage(self) -> None:
        """Begin level 2000B."""
        self.coverage = CoverageDraft(PersonDraft(self.position))
        self.header_problems.pop("22", None)
        self.begin_dependent(None)

    def begin_dependent(self, dependent: PersonDraft | None) -> None:
        """Begin level 2000C, or leave it."""
        self.dependent = dependent
        self.header_problems.pop("23", None)
        self.level = "22" if dependent is None else "23"

    # -- claims -------------------------------------------------------------------------------------------------------

    def begin_claim(self, kind: Kind) -> ClaimDraft:
        """Begin loop 2300 with the problems of the levels above it."""
        self.close_claim()
        self.claims += 1
        problems = [problem for _, level in sorted(self.header_problems.items()) for problem in level]
        self.claim = ClaimDraft(self.position, kind, self.billing, self.coverage, self.dependent, problems)
        self.claim_is_open = True
        self.enter("2300")
        return self.claim

    def close_claim(self) -> None:
        """End the open claim, if one is open: it is now a claim or a rejected claim."""
        if self.claim_is_open:
            claim = self.claim.record(self.problem_at)
            self.finished.append(claim if claim is not None else self._rejected(self.claim))
            self.claim_is_open = False

    def cut_claim(self) -> None:
        """Reject the open claim, if one is open: the file ends inside its transaction."""
        if self.claim_is_open:
            message = "the file or interchange ends before the end of this claim's transaction; send it whole again"
            self.problem_at(self.position, "SE", message)
            self.close_claim()

    def _rejected(self, draft: ClaimDraft) -> RejectedClaim:
        return RejectedClaim(f"{self.name}: segment {draft.position}", tuple(draft.problems), draft.id)

    # -- problems -----------------------------------------------------------------------------------------------------

    def problem(self, element: str, message: str) -> None:
        """Report a problem at the current segment: of the open claim, or of every claim below the current level."""
        self.problem_at(self.position, element, message)

    def problem_at(self, position: int, element: str, message: str) -> None:
        """Report a problem at a segment."""
        problem = Problem(f"{self.name}: segment {position} ({element})", message)
        if self.claim_is_open:
            self.claim.problems.append(problem)
        elif self.level:
            self.header_problems.setdefault(self.level, []).append(problem)
        else:
            self.envelope.problem(position, element, message)

    def stray(self, segment: list[str], message: str) -> None:
        """Report a segment that nothing reads: it may have been a claim, so it is reported even where none is open."""
        element = segment[0] if re.fullmatch(r"[A-Z][A-Z0-9]{1,2}", segment[0]) else "?"
        if self.claim_is_open:
            self.problem(element, message)
        else:
            self.envelope.problem(self.position, element, message)


_unlisted: Final = Reader.take_unlisted

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
from payerpack.formats.x12_values import harmless, read_number

if TYPE_CHECKING:
    from decimal import Decimal

    from payerpack.formats.x12_segments import Separators

Handler = Callable[["Reader", list[str]], None]
"""Reads one segment: ``segment[0]`` is its id, ``segment[n]`` its element n, empty where it is absent."""

_PADDING: Final = [""] * 20
"""Lets a handler read any element of a segment that leaves its last elements out."""


@attrs.frozen(slots=True, eq=False)
class Loop:
    """One level of the 837's hierarchy and its inner loops.

    Attributes:
        segments: What reads each segment; other levels' segments of the same id never reach it.
        names: What reads an NM1 segment by its NM101 (who it names); other names are not needed.
        unknown: What reads a segment that ``segments`` does not list.
    """

    segments: Mapping[str, Handler]
    names: Mapping[str, Handler]
    unknown: Handler


class Reader:
    """Reads the segments of one file through the handlers of its loops.

    Attributes:
        name: The file's name, for messages.
        position: The position in the file of the segment being read, from 1.
        component: The component separator in force.
        envelope: The interchange's levels.
        kind: What the transaction holds, ``None`` outside of a transaction that is read.
        claims: CLM segments seen in transactions that are read.
        unread: By the sentence that refuses them: the CLM segments of transactions that are not read.
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
        self.unread: dict[str, int] = {}
        self.refused = ""
        self.finished: list[Claim | RejectedClaim] = []
        self._loops = loops
        self.begin_transaction(None)

    # -- segments -----------------------------------------------------------------------------------------------------

    def take(self, separators: Separators, raw_segments: list[str]) -> None:
        """Read some segments; `finished` then holds the claims that ended among them."""
        mark = separators.element
        for raw in raw_segments:
            segment = raw.split(mark)
            handler = self.segments.get(segment[0])
            if handler is None:
                segment[0] = segment[0].strip(" ")
                if segment == [""]:
                    continue
                handler = self.segments.get(segment[0], self.loop.unknown)
            self.position += 1
            segment += _PADDING
            handler(self, segment)

    def drain(self) -> Iterator[Claim | RejectedClaim]:
        """Yield the finished claims, once."""
        finished, self.finished = self.finished, []
        yield from finished

    # -- loops --------------------------------------------------------------------------------------------------------

    def enter(self, name: str) -> None:
        """Go to a level of the hierarchy."""
        self.loop = self._loops[name]
        self.segments = self.loop.segments
        self.provider: ProviderDraft | None = None

    def begin_transaction(self, kind: Kind | None) -> None:
        """Forget everything of the transaction before."""
        self.kind = kind
        self.claim: ClaimDraft | None = None
        self.line: LineDraft | None = None
        self.header_problems: dict[str, list[Problem]] = {}
        self.begin_billing()
        self.enter("transaction" if kind else "envelope")

    def begin_billing(self) -> None:
        """Begin level 2000A; nothing of another billing provider may be seen from it."""
        self.billing = ProviderDraft(self.position)
        self.header_problems["20"] = []
        self.begin_coverage()

    def begin_coverage(self) -> None:
        """Begin level 2000B."""
        self.coverage = CoverageDraft(PersonDraft(self.position))
        self.header_problems["22"] = []
        self.begin_dependent(None)

    def begin_dependent(self, dependent: PersonDraft | None) -> None:
        """Begin level 2000C, or leave it."""
        self.dependent = dependent
        self.header_problems["23"] = []
        self.level = "22" if dependent is None else "23"

    # -- claims -------------------------------------------------------------------------------------------------------

    def begin_claim(self, kind: Kind) -> ClaimDraft:
        """Begin loop 2300 with the problems of the levels above it."""
        self.close_claim()
        self.claims += 1
        problems = [problem for level in self.header_problems.values() for problem in level]
        self.claim = ClaimDraft(self.position, kind, self.billing, self.coverage, self.dependent, problems)
        self.enter("2300")
        return self.claim

    def close_claim(self) -> None:
        """End the open claim, if one is open: it is now a claim or a rejected claim."""
        draft = self.claim
        if draft is None:
            return
        claim = draft.build(self.problem_at)
        self.finished.append(claim if claim is not None else self._rejected(draft))
        self.claim = self.line = None

    def cut_claim(self) -> None:
        """Reject the open claim, if one is open: the file ends inside its transaction."""
        if self.claim is not None:
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
        if self.claim is not None:
            self.claim.problems.append(problem)
        else:
            self.header_problems[self.level].append(problem)

    def number(self, segment: list[str], index: int, what: str) -> Decimal | None:
        """Return a number, or report that it is none."""
        try:
            return read_number(segment[index])
        except ValueError:
            element = f"{segment[0]}-{index:02}"
            if not segment[index].strip(" "):
                self.problem(element, f"the {what} is missing; write a number")
            else:
                shown = harmless(segment[index])
                self.problem(element, f"the {what}{shown} is no number; write digits such as 310 or 310.00")
            return None


def shown_id(segment_id: str) -> str:
    """Return a segment's id for a message; text that a stray terminator cut loose is not shown."""
    return segment_id if re.fullmatch(r"[A-Z][A-Z0-9]{1,2}", segment_id) else "?"

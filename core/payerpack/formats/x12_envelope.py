"""The envelope of an X12 file: interchanges, groups and transactions that must nest, match and count right.

A fault of the envelope costs no claim: it is kept, and reported when everything that can be read has been read.
"""

from __future__ import annotations

import re
from typing import Final, Literal

import attrs

from payerpack.errors import Problem

Kind = Literal["professional", "institutional"]
Opener = Literal["ISA", "GS", "ST"]

KEPT: Final = 100
"""Problems of the envelope that are kept word by word; the rest is counted, so that memory stays constant."""

_SUPPORTED: Final = re.compile(r"005010X22([23])(?:A\d)?")
_NAMES: Final = {
    "005010X222": "an 837 professional claim file",
    "005010X223": "an 837 institutional claim file",
    "005010X224": "an 837 dental claim file",
    "004010X098": "an 837 professional claim file",
    "004010X096": "an 837 institutional claim file",
    "004010X097": "an 837 dental claim file",
    "837": "an 837 file",
    "270": "a 270 eligibility inquiry",
    "271": "a 271 eligibility response",
    "276": "a 276 claim status request",
    "277": "a 277 claim status file",
    "278": "a 278 authorization file",
    "820": "an 820 premium payment",
    "834": "an 834 enrollment file",
    "835": "an 835 remittance",
    "997": "a 997 acknowledgment",
    "999": "a 999 acknowledgment",
}
_CONTROL: Final = {
    "ISA": ("IEA", "interchange", "groups"),
    "GS": ("GE", "group", "transactions"),
    "ST": ("SE", "transaction", "segments"),
}
_ORDER: Final[tuple[Opener, ...]] = ("ISA", "GS", "ST")


def claim_type(version: str) -> Kind | None:
    """Return which claims a version (ST03 or GS08) holds, or ``None`` for a version that is not read."""
    match = _SUPPORTED.fullmatch(version)
    if match is None:
        return None
    return "professional" if match[1] == "2" else "institutional"


def refusal(transaction: str, version: str) -> str:
    """Return the sentence that refuses a transaction which is no 837 of a version that is read."""
    shown = f" ({version})" if re.fullmatch(r"[0-9A-Z]{6,12}", version) else ""
    send = "payerpack reads the 837 professional (005010X222A1) and institutional (005010X223A2) claim files"
    if transaction == "837":
        return f"this is {_NAMES.get(version[:10], _NAMES['837'])} of a version that is not supported{shown}; {send}"
    known = transaction if re.fullmatch(r"\d{3}", transaction) else "unnamed"
    return f"this is {_NAMES.get(transaction, f'an X12 {known} transaction')}{shown}, not an 837 claim file; {send}"


@attrs.define(repr=False, eq=False)
class _Level:
    """One open or closed level: its control number while it is open, and how many it holds so far."""

    control: str | None = None
    count: int = 0


class Envelope:
    """Follows the three levels of one file and keeps what is wrong with them.

    Attributes:
        problems: The first `KEPT` problems; `all_problems` says how many more there were.
    """

    def __init__(self, name: str) -> None:
        self.problems: list[Problem] = []
        self._name = name
        self._more = 0
        self._levels = {opener: _Level() for opener in _ORDER}

    def problem(self, position: int, place: str, message: str) -> None:
        """Keep a problem; ``place`` is a segment's id, with an element if one is meant."""
        if len(self.problems) == KEPT:
            self._more += 1
        else:
            self.problems.append(Problem(f"{self._name}: segment {position} ({place})", message))

    def all_problems(self) -> tuple[Problem, ...]:
        """Return the problems kept and, where there were more, their number."""
        more = Problem(self._name, f"the envelope has {self._more} more faults like these; correct and send it again")
        return (*self.problems, more) if self._more else tuple(self.problems)

    def open(self, position: int, opener: Opener, control: str) -> None:
        """Begin a level; whatever is still open at it or below has lost its end."""
        self._lose(position, opener, _ORDER[_ORDER.index(opener) :])
        self._levels[opener] = _Level(control.lstrip("0"))
        if opener != "ISA":
            outer = _ORDER[_ORDER.index(opener) - 1]
            self._levels[outer].count += 1
            if self._levels[outer].control is None:
                what, around = _CONTROL[opener][1], _CONTROL[outer][1]
                self.problem(position, opener, f"the {what} stands in no {around}; begin one with {outer}")

    def close(self, position: int, opener: Opener, stated: str, control: str, counted: int | None = None) -> None:
        """End a level: its count and control number must be those of its beginning.

        Args:
            position: The segment's position in the file, from 1.
            opener: The level.
            stated: The count that the closing segment states.
            control: The control number that it states.
            counted: What was counted; absent for groups and transactions, which are counted here.
        """
        closer, what, parts = _CONTROL[opener]
        level = self._levels[opener]
        self._lose(position, closer, _ORDER[_ORDER.index(opener) + 1 :])
        if level.control is None:
            self.problem(position, closer, f"a {closer} segment ends a {what} that no {opener} segment began")
            return
        counted = level.count if counted is None else counted
        if stated.lstrip("0") != str(counted):
            said = f"states {stated}" if stated.isdigit() else "states no number"
            message = f"the {what} holds {counted} {parts} but {closer}01 {said}: part of it may be lost; send it again"
            self.problem(position, f"{closer}-01", message)
        if control.lstrip("0") != level.control:
            message = f"the control number differs from that of the {opener} segment: two {what}s may be mixed"
            self.problem(position, f"{closer}-02", message)
        level.control = None

    def finish(self, position: int) -> None:
        """End the file: nothing may be open."""
        for opener in _ORDER:
            if self._levels[opener].control is not None:
                closer, what, _ = _CONTROL[opener]
                message = f"the file ends before the {closer} segment of its last {what}: it was cut; send it again"
                self.problem(position, "end of file", message)
                return

    def _lose(self, position: int, place: str, openers: tuple[Opener, ...]) -> None:
        for opener in openers:
            closer, what, _ = _CONTROL[opener]
            if self._levels[opener].control is not None:
                self.problem(position, place, f"the {closer} segment of the {what} before is missing; send it again")
                self._levels[opener].control = None

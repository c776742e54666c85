"""What a review says: findings, the outcome of each line, and the review as a whole."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, BinaryIO, Final, Literal, TextIO

import attrs

from payerpack.claim import Claim, RejectedClaim

Action = Literal["reject", "deny", "recode", "combine", "pend", "cap", "reduce", "warn", "inform"]
Outcome = Literal["reject", "deny", "recode", "combine", "pend", "cap", "reduce", "warn", "inform", "accept"]
Cure = Literal["none", "documentation", "modifier", "authorization", "recode", "correct_claim"]
Stage = Literal["eligibility", "modifiers", "bundling", "frequency"]

ACTIONS: Final[tuple[Action, ...]] = (
    "reject", "deny", "recode", "combine", "pend", "cap", "reduce", "warn", "inform",
)  # fmt: skip
"""Every action, strongest first."""
STRENGTH: Final[Mapping[str, int]] = {name: rank for rank, name in enumerate((*ACTIONS, "accept"))}
"""The rank of an action or outcome; the strongest is 0."""
CURES: Final[tuple[Cure, ...]] = ("none", "documentation", "modifier", "authorization", "recode", "correct_claim")
STAGES: Final[tuple[Stage, ...]] = ("eligibility", "modifiers", "bundling", "frequency")


# Adjustments and sources are the packs', few, and looked up by value for every finding that is written.
@attrs.frozen(slots=True, cache_hash=True)
class Adjustment:
    """The adjustment that would travel in an 835: group code, CARC and RARCs (codes only)."""

    carc: str
    rarc: tuple[str, ...] = ()
    group: str = "CO"

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape."""
        return {"group": self.group, "carc": self.carc, "rarc": list(self.rarc)}


@attrs.frozen(slots=True, cache_hash=True)
class Source:
    """Where a rule is written: document, address, section, and when somebody last read it."""

    title: str = ""
    url: str = ""
    section: str = ""
    reviewed: dt.date | None = None
    confidence: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape; what is empty is left out."""
        return {
            key: value.isoformat() if isinstance(value, dt.date) else value
            for key in _SOURCE_KEYS
            if (value := getattr(self, key))
        }


_SOURCE_KEYS: Final = tuple(field.name for field in attrs.fields(Source))


def plain(value: Any) -> Any:
    """Return a fact's value as JSON has it: ISO dates, decimal strings, lists in order."""
    if isinstance(value, (str, bool, int)) or value is None:
        return value
    if value.__class__ is tuple:
        return [plain(item) for item in value]
    if isinstance(value, Decimal):
        return str(int(value)) if value == value.to_integral_value() else str(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(plain(item) for item in value)
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    return str(value)


def plain_effect(effect: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return a proposed change as JSON has it: units are a number, as on a claim; money and shares are decimal strings."""
    if effect is None:
        return None
    units = effect.get("units")
    shape: dict[str, Any] = plain(effect)
    if isinstance(units, Decimal):
        shape["units"] = int(units) if units == units.to_integral_value() else float(units)
    return shape


_Text = str | Callable[[], str]
_Facts = Mapping[str, Any] | Callable[[], Mapping[str, Any]]
_NO_FACTS: Final[Mapping[str, Any]] = {}


@attrs.frozen(slots=True, eq=False)
class Finding:
    """One thing a rule found.

    A finding is built when its rule fires; ``message`` and ``facts`` may be given as functions without arguments,
    which run only when somebody reads them.

    Attributes:
        rule: ``pack-id:rule-id``, stable for ever.
        stage: The hook that found it.
        action: See `ACTIONS`.
        lines: Numbers of the affected lines; empty when the whole claim is meant.
        related_lines: Numbers of the lines it lost to or depends on (the column 1 line, the base study).
        adjustment: Group, CARC and RARC, or ``None``.
        cure: Whether anything can fix it.
        source: Where the rule is written, or ``None``.
        effect: The proposed change, such as ``{"code": "76376"}``, or ``None``.
        monitored: Reported, but it changes no outcome.
        depth: How near the pack is to the payer (0: the payer's own); decides between equally strong findings.
    """

    rule: str
    stage: Stage
    action: Action
    lines: tuple[int, ...] = ()
    _message: _Text = ""
    related_lines: tuple[int, ...] = ()
    adjustment: Adjustment | None = None
    cure: Cure | None = None
    source: Source | None = None
    _facts: _Facts = _NO_FACTS
    effect: Mapping[str, Any] | None = None
    monitored: bool = False
    depth: int = 0

    @property
    def message(self) -> str:
        """The reason, in a sentence."""
        return self._message if isinstance(self._message, str) else self._message()

    @property
    def facts(self) -> Mapping[str, Any]:
        """The facts that decided, by name; never a patient's identifier."""
        return self._facts() if callable(self._facts) else self._facts

    def sort_key(self) -> tuple[Any, ...]:
        """Return what orders findings: line, strength, nearness, rule; the order of hooks or files never shows."""
        return (
            self.lines[0] if self.lines else 0,
            self.monitored,
            STRENGTH[self.action],
            self.depth,
            self.rule,
            self.lines,
            self.related_lines,
        )

    def frame(self) -> tuple[dict[Any, Any] | None, Hashable]:
        """Return where to keep what is made once for all findings with this rule and outcome, and under what key.

        Such findings share rule, stage, action, adjustment, cure, source and ``monitored``; they differ in lines,
        message, facts and effect. The place is the rule's own and ends with it; ``None``: wherever the caller likes.
        """
        return None, (self.rule, self.stage, self.action, self.adjustment, self.cure, self.source, self.monitored)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape."""
        return {
            "rule": self.rule,
            "stage": self.stage,
            "action": self.action,
            "lines": list(self.lines),
            "related_lines": list(self.related_lines),
            "adjustment": self.adjustment and self.adjustment.to_dict(),
            "message": self.message,
            "cure": self.cure,
            "source": self.source and self.source.to_dict(),
            "facts": plain(self.facts),
            "effect": plain_effect(self.effect),
            "monitored": self.monitored,
        }

    def __eq__(self, other: object) -> bool:
        """Say whether both findings read the same."""
        if not isinstance(other, Finding):
            return NotImplemented
        return self is other or (self.depth == other.depth and self.to_dict() == other.to_dict())

    def __hash__(self) -> int:
        """Hash what identifies the finding."""
        return hash((self.rule, self.action, self.lines, self.related_lines))


@attrs.frozen(slots=True)
class LineOutcome:
    """What becomes of one line; ``primary`` is the rule that decides, or ``None`` when the line is accepted."""

    number: int
    outcome: Outcome
    primary: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape."""
        return {"number": self.number, "outcome": self.outcome, "primary": self.primary}


@attrs.frozen(slots=True, eq=False)
class Review:
    """What one policy makes of one claim.

    Attributes:
        claim_id: The claim's id.
        policy: The id of the pack that reviewed it.
        packs: The id and version of every pack of the policy.
        findings: Everything found, sorted.
        notes: What limits the whole review: no history, baseline by default, a partial edition.
        numbers: The claim's line numbers, in the order submitted.
    """

    claim_id: str
    policy: str
    packs: Mapping[str, str]
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    _fingerprint: Callable[[], str] | str = ""

    @property
    def fingerprint(self) -> str:
        """The digest of everything that went in: the same inputs give the same bytes. Computed when read."""
        given = self._fingerprint  # read once: for some reviews it is computed when read
        return given if isinstance(given, str) else given()

    @property
    def outcome(self) -> Outcome:
        """The strongest action of a finding that is not monitored, else ``accept``."""
        strongest: Outcome = "accept"
        best = STRENGTH[strongest]
        for finding in self.findings:
            action = finding.action
            if STRENGTH[action] < best and not finding.monitored:
                strongest, best = action, STRENGTH[action]
        return strongest

    @property
    def lines(self) -> tuple[LineOutcome, ...]:
        """The outcome of each line, in the order submitted.

        A finding on the whole claim decides every line, except one that only informs.
        """
        return tuple([LineOutcome(*decided) for decided in self.decided()])

    def decided(self) -> list[tuple[int, Outcome, str | None]]:
        """Return `lines` as plain values: number, outcome, and the id of the rule that decides or ``None``."""
        best: dict[int, _Rank] = {}
        whole: _Rank | None = None
        for finding in self.findings:
            # One call for all that ranks a finding: each attribute by itself was measured to cost twice as much.
            _, monitored, strength, depth, rule, lines, _ = finding.sort_key()
            if monitored:
                continue
            rank = (strength, depth, rule, finding)
            if lines:
                for number in lines:
                    best[number] = _first(best[number], rank) if number in best else rank
            elif finding.action != "inform":
                whole = rank if whole is None else _first(whole, rank)
        outcomes: list[tuple[int, Outcome, str | None]] = []
        for number in self.numbers:
            decisive = best.get(number, whole)
            if decisive is None:
                outcomes.append((number, "accept", None))
                continue
            if whole is not None:
                decisive = _first(decisive, whole)
            outcomes.append((number, ACTIONS[decisive[0]], decisive[2]))
        return outcomes

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape."""
        return {
            "claim_id": self.claim_id,
            "policy": self.policy,
            "packs": dict(sorted(self.packs.items())),
            "outcome": self.outcome,
            "fingerprint": self.fingerprint,
            "lines": [line.to_dict() for line in self.lines],
            "notes": list(self.notes),
            "findings": [finding.to_dict() for finding in self.findings],
        }


_Rank = tuple[int, int, str, Finding]
"""The strength of a finding's action, its depth, its rule and the finding."""


def _first(one: _Rank, other: _Rank) -> _Rank:
    """Return the finding that decides: the stronger action, then a change that stands, the nearer pack, the rule's id."""
    if one[0] != other[0]:
        return one if one[0] < other[0] else other
    changes = one[3].effect is not None
    if changes != (other[3].effect is not None):
        return one if changes else other
    return other if other[1:3] < one[1:3] else one


@attrs.frozen(slots=True)
class Format:
    """A way in or out that a plugin registers by name (``register_formats``).

    Attributes:
        name: What ``--format`` and reports call it.
        sniff: Says whether the first 64 KiB of a file look like this format; absent for a writer.
        read: Yields a claim or a rejected claim for every claim in the stream, in order; the text is the file's name.
        write: Writes reviews as text.
    """

    name: str
    sniff: Callable[[bytes], bool] | None = None
    read: Callable[[BinaryIO, str], Iterator[Claim | RejectedClaim]] | None = None
    write: Callable[[Iterable[Review], TextIO], None] | None = None

"""What a hook gets beside the claim: facts, history, the edition, and the dates a review is made by."""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, overload

import attrs

from payerpack.claim import Authorization, Claim, HistoryLine, ServiceLine
from payerpack.codes import CodeSet
from payerpack.facts import CATALOGUE, UNKNOWN, Catalogue
from payerpack.finding import Action, Adjustment, Cure, Finding, Stage

LineKey = tuple["int | None", str]
"""A line number (``None`` for the whole claim) and the name of a fact."""
Entry = tuple[ServiceLine, "Context"]
"""A line and the context to read its facts by: this claim's, or that of an earlier line."""

_ROW_MODIFIERS = ("26", "TC", "53")
_NOTHING: Mapping[LineKey, Any] = {}


class HistorySource(Protocol):
    """Where earlier lines come from."""

    def lines(self, patient_id: str, first: dt.date, last: dt.date) -> Sequence[HistoryLine]:
        """Return the patient's earlier lines with a service date in the inclusive range, oldest first."""


class BuiltinRule(Protocol):
    """A named rule of a pack whose test is code: ``builtin = "ptp"``; its parameters and adjustment are the pack's."""

    @property
    def id(self) -> str:
        """``pack-id:rule-id``."""

    @property
    def builtin(self) -> str:
        """The name of the test."""

    @property
    def stage(self) -> Stage:
        """The hook it belongs to."""

    def parameters_on(self, day: dt.date) -> Mapping[str, Any]:
        """Return the parameters in force for a line of that date, after overrides."""

    def every_parameters(self) -> Iterable[Mapping[str, Any]]:
        """Return the parameters of all dates, for a test that refuses what it cannot use when the policy is built."""

    def holds(self, line: ServiceLine, context: Context) -> bool:
        """Say whether the rule judges this line: its dates, ``when``, ``unless`` and exceptions."""

    def finding(
        self,
        line: ServiceLine,
        context: Context,
        *,
        lines: tuple[int, ...] | None = None,
        related_lines: tuple[int, ...] = (),
        action: Action | None = None,
        adjustment: Adjustment | None = None,
        cure: Cure | None = None,
        message: str = "",
        facts: Mapping[str, Any] | None = None,
        effect: Mapping[str, Any] | None = None,
    ) -> Finding | None:
        """Return the finding with what the pack says filled in, or ``None`` when the rule does not judge the line.

        ``lines`` defaults to the line's number; empty means the whole claim. What is passed wins over the pack's ``then``, except that an action
        and adjustment the pack sets for this outcome in its parameters should be read by the caller and passed on.
        ``{placeholders}`` in the message are facts of the line and the keys of ``facts``.
        """


@attrs.frozen(slots=True)
class Setup:
    """What a plugin's factory gets when a policy is built: its settings, and the builtin rules of the policy.

    Attributes:
        policy: The id of the policy.
        settings: The settings that the pack (or a deployment) gives this plugin: a mapping as written, or the record
            that the plugin's class declares as ``Settings``.
        rules: Every rule of the policy with ``builtin``; a plugin takes those whose names it knows.
        edition: The CPT/NCCI edition, or ``None``.
        sets: The code sets of the policy's packs, by name.
    """

    policy: str
    settings: Any = attrs.field(factory=dict)
    rules: tuple[BuiltinRule, ...] = ()
    edition: Any = None
    sets: Mapping[str, CodeSet] = attrs.field(factory=dict)


def _no_edition() -> None:
    """Say that a policy has no edition."""


def _no_facts(_claim: Claim, _context: Context) -> None:
    """Say that nobody supplies facts."""


def by_number(claim: Claim) -> tuple[ServiceLine, ...]:
    """Return a claim's lines by number, so that the order in which a file lists them never shows."""
    last = None
    for line in claim.lines:
        if last is not None and line.number < last:
            return tuple(sorted(claim.lines, key=_NUMBER))
        last = line.number
    return claim.lines


_NUMBER = operator.attrgetter("number")


@attrs.frozen(slots=True, eq=False)
class Environment:
    """What stays the same from claim to claim of one policy.

    Attributes:
        policy: The id of the policy.
        open_edition: Opens the CPT/NCCI edition when a rule first asks for it; the same object every time.
        history: The source of earlier lines, or ``None``.
        supply: Asks the policy's plugins for facts; run once per claim, when a rule first reads one that may be supplied.
        catalogue: The facts that the policy's packs may ask about.
        base_studies: The codes that may be a base, from the policy's set ``base_study``; ``None``: any other line.
    """

    policy: str = ""
    open_edition: Callable[[], Any] = _no_edition
    history: HistorySource | None = None
    supply: Callable[[Claim, Context], Mapping[LineKey, Any] | None] = _no_facts
    catalogue: Catalogue = CATALOGUE
    base_studies: CodeSet | None = None


Made = TypeVar("Made")


class lazy(Generic[Made]):  # noqa: N801 - used as a decorator, like property
    """An attribute made when it is first read, and an ordinary one from then on.

    ``functools.cached_property`` does the same and takes a lock on Python 3.10 and 3.11.
    """

    def __init__(self, make: Callable[[Any], Made]) -> None:
        self._make = make
        self._name = make.__name__
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, owner: None, kind: type) -> lazy[Made]: ...
    @overload
    def __get__(self, owner: object, kind: type) -> Made: ...
    def __get__(self, owner: object | None, kind: type) -> Made | lazy[Made]:
        if owner is None:
            return self
        value = self._make(owner)
        setattr(owner, self._name, value)  # not through __dict__, which would cost every other attribute its place
        return value

    if TYPE_CHECKING:

        def __set__(self, owner: object, value: Made) -> None:
            """Assignment makes it an ordinary attribute at once."""


class Context:
    """One claim's surroundings during one review; it lives as long as the review needs it and is not shared.

    A plain class whose defaults are the class's own: one is made per claim, and most of it is never touched. What every
    review reads is the object's own, which is read quicker.

    Attributes:
        claim: The claim.
        environment: What the policy's reviews share.
        as_of: The knowledge date of the review, or ``None``.
        given: Facts that a test or a history source states, by line number (``None``: every line) and name; they win
            over the claim's own and over what plugins supply.
        denied: Numbers of the lines that something denied or rejected; filled before cascades run.
        status: ``open`` for the claim under review, else what became of the earlier line.
        paid_amount: What was paid for the earlier line; unknown for a claim under review.
        processed: When the earlier line was processed, or ``None``.
        limits: What keeps the review from being complete, for its notes.
        cache: What rules and plugins of this review keep for each other; keys are theirs.
    """

    denied: frozenset[int] = frozenset()
    status: str = "open"
    paid_amount: Any = UNKNOWN
    processed: dt.date | None = None

    def __init__(
        self,
        claim: Claim,
        environment: Environment,
        as_of: dt.date | None = None,
        given: Mapping[LineKey, Any] | None = None,
    ) -> None:
        self.claim = claim
        self.environment = environment
        self.as_of = as_of
        self.given = given or _NOTHING
        self.limits: dict[str, None] | None = None
        self.cache: dict[Any, Any] = {}

    @classmethod
    def of_history(cls, past: HistoryLine, environment: Environment, as_of: dt.date | None) -> Context:
        """Return the context to read an earlier line's facts by."""
        context = cls(past.claim, environment, as_of, {(None, name): value for name, value in past.facts.items()})
        context.supplied = context.given  # nobody is asked about a line that is not under review
        context.status, context.processed = past.status, past.processed_date
        if past.paid_amount is not None:
            context.paid_amount = past.paid_amount
        return context

    @lazy
    def lines(self) -> tuple[ServiceLine, ...]:
        """The claim's lines by number."""
        return by_number(self.claim)

    @lazy
    def supplied(self) -> Mapping[LineKey, Any]:
        """Facts that plugins and attestations supply, and those given, by line number and name; asked for once."""
        self.supplied = self.given  # what those who supply facts see of each other's: nothing yet
        facts = self.environment.supply(self.claim, self) or _NOTHING
        return {**facts, **self.given} if self.given else facts

    @property
    def edition(self) -> Any:
        """The CPT/NCCI edition, or ``None``."""
        return self.environment.open_edition()

    @property
    def processed_date(self) -> dt.date | None:
        """When the payer processes the claim; absent, `as_of`, else receipt, else the last service."""
        claim = self.claim
        return (
            self.processed
            or claim.processed_date
            or self.as_of
            or claim.received_date
            or max((line.service_date_end or line.service_date for line in claim.lines), default=None)
        )

    def fact(self, name: str, line: ServiceLine) -> Any:
        """Return a fact of a line: its value, empty (``None`` or ``()``), or `payerpack.facts.UNKNOWN`.

        Raises:
            KeyError: The catalogue has no such fact.
        """
        fact = self.environment.catalogue.find(name)
        if fact is None:
            raise KeyError(name)
        return fact.read(line, self)

    def limit(self, note: str) -> None:
        """Record what limits the whole review; it becomes one of the review's notes."""
        if self.limits is None:
            self.limits = {}
        self.limits[note] = None

    def forget(self) -> None:
        """Drop what rules and plugins kept for each other: none of them runs any more.

        What they keep knows this context. Left in place, every review would be a ring that only the garbage collector
        frees, which was measured to cost a seventh of a batch's time.
        """
        earlier = self.cache.get("earlier")
        self.cache = {} if earlier is None else {"earlier": earlier}

    def earlier(self) -> tuple[Entry, ...] | None:
        """Return the patient's earlier lines, oldest first, or ``None`` when no history source is configured.

        Lines of the claim under review itself are left out. The source is asked once per claim.
        """
        if self.environment.history is None:
            self.limit("no history source: rules that look at earlier claims judged this claim alone")
            return None
        found: tuple[Entry, ...] | None = self.cache.get("earlier")
        if found is None:
            lines = self.environment.history.lines(self.claim.patient.id, dt.date.min, dt.date.max)
            entries = [
                (past.line, Context.of_history(past, self.environment, self.as_of))
                for past in lines
                if past.claim.id != self.claim.id
            ]
            entries.sort(key=lambda entry: (entry[0].service_date, entry[1].claim.id, entry[0].number))
            found = self.cache["earlier"] = tuple(entries)
        return found

    def pfs(self, line: ServiceLine) -> Any:
        """Return the physician fee schedule row of the line's code and 26, TC or 53, or ``None`` when none is held."""
        edition = self.environment.open_edition()
        if edition is None or not line.code:
            return None
        table = edition.pfs(line.service_date)
        if table is None:
            return None
        modifier = next((m for m in line.modifiers if m in _ROW_MODIFIERS), "")
        return table.row(line.code, modifier) or (table.row(line.code) if modifier else None)

    def authorization(self, line: ServiceLine) -> Authorization | None:
        """Return an authorization that covers the line's code and date, or ``None``: one that names the code first."""
        day = line.service_date
        covering = [
            found
            for found in self.claim.authorizations
            if (not found.codes or line.code in found.codes)
            and (found.from_ is None or found.from_ <= day)
            and (found.to is None or day <= found.to)
        ]
        return next((found for found in covering if found.codes), covering[0] if covering else None)

    def base_code(self, line: ServiceLine) -> Any:
        """Return the code of the study a line depends on; see the fact ``base.code``."""
        if line.base_line is not None:
            base = next((other for other in self.claim.lines if other.number == line.base_line), None)
            return UNKNOWN if base is None else base.code or None
        studies = self.environment.base_studies
        codes = {
            other.code
            for other in self.claim.lines
            if other is not line
            and other.code not in {"", line.code}
            and other.service_date == line.service_date
            and self.billing_group(other) == self.billing_group(line)
            and (studies is None or other.code in studies)
        }
        if not codes:
            return None
        return codes.pop() if len(codes) == 1 else UNKNOWN

    def billing_group(self, line: ServiceLine) -> str:
        """Return the line's billing group: the billing provider's tax id, else its NPI."""
        group = self.fact("billing_provider.tax_id", line)
        return str(group) if group else self.claim.billing_provider.npi


def units(value: Decimal) -> str:
    """Return units as people write them: ``2``, not ``2.00``."""
    return str(int(value)) if value == value.to_integral_value() else str(value.normalize())

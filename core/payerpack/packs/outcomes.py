"""What follows when a rule fires: the compiled ``then`` and ``on_unknown``, and the finding they make."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs

from payerpack.claim import ServiceLine
from payerpack.codes import normalise
from payerpack.context import Context
from payerpack.facts import UNKNOWN, Fact
from payerpack.finding import ACTIONS, STRENGTH, Action, Adjustment, Cure, Finding, Source, Stage
from payerpack.packs.clauses import Verdict
from payerpack.packs.faults import Faults
from payerpack.packs.lookups import Lookup, is_lookup
from payerpack.packs.messages import Template, compile_message, shown

if TYPE_CHECKING:
    from typing_extensions import Unpack

Path_ = tuple[str | int, ...]
Value = Callable[[ServiceLine, Context], Any]
Lookups = Callable[[Mapping[str, Any], Path_], "Lookup | None"]

_EFFECTS: Final[Mapping[str, Mapping[str, str]]] = {
    "recode": {"to_code": "code"},
    "cap": {"max_units": "units", "max_amount": "amount"},
    "reduce": {"percent": "percent", "of": "of"},
    "combine": {"into": "into"},
}
"""The keys of an action that propose a change, and what the finding's ``effect`` calls them."""
_COUNTED: Final = frozenset({"cap", "combine"})
"""Actions whose change may follow from what the rule counted."""


def compile_value(raw: Any, lookups: Lookups, path: Path_, kind: str = "number") -> Value:
    """Return a value that may be plain, dated (``[{ from = ..., value = ... }]``) or looked up in a table."""
    if is_lookup(raw):
        lookup = lookups(raw, path)
        if lookup is None:
            return lambda _line, _context: UNKNOWN
        return lookup.typed("code" if kind == "code" else "number").value
    if isinstance(raw, (list, tuple)):
        spans = [
            (entry.get("from", dt.date.min), entry.get("to", dt.date.max), _typed(entry.get("value"), kind))
            for entry in raw
            if isinstance(entry, Mapping)
        ]
        # A value without an end holds until the next one begins.
        spans.sort(key=lambda span: span[0], reverse=True)

        def dated(line: ServiceLine, _context: Context) -> Any:
            day = line.service_date
            return next((value for first, last, value in spans if first <= day <= last), UNKNOWN)

        return dated
    value = _typed(raw, kind)
    return lambda _line, _context: value


def _typed(raw: Any, kind: str) -> Any:
    if kind == "code":
        return normalise(str(raw))
    try:
        return Decimal(str(raw))
    except ArithmeticError:
        return UNKNOWN


@attrs.frozen(slots=True, eq=False, repr=False)
class Outcome:
    """A compiled ``then``: everything about a finding that does not depend on the line.

    Attributes:
        action: The action.
        template: The message.
        adjustment: Group, CARC and RARCs, or ``None``.
        cure: Whether anything can fix it.
        changes: The parts of the proposed change, by the name the effect calls them.
    """

    action: Action
    template: Template
    adjustment: Adjustment | None = None
    cure: Cure | None = None
    changes: Mapping[str, Value] = attrs.field(factory=dict)

    @property
    def proposes(self) -> bool:
        """Whether it may propose a change."""
        return bool(self.changes) or self.action in _COUNTED

    def effect(self, line: ServiceLine, context: Context, verdict: Verdict) -> Mapping[str, Any] | None:
        """Return the proposed change for a line, or ``None``."""
        if not self.changes:
            return verdict.effect if self.action in _COUNTED else None
        made = {name: value(line, context) for name, value in self.changes.items()}
        return {name: value for name, value in made.items() if value is not UNKNOWN} or None


@attrs.frozen(slots=True, eq=False, repr=False)
class Stamp:
    """What every finding of a rule carries: who found it and where it is written.

    Attributes:
        made: What is made once for all findings with one outcome; see `payerpack.finding.Finding.frame`.
    """

    rule: str
    stage: Stage
    depth: int
    source: Source | None
    monitored: bool
    facts: tuple[Fact, ...]
    made: dict[Any, Any] = attrs.field(factory=dict)


_KEY_OF: Final = {"code": "to_code", "units": "max_units", "amount": "max_amount"}
_Stamped = TypeVar("_Stamped", bound="StampedFinding")


class StampedFinding(Finding):
    """A finding of a pack's rule that keeps why it was made and reads everything else off that when asked.

    Building one costs a fifth of building a `Finding`. Evolving or pickling one gives a plain `Finding`. Its parts begin
    with the rule's `Stamp`; the rest is its subclass's own.
    """

    __slots__ = ("_parts",)
    _parts: tuple[Stamp, Unpack[tuple[Any, ...]]]

    def __new__(cls, *values: Any, **named: Any) -> Finding:  # type: ignore[misc] # attrs.evolve calls the class
        """Return a plain finding."""
        return Finding(*values, **named)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as a plain finding, with message and facts read."""
        return Finding, tuple(getattr(self, name) for name in _FIELDS)

    @property
    def rule(self) -> str:
        """The rule's id."""
        return self._parts[0].rule

    @property
    def stage(self) -> Stage:
        """The rule's stage."""
        return self._parts[0].stage

    @property
    def source(self) -> Source | None:
        """Where the rule is written."""
        return self._parts[0].source

    @property
    def monitored(self) -> bool:
        """Whether the rule only reports."""
        return self._parts[0].monitored

    @property
    def depth(self) -> int:
        """How near the rule's pack is to the payer."""
        return self._parts[0].depth

    @property
    def _message(self) -> str:
        return self.message

    @property
    def _facts(self) -> Mapping[str, Any]:
        return self.facts


class RuleFinding(StampedFinding):
    """A finding of a rule that is written in the pack language."""

    __slots__ = ()
    _parts: tuple[Stamp, Outcome, ServiceLine, Context, Verdict]

    @property
    def action(self) -> Action:
        """The action of ``then`` or ``on_unknown``."""
        return self._parts[1].action

    @property
    def lines(self) -> tuple[int, ...]:
        """The line that the rule judged, or those it turned against."""
        return self._parts[4].lines or (self._parts[2].number,)

    @property
    def related_lines(self) -> tuple[int, ...]:
        """The other lines that took part."""
        return self._parts[4].related

    @property
    def adjustment(self) -> Adjustment | None:
        """The adjustment of the outcome."""
        return self._parts[1].adjustment

    @property
    def cure(self) -> Cure | None:
        """The cure of the outcome."""
        return self._parts[1].cure

    @property
    def effect(self) -> Mapping[str, Any] | None:
        """The change that the outcome proposes for the line."""
        _, outcome, line, context, verdict = self._parts
        return outcome.effect(line, context, verdict)

    @property
    def message(self) -> str:
        """The reason in a sentence, made when it is read."""
        _, outcome, line, context, verdict = self._parts
        values = dict(verdict.values)
        for name, value in outcome.changes.items():
            values[_KEY_OF.get(name, name)] = value(line, context)
        return outcome.template.fill(line, context, verdict.other, values)

    @property
    def facts(self) -> Mapping[str, Any]:
        """The facts that decided, by name; unknown ones say so."""
        stamp, _, line, context, _ = self._parts
        return {
            fact.name: shown(value) if (value := fact.read(line, context)) is UNKNOWN else value for fact in stamp.facts
        }

    def frame(self) -> tuple[dict[Any, Any], Hashable]:
        """Return the rule's own place, and the outcome."""
        parts = self._parts
        return parts[0].made, parts[1]

    def sort_key(self) -> tuple[Any, ...]:
        """Return the same as any finding does, read off once."""
        stamp, outcome, line, _, verdict = self._parts
        lines = verdict.lines or (line.number,)
        return lines[0], stamp.monitored, STRENGTH[outcome.action], stamp.depth, stamp.rule, lines, verdict.related


_FIELDS: Final = tuple(field.name for field in attrs.fields(Finding))
_new: Final = object.__new__
_set: Final = vars(StampedFinding)["_parts"].__set__  # the slot's own setter: the class is frozen to everybody else


def stamped(kind: type[_Stamped], parts: tuple[Any, ...]) -> _Stamped:
    """Return a finding of that kind, made of its parts."""
    finding = _new(kind)
    _set(finding, parts)
    return finding


def build(stamp: Stamp, outcome: Outcome, line: ServiceLine, context: Context, verdict: Verdict) -> Finding:
    """Return the finding of a rule that fired on a line."""
    finding = _new(RuleFinding)
    _set(finding, (stamp, outcome, line, context, verdict))
    return finding


def compile_then(
    then: Mapping[str, Any], faults: Faults, lookups: Lookups, path: Path_, default: str, values: tuple[str, ...] = ()
) -> Outcome:
    """Return the outcome that a ``then`` describes; the default is its message when it has none."""
    action = then.get("action", "pend")
    changes = {
        name: compile_value(then[key], lookups, (*path, key), "code" if key in {"to_code", "into"} else "number")
        for key, name in _EFFECTS.get(action, {}).items()
        if key in then and key != "of"
    }
    if action == "reduce" and "of" in then:
        component = then["of"]
        changes["of"] = lambda _line, _context: component
    carc = then.get("carc")
    return Outcome(
        action,
        compile_message(then.get("message", default), faults, (*path, "message"), values),
        Adjustment(str(carc), tuple(then.get("rarc", ())), then.get("group", "CO")) if carc else None,
        then.get("cure"),
        changes,
    )


def compile_unknown(
    rule: Mapping[str, Any], then: Outcome, asked: Sequence[Fact], faults: Faults, lookups: Lookups
) -> Outcome | None:
    """Return what follows when a rule cannot be decided, or ``None`` for nothing (``on_unknown = "skip"``)."""
    wanted = rule.get("on_unknown", "pend")
    names = ", ".join(dict.fromkeys(fact.name for fact in asked)) or "what it asks"
    default = f"{{code}} cannot be decided: nobody supplied {names}"
    if isinstance(wanted, Mapping):
        return compile_then(wanted, faults, lookups, ("on_unknown",), default)
    if wanted == "fire":
        return then
    if wanted not in ACTIONS:
        return None
    sources = {fact.source for fact in asked}
    cure: Cure = "authorization" if sources == {"authorizations"} else "documentation"
    return Outcome(wanted, compile_message(default, faults, ("on_unknown",)), None, cure)


def compile_source(raw: Any) -> Source | None:
    """Return where a rule is written; of several sources the first."""
    entry = raw[0] if isinstance(raw, (list, tuple)) and raw else raw
    if not isinstance(entry, Mapping):
        return None
    return Source(
        str(entry.get("title", "")),
        str(entry.get("url", "")),
        str(entry.get("section", "")),
        entry.get("reviewed") if isinstance(entry.get("reviewed"), dt.date) else None,
        str(entry.get("confidence", "")),
    )

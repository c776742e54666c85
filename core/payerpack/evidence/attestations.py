"""Structured attestations become ``report.*`` facts of their lines; sources that disagree make a conflict."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from payerpack.claim import Claim
from payerpack.context import Context, LineKey
from payerpack.fact import agree
from payerpack.facts import CONFLICT, UNKNOWN, Fact
from payerpack.hookspecs import hookimpl

_PREFIX: Final = "report."
_TEXT: Final = frozenset({str})
_MOST_NAMES: Final = 256
"""How many names that are no fact are remembered; they come from outside, so memory must have a bound."""


class Attestations:
    """Supplies the facts that a claim's attestations state.

    A fact about several lines is one fact of each; an attestation without lines speaks of every line. An explicit
    ``"unknown"`` is unknown. A value that the fact cannot have is no evidence: the review says so and nothing is assumed.
    """

    def __init__(self) -> None:
        self._facts: dict[str, Fact] = {}
        # Looking for a close name takes half a millisecond, and who misspells one fact does so on every claim.
        self._not_facts: dict[str, str] = {}

    @hookimpl
    def supply_facts(self, claim: Claim, context: Context) -> Mapping[LineKey, Any] | None:
        """Return what is attested, by line and fact."""
        if not claim.attestations:
            return None
        facts: dict[LineKey, Any] = {}
        known = self._facts
        for attestation in claim.attestations:
            numbers = attestation.lines or [line.number for line in claim.lines]
            for name, raw in attestation.facts.items():
                fact = known.get(name) or self._fact(name, context)
                value = UNKNOWN if fact is None else _value(fact, raw, context)
                if fact is None or value is UNKNOWN:
                    continue
                full = fact.name
                for number in numbers:
                    stated = facts.setdefault((number, full), value)
                    if stated is not value and not agree(stated, value):
                        facts[number, full] = CONFLICT
        return facts

    def _fact(self, name: str, context: Context) -> Fact | None:
        """Return the fact of that name, or ``None`` after noting that there is none; every policy has its own facts."""
        fact = self._facts.get(name)
        if fact is None:
            full = name if name.startswith(_PREFIX) else _PREFIX + name
            fact = context.environment.catalogue.find(full)
            if fact is None:
                context.limit(self._not_facts.get(full) or self._no_fact(full, context))
            else:
                self._facts[name] = fact
        return fact

    def _no_fact(self, full: str, context: Context) -> str:
        """Return the note about a name that is no fact."""
        known = [known for known in context.environment.catalogue.facts if known.startswith(_PREFIX)]
        close = difflib.get_close_matches(full, known, n=1)
        hint = f"; did you mean {close[0].removeprefix(_PREFIX)}?" if close else ""
        note = f"an attestation names {full.removeprefix(_PREFIX)}, which is no fact{hint}"
        if len(self._not_facts) < _MOST_NAMES:
            self._not_facts[full] = note
        return note


def _value(fact: Fact, raw: Any, context: Context) -> Any:
    """Return an attested value as its fact has it, or `UNKNOWN` after noting why it is no evidence."""
    if raw is None or raw == "unknown":
        return UNKNOWN
    if fact.many and raw.__class__ is tuple and _TEXT.issuperset(map(type, raw)):
        return raw
    if raw == CONFLICT:
        return CONFLICT
    if fact.many:
        listed = raw if isinstance(raw, (list, tuple)) else (raw,)
        return tuple(listed) if _all_text(listed) else _refuse(fact, context)
    if fact.type == "flag":
        return raw if isinstance(raw, bool) else _refuse(fact, context)
    if fact.values and isinstance(raw, bool) and fact.values == ("yes", "no"):
        return "yes" if raw else "no"
    if fact.values:
        return raw if raw in fact.values else _refuse(fact, context)
    return raw


def _all_text(values: Iterable[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


def _refuse(fact: Fact, context: Context) -> Any:
    wanted = ", ".join(fact.values) if fact.values else "a list of text" if fact.many else "true or false"
    context.limit(f"an attestation gives {fact.name} a value it cannot have, so it stays unknown; it is {wanted}")
    return UNKNOWN

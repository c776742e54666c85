"""Collecting everything that is wrong with a rule, each fault at its place in the file."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any, Literal

import attrs

from payerpack.facts import Catalogue, Fact
from payerpack.packs.model import Fault, ResolvedRule


def nearest(name: str, known: Iterable[str], prefix: str = "") -> str:
    """Return `` ; did you mean "..."?`` for the known name that looks most like this one, or an empty string."""
    found = difflib.get_close_matches(name, list(known), n=5, cutoff=0.6)
    # Of two as close the one that begins alike: "denied" is rather "deny" than "pend".
    best = max(found, key=lambda one: (_closeness(one, name), _alike(one, name)), default="")
    return f'; did you mean "{prefix}{best}"?' if best else ""


def _alike(one: str, name: str) -> int:
    """Return how many characters two names begin with in common."""
    return next((n for n, (a, b) in enumerate(zip(one, name, strict=False)) if a != b), min(len(one), len(name)))


def _closeness(one: str, name: str) -> float:
    return difflib.SequenceMatcher(None, one, name).ratio()


@attrs.define(slots=True, eq=False, repr=False)
class Faults:
    """The faults of one rule, while it is compiled.

    Attributes:
        rule: The rule; its places survive overrides.
        catalogue: The facts it may ask about.
        found: What was found so far.
    """

    rule: ResolvedRule
    catalogue: Catalogue
    found: list[Fault] = attrs.field(factory=list)

    def add(
        self,
        code: str,
        message: str,
        path: tuple[str | int, ...] = (),
        within: str = "",
        *,
        at: Literal["key", "value"] = "value",
    ) -> None:
        """Record a fault at a key of the rule."""
        place = self.rule.locate(path)
        bare = self.rule.id.partition(":")[2]
        self.found.append(Fault(code, f"rule {bare}: {message}", place.file, place.path, at, within))

    def fact(self, name: Any, path: tuple[str | int, ...], *, at: Literal["key", "value"] = "value") -> Fact | None:
        """Return the fact of that name, or ``None`` after reporting that there is none, with the nearest name."""
        if not isinstance(name, str):
            self.add("PP102", "the name of a fact is text", path)
            return None
        fact = self.catalogue.find(name)
        if fact is None:
            close = self.catalogue.nearest(name)
            hint = f'; did you mean "{close}"?' if close else "; `payerpack facts` lists them all"
            self.add("PP120", f'"{name}" is no fact{hint}', path, at=at)
        return fact

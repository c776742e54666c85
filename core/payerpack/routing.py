"""Routing: the pack whose ``applies_to`` describes a claim most closely reviews it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import attrs

from payerpack.claim import Claim, ServiceLine
from payerpack.context import Context, Environment
from payerpack.errors import PackError, Problem, RoutingError
from payerpack.facts import CATALOGUE, Catalogue
from payerpack.packs.bodies import claim_table
from payerpack.packs.conditions import Conditions, Tables, no_line
from payerpack.packs.diagnostics import problems
from payerpack.packs.faults import Faults
from payerpack.packs.library import Header, Library
from payerpack.packs.matchers import Matchers
from payerpack.packs.model import Place, ResolvedRule

_ANY_LINE: Final = ServiceLine(0, "", dt.date.min)
"""Claim facts do not depend on a line; this one stands for all."""
_ROUTED: Final = frozenset({"active", "monitor", "retired"})
_WATCHES: Final = "monitor"
_FIRST_DAY: Final = dt.date.min


@attrs.frozen(slots=True, eq=False, repr=False)
class Route:
    """One version of a pack, and what a claim must be for it to apply.

    Attributes:
        header: The pack.
        conditions: Its ``applies_to``.
        payers: The payer ids it names, or ``None`` when it does not ask for the payer.
    """

    header: Header
    conditions: Conditions
    payers: frozenset[str] | None

    @property
    def closeness(self) -> int:
        """How many facts it asks for; the closest route wins."""
        return len(self.conditions)

    def fits(self, context: Context) -> bool:
        """Say whether the claim surely is what the pack applies to."""
        return all(condition.test(_ANY_LINE, context) is True for condition in self.conditions)


def _compile(header: Header, catalogue: Catalogue) -> Route:
    place = Place(header.folder / "pack.toml", ("pack", "applies_to"))
    scope = claim_table(header.applies_to, catalogue.facts)
    faults = Faults(ResolvedRule(f"{header.id}:applies_to", header.id, 0, {}, place, {}, header.folder), catalogue)
    matchers = Matchers(faults, {}, lambda _spec, _path: None)
    conditions = Tables(faults, matchers, no_line).compile(scope, ())
    if faults.found:
        raise PackError(*problems(tuple(faults.found)))
    payers = scope.get("claim.payer")
    named = [payers] if isinstance(payers, str) else payers
    plain = isinstance(named, list) and all(isinstance(name, str) and not name.startswith("@") for name in named)
    return Route(header, conditions, frozenset(named) if plain and isinstance(named, list) else None)


class Router:
    """Finds the policy of each claim among the packs of a library.

    Packs that name payers are found by payer, so a thousand payers cost a claim no more than one.
    """

    def __init__(self, library: Library, catalogue: Catalogue = CATALOGUE) -> None:
        """Prepare the routes; a pack that cannot be read that far takes no claims, and every routed review says so."""
        self._by_payer: dict[str, list[Route]] = {}
        self._others: list[Route] = []
        self._library = library
        unusable = set(library.unreadable())
        for header in library.all():
            if not header.applies_to or header.status not in _ROUTED:
                continue
            try:
                route = _compile(header, catalogue)
            except PackError:
                unusable.add(f"{header.id} {header.version}")
                continue
            if route.payers is None:
                self._others.append(route)
            for payer in route.payers or ():
                self._by_payer.setdefault(payer, []).append(route)
        self.notes = tuple(
            f"the pack {name} cannot be used, so it was not considered; `payerpack pack lint` says why"
            for name in sorted(unusable)
        )

    def route(self, claim: Claim, as_of: dt.date | None = None) -> tuple[Header | None, tuple[str, ...]]:
        """Return the pack that reviews a claim, ``None`` when no payer's pack applies, and the notes that this left.

        A pack that only monitors may change no outcome: beside packs that judge, it takes a claim only where it extends
        the one that would have reviewed it.

        Raises:
            RoutingError: Two packs describe the claim equally closely.
        """
        candidates: Sequence[Route] = self._by_payer.get(claim.payer.id, ())
        if not candidates and not self._others:
            return None, self.notes
        context = Context(claim, Environment(), as_of)
        day = min((line.service_date for line in claim.lines), default=_FIRST_DAY)
        fitting = [
            route for route in (*candidates, *self._others) if _usable(route, day, as_of) and route.fits(context)
        ]
        if not fitting:
            return None, self.notes
        watching = [route for route in fitting if route.header.status == _WATCHES]
        judging = [route for route in fitting if route.header.status != _WATCHES]
        if not (watching and judging):
            return _closest(fitting, claim), self.notes
        judge = _closest(judging, claim)
        least = max(route.closeness for route in judging)
        over = [r for r in watching if r.closeness >= least and self._extends(r.header, judge.id)]
        left_out = (
            f"the pack {r.header.id} {r.header.version} only monitors and does not extend {judge.id}, "
            "so it did not look at this claim"
            for r in watching
            if not self._extends(r.header, judge.id)
        )
        return _closest(over, claim) if over else judge, (*self.notes, *left_out)

    def _extends(self, header: Header, ancestor: str) -> bool:
        seen: set[str] = set()
        while header.extends is not None and header.id not in seen:
            seen.add(header.id)
            parent = header.extends[0]
            if parent == ancestor:
                return True
            versions = self._library.versions(parent)
            if not versions:
                return False
            header = versions[0]
        return False


def out_of_scope(header: Header, claim: Claim, as_of: dt.date | None = None) -> tuple[str, ...]:
    """Return why no claim like this one is routed to a pack, whoever pays it; empty when one is.

    Raises:
        PackError: Its ``applies_to`` cannot be understood.
    """
    return tuple(_out_of_scope(header, claim, as_of))


def _out_of_scope(header: Header, claim: Claim, as_of: dt.date | None) -> Iterator[str]:
    from payerpack.packs.trace import see  # only who compares policies needs it

    if header.status not in _ROUTED:
        yield f"its status is {header.status}"
    dates, day = header.effective, min((line.service_date for line in claim.lines), default=_FIRST_DAY)
    if day not in dates:
        yield f"it is in force from {dates.start or 'always'} to {dates.end or 'further notice'}, and the claim is of {day}"
    context = Context(claim, Environment(), as_of)
    for condition in _compile(header, CATALOGUE).conditions:
        seen = see(condition, _ANY_LINE, context)
        if not seen.holds and (condition.fact is None or condition.fact.name != "claim.payer"):
            name = seen.name.removeprefix("claim.")
            yield f"it asks for {name} {seen.wanted}, and the claim's is {seen.observed or 'unknown'}"


def _closest(fitting: Sequence[Route], claim: Claim) -> Header:
    closest = max(route.closeness for route in fitting)
    best = _newest(route for route in fitting if route.closeness == closest)
    if len(best) > 1:
        names = " and ".join(f"{h.id} {h.version} ({h.distribution or h.folder})" for h in best)
        raise RoutingError(
            Problem(
                f"claim for payer {claim.payer.id}",
                f"{names} apply equally closely; narrow the applies_to of one of them, or name one with --policy",
            )
        )
    return best[0]


def _usable(route: Route, day: dt.date, as_of: dt.date | None) -> bool:
    header = route.header
    if as_of is not None and header.known_from is not None and header.known_from > as_of:
        return False
    return day in header.effective


def _newest(routes: Iterable[Route]) -> list[Header]:
    """Return the newest version of each pack; an active one before a retired one."""
    best: dict[str, Header] = {}
    for route in routes:
        header = route.header
        known = best.get(header.id)
        if known is None or _rank(header) > _rank(known):
            best[header.id] = header
    return [best[name] for name in sorted(best)]


def _rank(header: Header) -> tuple[bool, object]:
    return header.status != "retired", header.release

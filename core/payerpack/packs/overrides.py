"""``[[override]]``: how a pack changes a rule of a parent, key by key, dated where it says so."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from payerpack.dates import ALWAYS, DateRange, add_days
from payerpack.finding import Source
from payerpack.packs.dotted import GROUPS, flatten_facts
from payerpack.packs.edits import Change, apply_change, value_at, written_path
from payerpack.packs.faults import nearest
from payerpack.packs.model import ExceptionCase, Fault, Pack, Path_, Place, ResolvedRule, RuleInChain, Scope
from payerpack.packs.values import date_range

_FIXED = ("id", "stage", "builtin")
"""Keys that make a rule the rule it is."""
_FACTS = ("when", "require", "needs", "conflicts_with", "applies_to")
"""Keys of a rule that are tables of facts."""


@attrs.frozen(slots=True, eq=False, repr=False)
class Layer:
    """One override, read: the rule it changes, when, and what.

    Attributes:
        rule: The rule, ``pack-id:rule-id``.
        scope: Its pack, dates, reason and place.
        trial: Its pack is in ``monitor``: what it changes is reported and decides nothing.
        disable: ``True`` or ``False`` where it says so.
        exceptions: What it excepts.
        changes: What it sets, adds and removes.
    """

    rule: str
    scope: Scope
    trial: bool
    disable: bool | None
    exceptions: tuple[Mapping[str, Any], ...]
    changes: tuple[Change, ...]


def read_layers(
    chain: Sequence[Pack], depth: int, rules: Mapping[str, RuleInChain], faults: list[Fault]
) -> list[Layer]:
    """Return the overrides of a pack in an order that does not depend on where they are written.

    Args:
        chain: The chain of packs.
        depth: The pack's position in it; it may override rules of packs further away only.
        rules: Every rule of the chain, by ``pack-id:rule-id``.
        faults: Where overrides of nothing, or of one key twice, are reported.
    """
    reader = _LayerReader(chain, depth, rules, faults)
    layers = [layer for entry, place in chain[depth].overrides if (layer := reader.layer(entry, place)) is not None]
    layers.sort(key=lambda layer: (layer.rule, layer.scope.effective.start or dt.date.min, str(layer.scope.place)))
    _check_twice(layers, faults)
    return layers


class _LayerReader:
    """Reads the overrides of one pack of a chain."""

    def __init__(
        self, chain: Sequence[Pack], depth: int, rules: Mapping[str, RuleInChain], faults: list[Fault]
    ) -> None:
        self.pack = chain[depth]
        self.depth = depth
        self.rules = rules
        self.faults = faults
        self.owners = {name: member.id for member in reversed(chain[depth:]) for name in member.sets}

    def layer(self, override: Mapping[str, Any], place: Place) -> Layer | None:
        """Return an override as read, or ``None`` after reporting why it can have no effect."""
        target = self.target(override.get("rule"), place)
        span = self.dates(override, place)
        if target is None or span is None:
            return None
        return Layer(
            rule=target,
            scope=Scope(self.pack.id, str(override.get("reason", "")), span, place, _source(override.get("source"))),
            trial=self.pack.status == "monitor",
            disable=override.get("disable"),
            exceptions=tuple(self.scoped(case) for case in override.get("except", ()) if isinstance(case, dict)),
            changes=tuple(self.changes(override, place, self.rules[target].data, dated=span != ALWAYS)),
        )

    def target(self, name: Any, place: Place) -> str | None:
        """Return the id of the rule that an override names."""
        if not isinstance(name, str):
            return None
        found = [key for key in self.rules if key == name or key.partition(":")[2] == name]
        above = [key for key in found if self.rules[key].depth > self.depth]
        if len(above) == 1:
            return above[0]
        path = (*place.path, "rule")
        if above:
            message = f'"{name}" is a rule of several parents; write {" or ".join(sorted(above))}'
            self.add("PP505", message, place, path)
        elif any(self.rules[key].depth == self.depth for key in found):
            message = f'"{name}" is a rule of this pack itself; change the rule instead of overriding it'
            self.add("PP506", message, place, path)
        else:
            there = [key for key, rule in self.rules.items() if rule.depth > self.depth]
            hint = nearest(name, there) or nearest(name, [key.partition(":")[2] for key in there])
            message = f'no parent has a rule "{name}"'
            self.add("PP504", message + (hint if there else "; this pack extends none that has rules"), place, path)
        return None

    def dates(self, override: Mapping[str, Any], place: Place) -> DateRange | None:
        """Return the dates of an override, cut to those of its pack."""
        span, expires = date_range(override.get("effective")), override.get("expires")
        if isinstance(expires, dt.date) and span.end is None:
            span = DateRange(span.start, expires)
        if not span.overlaps(self.pack.effective):
            self.add(
                "PP401", "the override's dates lie outside those of its pack; correct one of the two", place, place.path
            )
            return None
        starts = [day for day in (span.start, self.pack.effective.start) if day is not None]
        ends = [day for day in (span.end, self.pack.effective.end) if day is not None]
        return DateRange(max(starts, default=None), min(ends, default=None))

    def changes(
        self, override: Mapping[str, Any], place: Place, rule: Mapping[str, Any], *, dated: bool
    ) -> Iterator[Change]:
        """Yield what an override sets, adds and removes."""
        for verb in ("add", "remove", "set"):
            for path, value, written in _named(verb, override.get(verb), rule):
                where = Place(place.file, (*place.path, verb, *written))
                if path[0] in _FIXED:
                    message = f"an override cannot change {path[0]}; disable the rule and write one of your own"
                    self.add("PP111", message, where, where.path)
                elif verb != "set" and not (isinstance(value, list) and value):
                    self.add("PP102", f"write a list of what to {verb}", where, where.path)
                elif dated and path[0] == "status":
                    message = "a status has no dates; use disable, or an override without dates"
                    self.add("PP111", message, where, where.path)
                else:
                    yield Change(verb, path, self.scoped(value), where)

    def scoped(self, value: Any) -> Any:
        """Return a value whose ``@set`` names and tables are this pack's, whichever pack the rule comes from."""
        if isinstance(value, dict):
            found = {key: self.scoped(item) for key, item in value.items()}
            if isinstance(value.get("table"), str):
                found["table"] = str(self.pack.folder / value["table"])
            return found
        if isinstance(value, list):
            return [self.scoped(item) for item in value]
        if isinstance(value, str):
            mark, at, name = value.rpartition("@")
            if at and mark in {"", "!"} and name in self.owners:
                return f"{mark}@{self.owners[name]}:{name}"
        return value

    def add(self, code: str, message: str, place: Place, path: Path_) -> None:
        at_key = code in {"PP111", "PP401"}
        self.faults.append(Fault(code, message, place.file, path, "key" if at_key else "value"))


def _source(written: Any) -> Source | None:
    if written is None:
        return None
    from payerpack.packs.clause_shapes import SOURCE

    return Source(**written) if isinstance(written, dict) and written.keys() <= SOURCE.by_name.keys() else None


def _named(verb: str, table: Any, rule: Mapping[str, Any]) -> Iterator[tuple[Path_, Any, Path_]]:
    """Yield what ``set``, ``add`` or ``remove`` names: the path in the rule, the value, and the path as written.

    ``"limit.max" = 3`` names a key by its dotted path; ``limit.max = 3`` arrives as nested tables and names the same.
    """
    for key, value in table.items() if isinstance(table, dict) else ():
        path = ("when", "code") if key == "codes" and verb != "set" else tuple(key.split("."))
        yield from _descend(path, value, (key,), rule, verb)


def _descend(
    path: tuple[str, ...], value: Any, written: Path_, rule: Mapping[str, Any], verb: str
) -> Iterator[tuple[Path_, Any, Path_]]:
    """Go down nested tables: for a list, until something is none; for a value, from a key of the rule to its own keys."""
    nested = isinstance(value, dict) and bool(value)
    if nested and verb == "set" and len(path) == 1 and path[0] in _FACTS:
        from payerpack.packs.clause_shapes import CONFLICTS

        beside = [*GROUPS, *CONFLICTS.keys]
        found = [(tuple(name.split(".")), matcher, inner) for name, matcher, inner in flatten_facts(value, skip=beside)]
        found += [((key,), value[key], (key,)) for key in beside if key in value]
        for name, item, inner in found:
            yield written_path(rule, path + name), item, written + inner
    elif nested and (verb != "set" or (len(path) == 1 and isinstance(value_at(rule, path), dict))):
        for key, inner in value.items():
            yield from _descend((*path, *key.split(".")), inner, (*written, key), rule, verb)
    else:
        yield written_path(rule, path), value, written


def _check_twice(layers: Sequence[Layer], faults: list[Fault]) -> None:
    """Report two overrides of one pack that change one key on the same dates."""
    seen: list[tuple[Layer, Change]] = []
    for layer in layers:
        off = Change(
            "set", ("disable",), layer.disable, Place(layer.scope.place.file, (*layer.scope.place.path, "disable"))
        )
        for change in (*layer.changes, *((off,) if layer.disable is not None else ())):
            if any(_clash(layer, change, *other) for other in seen):
                key = ".".join(map(str, change.path))
                message = f"{key} of {layer.rule} is changed twice by this pack on the same dates; keep one"
                faults.append(Fault("PP508", message, change.place.file, change.place.path, "key"))
            seen.append((layer, change))


def _clash(layer: Layer, change: Change, other: Layer, earlier: Change) -> bool:
    """Say whether two changes meet: one rule, one key or a key inside it, days in common.

    One override may add to a list and remove from it; two may not, for the order of overrides must not decide.
    """
    shared = min(len(change.path), len(earlier.path))
    return (
        layer.rule == other.rule
        and change.path[:shared] == earlier.path[:shared]
        and (other is not layer or "set" in {change.verb, earlier.verb})
        and layer.scope.effective.overlaps(other.scope.effective)
    )


def apply_layers(rule: ResolvedRule, layers: Sequence[Layer], faults: list[Fault]) -> ResolvedRule:
    """Return a rule after its overrides.

    Args:
        rule: The rule as its own pack wrote it.
        layers: Its overrides, those of the furthest pack first.
        faults: Where changes of nothing, and results that are no rule, are reported.
    """
    folding = _Folding(rule)
    data = folding.tree([layer for layer in layers if layer.scope.effective == ALWAYS])
    dated = [layer.scope.effective for layer in layers if layer.changes and layer.scope.effective != ALWAYS]
    variants = tuple(
        (span, folding.tree([layer for layer in layers if layer.scope.effective.overlaps(span)]))
        for span in _segments(dated)
    )
    faults += folding.faults()
    exceptions = [
        (facts, layer.scope, Place(layer.scope.place.file, (*layer.scope.place.path, "except", index)))
        for layer in layers
        for index, facts in enumerate(layer.exceptions)
    ]
    folding.origins.update({("except", number): place for number, (_, _, place) in enumerate(exceptions)})
    result = attrs.evolve(
        rule,
        data=data,
        variants=variants,
        origins=folding.origins,
        exceptions=tuple(ExceptionCase(facts, scope) for facts, scope, _ in exceptions),
        disabled=tuple(_disabled(layers, faults)),
        overridden_by=tuple(layer.scope for layer in layers),
    )
    _check_result(result, faults)
    return result


class _Folding:
    """Applies changes to the tree of one rule, once for each stretch of days, and keeps where each key comes from."""

    def __init__(self, rule: ResolvedRule) -> None:
        self.rule = rule
        self.origins = dict(rule.origins)
        self._idle: dict[Change, Fault] = {}
        self._done: set[Change] = set()
        self._wrong: dict[Fault, None] = {}

    def tree(self, layers: Sequence[Layer]) -> Mapping[str, Any]:
        """Return the rule's tree after the changes of these overrides, in their order."""
        tree: dict[str, Any] = copy.deepcopy(dict(self.rule.data))
        for change in (change for layer in layers for change in layer.changes):
            fault = apply_change(tree, change, self.rule.sets)
            if fault is None:
                self._done.add(change)
                self.origins[change.path] = change.place
            elif fault.code == "PP509":
                self._idle.setdefault(change, fault)
            else:
                self._wrong[fault] = None
        return tree

    def faults(self) -> list[Fault]:
        """Return what is wrong: changes that cannot be made, and those that change nothing on any day."""
        return [*self._wrong, *(fault for change, fault in self._idle.items() if change not in self._done)]


def _segments(spans: Sequence[DateRange]) -> list[DateRange]:
    """Return the stretches of days between the ends of dated ranges, those in no range left out."""
    starts = {span.start or dt.date.min for span in spans}
    starts |= {add_days(span.end, 1) for span in spans if span.end is not None}
    edges = sorted(starts)
    found = []
    for index, start in enumerate(edges):
        end = add_days(edges[index + 1], -1) if index + 1 < len(edges) else None
        segment = DateRange(None if start == dt.date.min else start, end)
        if any(span.overlaps(segment) for span in spans):
            found.append(segment)
    return found


def _disabled(layers: Sequence[Layer], faults: list[Fault]) -> list[Scope]:
    """Return when the rule is off; a nearer pack's ``disable = false`` takes its dates out again."""
    off: list[Scope] = []
    for layer in layers:
        if layer.disable is None:
            continue
        span, place = layer.scope.effective, layer.scope.place
        covered = [scope for scope in off if scope.effective.overlaps(span)]
        if layer.disable and not any(_contains(scope.effective, span) for scope in covered):
            off.append(layer.scope)
        elif not layer.disable and covered:
            off = [attrs.evolve(scope, effective=part) for scope in off for part in _minus(scope.effective, span)]
        else:
            state = "off on these dates already" if layer.disable else "not off on these dates"
            message = f"the rule is {state}, so the override changes nothing; drop it"
            faults.append(Fault("PP509", message, place.file, (*place.path, "disable"), "key"))
    return off


def _contains(outer: DateRange, inner: DateRange) -> bool:
    return (outer.start is None or (inner.start is not None and outer.start <= inner.start)) and (
        outer.end is None or (inner.end is not None and inner.end <= outer.end)
    )


def _minus(span: DateRange, out: DateRange) -> Iterator[DateRange]:
    """Yield what is left of a range when another is taken out."""
    if not span.overlaps(out):
        yield span
        return
    if out.start is not None and (span.start is None or span.start < out.start):
        yield DateRange(span.start, add_days(out.start, -1))
    if out.end is not None and (span.end is None or out.end < span.end):
        yield DateRange(add_days(out.end, 1), span.end)


def _check_result(rule: ResolvedRule, faults: list[Fault]) -> None:
    """Check the shape of the rule after its overrides; what is wrong stands where the override wrote it."""
    from payerpack.packs import schema
    from payerpack.packs.shapes import Checker

    for tree in (rule.data, *(tree for _, tree in rule.variants)):
        checker = Checker(rule.place.file)
        schema.RULE.check(dict(tree), (), checker)
        for fault in checker.faults:
            place = rule.locate(fault.path)
            found = attrs.evolve(fault, file=place.file, path=place.path)
            if found not in faults:
                faults.append(found)

"""``[[override]]``: how a pack changes a rule of a parent, key by key, dated where it says so."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import attrs

from payerpack.codes import CodeSet, CodeSyntaxError
from payerpack.dates import ALWAYS, DateRange, add_days
from payerpack.finding import Source
from payerpack.packs import schema
from payerpack.packs.faults import nearest
from payerpack.packs.model import ExceptionCase, Fault, Pack, Path_, Place, ResolvedRule, Scope
from payerpack.packs.rule_checks import date_range
from payerpack.packs.shapes import Checker

_FACTS_KEYS: Final = ("when", "require", "needs", "conflicts_with", "applies_to")


@attrs.frozen(slots=True, eq=False)
class RuleInChain:
    """A rule of the chain as its own pack wrote it."""

    pack: Pack
    depth: int
    data: Mapping[str, Any]
    place: Place


@attrs.frozen(slots=True)
class Change:
    """One change to one key of a rule.

    Attributes:
        verb: ``set``, ``add`` or ``remove``.
        path: The key of the rule.
        value: The new value, or the entries.
        place: Where it is written.
    """

    verb: str
    path: Path_
    value: Any
    place: Place


@attrs.frozen(slots=True, eq=False)
class Layer:
    """One override, read: the rule it changes, when, and what.

    Attributes:
        rule: The rule, ``pack-id:rule-id``.
        pack: The pack that wrote it.
        scope: Its dates, reason and place.
        disable: ``True`` or ``False`` where it says so.
        exceptions: What it excepts.
        changes: What it sets, adds and removes.
    """

    rule: str
    pack: Pack
    scope: Scope
    disable: bool | None
    exceptions: tuple[Mapping[str, Any], ...]
    changes: tuple[Change, ...]


def read_layers(pack: Pack, depth: int, rules: Mapping[str, RuleInChain], faults: list[Fault]) -> list[Layer]:
    """Return the overrides of a pack in an order that does not depend on where they are written.

    Args:
        pack: The pack.
        depth: Its position in the chain; it may override rules of packs further away only.
        rules: Every rule of the chain, by ``pack-id:rule-id``.
        faults: Where overrides of nothing, or of one key twice, are reported.
    """
    layers = []
    for override, place in pack.overrides:
        target = _target(override.get("rule"), depth, rules, place, faults)
        if target is not None:
            layers.append(_layer(target, override, place, pack, rules[target]))
    layers.sort(key=lambda layer: (layer.rule, layer.scope.effective.start or dt.date.min, str(layer.scope.place)))
    _check_twice(layers, faults)
    return layers


def _target(name: Any, depth: int, rules: Mapping[str, RuleInChain], place: Place, faults: list[Fault]) -> str | None:
    def fault(code: str, message: str) -> None:
        faults.append(Fault(code, message, place.file, (*place.path, "rule")))

    if not isinstance(name, str):
        return None
    found = [key for key in rules if key == name or key.partition(":")[2] == name]
    above = [key for key in found if rules[key].depth > depth]
    if len(above) == 1:
        return above[0]
    if above:
        fault("PP505", f'"{name}" is a rule of several parents; write {" or ".join(sorted(above))}')
    elif any(rules[key].depth == depth for key in found):
        fault("PP506", f'"{name}" is a rule of this pack itself; change the rule instead of overriding it')
    else:
        there = [key for key, rule in rules.items() if rule.depth > depth]
        hint = nearest(name, there) or nearest(name, [key.partition(":")[2] for key in there])
        if not there:
            hint = "; this pack extends none that has rules"
        fault("PP504", f'no parent has a rule "{name}"{hint}')
    return None


def _layer(target: str, override: Mapping[str, Any], place: Place, pack: Pack, rule: RuleInChain) -> Layer:
    span = date_range(override.get("effective"))
    expires = override.get("expires")
    if isinstance(expires, dt.date) and span.end is None:
        span = DateRange(span.start, expires)
    source = override.get("source")
    scope = Scope(
        pack=pack.id,
        reason=str(override.get("reason", "")),
        effective=span,
        place=place,
        source=Source(**source) if isinstance(source, dict) and source.keys() <= schema.SOURCE.by_name.keys() else None,
    )
    changes = [
        Change(verb, target_path, _scoped(value, pack), Place(place.file, (*place.path, verb, *written)))
        for verb in ("set", "add", "remove")
        for target_path, value, written in _changes(verb, override.get(verb), rule.data)
    ]
    exceptions = override.get("except", ())
    return Layer(
        rule=target,
        pack=pack,
        scope=scope,
        disable=override.get("disable"),
        exceptions=tuple(_scoped(case, pack) for case in exceptions if isinstance(case, dict)),
        changes=tuple(sorted(changes, key=lambda change: (change.verb, str(change.path)))),
    )


def _changes(verb: str, table: Any, rule: Mapping[str, Any]) -> Iterator[tuple[Path_, Any, Path_]]:
    """Yield what ``set``, ``add`` or ``remove`` names: the path in the rule, the value, and the path as written.

    ``"limit.max" = 3`` names a key by its dotted path; ``limit.max = 3`` arrives as nested tables and names the same.
    """
    for key, value in table.items() if isinstance(table, dict) else ():
        path: Path_ = ("when", "code") if key == "codes" and verb != "set" else tuple(key.split("."))
        yield from _descend(path, value, (key,), rule, verb)


def _descend(
    path: Path_, value: Any, written: Path_, rule: Mapping[str, Any], verb: str
) -> Iterator[tuple[Path_, Any, Path_]]:
    """Go down nested tables while the rule has tables there too, or, for lists, until something is no table."""
    there = _get(rule, path)
    tables = isinstance(value, dict) and bool(value)
    if tables and (verb != "set" or (len(path) == 1 and isinstance(there, dict))):
        for key, inner in value.items():
            yield from _descend((*path, *key.split(".")), inner, (*written, key), rule, verb)
    else:
        yield path, value, written


def _scoped(value: Any, pack: Pack) -> Any:
    """Return a value whose ``@set`` names and table files mean this pack's, wherever the rule itself comes from."""
    if isinstance(value, dict):
        found = {key: _scoped(item, pack) for key, item in value.items()}
        if isinstance(value.get("table"), str):
            found["table"] = str(pack.folder / value["table"])
        return found
    if isinstance(value, list):
        return [_scoped(item, pack) for item in value]
    if isinstance(value, str):
        mark = "!" if value.startswith("!") else ""
        name = value.removeprefix("!")
        if name.startswith("@") and name[1:] in pack.sets:
            return f"{mark}@{pack.id}:{name[1:]}"
    return value


def _check_twice(layers: Sequence[Layer], faults: list[Fault]) -> None:
    """Report two overrides of one pack that change one key on the same dates."""
    seen: list[tuple[str, Path_, str, Layer]] = []
    for layer in layers:
        mine = [(change.path, change.verb, change.place) for change in layer.changes]
        if layer.disable is not None:
            mine.append((("disable",), "set", Place(layer.scope.place.file, (*layer.scope.place.path, "disable"))))
        for path, verb, place in mine:
            for rule, other_path, other_verb, other in seen:
                shared = min(len(path), len(other_path))
                if (
                    rule == layer.rule
                    and path[:shared] == other_path[:shared]
                    and (other is not layer or "set" in {verb, other_verb})
                    and other.scope.effective.overlaps(layer.scope.effective)
                ):
                    key = ".".join(map(str, path))
                    message = f"{key} of {layer.rule} is changed twice by this pack on the same dates; keep one"
                    faults.append(Fault("PP508", message, place.file, place.path, "key"))
                    break
            seen.append((layer.rule, path, verb, layer))


def apply_layers(rule: ResolvedRule, layers: Sequence[Layer], faults: list[Fault]) -> ResolvedRule:
    """Return a rule after its overrides, the furthest pack's first.

    Args:
        rule: The rule as its own pack wrote it.
        layers: Its overrides, those of the furthest pack first.
        faults: Where changes of nothing, and results that are no rule, are reported.
    """
    undated = [layer for layer in layers if layer.scope.effective == ALWAYS]
    data, origins = _tree(rule, undated, faults)
    variants = []
    reported: list[Fault] = []
    for span in _segments([layer.scope.effective for layer in layers if layer.changes and layer not in undated]):
        active = [layer for layer in layers if layer.scope.effective == ALWAYS or layer.scope.effective.overlaps(span)]
        tree, more = _tree(rule, active, reported)
        origins = {**more, **origins}
        variants.append((span, tree))
    faults += [fault for fault in dict.fromkeys(reported) if fault not in faults]
    exceptions = [
        (facts, layer.scope, Place(layer.scope.place.file, (*layer.scope.place.path, "except", index)))
        for layer in layers
        for index, facts in enumerate(layer.exceptions)
    ]
    origins.update({("except", number): place for number, (_, _, place) in enumerate(exceptions)})
    result = attrs.evolve(
        rule,
        data=data,
        variants=tuple(variants),
        origins=origins,
        exceptions=tuple(ExceptionCase(facts, scope) for facts, scope, _ in exceptions),
        disabled=tuple(_disabled(layers, faults)),
        overridden_by=tuple(layer.scope for layer in layers),
    )
    _check_result(result, faults)
    return result


def _tree(
    rule: ResolvedRule, layers: Sequence[Layer], faults: list[Fault]
) -> tuple[Mapping[str, Any], dict[Path_, Place]]:
    tree: dict[str, Any] = copy.deepcopy(dict(rule.data))
    origins = dict(rule.origins)
    for layer in layers:
        for change in layer.changes:
            if _apply(tree, change, rule.sets, faults):
                origins[change.path] = change.place
    return tree, origins


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


def _get(tree: Any, path: Path_) -> Any:
    for part in path:
        if not isinstance(tree, dict) or part not in tree:
            return None
        tree = tree[part]
    return tree


def _apply(tree: dict[str, Any], change: Change, sets: Mapping[str, CodeSet], faults: list[Fault]) -> bool:
    """Change the tree; report and return ``False`` when there is nothing to change."""

    def fault(code: str, message: str) -> bool:
        faults.append(Fault(code, message, change.place.file, change.place.path, "key"))
        return False

    name = ".".join(map(str, change.path))
    before = _get(tree, change.path)
    if change.verb == "set":
        if before == change.value:
            return fault("PP509", f"{name} has this value already, so the override changes nothing; drop it")
        after = change.value
    elif before is None or isinstance(before, dict):
        what = "is a table" if before is not None else "is not in the rule"
        return fault("PP510", f"{name} {what}, so nothing can be {_PAST[change.verb]}; name a list, or use set")
    else:
        old = before if isinstance(before, list) else [before]
        after = _added(old, change.value) if change.verb == "add" else _removed(old, change.value, sets)
        if after == old or _same_codes(old, after, sets):
            return fault(
                "PP509", f"nothing of this is {_NEWS[change.verb]} {name}, so the override changes nothing; drop it"
            )
        if not after:
            return fault("PP114", f"nothing is left in {name}; use disable = true to switch the rule off")
    inner = tree
    for part in change.path[:-1]:
        inner = inner.setdefault(str(part), {})
        if not isinstance(inner, dict):
            return fault("PP101", f"the rule has no key {name}; {part} is no table")
    inner[str(change.path[-1])] = after
    return True


_PAST: Final = {"add": "added to it", "remove": "removed from it"}
_NEWS: Final = {"add": "new to", "remove": "in"}


def _added(old: list[Any], entries: list[Any]) -> list[Any]:
    return [*old, *(entry for entry in entries if entry not in old)]


def _removed(old: list[Any], entries: list[Any], sets: Mapping[str, CodeSet]) -> list[Any]:
    """Return the list without the entries; what may still come in by a set, range or prefix is excluded with ``!``."""
    kept = [entry for entry in old if entry not in entries]
    rest = _codes(kept, sets)
    if rest is None:
        return kept
    return kept + [f"!{entry}" for entry in entries if isinstance(entry, str) and _meets(entry, rest, sets)]


def _meets(entry: str, codes: CodeSet, sets: Mapping[str, CodeSet]) -> bool:
    removed = _codes([entry], sets)
    if removed is None:
        return False
    if removed.is_finite:
        return any(code in codes for code in removed)
    return not codes.is_finite or any(code in removed for code in codes)


def _same_codes(old: list[Any], new: list[Any], sets: Mapping[str, CodeSet]) -> bool:
    """Say whether two lists of codes, written differently, are the same codes; lists that are no codes are not."""
    one, other = _codes(old, sets), _codes(new, sets)
    if one is None or other is None or not (one.is_finite and other.is_finite):
        return False
    return frozenset(one) == frozenset(other)


def _codes(entries: list[Any], sets: Mapping[str, CodeSet]) -> CodeSet | None:
    """Return the codes that a list means, or ``None`` when it is no list of codes or names an unknown set."""
    included, excluded = CodeSet(), CodeSet()
    for entry in entries:
        if not isinstance(entry, str):
            return None
        name = entry.removeprefix("!")
        try:
            found = sets[name[1:]] if name.startswith("@") else CodeSet.parse([name])
        except (KeyError, CodeSyntaxError):
            return None
        if entry.startswith("!"):
            excluded |= found
        else:
            included |= found
    return included.minus(excluded) if excluded else included


def _disabled(layers: Sequence[Layer], faults: list[Fault]) -> list[Scope]:
    """Return when the rule is off; a nearer pack's ``disable = false`` takes its dates out again."""
    off: list[Scope] = []
    for layer in layers:
        if layer.disable is None:
            continue
        span, place = layer.scope.effective, layer.scope.place
        covered = [scope for scope in off if scope.effective.overlaps(span)]
        if layer.disable and any(_contains(scope.effective, span) for scope in covered):
            message = "the rule is off on these dates already, so the override changes nothing; drop it"
        elif not layer.disable and not covered:
            message = "the rule is not off on these dates, so the override changes nothing; drop it"
        elif layer.disable:
            off.append(layer.scope)
            continue
        else:
            off = [attrs.evolve(scope, effective=part) for scope in off for part in _minus(scope.effective, span)]
            continue
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
    for tree in (rule.data, *(tree for _, tree in rule.variants)):
        checker = Checker(rule.place.file)
        schema.RULE.check(dict(tree), (), checker)
        for fault in checker.faults:
            place = rule.locate(fault.path)
            found = attrs.evolve(fault, file=place.file, path=place.path)
            if found not in faults:
                faults.append(found)

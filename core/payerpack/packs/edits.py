"""One change to one key of a rule's tree: ``set``, ``add`` and ``remove``, and when they change nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs

from payerpack.codes import CodeSet, CodeSyntaxError
from payerpack.packs.model import Fault, Path_, Place

_PAST: Final = {"add": "added to it", "remove": "removed from it"}
_NEWS: Final = {"add": "new to", "remove": "in"}


@attrs.frozen(slots=True, eq=False)
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


def value_at(tree: Any, path: Path_) -> Any:
    """Return what stands at a path, or ``None``."""
    for part in path:
        if not isinstance(tree, dict) or part not in tree:
            return None
        tree = tree[part]
    return tree


def written_path(tree: Mapping[str, Any], path: tuple[str, ...]) -> tuple[str, ...]:
    """Return a path as the tree has it, where ``report.workstation`` may be one quoted key or two nested ones."""
    for length in range(1, len(path) + 1):
        key = ".".join(path[:length])
        if key in tree:
            inner = tree[key]
            return (key, *(written_path(inner, path[length:]) if isinstance(inner, dict) else path[length:]))
    return path


def apply_change(tree: dict[str, Any], change: Change, sets: Mapping[str, CodeSet]) -> Fault | None:
    """Change the tree, or return why there is nothing to change (``PP509`` when it is so already)."""

    def fault(code: str, message: str) -> Fault:
        return Fault(code, message, change.place.file, change.place.path, "key")

    name = ".".join(map(str, change.path))
    before = value_at(tree, change.path)
    if change.verb == "set":
        after = change.value
        if before == after:
            return fault("PP509", f"{name} has this value already, so the override changes nothing; drop it")
    elif before is None or isinstance(before, dict):
        what = "is a table" if before is not None else "is not in the rule"
        return fault("PP510", f"{name} {what}, so nothing can be {_PAST[change.verb]}; name a list, or use set")
    else:
        old = before if isinstance(before, list) else [before]
        after = _added(old, change.value) if change.verb == "add" else _removed(old, change.value, sets)
        if after == old or _same_codes(old, after, sets):
            news = f"nothing of this is {_NEWS[change.verb]} {name}"
            return fault("PP509", f"{news}, so the override changes nothing; drop it")
        if not after:
            return fault("PP114", f"nothing is left in {name}; use disable = true to switch the rule off")
    inner = tree
    for part in change.path[:-1]:
        inner = inner.setdefault(str(part), {})
        if not isinstance(inner, dict):
            return fault("PP101", f"the rule has no key {name}; {part} is no table")
    inner[str(change.path[-1])] = after
    return None


def _added(old: list[Any], entries: list[Any]) -> list[Any]:
    return [*old, *(entry for entry in entries if entry not in old)]


def _removed(old: list[Any], entries: list[Any], sets: Mapping[str, CodeSet]) -> list[Any]:
    """Return the list without the entries; what may still come in by a set, range or prefix is excluded with ``!``."""
    kept = [entry for entry in old if entry not in entries]
    rest = codes_of(kept, sets)
    if rest is None:
        return kept
    return kept + [f"!{entry}" for entry in entries if isinstance(entry, str) and _meets(entry, rest, sets)]


def _meets(entry: str, codes: CodeSet, sets: Mapping[str, CodeSet]) -> bool:
    removed = codes_of([entry], sets)
    if removed is None:
        return False
    if removed.is_finite:
        return any(code in codes for code in removed)
    return not codes.is_finite or any(code in removed for code in codes)


def _same_codes(old: list[Any], new: list[Any], sets: Mapping[str, CodeSet]) -> bool:
    """Say whether two lists of codes, written differently, are the same codes; lists that are no codes are not."""
    one, other = codes_of(old, sets), codes_of(new, sets)
    if one is None or other is None or not (one.is_finite and other.is_finite):
        return False
    return frozenset(one) == frozenset(other)


def codes_of(entries: list[Any], sets: Mapping[str, CodeSet]) -> CodeSet | None:
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

"""Keys: what two lines must share to belong together (``same``), or what a count is kept by (``per``).

A key is any fact with one value, or one of the names below. An empty identifier equals nothing, so a line without it
belongs with no other. ``side`` is special: an empty side equals an empty side, and modifier 50 is both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final

import attrs

from payerpack.claim import ServiceLine
from payerpack.context import Context
from payerpack.facts import CONFLICT, UNKNOWN, rendering_provider
from payerpack.packs.faults import Faults, nearest

Key = Callable[[ServiceLine, Context], Hashable]
"""Reads a key; ``None`` is an empty identifier, which equals nothing; `UNKNOWN` may equal anything but that."""

_LEFT, _RIGHT, _BOTH = frozenset({"LT"}), frozenset({"RT"}), frozenset({"LT", "RT"})


def side(line: ServiceLine) -> frozenset[str]:
    """Return the sides a line is about: LT, RT, both for modifier 50, or none."""
    if "50" in line.modifiers:
        return _BOTH
    left, right = "LT" in line.modifiers, "RT" in line.modifiers
    return (_BOTH if right else _LEFT) if left else _RIGHT if right else frozenset()


def _same_side(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one & other) or not (one or other)


NAMED: Final[dict[str, Key]] = {
    "patient": lambda _, context: context.claim.patient.id or None,
    "claim": lambda _, context: context.claim.id,
    "payer": lambda _, context: context.claim.payer.id or None,
    "billing_group": lambda line, context: context.billing_group(line) or None,
    "billing_npi": lambda line, context: context.fact("billing_provider.npi", line) or None,
    "rendering_npi": lambda line, context: context.fact("rendering_provider.npi", line) or None,
    "specialty": lambda line, context: (
        context.fact("rendering_provider.specialty", line) or rendering_provider(line, context.claim).taxonomy or None
    ),
    "facility": lambda line, context: context.fact("facility.npi", line) or None,
    "code": lambda line, _: line.code or None,
}
"""The names that are keys without being facts, and the fact that is asked most."""


@attrs.frozen(slots=True, eq=False, repr=False)
class Keys:
    """Several keys together.

    Attributes:
        names: Their names, as the pack has them.
        reads: One reader each, without ``service_date`` and ``side``.
        by_date: Whether ``service_date`` is among them; it rules out most, so it is asked first.
        by_side: Whether ``side`` is among them.
    """

    names: tuple[str, ...]
    reads: tuple[Key, ...]
    by_date: bool = False
    by_side: bool = False

    def shared(self, line: ServiceLine, context: Context, other: ServiceLine, theirs: Context) -> bool | None:
        """Say whether two lines share every key: true, false, or ``None`` when one is unknown and none differs."""
        if self.by_date and line.service_date != other.service_date:
            return False
        shared: bool | None = True
        for read in self.reads:
            value, its = read(line, context), read(other, theirs)
            if value is UNKNOWN or its is UNKNOWN:
                if value is None or its is None:
                    return False
                shared = None
            elif value is None or value != its:
                return False
        return shared if not self.by_side or _same_side(side(line), side(other)) else False


def compile_keys(
    names: Sequence[Any], faults: Faults, path: tuple[str | int, ...], code_set: Callable[[str], bool] | None
) -> Keys:
    """Return the keys of those names; a name that is none is reported with the nearest one."""
    reads: list[Key] = []
    by_date = by_side = False
    for number, name in enumerate(names):
        place = (*path, number)
        if name == "side":
            by_side = True
        elif name == "service_date":
            by_date = True
        elif name == "code_set":
            reads.append(_in_set(code_set))
        elif isinstance(name, str) and name in NAMED:
            reads.append(NAMED[name])
        else:
            reads.append(_fact_key(name, faults, place))
    return Keys(tuple(str(name) for name in names), tuple(reads), by_date, by_side)


def _in_set(code_set: Callable[[str], bool] | None) -> Key:
    """Return the key that puts every code of the rule's own set together."""

    def key(line: ServiceLine, _context: Context) -> Hashable:
        return "code_set" if code_set is None or code_set(line.code) else None

    return key


def _fact_key(name: Any, faults: Faults, path: tuple[str | int, ...]) -> Key:
    known = [*NAMED, "side", "code_set", *faults.catalogue.facts]
    fact = faults.catalogue.find(name) if isinstance(name, str) else None
    if fact is None:
        faults.add("PP120", f'"{name}" is no key and no fact{nearest(str(name), known)}', path, str(name))
        return lambda _line, _context: None
    if fact.many:
        faults.add("PP121", f"{fact.name} is a list, and a key has one value", path, fact.name)
    read = fact.read

    def key(line: ServiceLine, context: Context) -> Hashable:
        value = read(line, context)
        return None if value == "" else UNKNOWN if value == CONFLICT else value

    return key

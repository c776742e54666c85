"""Procedure, diagnosis and revenue codes: one spelling, and sets of them written as codes, ranges and prefixes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

import attrs

from payerpack.errors import UserError

ENUMERABLE: Final = 20_000
"""Sets up to this size may be listed code by code."""
_CODE: Final = re.compile(r"[0-9A-Z]{1,11}")
_KINDS: Final = str.maketrans("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0" * 10 + "A" * 26)
_TAIL: Final = re.compile(r"[A-Z]*\Z")


def normalise(code: str) -> str:
    """Return the code in the one spelling: upper case, no dots, no spaces."""
    return code if code.isdigit() else code.replace(".", "").replace(" ", "").upper()


def _kinds(code: str) -> str:
    """Return where a code has letters and where digits, so that only like is compared with like."""
    return code.translate(_KINDS)


def _tail(code: str) -> str:
    """Return the letters a code closes with: the U of 0001U says what it is, the J of J0120 sorts."""
    found = _TAIL.search(code)
    return found.group() if found else ""


def _lies_between(code: str, low: str, high: str) -> bool:
    return low <= code <= high and _kinds(code) == _kinds(low) and _tail(code) == _tail(low)


class CodeSyntaxError(UserError):
    """A code, range or prefix that is none."""


@attrs.frozen(slots=True)
class CodeSet:
    """A set of codes: literal codes, inclusive ranges of one shape, prefixes; minus what is excluded.

    Attributes:
        codes: Literal codes.
        ranges: ``(first, last)`` pairs, both included; a code belongs if it has letters and digits where the ends have
            them, the letters that both ends close with, and sorts between.
        prefixes: Prefixes; a code belongs if it starts with one.
        parts: Whole sets that belong too, each with exclusions of its own.
        excluded: A set whose codes do not belong, or ``None``.
    """

    codes: frozenset[str] = frozenset()
    ranges: tuple[tuple[str, str], ...] = ()
    prefixes: tuple[str, ...] = ()
    parts: tuple[CodeSet, ...] = ()
    excluded: CodeSet | None = None

    @classmethod
    def parse(cls, entries: Iterable[str]) -> CodeSet:
        """Build a set from ``"72192"``, ``"70450-70498"``, ``"S32*"`` and the same with a leading ``!``.

        Raises:
            CodeSyntaxError: An entry is no code, range or prefix.
        """
        written = list(entries)
        codes = set(filter(_CODE.fullmatch, written))  # most are, and so are told in a fifth of the time
        ranges: list[tuple[str, str]] = []
        prefixes: list[str] = []
        excluded: list[str] = []
        for raw in [entry for entry in written if entry not in codes] if len(codes) < len(written) else ():
            entry = normalise(raw)
            if entry.startswith("!"):
                excluded.append(entry[1:])
            elif entry.endswith("*") and _CODE.fullmatch(entry[:-1]):
                prefixes.append(entry[:-1])
            elif "-" in entry:
                ranges.append(_range(entry, raw))
            elif _CODE.fullmatch(entry):
                codes.add(entry)
            else:
                msg = f'"{raw}" is no code; write a code ("72192"), a range ("70450-70498") or a prefix ("S32*")'
                raise CodeSyntaxError(msg)
        return cls(frozenset(codes), tuple(ranges), tuple(prefixes), (), cls.parse(excluded) if excluded else None)

    def __contains__(self, code: str) -> bool:
        """Say whether the code belongs to the set."""
        found = code in self.codes
        if not found and (self.ranges or self.prefixes or self.parts):
            found = (
                any(_lies_between(code, low, high) for low, high in self.ranges)
                or (bool(self.prefixes) and code.startswith(self.prefixes))
                or any(code in part for part in self.parts)
            )
        return found and (self.excluded is None or code not in self.excluded)

    def listed(self) -> CodeSet:
        """Return the same set with its codes one by one, which answers sooner; itself where it is large or has no end."""
        return CodeSet(frozenset(self)) if self.is_finite and self.size_hint() <= ENUMERABLE else self

    def __or__(self, other: CodeSet) -> CodeSet:
        """Return the union; what one side excludes may still come in by the other."""
        if not self:
            return other
        if not other:
            return self
        if self.excluded is None and other.excluded is None:
            return CodeSet(
                self.codes | other.codes,
                self.ranges + other.ranges,
                self.prefixes + other.prefixes,
                self.parts + other.parts,
            )
        return CodeSet(parts=tuple(part for part in (self, other) if part))

    def minus(self, other: CodeSet) -> CodeSet:
        """Return this set without the codes of the other."""
        return attrs.evolve(self, excluded=other if self.excluded is None else self.excluded | other)

    @property
    def is_finite(self) -> bool:
        """Whether the set can be listed: no prefixes, and only ranges of digits."""
        digits = all(low.isdigit() for low, _ in self.ranges)
        return digits and not self.prefixes and all(part.is_finite for part in self.parts)

    def size_hint(self) -> int:
        """Return how many codes a finite set has at most."""
        ranges = sum(int(high) - int(low) + 1 for low, high in self.ranges)
        return len(self.codes) + ranges + sum(part.size_hint() for part in self.parts)

    def __iter__(self) -> Iterator[str]:
        """Yield the codes of a finite set, in order."""
        listed = set(self.codes)
        for low, high in self.ranges:
            listed.update(f"{n:0{len(low)}d}" for n in range(int(low), int(high) + 1))
        for part in self.parts:
            listed.update(part)
        return iter(sorted(code for code in listed if self.excluded is None or code not in self.excluded))

    def __bool__(self) -> bool:
        """Say whether the set can contain anything at all."""
        return bool(self.codes or self.ranges or self.prefixes or any(self.parts))


def _range(entry: str, raw: str) -> tuple[str, str]:
    low, _, high = entry.partition("-")
    if not (_CODE.fullmatch(low) and _CODE.fullmatch(high)):
        raise CodeSyntaxError(f'"{raw}" is no range of codes; write both ends, such as "70450-70498"')
    if _kinds(low) != _kinds(high) or _tail(low) != _tail(high):
        raise CodeSyntaxError(f'"{raw}" is no range of codes: its ends have different shapes; split it by shape')
    if low > high:
        raise CodeSyntaxError(f'"{raw}" runs backwards; write "{high}-{low}"')
    return low, high

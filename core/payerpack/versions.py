"""Versions and version ranges as PEP 440 compares them; what is only numbers and dots compares without `packaging`.

Nearly every pack has a version like ``2026.1`` and nearly every range is like ``>=2024.3``: tuples of numbers say the same
of them, and `packaging` takes 20 ms to import, which a single review would pay. Everything else goes to `packaging`.
"""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

_PLAIN: Final = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_CLAUSE: Final = re.compile(r"\s*(>=|<=|==|!=|<|>)\s*([0-9]+(?:\.[0-9]+)*)\s*")
_REQUIREMENT: Final = re.compile(r"[ \t]*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)[ \t]*((?:[<>=!].*)?)")
_HOLDS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}


@functools.total_ordering
class Release:
    """A version that compares as PEP 440 says.

    Raises:
        ValueError: The text is no version.
    """

    __slots__ = ("_full", "numbers", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.numbers = _numbers(text)
        """Its numbers without trailing zeros, where it is nothing but numbers and dots; else ``None``."""
        self._full: Version | None = None
        if self.numbers is None:
            _ = self.full

    @property
    def full(self) -> Version:
        """The version as `packaging` has it."""
        if self._full is None:
            from packaging.version import Version

            self._full = Version(self.text)
        return self._full

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Release):
            return NotImplemented
        plain = self.numbers is not None and other.numbers is not None
        return self.numbers == other.numbers if plain else self.full == other.full

    def __lt__(self, other: Release) -> bool:
        if self.numbers is not None and other.numbers is not None:
            return self.numbers < other.numbers
        return self.full < other.full

    def __hash__(self) -> int:
        return hash(self.full if self.numbers is None else self.numbers)

    def __str__(self) -> str:
        return self.text


class Range:
    """A range of versions such as ``>=2024.3,<2025``; empty, it holds every version, pre-releases included.

    Raises:
        ValueError: The text is no range.
    """

    __slots__ = ("_clauses", "_full", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._clauses = _clauses(text)
        self._full: SpecifierSet | None = None
        if self._clauses is None:
            _ = self.full

    @property
    def full(self) -> SpecifierSet:
        """The range as `packaging` has it."""
        if self._full is None:
            from packaging.specifiers import SpecifierSet

            self._full = SpecifierSet(self.text)
        return self._full

    def __contains__(self, release: Release) -> bool:
        if release.numbers is not None and self._clauses is not None:
            return all(holds(release.numbers, bound) for holds, bound in self._clauses)
        return self.full.contains(release.full, prereleases=True)

    def __str__(self) -> str:
        return str(self.full)


def parse_requirement(text: str) -> tuple[str, Range]:
    """Return the name and the range of a requirement such as ``payerpack-example >=1,<2``.

    Raises:
        ValueError: It is anything but a name and a range.
    """
    match = _REQUIREMENT.fullmatch(text)
    if match is not None and _clauses(match[2]) is not None:
        return match[1], Range(match[2])
    from packaging.requirements import Requirement

    wanted = Requirement(text)
    if wanted.extras or wanted.marker or wanted.url:
        raise ValueError(text)
    return wanted.name, Range(str(wanted.specifier))


def normalize(name: str) -> str:
    """Return a distribution's or plugin's name as PEP 503 compares names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _numbers(text: str) -> tuple[int, ...] | None:
    if _PLAIN.fullmatch(text) is None:
        return None
    numbers = [int(part) for part in text.split(".")]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def _clauses(text: str) -> list[tuple[Callable[[Any, Any], bool], tuple[int, ...]]] | None:
    """Return the clauses of a range of plain versions; ``None`` when it holds anything else."""
    if not text.strip():
        return []
    found = []
    for part in text.split(","):
        clause = _CLAUSE.fullmatch(part)
        if clause is None:
            return None
        found.append((_HOLDS[clause[1]], _numbers(clause[2]) or ()))
    return found

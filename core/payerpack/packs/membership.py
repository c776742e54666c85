"""Whether a code belongs to a set, as quickly as can be."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Final

from payerpack.codes import ENUMERABLE, CodeSet

_SHARED: Final = 4_096
"""How many sets are kept for the next rule that asks for the same."""


class _Memo(dict[str, bool]):
    """Answers of a set that cannot be listed; bounded, because codes come from outside."""

    def __init__(self, codes: CodeSet) -> None:
        super().__init__()
        self._codes = codes

    def __missing__(self, code: str) -> bool:
        found = code in self._codes
        if len(self) < ENUMERABLE:
            self[code] = found
        return found


@functools.lru_cache(maxsize=_SHARED)
def membership(codes: CodeSet) -> Callable[[str], bool]:
    """Return the quickest function that says whether a code belongs to the set; rules of one set share it."""
    if codes.is_finite and codes.size_hint() <= ENUMERABLE:
        return frozenset(codes).__contains__
    return _Memo(codes).__getitem__


def listed(codes: Callable[[str], bool] | None) -> frozenset[str] | None:
    """Return the codes of a membership test, where it is that of a plain set."""
    known = getattr(codes, "__self__", None)
    return known if isinstance(known, frozenset) else None

"""The table ``[pack]`` of a pack, read without the rules: enough to route claims and to choose a version."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import tomli

from payerpack.packs.clause_shapes import FACTS
from payerpack.packs.shapes import Checker
from payerpack.packs.toml import decode, number

_NEXT_HEADER: Final = re.compile(r"^\[\[?[^\[\]\n]+\]\]?[ \t]*(?:#.*)?$", re.MULTILINE)


def read_head(file: Path, held: bytes) -> Mapping[str, Any] | None:
    """Return the table ``[pack]`` of a ``pack.toml`` of this content; ``None`` when it cannot be read that far."""
    try:
        head = _pack_table(decode(held))
    except UnicodeDecodeError:
        return None
    scope = Checker(file)
    if "applies_to" in head:
        FACTS.check(head["applies_to"], ("pack", "applies_to"), scope)
    return None if scope.faults else head


def _pack_table(text: str) -> Mapping[str, Any]:
    """Return the table ``pack``: from the lines up to the next header if they can be parsed alone, else from all."""
    start = text.find("[pack]")
    end = _NEXT_HEADER.search(text, start + len("[pack]")) if start >= 0 else None
    for part in (text[start : end.start()] if end else "", text):
        try:
            found = tomli.loads(part, parse_float=number).get("pack")
        except (ValueError, RecursionError):  # `read_pack` says what is wrong with it
            continue
        if isinstance(found, dict) and "id" in found and "version" in found:
            return found
    return {}

"""Facts by their dotted names, from TOML, where ``claim.contract.pays_3d = true`` arrives as nested tables."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from payerpack.facts import CATALOGUE, Catalogue
from payerpack.packs.model import Path_

MATCHER_KEYS: Final = frozenset(
    (
        *("min", "max", "before", "after", "from", "to", "within", "of"),
        *("not", "all", "none", "only", "known", "empty", "table", "key", "column"),
    )
)
"""The keys of a matcher; a table with any other key is a namespace of facts."""
GROUPS: Final = ("any", "none", "with")
"""Keys of a facts table that hold tables of their own."""


def flatten_facts(
    table: Mapping[str, Any], catalogue: Catalogue = CATALOGUE, skip: Collection[str] = ()
) -> Iterator[tuple[str, Any, Path_]]:
    """Yield every fact of a facts table: its dotted name, its matcher, and its path inside the table.

    A nested table is a matcher when the catalogue has a fact of that name; a namespace when facts lie under it; else a
    matcher when it has only keys of matchers. So ``authorization = { from = ... }`` asks about ``authorization.from``.

    Args:
        table: The table as TOML gives it.
        catalogue: The facts that the pack may ask about.
        skip: Further keys at the top that are no facts, such as ``same`` and ``window`` of a line.
    """
    for key, value in table.items():
        if key not in GROUPS and key not in skip:
            yield from _flatten(key, value, (key,), catalogue)


def _flatten(name: str, value: Any, path: Path_, catalogue: Catalogue) -> Iterator[tuple[str, Any, Path_]]:
    if isinstance(value, dict) and _is_namespace(name, value, catalogue):
        for key, inner in value.items():
            yield from _flatten(f"{name}.{key}", inner, (*path, key), catalogue)
    else:
        yield name, value, path


def _is_namespace(name: str, table: Mapping[str, Any], catalogue: Catalogue) -> bool:
    if name in catalogue.facts or not table:
        return False
    prefix = f"{name}."
    return any(fact.startswith(prefix) for fact in catalogue.facts) or not table.keys() <= MATCHER_KEYS


def dotted(path: Path_) -> str:
    """Return the name of what stands at a path of a rule: ``unless[0].claim.contract.pays_3d``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")

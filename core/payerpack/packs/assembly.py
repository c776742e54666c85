"""A pack from the trees of its files: what stands where, whether it is sound or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from payerpack.packs.model import STATUSES, FactType, Pack, Path_, Place, Table
from payerpack.packs.values import date_range, split_extends

Trees = Mapping[Path, Mapping[str, Any]]
"""What the TOML files of a pack hold, ``pack.toml`` first."""


def assembled(
    folder: Path,
    trees: Trees,
    tables: Mapping[Path, Table],
    digest: str,
    distribution: str,
    facts: tuple[FactType, ...] | None = None,
) -> Pack | None:
    """Return the pack that the trees of its files make, as far as they make sense; ``None`` without an id or version.

    Args:
        folder: The pack's folder.
        trees: Its files.
        tables: Its CSV tables, by file.
        digest: The digest of its files.
        distribution: The distribution and version that installed it, or empty.
        facts: What it declares; absent, every declaration is known to be sound.
    """
    main = trees[folder / "pack.toml"]
    head = as_table(main.get("pack"))
    if not (isinstance(head.get("id"), str) and isinstance(head.get("version"), str)):
        return None
    if facts is None:
        facts = facts_of({name: value for tree in trees.values() for name, value, _ in declarations(tree)})
    sets = named(trees, "codes")
    return Pack(
        id=head["id"],
        version=head["version"],
        status=head["status"] if head.get("status") in STATUSES else "active",
        folder=folder,
        digest=digest,
        title=as_text(head.get("title")),
        extends=parent_of(head),
        optional_parent=head.get("optional_parent") is True,
        plugins=tuple(name for name in as_list(head.get("plugins")) if isinstance(name, str)),
        applies_to=as_table(head.get("applies_to")),
        effective=date_range(head.get("effective")),
        known_from=head.get("published"),
        sets={name: value for name, (value, _) in sets.items()},
        set_places={name: place for name, (_, place) in sets.items()},
        facts=facts,
        rules=tuple(sorted(entries(trees, "rule"), key=lambda entry: as_text(entry[0].get("id")))),
        overrides=entries(trees, "override"),
        settings={name: as_table(value) for name, value in as_table(main.get("settings")).items()},
        tables=tables,
        distribution=distribution,
    )


def parent_of(head: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the parent and its versions that ``[pack]`` names, or ``None``."""
    try:
        return split_extends(head["extends"])
    except (KeyError, ValueError, AttributeError):
        return None


def named(trees: Trees, key: str) -> dict[str, tuple[Any, Place]]:
    """Return the named entries of all files; of a name in two files, the first."""
    found: dict[str, tuple[Any, Place]] = {}
    for file, tree in trees.items():
        for name, value in as_table(tree.get(key)).items():
            found.setdefault(name, (value, Place(file, (key, name))))
    return found


def entries(trees: Trees, key: str) -> tuple[tuple[Mapping[str, Any], Place], ...]:
    """Return the ``[[rule]]`` or ``[[override]]`` tables of all files."""
    return tuple(
        (entry, Place(file, (key, index)))
        for file, tree in trees.items()
        for index, entry in enumerate(as_list(tree.get(key)))
        if isinstance(entry, dict)
    )


def declarations(tree: Mapping[str, Any]) -> Iterator[tuple[str, Any, Path_]]:
    """Yield the facts that a file declares: name, declaration and path; dotted names may be quoted or not."""
    yield from _declarations(as_table(tree.get("facts")), "", ())


def _declarations(table: Mapping[str, Any], name: str, path: Path_) -> Iterator[tuple[str, Any, Path_]]:
    for key, value in table.items():
        inner = f"{name}.{key}" if name else key
        if isinstance(value, dict) and value and all(isinstance(item, dict) for item in value.values()):
            yield from _declarations(value, inner, (*path, key))
        else:
            yield inner, value, (*path, key)


def facts_of(declared: Mapping[str, Mapping[str, Any]]) -> tuple[FactType, ...]:
    """Return sound declarations of facts as records, by name."""
    return tuple(
        FactType(
            name, value["type"], value.get("many", False), tuple(value.get("values", ())), value.get("meaning", "")
        )
        for name, value in sorted(declared.items())
    )


def as_text(value: Any) -> str:
    """Return a text; anything else is an empty one."""
    return value if isinstance(value, str) else ""


def as_table(value: Any) -> Mapping[str, Any]:
    """Return a table; anything else is an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """Return a list; anything else is an empty one."""
    return value if isinstance(value, list) else []

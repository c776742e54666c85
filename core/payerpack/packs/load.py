"""Reading one pack from its folder: ``pack.toml``, further rule files ``rules/*.toml``, tables ``tables/*.csv``.

Everything that is wrong is found in one pass and reported together. What needs the pack's parents (references to their
rules and code sets) is ``layers``'s; what needs the meaning of facts is the compiler's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from payerpack.errors import PackError
from payerpack.packs import schema
from payerpack.packs.diagnostics import problems
from payerpack.packs.faults import nearest
from payerpack.packs.model import FactType, Fault, Pack, Path_, Place, Table
from payerpack.packs.rule_checks import date_range, split_extends
from payerpack.packs.sets import SetResolver
from payerpack.packs.shapes import Checker, Record
from payerpack.packs.tables import columns_of, outside, read_table, table_references
from payerpack.packs.toml import Document, read_toml


@attrs.frozen(slots=True)
class Reading:
    """What came of reading a folder: the pack, as far as it could be read, and everything wrong with it.

    Attributes:
        pack: The pack; ``None`` when not even its id and version could be read.
        faults: What is wrong; a pack with faults may be looked at, never run.
    """

    pack: Pack | None
    faults: tuple[Fault, ...] = ()


def load_pack(folder: Path, distribution: str = "") -> Pack:
    """Read a pack from its folder.

    Args:
        folder: The folder, or the ``pack.toml`` in it.
        distribution: The distribution and version that installed it, or empty.

    Raises:
        PackError: The pack cannot be used; it holds every problem of every file of the pack.
    """
    reading = read_pack(folder, distribution)
    if reading.faults or reading.pack is None:
        raise PackError(*problems(reading.faults))
    return reading.pack


def read_pack(folder: Path, distribution: str = "") -> Reading:
    """Read a pack as far as possible; see `load_pack`. Nothing that is wrong with a pack is an exception here."""
    folder = folder.parent if folder.name == "pack.toml" else folder
    reader = _Reader(folder)
    pack = reader.pack(distribution)
    return Reading(pack, tuple(reader.faults))


def pack_files(folder: Path) -> tuple[Path, ...]:
    """Return every file of a pack that decides a review, in the order of their names."""
    return (folder / "pack.toml", *sorted(folder.glob("rules/*.toml")), *sorted(folder.glob("tables/**/*.csv")))


def digest(folder: Path) -> str:
    """Return the SHA-256 of every file that decides a review: names and contents, in the order of the names."""
    whole = hashlib.sha256()
    for file in pack_files(folder):
        name = file.relative_to(folder).as_posix()
        whole.update(f"{name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return f"sha256:{whole.hexdigest()}"


class _Reader:
    """Reads one folder; a method per part of the pack."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults: list[Fault] = []
        self.tables: dict[Path, Table | None] = {}

    def pack(self, distribution: str) -> Pack | None:
        main = self.read(self.folder / "pack.toml", schema.PACK_FILE)
        documents = [main, *(self.read(file, schema.RULE_FILE) for file in sorted(self.folder.glob("rules/*.toml")))]
        for document in documents:
            self.read_tables(document)
        sets = self.named(documents, "codes", "code set")
        tables = {file: table for file, table in self.tables.items() if table is not None}
        head = main.data.get("pack")
        head = head if isinstance(head, dict) else {}
        parent = _parent(head)
        resolver = SetResolver(sets, tables, self.folder, inherited=None if parent else {})
        resolver.all()
        self.faults += resolver.faults
        rules = self.entries(documents, "rule")
        self.check_ids(rules)
        overrides = self.entries(documents, "override")
        facts = self.facts(documents)
        if not (isinstance(head.get("id"), str) and isinstance(head.get("version"), str)):
            return None
        settings = main.data.get("settings", {})
        return Pack(
            id=head["id"],
            version=head["version"],
            status=head["status"] if head.get("status") in schema.STATUSES else "active",
            folder=self.folder,
            digest=digest(self.folder),
            title=_text(head.get("title")),
            extends=parent,
            optional_parent=head.get("optional_parent") is True,
            plugins=tuple(name for name in _list(head.get("plugins")) if isinstance(name, str)),
            applies_to=_table(head.get("applies_to")),
            effective=date_range(head.get("effective")),
            known_from=head.get("published"),
            sets={name: value for name, (value, _) in sets.items()},
            set_places={name: place for name, (_, place) in sets.items()},
            facts=facts,
            rules=tuple(sorted(rules, key=_by_id)),
            overrides=overrides,
            settings={name: _table(value) for name, value in _table(settings).items()},
            tables=tables,
            distribution=distribution,
        )

    def read(self, file: Path, shape: Record) -> Document:
        """Read one TOML file and check it against the schema."""
        document = read_toml(file)
        self.faults += document.faults
        if document.data or not document.faults:
            checker = Checker(file)
            shape.check(document.data, (), checker)
            self.faults += checker.faults
        return document

    def read_tables(self, document: Document) -> None:
        """Read every CSV table that a file names, and check that it has the columns that are named."""
        for name, reference, path in table_references(document.data):
            if outside(name):
                self.add(
                    "PP301",
                    f'"{name}" leads out of the pack; keep its tables in its own folder',
                    document,
                    (*path, "table"),
                )
                continue
            file = self.folder / name
            if file not in self.tables:
                self.tables[file], faults = read_table(file)
                self.faults += [fault for fault in faults if fault.position is not None]
            table = self.tables[file]
            if table is None:
                if not file.is_file():
                    there = [other.relative_to(self.folder).as_posix() for other in self.folder.glob("tables/**/*.csv")]
                    message = f'there is no file "{name}" in the pack{nearest(name, there)}'
                    self.add("PP301", message, document, (*path, "table"))
                continue
            for column, _, inner in columns_of(reference):
                if column not in table.columns:
                    hint = nearest(column, table.columns) or f"; it has {', '.join(table.columns)}"
                    self.add("PP302", f'{name} has no column "{column}"{hint}', document, path + inner)

    def named(self, documents: list[Document], key: str, what: str) -> dict[str, tuple[Any, Place]]:
        """Return the named entries of all files; a name in two files is a fault."""
        found: dict[str, tuple[Any, Place]] = {}
        for document in documents:
            for name, value in _table(document.data.get(key)).items():
                if name in found:
                    other = found[name][1].file.relative_to(self.folder).as_posix()
                    self.add(
                        "PP112", f'{what} "{name}" is in {other} too; rename one', document, (key, name), at_key=True
                    )
                else:
                    found[name] = (value, Place(document.file, (key, name)))
        return found

    def entries(self, documents: list[Document], key: str) -> tuple[tuple[Mapping[str, Any], Place], ...]:
        """Return the ``[[rule]]`` or ``[[override]]`` tables of all files."""
        return tuple(
            (entry, Place(document.file, (key, index)))
            for document in documents
            for index, entry in enumerate(_list(document.data.get(key)))
            if isinstance(entry, dict)
        )

    def check_ids(self, rules: tuple[tuple[Mapping[str, Any], Place], ...]) -> None:
        """Report two rules of one id."""
        seen: dict[str, Place] = {}
        for rule, place in rules:
            name = rule.get("id")
            if not isinstance(name, str):
                continue
            if name in seen:
                where = "" if seen[name].file == place.file else f" (in {seen[name].file.name})"
                message = f'another rule{where} has the id "{name}"; an id names one rule for ever'
                self.faults.append(Fault("PP112", message, place.file, (*place.path, "id")))
            seen.setdefault(name, place)

    def facts(self, documents: list[Document]) -> tuple[FactType, ...]:
        """Return the declared facts of all files."""
        found: dict[str, FactType] = {}
        for document in documents:
            for name, value, path in _declarations(_table(document.data.get("facts"))):
                checker = Checker(document.file)
                schema.FACT.check(value, ("facts", *path), checker)
                self.faults += checker.faults
                if name in found:
                    self.add(
                        "PP112", f'fact "{name}" is declared twice; keep one', document, ("facts", *path), at_key=True
                    )
                elif not checker.faults:
                    found[name] = FactType(
                        name,
                        value["type"],
                        value.get("many", False),
                        tuple(value.get("values", ())),
                        value.get("meaning", ""),
                    )
        return tuple(found[name] for name in sorted(found))

    def add(self, code: str, message: str, document: Document, path: Path_, *, at_key: bool = False) -> None:
        self.faults.append(Fault(code, message, document.file, path, "key" if at_key else "value"))


def _declarations(table: Mapping[str, Any], name: str = "", path: Path_ = ()) -> Iterator[tuple[str, Any, Path_]]:
    """Yield the declared facts of ``[facts]``: name, declaration and path; dotted names may be quoted or not."""
    for key, value in table.items():
        inner = f"{name}.{key}" if name else key
        if isinstance(value, dict) and value and all(isinstance(item, dict) for item in value.values()):
            yield from _declarations(value, inner, (*path, key))
        else:
            yield inner, value, (*path, key)


def _parent(head: Mapping[str, Any]) -> tuple[str, str] | None:
    try:
        return split_extends(head["extends"])
    except (KeyError, ValueError, AttributeError):
        return None


def _by_id(entry: tuple[Mapping[str, Any], Place]) -> str:
    return _text(entry[0].get("id"))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []

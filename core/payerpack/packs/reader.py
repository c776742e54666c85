"""Reading one pack from its files, and checking it: everything that is wrong is found in one pass.

What needs the pack's parents (references to their rules and code sets) is ``layers``'s; what needs the meaning of facts
is the compiler's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from payerpack.packs import schema
from payerpack.packs.assembly import as_table, assembled, declarations, entries, facts_of, named, parent_of
from payerpack.packs.faults import nearest
from payerpack.packs.files import content, digest_of, read_files
from payerpack.packs.model import FactType, Fault, Pack, Path_, Place, Table
from payerpack.packs.sets import SetResolver
from payerpack.packs.shapes import Checker
from payerpack.packs.tables import columns_of, outside, parse_table, table_references
from payerpack.packs.toml import Document, parse_toml


class Reader:
    """Reads one folder; a method per part of the pack.

    Attributes:
        folder: The folder.
        faults: What is wrong.
        trees: What its TOML files hold, ``pack.toml`` first.
        tables: The tables that it names, ``None`` where one cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults: list[Fault] = []
        self.files = read_files(folder)
        self.trees: dict[Path, dict[str, Any]] = {}
        self.tables: dict[Path, Table | None] = {}

    def pack(self, distribution: str) -> Pack | None:
        """Return the pack as far as it can be read."""
        documents = [parse_toml(file, held) for file, held in self.files.items() if file.suffix != ".csv"]
        self.trees = {document.file: document.data for document in documents}
        for document in documents:
            self.check(document)
        for document in documents:
            self.read_tables(document)
        head = as_table(self.trees[self.folder / "pack.toml"].get("pack"))
        tables = {file: table for file, table in self.tables.items() if table is not None}
        self.check_sets(tables, has_parent=parent_of(head) is not None)
        self.check_ids()
        facts = self.facts(documents)
        return assembled(self.folder, self.trees, tables, digest_of(self.folder, self.files), distribution, facts)

    def check(self, document: Document) -> None:
        """Check one TOML file against the schema."""
        self.faults += document.faults
        if document.data or not document.faults:
            checker = Checker(document.file)
            shape = schema.PACK_FILE if document.file.parent == self.folder else schema.RULE_FILE
            shape.check(document.data, (), checker)
            self.faults += checker.faults

    def read_tables(self, document: Document) -> None:
        """Read every CSV table that a file names, and check that it has the columns that are named."""
        for name, reference, path in table_references(document.data):
            if outside(name, self.folder):
                self.add(
                    "PP301",
                    f'"{name}" leads out of the pack; keep its tables in its own folder',
                    document,
                    (*path, "table"),
                )
                continue
            file = self.folder / name
            if file not in self.tables:
                held = self.files.setdefault(file, content(file))
                self.tables[file], faults = parse_table(file, held)
                self.faults += [fault for fault in faults if fault.position is not None]
            table = self.tables[file]
            if table is None:
                if file.is_file() and self.files[file] is None:
                    self.add("PP301", f'"{name}" cannot be read; check its permissions', document, (*path, "table"))
                elif not file.is_file():
                    there = [other.relative_to(self.folder).as_posix() for other in self.folder.glob("tables/**/*.csv")]
                    message = f'there is no file "{name}" in the pack{nearest(name, there)}'
                    self.add("PP301", message, document, (*path, "table"))
                continue
            for column, _, inner in columns_of(reference):
                if column not in table.columns:
                    hint = nearest(column, table.columns) or f"; it has {', '.join(table.columns)}"
                    self.add("PP302", f'{name} has no column "{column}"{hint}', document, path + inner)

    def check_sets(self, tables: dict[Path, Table], *, has_parent: bool) -> None:
        """Report code sets of one name in two files, and what is wrong with any set."""
        sets = named(self.trees, "codes")
        for file, tree in self.trees.items():
            for name in as_table(tree.get("codes")):
                first = sets[name][1].file
                if first != file:
                    other = first.relative_to(self.folder).as_posix()
                    message = f'code set "{name}" is in {other} too; rename one'
                    self.faults.append(Fault("PP112", message, file, ("codes", name), "key"))
        resolver = SetResolver(sets, tables, self.folder, inherited=None if has_parent else {})
        resolver.all()
        self.faults += resolver.faults

    def check_ids(self) -> None:
        """Report two rules of one id."""
        seen: dict[str, Place] = {}
        for rule, place in entries(self.trees, "rule"):
            name = rule.get("id")
            if not isinstance(name, str):
                continue
            if name in seen:
                where = "" if seen[name].file == place.file else f" (in {seen[name].file.name})"
                message = f'another rule{where} has the id "{name}"; an id names one rule for ever'
                self.faults.append(Fault("PP112", message, place.file, (*place.path, "id")))
            seen.setdefault(name, place)

    def facts(self, documents: list[Document]) -> tuple[FactType, ...]:
        """Return the facts that all files declare soundly."""
        found: dict[str, Any] = {}
        for document in documents:
            for name, value, path in declarations(document.data):
                checker = Checker(document.file)
                schema.FACT.check(value, ("facts", *path), checker)
                self.faults += checker.faults
                if name in found:
                    message = f'fact "{name}" is declared twice; keep one'
                    self.add("PP112", message, document, ("facts", *path), at_key=True)
                elif not checker.faults:
                    found[name] = value
        return facts_of(found)

    def add(self, code: str, message: str, document: Document, path: Path_, *, at_key: bool = False) -> None:
        """Record a fault."""
        self.faults.append(Fault(code, message, document.file, path, "key" if at_key else "value"))

"""``[codes]``: named code sets written as codes, ranges, prefixes, references, exclusions, or a column of a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from payerpack.codes import CodeSet, CodeSyntaxError
from payerpack.packs.faults import nearest
from payerpack.packs.model import Fault, Path_, Place, Table

_DEEPEST: Final = 50
"""How many code sets may refer to each other in a row."""


@attrs.define(slots=True, eq=False, repr=False)
class SetResolver:
    """Resolves the sets of one pack.

    Attributes:
        written: The sets as written, by name, each with its place.
        tables: The tables of the pack, by file.
        folder: The pack's folder.
        inherited: Sets of the parents, by name and by ``pack-id:name``, which a set of one's own hides; ``None`` while
            they are not known yet, when a reference to none of one's own is no fault.
        faults: What is wrong.
    """

    written: Mapping[str, tuple[Any, Place]]
    tables: Mapping[Path, Table]
    folder: Path
    inherited: Mapping[str, CodeSet] | None = attrs.field(factory=dict)
    faults: list[Fault] = attrs.field(factory=list)
    _done: dict[str, CodeSet] = attrs.field(factory=dict)
    _open: list[str] = attrs.field(factory=list)

    def all(self) -> dict[str, CodeSet]:
        """Return every set of the pack, by name."""
        return {name: self._resolve(name) for name in sorted(self.written)}

    def _add(self, code: str, message: str, place: Place, path: Path_ = (), within: str = "") -> None:
        self.faults.append(Fault(code, message, place.file, place.path + path, within=within))

    def _resolve(self, name: str) -> CodeSet:
        if name not in self._done:
            value, place = self.written[name]
            self._open.append(name)
            self._done[name] = (
                self._from_table(value, place) if isinstance(value, Mapping) else self._from_list(value, place)
            )
            self._open.pop()
        return self._done[name]

    def _from_list(self, value: Any, place: Place) -> CodeSet:
        entries = [(index, entry) for index, entry in enumerate(value if isinstance(value, list) else ())]
        texts = [(index, entry) for index, entry in entries if isinstance(entry, str)]  # else the schema has spoken
        included = self._union(((i, e) for i, e in texts if not e.startswith("!")), place)
        excluded = self._union(((i, e[1:]) for i, e in texts if e.startswith("!")), place)
        if not excluded:
            if texts and all(e.startswith("!") for _, e in texts):
                self._add("PP203", "a code set of exclusions alone is empty; write what it includes", place)
            return included
        codes = included.minus(excluded)
        if codes.is_finite and not any(True for _ in codes):
            message = "nothing is left in this code set once its exclusions are out; drop an exclusion, or the set"
            self._add("PP203", message, place)
        return codes

    def _union(self, entries: Iterable[tuple[int, str]], place: Place) -> CodeSet:
        plain: list[tuple[int, str]] = []
        references: list[tuple[int, str]] = []
        for index, entry in entries:
            (references if entry.startswith("@") else plain).append((index, entry))
        try:
            codes = CodeSet.parse(entry for _, entry in plain)
        except CodeSyntaxError:
            wrong = {index: text for index, entry in plain if (text := _wrong(entry))}
            for index, text in wrong.items():
                self._add("PP201", text, place, (index,))
            codes = CodeSet.parse(entry for index, entry in plain if index not in wrong)
        for index, entry in references:
            codes |= self._reference(entry[1:], place, (index,))
        return codes

    def _reference(self, name: str, place: Place, path: Path_) -> CodeSet:
        if name in self._open:
            ring = " > ".join(f"@{step}" for step in (*self._open[self._open.index(name) :], name))
            self._add("PP205", f"code sets refer to each other in a ring ({ring}); take one reference out", place, path)
            return CodeSet()
        if name in self.written:
            if len(self._open) >= _DEEPEST:
                message = f"code sets refer to each other over more than {_DEEPEST} steps; write the codes themselves"
                self._add("PP206", message, place, path)
                return CodeSet()
            return self._resolve(name)
        if self.inherited is None:
            return CodeSet()
        if name not in self.inherited:
            hint = nearest(name, {**self.written, **self.inherited}, prefix="@")
            message = f'"@{name}" names no code set of this pack or its parents{hint}'
            self._add("PP204", message, place, path, within=f"@{name}")
        return self.inherited.get(name, CodeSet())

    def _from_table(self, value: Mapping[str, Any], place: Place) -> CodeSet:
        table = self.tables.get(self.folder / str(value.get("table")))
        column = value.get("column")
        if table is None or column not in table.columns:
            return CodeSet()  # the loader has said so
        position = table.column(column)
        entries = [row[position] for row in table.rows]
        if not entries:
            self._add("PP203", f"the table {table.file.name} has no rows, so this code set is empty", place)
        try:
            return CodeSet.parse(entries)
        except CodeSyntaxError:
            self._bad_cells(table, entries)
            return CodeSet()

    def _bad_cells(self, table: Table, entries: Iterable[str]) -> None:
        for entry, line in zip(entries, table.lines, strict=True):
            wrong = _wrong(entry)
            if wrong:
                self.faults.append(Fault("PP201", wrong, table.file, position=(line, 1)))


def _wrong(entry: str) -> str:
    """Return why an entry is no code, range or prefix, or an empty string."""
    try:
        CodeSet.parse([entry])
    except CodeSyntaxError as error:
        return str(error)
    return ""

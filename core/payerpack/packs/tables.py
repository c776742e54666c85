"""The CSV tables of a pack: read whole, checked to be rectangular, kept as text."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from payerpack.packs.files import content
from payerpack.packs.model import Fault, Path_, Table


def read_table(file: Path) -> tuple[Table | None, list[Fault]]:
    """Read a CSV table; see `parse_table`."""
    return parse_table(file, content(file))


def parse_table(file: Path, held: bytes | None) -> tuple[Table | None, list[Fault]]:
    """Parse the content of a CSV table with a header row; ``None`` is a file that cannot be read.

    Blank lines are skipped, blanks around a value are dropped. The rows keep their order.

    Returns:
        The table, or ``None`` when it cannot be used, and every fault.
    """
    if held is None:
        return None, [Fault("PP301", "the table is missing or cannot be read", file)]
    try:
        text = held.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = held.count(b"\n", 0, error.start) + 1
        column = error.start - held.rfind(b"\n", 0, error.start)
        return None, [Fault("PP004", "the table is not UTF-8; save it as UTF-8", file, position=(line, column))]
    reader = csv.reader(text.splitlines())
    try:
        return _rows(file, reader)
    except csv.Error as error:
        message = f"this is not CSV: {error}; look for a missing quote"
        return None, [Fault("PP303", message, file, position=(max(reader.line_num, 1), 1))]


def _rows(file: Path, reader: Any) -> tuple[Table | None, list[Fault]]:
    columns = tuple(name.strip() for name in next(reader, ()))
    faults = [
        Fault("PP303", f'the header names column "{name}" twice; rename one', file, position=(1, 1))
        for name in sorted({name for name in columns if columns.count(name) > 1})
    ]
    if not any(columns):
        return None, [Fault("PP303", "the table is empty; its first row names the columns", file, position=(1, 1))]
    rows, lines = [], []
    width = len(columns)
    for row in reader:
        if len(row) == width:
            rows.append(tuple(map(str.strip, row)))
            lines.append(reader.line_num)
        elif row:
            message = f"the row has {_values(len(row))} and the header names {width}; give every row {width}"
            faults.append(Fault("PP303", message, file, position=(reader.line_num, 1)))
    return Table(file, columns, tuple(rows), tuple(lines)), faults


def _values(count: int) -> str:
    return "one value" if count == 1 else f"{count} values"


def table_references(tree: Any, path: Path_ = ()) -> Iterator[tuple[str, dict[str, Any], Path_]]:
    """Yield every table that names a CSV file in a tree: the file's name, the table, and its path."""
    if isinstance(tree, dict):
        name = tree.get("table")
        if isinstance(name, str):
            yield name, tree, path
        for key, value in tree.items():
            yield from table_references(value, (*path, key))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from table_references(value, (*path, index))


def columns_of(reference: dict[str, Any]) -> Iterator[tuple[str, str, Path_]]:
    """Yield every column that a reference to a table names, with the path of the name inside the reference."""
    for key in ("column", "key", "this", "other"):
        value = reference.get(key)
        if isinstance(value, str):
            yield value, key, (key,)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, str):
                    yield item, key, (key, index)


def outside(name: str, folder: Path) -> bool:
    """Say whether a table's name leads out of the pack's folder, as it is written or by a link."""
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or name.startswith(("/", "\\")) or ":" in parts[0]:
        return True
    return not Path(os.path.realpath(folder / name)).is_relative_to(os.path.realpath(folder))

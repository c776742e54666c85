"""Lookups: values that stand in a CSV table of the pack, by the line's own facts and by date.

``{ table = "tables/fees.csv", key = "code", column = "fee" }`` reads the row whose column ``code`` equals the line's fact
``code``. Rows may carry ``from`` and ``to`` (inclusive, by the line's service date). No row is unknown.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import attrs

from payerpack.claim import ServiceLine
from payerpack.codes import normalise
from payerpack.context import Context
from payerpack.facts import CONFLICT, UNKNOWN, Fact, FactKind, coerce
from payerpack.packs.faults import Faults, nearest
from payerpack.packs.model import Table

_Row = tuple[dt.date, dt.date, str]


def is_lookup(value: Any) -> bool:
    """Say whether a value is a lookup rather than a matcher."""
    return isinstance(value, Mapping) and "table" in value


def row_dates(table: Table) -> Callable[[tuple[str, ...]], tuple[dt.date, dt.date]]:
    """Return what reads the inclusive dates of a row; a table without ``from`` and ``to`` holds always.

    It raises a ValueError where a date is not ISO.
    """
    start = table.column("from") if "from" in table.columns else None
    end = table.column("to") if "to" in table.columns else None
    day = functools.cache(dt.date.fromisoformat)  # many rows have few dates

    def dates(row: tuple[str, ...]) -> tuple[dt.date, dt.date]:
        first = row[start] if start is not None else ""
        last = row[end] if end is not None else ""
        return day(first) if first else dt.date.min, day(last) if last else dt.date.max

    return dates


def spelled(value: Any, kind: FactKind) -> str:
    """Return a value in the one spelling in which a fact and a cell of a table are compared: ``N185``, ``3``, ``true``."""
    if kind == "code":
        return normalise(str(value))
    if kind == "flag":
        return str(value).lower()
    if kind in {"number", "money"}:
        try:
            return str(Decimal(str(value)).normalize())
        except InvalidOperation:
            return str(value)
    return str(value)


@attrs.frozen(slots=True, eq=False, repr=False)
class Lookup:
    """A compiled lookup.

    Attributes:
        keys: The facts whose values pick the row.
        rows: ``(first date, last date, value)`` by those values.
        kind: The type its values are read as.
    """

    keys: tuple[Fact, ...]
    rows: Mapping[tuple[str, ...], tuple[_Row, ...]]
    kind: FactKind = "text"

    def typed(self, kind: FactKind) -> Lookup:
        """Return the same lookup with its values read as that type."""
        return attrs.evolve(self, kind=kind)

    def values(self, line: ServiceLine, context: Context) -> Any:
        """Return every value in force for the line, as text; `UNKNOWN` when there is no row."""
        key = []
        for fact in self.keys:
            value = fact.read(line, context)
            if value is UNKNOWN or value == CONFLICT or value is None or isinstance(value, tuple):
                return UNKNOWN
            key.append(spelled(value, fact.type))
        day = line.service_date
        found = tuple(value for first, last, value in self.rows.get(tuple(key), ()) if first <= day <= last)
        return found or UNKNOWN

    def value(self, line: ServiceLine, context: Context) -> Any:
        """Return the one value in force, as its type has it; `UNKNOWN` when there is none or several differ."""
        found = self.values(line, context)
        if found is UNKNOWN or len(set(found)) != 1:
            return UNKNOWN
        return normalise(found[0]) if self.kind == "code" else coerce(found[0], self.kind)


def build(spec: Mapping[str, Any], table: Table | None, faults: Faults, path: tuple[str | int, ...]) -> Lookup | None:
    """Return the lookup that a table describes, or ``None`` after reporting what is wrong."""
    if table is None:
        faults.add("PP301", f'there is no table "{spec.get("table")}"', (*path, "table"))
        return None
    names = spec.get("key")
    keys = [names] if isinstance(names, str) else names
    if not isinstance(keys, (list, tuple)) or not keys:
        faults.add("PP102", 'a lookup needs "key": the fact, or list of facts, that picks the row', path)
        return None
    column = spec.get("column")
    missing = [name for name in (*keys, column) if name not in table.columns]
    for name in missing:
        hint = nearest(str(name), table.columns)
        faults.add(
            "PP302", f'{table.file.name} has no column "{name}"{hint}', (*path, "column" if name == column else "key")
        )
    facts = [faults.fact(name, (*path, "key")) for name in keys]
    known = tuple(fact for fact in facts if fact is not None)
    if missing or len(known) < len(facts):
        return None
    positions = [table.column(name) for name in keys]
    wanted = table.column(str(column))
    dates = row_dates(table)
    rows: dict[tuple[str, ...], list[_Row]] = {}
    for number, row in enumerate(table.rows, start=2):
        try:
            first, last = dates(row)
        except ValueError:
            faults.add("PP304", f"{table.file.name}, row {number}: from and to are dates such as 2026-01-31", path)
            return None
        key = tuple(spelled(row[n], fact.type) for n, fact in zip(positions, known, strict=True))
        rows.setdefault(key, []).append((first, last, row[wanted]))
    return Lookup(known, {key: tuple(found) for key, found in rows.items()})

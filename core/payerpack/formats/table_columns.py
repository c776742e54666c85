"""The columns of a table of service lines, derived from the shape of a claim.

A column is named like the key it fills, with underscores or points between the parts: ``patient_id``,
``billing_provider.npi``, ``service_date``. Keys that a line and its claim share (``place_of_service``,
``rendering_provider``) are the line's; ``claim_place_of_service`` is the claim's, and ``line_code`` is ``code``. The
claim's own id is ``claim_id``. Beyond that:

- A list is one column (``modifiers``: a list, or a text with blanks, commas, semicolons or bars between its items) or
  one column for each item, counted from 1 (``modifiers_1``, ``diagnoses_2``).
- ``authorizations``, ``attestations`` and ``documents`` hold lists of objects, or such a list as JSON text.
- Free facts have a column each: ``coverage_plan``, ``contract_pays_3d``, ``attributes_risk``.
- ``report_workstation`` and its like are facts that somebody attests for the line of the row.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final, Literal

import attrs
import msgspec

from payerpack.claim import Claim, ServiceLine
from payerpack.errors import DataError, Problem
from payerpack.formats.shapes import Key, Kind, shape_of

Level = Literal["claim", "line", "report"]
Read = Callable[[Any], Any]

_REPORT: Final = "report"
_ITEM: Final = re.compile(r"(.+)_([1-9]\d?)")
_BETWEEN: Final = re.compile(r"[\s,;|]+")
_REQUIRED: Final = ("claim_id", "type", "payer_id", "patient_id", "billing_provider_npi", "code", "service_date")
_TELLING: Final = 3
"""So many known columns tell a table of claims from another."""
_FLAGS: Final = {"true": True, "false": False}


@attrs.frozen(slots=True)
class Column:
    """What a column fills.

    Attributes:
        level: Whether it says something of the claim, of the line, or is an attested fact of the line.
        path: The keys from there on: ``("patient", "id")``.
        read: Makes of a cell what the JSON shape has in its place.
        item: The position in a list that the column fills, counted from 1; 0 for anything else.
    """

    level: Level
    path: tuple[str, ...]
    read: Read
    item: int = 0

    @property
    def alone(self) -> bool:
        """Whether no other column fills the same key of the object."""
        return not self.item and len(self.path) == 1


def known_columns() -> tuple[str, ...]:
    """Return the name of every column but those of free facts and of single items of lists."""
    return tuple(_known())


def find_column(name: str) -> Column | None:
    """Return what a column of that name fills, or ``None`` when it fills nothing."""
    plain = _normal(name)
    known = _known()
    if plain in known:
        return known[plain]
    if (match := _ITEM.fullmatch(plain)) and (found := known.get(match[1])) is not None and found.read in _LISTS:
        return attrs.evolve(found, read=_LISTS[found.read], item=int(match[2]))
    for prefix, level, path in _free():
        if plain.startswith(prefix) and len(plain) > len(prefix):
            return Column(level, (*path, plain[len(prefix) :]), _free_fact)
    return None


def is_table_of_claims(names: Sequence[str]) -> bool:
    """Say whether columns of these names make a table of claims, or are at least meant to."""
    return sum(find_column(name) is not None for name in names) >= min(_TELLING, len(names)) > 1


def columns_of(names: Sequence[str], where: str, renamed: Mapping[str, str] | None = None) -> list[Column | None]:
    """Return what each column of a table fills; ``None`` for one that is left out.

    Args:
        names: The table's columns.
        where: What to call the table in a message.
        renamed: What columns are called here, by their name in the table; others are left out. Absent: every column
            has a name of its own here.

    Raises:
        DataError: Columns are unknown, missing, or fill the same key; every problem at once.
    """
    problems: list[Problem] = []
    found: list[Column | None] = []
    for name in names:
        ours = name if renamed is None else renamed.get(name)
        column = None if ours is None else find_column(ours)
        if ours is not None and column is None:
            problems.append(Problem(f"{where}: column {name[:40]}", _unknown(ours)))
        found.append(column)
    problems += (
        Problem(f"{where}: column {name[:40]}", "is not in the table; name one of its columns")
        for name in renamed or ()
        if name not in names
    )
    filled = [(column.level, column.path, column.item) for column in found if column is not None]
    for name, column in zip(names, found, strict=True):
        if column is not None and filled.count((column.level, column.path, column.item)) > 1:
            problems.append(Problem(f"{where}: column {name[:40]}", "fills the same key as another; leave one out"))
    for name in _REQUIRED:
        column = _known()[name]
        if (column.level, column.path, 0) not in filled and not (
            name == "code" and ("line", ("revenue_code",), 0) in filled
        ):
            problems.append(Problem(where, f"has no column {name}; add it"))
    if problems:
        raise DataError(*problems)
    return found


def _normal(name: str) -> str:
    return re.sub(r"[.\s-]+", "_", name.strip()).lower()


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(_normal(name), _known(), n=1)
    return f"is unknown; {f'write {near[0]}' if near else 'name it like a key of a claim, or leave it out'}"


@cache
def _known() -> dict[str, Column]:
    claim = dict(_columns("claim", shape_of(Claim).keys))
    for name in ("lines", "id"):
        claim.pop(name, None)
    line = dict(_columns("line", shape_of(ServiceLine).keys))
    known = {**claim, **line}
    known |= {f"claim_{name}": column for name, column in claim.items()}
    known |= {f"line_{name}": column for name, column in line.items() if not name.startswith("line_")}
    known["claim_id"] = Column("claim", ("id",), as_text)
    return known


@cache
def _free() -> tuple[tuple[str, Level, tuple[str, ...]], ...]:
    maps = [key.name for key in shape_of(Claim).keys.values() if key.kind.form == "free"]
    return (
        (f"{_REPORT}_", "report", ()),
        *((f"{name}_", "claim", (name,)) for name in maps),
        *((f"claim_{name}_", "claim", (name,)) for name in maps),
    )


def _columns(level: Level, keys: Mapping[str, Key]) -> list[tuple[str, Column]]:
    found: list[tuple[str, Column]] = []
    for key in keys.values():
        kind = key.kind
        if kind.form == "record":
            found += (
                (f"{key.name}_{inner.name}", Column(level, (key.name, inner.name), _reader(inner.kind)))
                for inner in kind.of.keys.values()
            )
        elif kind.form != "free":
            found.append((key.name, Column(level, (key.name,), _reader(kind))))
    return found


def _reader(kind: Kind) -> Read:
    if kind.form == "list":
        return _json if kind.of.form == "record" else _numbers if kind.of.of is int else _texts
    return _number if kind.of is int else as_text


def as_text(cell: Any) -> Any:
    """Return a cell as it is."""
    return cell


def _number(cell: Any) -> Any:
    """Return a whole number; what is none is left for the claim's reader to complain about."""
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return int(cell) if isinstance(cell, str) and cell.strip().isdecimal() else cell


def _texts(cell: Any) -> Any:
    return [item for item in _BETWEEN.split(cell) if item] if isinstance(cell, str) else cell


def _numbers(cell: Any) -> Any:
    items = _texts(cell)
    return [_number(item) for item in items] if isinstance(items, list) else _number_alone(items)


def _number_alone(cell: Any) -> Any:
    return [cell] if isinstance(cell, int) else cell


def _json(cell: Any) -> Any:
    if isinstance(cell, str):
        try:
            return msgspec.json.decode(cell)
        except (ValueError, RecursionError):
            return cell  # which is no list: the claim's reader says so
    return cell


def _free_fact(cell: Any) -> Any:
    """Return the value of a free fact; a text may say true or false, or hold a list or an object as JSON."""
    if isinstance(cell, str):
        return _json(cell) if cell[:1] in ("[", "{") else _FLAGS.get(cell, cell)
    return cell


_LISTS: Final[Mapping[Read, Read]] = {_texts: as_text, _numbers: _number}
"""How to read one item of a list, by how to read the list."""

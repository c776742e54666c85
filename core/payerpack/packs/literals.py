"""The values that a pack writes: as a fact's type has them, and how messages name them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from payerpack.codes import normalise
from payerpack.facts import FactKind

EXAMPLES: Final[Mapping[str, str]] = {
    "text": 'write text in quotes, such as "11"',
    "code": 'write a code in quotes, such as "72192"',
    "number": "write a number, such as 2",
    "money": 'write an amount, such as "150.00"',
    "date": "write a date without quotes, such as 2026-01-31",
    "flag": "write true or false",
}


def typed_value(value: Any, kind: FactKind) -> Any:
    """Return a literal as the type has it, or ``None`` when it is of another type."""
    if kind == "flag":
        return value if isinstance(value, bool) else None
    if kind == "date":
        if isinstance(value, dt.datetime):
            return None
        if isinstance(value, str):
            try:
                return dt.date.fromisoformat(value)
            except ValueError:
                return None
        return value if isinstance(value, dt.date) else None
    if kind in {"number", "money"}:
        if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
            return None
        try:
            return Decimal(str(value))
        except InvalidOperation:
            return None
    if isinstance(value, str):
        return normalise(value) if kind == "code" else value
    return None


def article(kind: str) -> str:
    """Return a type as a message names it: ``a code``."""
    return {"text": "text", "code": "a code", "number": "a number", "money": "an amount of money", "date": "a date",
            "flag": "true or false"}[kind]  # fmt: skip


def kind_of(value: Any) -> str:
    """Return what kind of value stands where another belongs: ``the number 3``."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, Mapping):
        return "a table"
    return f"a {type(value).__name__}"


def written(value: Any) -> str:
    """Return a value as the pack writes it."""
    return f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)

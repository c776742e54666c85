"""The modifier codes that ship with the core: CPT's are in no file of CMS's, Level II's serve where none was imported.

Only codes and dates are held. A code without a first day is older than any claim under review; one without a last
day stands as of ``modifiers_as_of()``.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from payerpack.baseline.editions.records import HcpcsRow

if TYPE_CHECKING:
    from collections.abc import Mapping


@cache
def modifiers() -> Mapping[str, HcpcsRow]:
    """Return every modifier code with its dates."""
    return MappingProxyType({row.code: row for row in map(_row, _lines()[1:])})


@cache
def modifiers_as_of() -> dt.date:
    """Return the day up to which the list is known to be complete."""
    return dt.date.fromisoformat(_lines()[0].removeprefix("# as of "))


@cache
def _lines() -> tuple[str, ...]:
    text = Path(__file__).with_name("modifiers.csv").read_text("ascii")
    first, _header, *rows = text.splitlines()
    return (first, *rows)


def _row(line: str) -> HcpcsRow:
    code, _level, added, terminated = line.split(",")
    return HcpcsRow(code, _date(added), _date(terminated), "")


def _date(text: str) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None

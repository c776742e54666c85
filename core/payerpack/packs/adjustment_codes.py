"""CARC and RARC: which codes exist, from when to when, and which CARCs want a RARC beside them. Codes only, no wording.

The list is that of CMS and X12 of 2024-06-18. A stop date is the first day on which a code no longer counts.
"""

from __future__ import annotations

import csv
import datetime as dt
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import attrs

CodeList = Literal["CARC", "RARC"]
LISTED: Final = dt.date(2024, 6, 18)
"""The date of the code lists."""


@attrs.frozen(slots=True, repr=False)
class AdjustmentCode:
    """One code: the day it began, the first day it no longer counts, and whether it wants a RARC."""

    code: str
    start: dt.date
    stop: dt.date | None
    needs_rarc: bool


@functools.cache
def adjustment_codes(which: CodeList) -> Mapping[str, AdjustmentCode]:
    """Return every code of one list."""
    text = Path(__file__).with_name("carc_rarc.csv").read_text("utf-8")
    day = dt.date.fromisoformat
    return {
        code: AdjustmentCode(code, day(start), day(stop) if stop else None, needs_rarc == "yes")
        for listed, code, start, stop, needs_rarc in csv.reader(text.splitlines())
        if listed == which
    }

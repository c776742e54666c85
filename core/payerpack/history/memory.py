"""Earlier lines held in memory, by patient."""

from __future__ import annotations

import bisect
from collections import defaultdict
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from payerpack.claim import HistoryLine

_date = attrgetter("line.service_date")
_order = attrgetter("line.service_date", "claim.id", "line.number")


class MemoryHistory:
    """A history source over lines in memory: `payerpack.context.HistorySource`."""

    def __init__(self, lines: Iterable[HistoryLine] = ()) -> None:
        """Index the lines; their order does not matter."""
        self._lines: defaultdict[str, list[HistoryLine]] = defaultdict(list)
        for line in lines:
            self._lines[line.claim.patient.id].append(line)
        for found in self._lines.values():
            found.sort(key=_order)

    def __len__(self) -> int:
        """Return the number of lines."""
        return sum(map(len, self._lines.values()))

    def lines(self, patient_id: str, first: dt.date, last: dt.date) -> Sequence[HistoryLine]:
        """Return the patient's lines with a service date in the inclusive range, oldest first."""
        found = self._lines.get(patient_id, [])
        return found[bisect.bisect_left(found, first, key=_date) : bisect.bisect_right(found, last, key=_date)]


def oldest_first(lines: Iterable[HistoryLine]) -> list[HistoryLine]:
    """Return the lines in the order that every source keeps: service date, claim id, line number."""
    return sorted(lines, key=_order)

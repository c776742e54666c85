"""Earlier lines in memory."""

from __future__ import annotations

import datetime as dt
import random

from payerpack.formats.structure import structure_history
from payerpack.history import MemoryHistory


def past(day: str, patient: str = "P-1", claim_id: str = "C-1", number: int = 1) -> object:
    return structure_history(
        {"patient": {"id": patient}, "code": "72192", "service_date": day, "claim_id": claim_id, "number": number}
    )


DAYS = ["2025-12-31", "2026-01-01", "2026-01-02", "2026-01-31", "2026-02-01"]


def found(history: MemoryHistory, first: str, last: str, patient: str = "P-1") -> list[str]:
    lines = history.lines(patient, dt.date.fromisoformat(first), dt.date.fromisoformat(last))
    return [line.line.service_date.isoformat() for line in lines]


def test_both_ends_of_the_range_are_in_it() -> None:
    history = MemoryHistory(map(past, DAYS))
    assert found(history, "2026-01-01", "2026-01-31") == DAYS[1:4]
    assert found(history, "2026-01-02", "2026-01-02") == DAYS[2:3]


def test_a_range_without_lines_is_empty() -> None:
    history = MemoryHistory(map(past, DAYS))
    assert found(history, "2026-01-03", "2026-01-30") == []
    assert found(history, "2026-02-01", "2026-01-01") == []


def test_the_oldest_line_comes_first_whatever_order_they_were_given_in() -> None:
    shuffled = DAYS[:]
    random.Random(7).shuffle(shuffled)
    assert found(MemoryHistory(map(past, shuffled)), "2025-01-01", "2026-12-31") == DAYS


def test_lines_of_one_day_are_ordered_by_claim_and_number() -> None:
    day = "2026-01-01"
    lines = [past(day, claim_id="B"), past(day, claim_id="A", number=2), past(day, claim_id="A", number=1)]
    history = MemoryHistory(lines)
    ordered = history.lines("P-1", dt.date.min, dt.date.max)
    assert [(line.claim.id, line.line.number) for line in ordered] == [("A", 1), ("A", 2), ("B", 1)]


def test_another_patient_is_never_seen() -> None:
    history = MemoryHistory([past("2026-01-01"), past("2026-01-01", patient="P-2")])
    assert found(history, "2026-01-01", "2026-01-01", "P-2") == ["2026-01-01"]
    assert found(history, "2026-01-01", "2026-01-01", "P-3") == []


def test_its_length_is_the_number_of_lines() -> None:
    assert len(MemoryHistory()) == 0
    assert len(MemoryHistory([past("2026-01-01"), past("2026-01-01", patient="P-2")])) == 2

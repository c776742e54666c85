"""History files: flat lines and whole claims."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from payerpack.errors import DataError
from payerpack.history import MemoryHistory, open_history

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from payerpack.claim import HistoryLine

LINE = {"patient": {"id": "P-1"}, "code": "72192", "service_date": "2026-01-02", "status": "denied"}
CLAIM = {
    "id": "C-9",
    "type": "professional",
    "payer": {"id": "60054"},
    "patient": {"id": "P-1", "birth_date": "1961-04-02"},
    "billing_provider": {"npi": "1234567893"},
    "place_of_service": "22",
    "processed_date": "2026-01-20",
    "status": "paid",
    "lines": [
        {"number": 1, "code": "72192", "service_date": "2026-01-01", "paid_amount": "90.10"},
        {"number": 2, "code": "76377", "service_date": "2026-01-01", "status": "denied", "place_of_service": "11"},
    ],
}


def opened(tmp_path: Path, *records: Any, text: str | None = None) -> Sequence[HistoryLine]:
    path = tmp_path / "history.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records) if text is None else text)
    return open_history(str(path)).lines("P-1", dt.date.min, dt.date.max)


def test_a_record_is_a_line_or_a_whole_claim(tmp_path: Path) -> None:
    found = opened(tmp_path, LINE, CLAIM)
    assert [(line.claim.id, line.line.code, line.status) for line in found] == [
        ("C-9", "72192", "paid"),
        ("C-9", "76377", "denied"),
        ("", "72192", "denied"),
    ]


def test_each_line_of_a_whole_claim_keeps_its_claims_header(tmp_path: Path) -> None:
    first, second = opened(tmp_path, CLAIM)
    assert (first.claim.payer.id, first.claim.patient.birth_date) == ("60054", dt.date(1961, 4, 2))
    assert (first.line.place_of_service, second.line.place_of_service) == ("22", "11")
    assert (first.claim.lines, second.claim.lines) == ((first.line,), (second.line,))
    assert (first.paid_amount, second.paid_amount) == (Decimal("90.10"), None)
    assert first.processed_date == dt.date(2026, 1, 20)


def test_a_whole_claim_without_a_status_is_paid(tmp_path: Path) -> None:
    first, _ = opened(tmp_path, {key: value for key, value in CLAIM.items() if key != "status"})
    assert first.status == "paid"


@pytest.mark.parametrize("form", ["list", "wrapped", "single"])
def test_a_history_may_be_one_json_value(form: str, tmp_path: Path) -> None:
    value = {"list": [LINE], "wrapped": {"history": [LINE]}, "single": LINE}[form]
    assert len(opened(tmp_path, text=json.dumps(value, indent=2))) == 1


@pytest.mark.parametrize("text", ["", "\n\n", "[]"])
def test_an_empty_history_is_a_history(text: str, tmp_path: Path) -> None:
    assert opened(tmp_path, text=text) == []


def test_all_problems_of_a_history_are_told_at_once(tmp_path: Path) -> None:
    broken = {**CLAIM, "status": "lost", "lines": [{**CLAIM["lines"][0], "paid_amount": "NaN", "units": 0}]}
    with pytest.raises(DataError) as found:
        opened(tmp_path, {**LINE, "code": 5}, LINE, broken, text=None)
    path = tmp_path / "history.jsonl"
    assert [problem.location for problem in found.value.problems] == [
        f"{path}: line 1: $.code",
        f"{path}: line 3: $.status",
        f"{path}: line 3: $.lines[0].paid_amount",
        f"{path}: line 3: $.lines[0].units",
    ]


@pytest.mark.parametrize("lines", [5, [3]])
def test_a_whole_claim_with_lines_that_are_none_is_refused(lines: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"line 1: \$\.lines"):
        opened(tmp_path, {**CLAIM, "lines": lines})


def test_a_file_url_is_a_path(tmp_path: Path) -> None:
    path = tmp_path / "earlier claims.json"
    path.write_text(json.dumps([LINE]))
    history = open_history(path.as_uri())
    assert isinstance(history, MemoryHistory)
    assert len(history) == 1


def test_a_missing_file_is_reported_by_name(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.jsonl: cannot be read"):
        open_history(str(tmp_path / "none.jsonl"))


def test_no_problem_repeats_a_patients_id(tmp_path: Path) -> None:
    with pytest.raises(DataError) as found:
        opened(tmp_path, {"patient": {"id": "MEMBER-77"}, "code": "72192", "service_date": "MEMBER-77"})
    assert "MEMBER-77" not in str(found.value)

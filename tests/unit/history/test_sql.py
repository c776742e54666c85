"""Earlier lines in a database."""

from __future__ import annotations

import datetime as dt
import pickle
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from payerpack.errors import DataError
from payerpack.formats.structure import structure_history
from payerpack.history import open_history, write_history

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from payerpack.claim import HistoryLine

sa = pytest.importorskip("sqlalchemy", reason="needs the extra payerpack[sql]")


def past(day: str = "2026-01-02", patient: str = "P-1", **changes: Any) -> HistoryLine:
    return structure_history(
        {"patient": {"id": patient, "sex": "F"}, "code": "72192", "service_date": day, "claim_id": "C-1", **changes}
    )


FULL = past(
    number=3,
    type="dental",
    payer={"id": "60054", "name": "Payer"},
    billing_provider={"npi": "1234567893", "tax_id": "930000000"},
    modifiers=["26"],
    units="1.5",
    charge="310.10",
    tooth="8",
    place_of_service="11",
    rendering_provider={"npi": "1234567893"},
    diagnoses=["M549"],
    diagnosis_pointers=[1],
    authorizations=[{"number": "A1", "from": "2026-01-01", "units": 2}],
    coverage={"deductible": 10.25},
    status="denied",
    paid_amount="0.00",
    processed_date="2026-01-20",
    facts={"report.techniques": ["mip", "volume"]},
)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'history.db'}"


def lines(url: str, patient: str = "P-1", first: dt.date = dt.date.min, last: dt.date = dt.date.max) -> list[Any]:
    history = open_history(url)
    try:
        return list(history.lines(patient, first, last))
    finally:
        history.close()


def test_a_line_comes_back_as_it_was_written(url: str) -> None:
    assert write_history(url, [FULL]) == 1
    assert lines(url) == [FULL]


def test_lines_are_added_to_those_that_are_there(url: str) -> None:
    write_history(url, [past("2026-01-02")])
    write_history(url, [past("2026-01-01")])
    assert [line.line.service_date.day for line in lines(url)] == [1, 2]


def test_many_lines_are_written_in_one_go(url: str) -> None:
    assert write_history(url, (past(number=n) for n in range(1, 2502))) == 2501
    assert len(lines(url)) == 2501


def test_a_failure_adds_nothing(url: str) -> None:
    def failing() -> Iterator[HistoryLine]:
        yield past()
        raise RuntimeError

    write_history(url, [])
    with pytest.raises(RuntimeError):
        write_history(url, failing())
    assert lines(url) == []


def test_both_ends_of_the_range_are_in_it_and_other_patients_are_not(url: str) -> None:
    days = ["2025-12-31", "2026-01-01", "2026-01-31", "2026-02-01"]
    write_history(url, [*map(past, days), past("2026-01-15", patient="P-2")])
    found = lines(url, "P-1", dt.date(2026, 1, 1), dt.date(2026, 1, 31))
    assert [line.line.service_date.isoformat() for line in found] == days[1:3]
    assert lines(url, "P-3") == []


def test_one_call_makes_one_query_on_an_open_connection(url: str) -> None:
    write_history(url, [past()])
    history = open_history(url)
    statements: list[str] = []
    connected: list[object] = []
    engine = history._engine
    sa.event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    sa.event.listen(engine, "connect", lambda *args: connected.append(args[0]))
    for _ in range(3):
        assert len(history.lines("P-1", dt.date.min, dt.date.max)) == 1
    assert (len(statements), connected) == (3, [])
    history.close()


def test_the_table_is_indexed_by_patient_and_date(url: str) -> None:
    write_history(url, [])
    engine = sa.create_engine(url)
    (index,) = sa.inspect(engine).get_indexes("history")
    assert index["column_names"] == ["patient_id", "service_date"]
    engine.dispose()


def test_a_source_may_be_sent_to_another_process(url: str) -> None:
    write_history(url, [past()])
    history = open_history(url)
    copy = pickle.loads(pickle.dumps(history))
    assert len(copy.lines("P-1", dt.date.min, dt.date.max)) == 1
    history.close()
    copy.close()


def insert(url: str, **changes: Any) -> None:
    row = {
        "patient_id": "MEMBER-77",
        "service_date": "2026-01-02",
        "status": "paid",
        "paid_amount": None,
        "processed_date": None,
        "line": '{"code": "72192"}',
        "claim": "{}",
        **changes,
    }
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text(f"INSERT INTO history VALUES ({', '.join(':' + name for name in row)})"), row)
    engine.dispose()


def test_a_row_that_others_wrote_needs_little(url: str) -> None:
    write_history(url, [])
    insert(url, paid_amount=12.5, claim='{"id": "C-7", "patient": {"id": "other", "sex": "F"}}')
    (line,) = lines(url, "MEMBER-77")
    assert (line.claim.id, line.claim.patient.id, line.claim.patient.sex) == ("C-7", "MEMBER-77", "F")
    assert line.paid_amount == Decimal("12.5")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"line": "{}"}, r"\$\.code: is required"),
        ({"line": "not json"}, "is not valid JSON"),
        ({"claim": "[]"}, "column line or claim that is no JSON object"),
        ({"status": "lost"}, r"\$\.status: is none of its values"),
        ({"line": '{"code": "1", "procedure": "2"}'}, "is an unknown key"),
    ],
)
def test_a_row_that_is_no_history_line_is_refused_without_the_patient(
    changes: dict[str, Any], words: str, url: str
) -> None:
    write_history(url, [])
    insert(url, **changes)
    with pytest.raises(DataError, match=words) as found:
        lines(url, "MEMBER-77")
    assert "MEMBER-77" not in str(found.value)


def test_a_database_without_the_table_says_how_to_make_it(url: str) -> None:
    with pytest.raises(DataError, match="has no table history; create it with"):
        open_history(url)


def test_a_fault_of_the_database_is_told_without_the_query(url: str, tmp_path: Path) -> None:
    (tmp_path / "history.db").write_bytes(b"no database at all, " * 100)
    with pytest.raises(DataError, match=r"the database failed \(DatabaseError\)"):
        open_history(url)


def test_a_fault_while_reading_does_not_name_the_patient(url: str) -> None:
    write_history(url, [past()])
    history = open_history(url)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE history"))
    engine.dispose()
    with pytest.raises(DataError, match="the database failed") as found:
        history.lines("MEMBER-77", dt.date.min, dt.date.max)
    assert "MEMBER-77" not in str(found.value)
    assert found.value.__suppress_context__
    history.close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense://somewhere/history", "none that SQLAlchemy knows"),
        ("postgresql+pg8000://user:secret@host/history", "needs the database driver pg8000"),
    ],
)
def test_a_database_that_cannot_be_reached_is_named_without_its_password(
    url: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pg8000", None)
    with pytest.raises(DataError, match=words) as found:
        open_history(url)
    assert "secret" not in str(found.value)


def test_without_sqlalchemy_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(DataError, match=r"pip install payerpack\[sql\]"):
        open_history("sqlite:///history.db")


def test_history_is_written_to_databases_only(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is no database URL"):
        write_history(str(tmp_path / "history.jsonl"), [])

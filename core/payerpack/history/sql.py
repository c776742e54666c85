"""Earlier lines in a SQL database, through SQLAlchemy (the extra ``payerpack[sql]``).

The table is named ``history`` and has one row per line:

==================  ==================================================================================
``patient_id``      text, as on the claim; indexed together with ``service_date``
``service_date``    date: the first date of service
``status``          text: ``paid``, ``denied`` or ``open``
``paid_amount``     text or number: US dollars paid for the line; null when not known
``processed_date``  date on which the payer processed it; null when not known
``line``            text: a JSON object with the line's keys, as in a claim, and ``facts`` where it has some
``claim``           text: a JSON object with its claim's keys but ``lines``, as in a claim; may be ``{}``
==================  ==================================================================================

A column wins over a key of the JSON objects, and the line's keys win over the claim's.
"""

from __future__ import annotations

import weakref
from contextlib import contextmanager
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from payerpack.errors import ClaimError, DataError, Problem
from payerpack.formats.structure import parse, sound, structure_history
from payerpack.formats.unstructure import encode_plain, unstructure_claim, unstructure_line
from payerpack.history.memory import oldest_first

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Sequence
    from types import ModuleType

    import sqlalchemy

    from payerpack.claim import HistoryLine

_BATCH = 1000


class SqlHistory:
    """A history source over a database: one query per call, over connections that stay open between calls.

    It may be pickled; the copy opens connections of its own.
    """

    def __init__(self, url: str) -> None:
        """Connect, and see that the table is there.

        Raises:
            DataError: SQLAlchemy or the database's driver is not installed, the database does not answer, or it has no
                table ``history``.
        """
        self._url = url
        self._engine = _engine(url)
        weakref.finalize(self, self._engine.dispose)  # whoever forgets to close leaves no connection open
        with _reported(self._engine.url):
            there = _sqlalchemy().inspect(self._engine).has_table("history")
        if not there:
            problem = "has no table history; create it with payerpack.history.write_history"
            raise DataError(Problem(_shown(self._engine.url), problem))

    def __reduce__(self) -> tuple[type[SqlHistory], tuple[str]]:
        return SqlHistory, (self._url,)

    def lines(self, patient_id: str, first: dt.date, last: dt.date) -> Sequence[HistoryLine]:
        """Return the patient's lines with a service date in the inclusive range, oldest first.

        Raises:
            DataError: The database does not answer, or a row is no sound history line.
        """
        table = _table()
        query = table.select().where(
            table.c.patient_id == patient_id, table.c.service_date >= first, table.c.service_date <= last
        )
        with _reported(self._engine.url), self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        where = f"{_shown(self._engine.url)}: a line of the history"
        found, problems = sound(_line, ((row, where) for row in rows))
        if problems:
            raise DataError(*problems)
        return oldest_first(found)

    def close(self) -> None:
        """Close the connections; a later call opens them anew."""
        self._engine.dispose()


def add_lines(url: str, lines: Iterable[HistoryLine]) -> int:
    """Add lines to the table, all or none, creating it where there is none; return how many were added.

    Raises:
        DataError: SQLAlchemy or the database's driver is not installed, or the database refuses.
    """
    engine = _engine(url)
    rows = map(_row, lines)
    count = 0
    try:
        with _reported(engine.url), engine.begin() as connection:
            _table().metadata.create_all(connection)
            while batch := list(islice(rows, _BATCH)):
                connection.execute(_table().insert(), batch)
                count += len(batch)
    finally:
        engine.dispose()
    return count


def _line(row: Any, where: str) -> HistoryLine:
    claim, line = (parse(row[name], where) if isinstance(row[name], str) else row[name] for name in ("claim", "line"))
    if not isinstance(claim, dict) or not isinstance(line, dict):
        raise ClaimError(Problem(where, "has a column line or claim that is no JSON object; write one"))
    header = {("claim_id" if key == "id" else key): value for key, value in claim.items() if key != "lines"}
    patient = header.get("patient")
    flat = {
        **header,
        **line,
        "patient": {**(patient if isinstance(patient, dict) else {}), "id": row["patient_id"]},
        "service_date": row["service_date"],
        "status": row["status"],
        "processed_date": row["processed_date"],
        "paid_amount": row["paid_amount"],
    }
    return structure_history(flat, where)


def _row(past: HistoryLine) -> dict[str, Any]:
    line = unstructure_line(past.line)
    if past.facts:
        line["facts"] = past.facts
    claim = unstructure_claim(past.claim)
    claim.pop("lines", None)
    return {
        "patient_id": past.claim.patient.id,
        "service_date": past.line.service_date,
        "status": past.status,
        "paid_amount": None if past.paid_amount is None else str(past.paid_amount),
        "processed_date": past.processed_date,
        "line": encode_plain(line).decode(),
        "claim": encode_plain(claim).decode(),
    }


@cache
def _table() -> sqlalchemy.Table:
    sa = _sqlalchemy()
    table: sqlalchemy.Table = sa.Table(
        "history",
        sa.MetaData(),
        sa.Column("patient_id", sa.Text, nullable=False),
        sa.Column("service_date", sa.Date, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("paid_amount", sa.Text),
        sa.Column("processed_date", sa.Date),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("claim", sa.Text, nullable=False),
        sa.Index("history_patient_date", "patient_id", "service_date"),
    )
    return table


def _engine(url: str) -> sqlalchemy.Engine:
    sa = _sqlalchemy()
    try:
        engine: sqlalchemy.Engine = sa.create_engine(url, hide_parameters=True)  # no error may quote a patient's id
    except ModuleNotFoundError as error:
        problem = f"needs the database driver {error.name}; install it, or name another driver in the URL"
        raise DataError(Problem(_shown(sa.make_url(url)), problem)) from None
    except sa.exc.ArgumentError:
        problem = "the history URL is none that SQLAlchemy knows; write one such as sqlite:///history.db"
        raise DataError(problem) from None
    return engine


def _sqlalchemy() -> ModuleType:
    try:
        import sqlalchemy
    except ModuleNotFoundError:
        raise DataError("a history database needs SQLAlchemy; run pip install payerpack[sql]") from None
    return sqlalchemy


@contextmanager
def _reported(url: sqlalchemy.URL) -> Iterator[None]:
    """Report a database's error by its kind alone: its text may quote a row."""
    try:
        yield
    except _sqlalchemy().exc.SQLAlchemyError as error:
        kind = type(getattr(error, "orig", None) or error).__name__
        raise DataError(Problem(_shown(url), f"the database failed ({kind}); check the URL and its tables")) from None


def _shown(url: sqlalchemy.URL) -> str:
    return url.render_as_string(hide_password=True)

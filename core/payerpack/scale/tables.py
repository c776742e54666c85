"""A table of service lines reviewed: findings and outcomes as tables again, or as lines of JSON.

Claims are judged one by one, as everywhere: judging columns at a time was measured slower than one claim at a time. What
a table gains is in how it is read.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import attrs
import msgspec

from payerpack.claim import RejectedClaim
from payerpack.errors import Problem
from payerpack.finding import plain, plain_effect
from payerpack.formats.tables import arrow, arrow_claims
from payerpack.formats.writers import write_jsonl
from payerpack.scale.loop import Item, review_items
from payerpack.scale.tally import Tally

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping
    from types import ModuleType
    from typing import TextIO

    from payerpack.claim import Claim
    from payerpack.engine import Engine
    from payerpack.finding import Finding, Review

_WHERE: Final = "table"
_CLAIMS: Final = 4096
"""So many claims make a batch of findings."""
_json: Final = msgspec.json.Encoder().encode


@attrs.frozen(slots=True, eq=False)
class TableReview:
    """What became of a table's claims.

    Attributes:
        findings: A ``pyarrow.Table`` with one row for each finding; ``None`` where the reviews were written as JSON Lines.
        outcomes: A ``pyarrow.Table`` with one row for each line of a claim; ``None`` where they were written.
        notes: What limits reviews as a whole, each with the number of claims it concerns.
        problems: What kept claims from being read or reviewed.
        tally: The count: claims in are reviews and errors together.
    """

    findings: Any
    outcomes: Any
    notes: Mapping[str, int]
    problems: tuple[Problem, ...]
    tally: Tally


def review_table(
    table: Any,
    engine: Engine,
    *,
    policy: str | None = None,
    as_of: dt.date | None = None,
    columns: Mapping[str, str] | None = None,
    out: TextIO | None = None,
) -> TableReview:
    """Review every claim of an Arrow table of service lines; it needs the extra ``arrow``.

    Args:
        table: A ``pyarrow`` table, record batch or reader of batches, or anything with ``__arrow_c_stream__`` (a data
            frame of polars or pandas, a relation of DuckDB). One row for each line, the rows of a claim together; for
            the columns see `payerpack.formats.table_columns`.
        engine: Reviews the claims.
        policy: See `payerpack.Engine.review`.
        as_of: See `payerpack.Engine.review`.
        columns: What the table's columns are called in `payerpack.formats.table_columns`, by their name in the table;
            others are left out. Absent: every column has a name of its own there.
        out: Takes the reviews as JSON Lines, one by one; then no table of them is made.

    Raises:
        DataError: pyarrow is not installed, the columns are not those of claims, a claim's rows are apart, or the
            edition or the history cannot be opened.
    """
    pyarrow = arrow(_WHERE)
    reader = _reader(table, pyarrow)
    tally = Tally()
    problems: list[Problem] = []
    claims = arrow_claims(reader.schema.names, reader, _WHERE, columns)
    notes: Counter[str] = Counter()
    reviews = _reviews(engine, claims, tally, problems, notes, policy, as_of)
    if out is not None:
        write_jsonl(reviews, out)
        findings = outcomes = None
    else:
        findings, outcomes = _tables(reviews, pyarrow)
    tally.check()
    return TableReview(findings, outcomes, notes, tuple(problems), tally)


def _reader(table: Any, pyarrow: ModuleType) -> Any:
    if isinstance(table, pyarrow.RecordBatchReader):
        return table
    if isinstance(table, pyarrow.RecordBatch):
        table = pyarrow.Table.from_batches([table])
    if isinstance(table, pyarrow.Table):
        return table.to_reader()
    if hasattr(table, "__arrow_c_stream__"):
        return pyarrow.RecordBatchReader.from_stream(table)
    kind = type(table).__name__
    raise TypeError(f"a {kind} is no Arrow table; give a pyarrow table or what has __arrow_c_stream__")


def _reviews(
    engine: Engine,
    claims: Iterable[Claim | RejectedClaim],
    tally: Tally,
    problems: list[Problem],
    notes: Counter[str],
    policy: str | None,
    as_of: dt.date | None,
) -> Iterator[Review]:
    def items() -> Iterator[Item]:
        for position, claim in enumerate(claims, start=1):
            tally.claims += 1
            yield Item(_WHERE, position, claim)

    for reviewed in review_items(
        engine, items(), tally, problems.extend, policy=policy, as_of=as_of, unexpected=_unexpected
    ):
        notes.update(reviewed.review.notes)
        yield reviewed.review


def _unexpected(fault: Exception, location: str) -> Problem:
    return Problem(location, f"unexpected {type(fault).__name__}; review this claim by itself to see where")


def _tables(reviews: Iterable[Review], pyarrow: ModuleType) -> tuple[Any, Any]:
    """Return the findings and the outcomes of reviews; what was gathered becomes Arrow batch by batch."""
    finding_columns, outcome_columns = _schemas(pyarrow)
    found: list[tuple[Any, ...]] = []
    outcomes: list[tuple[Any, ...]] = []
    parts: tuple[list[Any], list[Any]] = ([], [])

    def gather() -> None:
        for rows, schema, into in ((found, finding_columns, parts[0]), (outcomes, outcome_columns, parts[1])):
            columns = zip(*rows, strict=True) if rows else [()] * len(schema)
            arrays = [pyarrow.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
            into.append(pyarrow.RecordBatch.from_arrays(arrays, schema=schema))
            rows.clear()

    for number, review in enumerate(reviews, start=1):
        found.extend(_finding_row(review.claim_id, finding) for finding in review.findings)
        policy = review.policy
        outcomes.extend((review.claim_id, line.number, line.outcome, line.primary, policy) for line in review.lines)
        if number % _CLAIMS == 0:
            gather()
    gather()
    return (
        pyarrow.Table.from_batches(parts[0], finding_columns),
        pyarrow.Table.from_batches(parts[1], outcome_columns),
    )


def _schemas(pyarrow: ModuleType) -> tuple[Any, Any]:
    text, numbers, texts = pyarrow.string(), pyarrow.list_(pyarrow.int32()), pyarrow.list_(pyarrow.string())
    findings = {
        "claim_id": text, "rule": text, "stage": text, "action": text, "lines": numbers, "related_lines": numbers,
        "group": text, "carc": text, "rarc": texts, "message": text, "cure": text, "source_title": text,
        "source_url": text, "facts": text, "effect": text, "monitored": pyarrow.bool_(),
    }  # fmt: skip
    outcomes = {"claim_id": text, "number": pyarrow.int32(), "outcome": text, "primary": text, "policy": text}
    return pyarrow.schema(findings), pyarrow.schema(outcomes)


def _finding_row(claim_id: str, finding: Finding) -> tuple[Any, ...]:
    """Return a finding in the order of its columns; facts and effect are JSON text, as they differ from rule to rule."""
    adjustment, source = finding.adjustment, finding.source
    return (
        claim_id,
        finding.rule,
        finding.stage,
        finding.action,
        finding.lines,
        finding.related_lines,
        adjustment and adjustment.group,
        adjustment and adjustment.carc,
        adjustment and adjustment.rarc,
        finding.message,
        finding.cure,
        source and source.title,
        source and source.url,
        _json(plain(finding.facts)).decode(),
        None if finding.effect is None else _json(plain_effect(finding.effect)).decode(),
        finding.monitored,
    )

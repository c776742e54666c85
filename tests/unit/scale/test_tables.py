"""Tables of service lines reviewed: findings and outcomes as tables, or reviews as lines of JSON."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from payerpack import Engine, review_table
from payerpack.errors import DataError

pa: Any = pytest.importorskip("pyarrow", reason="pyarrow is not installed")

PACK = """
schema = 1
[pack]
id = "acme"
version = "2026.1"
[[rule]]
id = "never"
stage = "bundling"
when = { code = "76377" }
then = { action = "deny", carc = "97", rarc = ["N19"], cure = "none", message = "{code} is integral" }
source = { title = "Policy 42", url = "https://example.org/42" }
[[rule]]
id = "fewer"
stage = "frequency"
when = { code = "99213", units = { min = 2 } }
then = { action = "cap", max_units = 1, carc = "151" }
"""


@pytest.fixture
def engine(tmp_path):
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "pack.toml").write_text(PACK, encoding="utf-8")
    return Engine([tmp_path / "pack"], installed=False)


def table(*rows: tuple[str, str, int]) -> Any:
    return pa.table(
        {
            "claim_id": [claim for claim, _, _ in rows],
            "type": ["professional"] * len(rows),
            "payer_id": ["60054"] * len(rows),
            "patient_id": [f"P-{claim}" for claim, _, _ in rows],
            "billing_provider_npi": ["1234567893"] * len(rows),
            "code": [code for _, code, _ in rows],
            "units": [units for _, _, units in rows],
            "service_date": ["2026-03-02"] * len(rows),
        }
    )


ROWS = (("C-1", "72192", 1), ("C-1", "76377", 1), ("C-2", "99213", 3), ("C-3", "72192", 1))


def test_findings_have_a_row_each_and_so_have_the_outcomes_of_lines(engine):
    found = review_table(table(*ROWS), engine, policy="acme")
    assert found.findings.to_pylist() == [
        {
            "claim_id": "C-1", "rule": "acme:never", "stage": "bundling", "action": "deny", "lines": [2],
            "related_lines": [], "group": "CO", "carc": "97", "rarc": ["N19"], "message": "76377 is integral",
            "cure": "none", "source_title": "Policy 42", "source_url": "https://example.org/42",
            "facts": '{"code":"76377"}', "effect": None, "monitored": False,
        },
        {
            "claim_id": "C-2", "rule": "acme:fewer", "stage": "frequency", "action": "cap", "lines": [1],
            "related_lines": [], "group": "CO", "carc": "151", "rarc": [], "message": "99213: fewer",
            "cure": None, "source_title": None, "source_url": None,
            "facts": '{"code":"99213","units":"3"}', "effect": '{"units":1}', "monitored": False,
        },
    ]  # fmt: skip
    assert found.outcomes.to_pylist() == [
        {"claim_id": "C-1", "number": 1, "outcome": "accept", "primary": None, "policy": "acme"},
        {"claim_id": "C-1", "number": 2, "outcome": "deny", "primary": "acme:never", "policy": "acme"},
        {"claim_id": "C-2", "number": 1, "outcome": "cap", "primary": "acme:fewer", "policy": "acme"},
        {"claim_id": "C-3", "number": 1, "outcome": "accept", "primary": None, "policy": "acme"},
    ]
    assert (found.tally.claims, found.tally.reviewed, found.tally.errors, found.problems) == (3, 3, 0, ())


def test_a_table_without_findings_has_the_same_columns(engine):
    none, some = (review_table(table(*ROWS[start:]), engine, policy="acme") for start in (3, 0))
    assert none.findings.num_rows == 0
    assert none.findings.schema == some.findings.schema
    assert none.outcomes.schema == some.outcomes.schema


def test_reviews_are_written_as_json_lines_where_asked(engine):
    out = io.StringIO()
    found = review_table(table(*ROWS), engine, policy="acme", out=out)
    assert [json.loads(line)["outcome"] for line in out.getvalue().splitlines()] == ["deny", "cap", "accept"]
    assert (found.findings, found.outcomes) == (None, None)


def test_a_bad_claim_is_counted_and_its_problems_placed(engine):
    found = review_table(table(("C-1", "72192", 0), ("C-2", "99213", 1)), engine, policy="acme")
    assert (found.tally.claims, found.tally.reviewed, found.tally.errors) == (2, 1, 1)
    assert [problem.location for problem in found.problems] == ["table: row 1, column units"]


def test_what_limits_reviews_is_counted(engine):
    assert review_table(table(*ROWS), engine, policy="acme").notes == {}
    routed = review_table(table(*ROWS), Engine())
    assert routed.notes["no payer's pack applies to payer 60054: reviewed by ncci-medicare"] == 3


@pytest.mark.parametrize("shape", ["table", "batch", "reader", "stream"])
def test_whatever_hands_over_arrow_is_a_table(engine, shape):
    whole = table(*ROWS)

    class Stream:
        def __arrow_c_stream__(self, requested: Any = None) -> Any:
            return whole.__arrow_c_stream__(requested)

    given = {"table": whole, "batch": whole.to_batches()[0], "reader": whole.to_reader(), "stream": Stream()}[shape]
    assert review_table(given, engine, policy="acme").tally.reviewed == 3


def test_what_is_no_table_is_said_so(engine):
    with pytest.raises(TypeError, match="a list is no Arrow table"):
        review_table([{"claim_id": "C-1"}], engine)


def test_columns_may_have_other_names_and_others_are_left_out(engine):
    theirs = table(*ROWS).rename_columns(["CLM", "T", "PAY", "MBR", "NPI", "PROC", "U", "DOS"])
    columns = {
        "CLM": "claim_id", "T": "type", "PAY": "payer_id", "MBR": "patient_id", "NPI": "billing_provider_npi",
        "PROC": "code", "DOS": "service_date",
    }  # fmt: skip
    assert review_table(theirs, engine, policy="acme", columns=columns).tally.outcomes == {"deny": 1, "accept": 2}
    with pytest.raises(DataError, match="column CLM: is unknown"):
        review_table(theirs, engine)

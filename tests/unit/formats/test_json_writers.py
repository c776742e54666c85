"""Reviews as JSON and JSON Lines."""

from __future__ import annotations

import datetime as dt
import io
import json

from payerpack.finding import Adjustment, Finding, Review, Source
from payerpack.formats.writers import encode_review, write_json, write_jsonl


def review(claim_id: str = "C-1", findings: int = 1) -> Review:
    finding = Finding(
        "example-health:3d-integral",
        "bundling",
        "deny",
        (2,),
        "76377 is integral\nto 72192 \u2013 always",
        (1,),
        Adjustment("97", ("N19",)),
        "none",
        Source("Policy 42", "https://example.org/42", "2", dt.date(2026, 1, 15)),
        {"code": "76377"},
    )
    return Review(
        claim_id, "example-health", {"b": "2", "a": "1"}, (finding,) * findings, ("note",), (1, 2), "sha256:0"
    )


def written(writer: object, *reviews: Review) -> str:
    out = io.StringIO()
    writer(iter(reviews), out)
    return out.getvalue()


def test_a_review_is_one_line_with_the_keys_in_the_order_of_the_contract() -> None:
    line = encode_review(review()).decode()
    assert "\n" not in line
    assert json.loads(line) == review().to_dict()
    assert list(json.loads(line)) == [
        "claim_id", "policy", "packs", "outcome", "fingerprint", "lines", "notes", "findings",
    ]  # fmt: skip


def test_equal_reviews_give_equal_bytes() -> None:
    assert encode_review(review()) == encode_review(review())


def test_json_lines_hold_one_object_per_review_and_nothing_else() -> None:
    lines = written(write_jsonl, review("C-1"), review("C-2", 0)).split("\n")
    assert [json.loads(line)["claim_id"] for line in lines[:-1]] == ["C-1", "C-2"]
    assert lines[-1] == ""


def test_no_reviews_are_no_json_lines() -> None:
    assert written(write_jsonl) == ""


def test_json_is_one_indented_list() -> None:
    text = written(write_json, review("C-1"), review("C-2", 0))
    assert json.loads(text) == [review("C-1").to_dict(), review("C-2", 0).to_dict()]
    assert text.startswith('[\n  {\n    "claim_id": "C-1",\n')
    assert text.endswith("\n  }\n]\n")


def test_no_reviews_are_an_empty_list() -> None:
    assert written(write_json) == "[]\n"

"""Reviews as JSON and JSON Lines."""

from __future__ import annotations

import datetime as dt
import io
import json
from decimal import Decimal

import attrs

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


def test_what_findings_of_a_rule_share_is_never_taken_for_anothers() -> None:
    finding = Finding("a:r", "bundling", "deny", (1,), "no", (), Adjustment("97"), "none", Source("Policy"), {})
    others = [
        attrs.evolve(finding, **{name: value})
        for name, value in {
            "rule": "a:s", "stage": "frequency", "action": "warn", "lines": (2,), "message": "yes", "related_lines": (2,),
            "adjustment": Adjustment("97", ("N19",)), "cure": None, "source": Source("Policy", section="2"),
            "facts": {"code": "72192"}, "effect": {"units": 1}, "monitored": True,
        }.items()
    ]  # fmt: skip
    made = Review("C-1", "a", {}, (finding, *others, finding), (), (1, 2), "sha256:0")
    for _ in range(2):
        assert json.loads(encode_review(made)) == made.to_dict()


def test_a_host_may_build_findings_of_lists() -> None:
    adjustment = Adjustment("97", ["N19"])  # type: ignore[arg-type] # what a host without types may pass
    finding = Finding("a:r", "bundling", "deny", (1,), "no", adjustment=adjustment)
    made = Review("C-1", "a", {}, (finding,), (), (1,), "sha256:0")
    assert json.loads(encode_review(made)) == made.to_dict()


def test_facts_that_are_no_plain_values_are_written_as_a_dictionary_has_them() -> None:
    facts = {
        "day": dt.date(2026, 3, 2),
        "codes": ("2", "1"),
        "units": Decimal("2.00"),
        "set": frozenset({"b", "a"}),
        "n": 1,
    }
    made = Review("C-1", "a", {}, (Finding("a:r", "bundling", "deny", (1,), "no", facts=facts),), (), (1,), "sha256:0")
    assert json.loads(encode_review(made)) == made.to_dict()
    assert json.loads(encode_review(made))["findings"][0]["facts"] == {
        "day": "2026-03-02", "codes": ["2", "1"], "units": "2", "set": ["a", "b"], "n": 1,
    }  # fmt: skip

"""Runs the conformance cases, which are plain data; README.md beside this file says how another engine can."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from payerpack.baseline.editions import Edition, import_files, open_edition, starter_edition
from payerpack.engine import Engine
from payerpack.finding import Finding, Review
from payerpack.formats.structure import structure_history

HERE = Path(__file__).parent
CASES = [
    json.loads(line)
    for path in sorted((HERE / "cases").glob("*.jsonl"))
    for line in path.read_text("utf-8").splitlines()
]
AS_PUBLISHED = ("as_published", "rvu25d")


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> Any:
    @cache
    def named(name: str) -> Edition:
        if name == "starter":
            return starter_edition()
        root = tmp_path_factory.mktemp(name)
        if name == "small":
            import_files(sorted((HERE / "tables").iterdir()), root)
            return open_edition(root)
        folder = os.environ.get("PAYERPACK_CMS_DIR")
        if not folder:
            pytest.skip("needs CMS's full tables: PAYERPACK_CMS_DIR does not name a folder of them")
        files = [path for part in AS_PUBLISHED for path in sorted((Path(folder) / part).iterdir())]
        import_files(files, root)
        return open_edition(root)

    return named


@pytest.fixture(scope="module")
def engines(editions: Any) -> Any:
    return cache(lambda name: Engine(edition=editions(name)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any], engines: Any) -> None:
    history = [structure_history(line) for line in case.get("history", ())]

    review = engines(case["edition"]).review(case["claim"], case["policy"], history=history)

    found = {number: edits(review, case["policy"], int(number)) for number in case["expect"]}
    assert {number: {rule: f.action for rule, f in found[number].items()} for number in found} == case["expect"]
    for number, rules in case.get("facts", {}).items():
        for rule, wanted in rules.items():
            facts = found[number][rule].to_dict()["facts"]
            assert {name: facts.get(name) for name in wanted} == wanted
    told = " ".join(str(dict(finding.facts)) for finding in review.findings if "gap" in finding.facts)
    assert all(word in told for word in case.get("gaps", ()))


def edits(review: Review, policy: str, number: int) -> dict[str, Finding]:
    """Return the strongest finding of each edit of the policy's own pack on a line, by rule id; gaps are left out."""
    found: dict[str, Finding] = {}
    for finding in review.findings:
        pack, _, rule = finding.rule.partition(":")
        if pack == policy and number in finding.lines and "gap" not in finding.facts:
            found.setdefault(rule, finding)
    return found


def test_there_are_at_least_two_hundred_cases_each_with_a_source_and_a_name_of_its_own() -> None:
    assert len(CASES) >= 200
    assert all(case["source"] for case in CASES)
    assert len({case["name"] for case in CASES}) == len(CASES)

"""The conformance cases, run by the engine; the same data serves whoever writes another implementation."""

from decimal import Decimal, InvalidOperation
from pathlib import Path

import attrs
import pytest
import tomli

from payerpack.engine import Engine
from payerpack.facts import coerce
from payerpack.formats.structure import structure_history

HERE = Path(__file__).parent
HEAD = 'schema = 1\n[pack]\nid = "p"\nversion = "1"\n'
CLAIM = {
    "id": "C",
    "type": "professional",
    "payer": {"id": "1"},
    "patient": {"id": "P"},
    "billing_provider": {"npi": "1234567893", "tax_id": "930000000"},
}
CASES = [
    pytest.param(case, id=f"{file.stem}: {case['name']}")
    for file in sorted(HERE.glob("*.toml"))
    for case in tomli.loads(file.read_text(encoding="utf-8"))["case"]
]


def engine_of(case, folder):
    for number, text in enumerate([case["pack"], *case.get("parents", ())]):
        pack = folder / str(number)
        pack.mkdir()
        (pack / "pack.toml").write_text(text if "[pack]" in text else HEAD + text, encoding="utf-8")
        for name, rows in case.get("tables", {}).items():
            (pack / name).parent.mkdir(exist_ok=True)
            (pack / name).write_text(rows, encoding="utf-8")
    history = (
        None if case.get("no_history") else [earlier(case, n, line) for n, line in enumerate(case.get("history", ()))]
    )
    return Engine([folder], edition=object(), installed=False, history=history)


def claim_of(case):
    day = case.get("service_date", "2026-03-02")
    lines = [{"number": n, "service_date": day, **line} for n, line in enumerate(case["lines"], start=1)]
    return {**CLAIM, **case.get("claim", {}), "lines": lines}


def earlier(case, number, line):
    day = case.get("service_date", "2026-03-02")
    shared = {key: value for key, value in {**CLAIM, **case.get("claim", {})}.items() if key in SHARED}
    return structure_history({"claim_id": f"H{number + 1}", "service_date": day, "status": "paid", **shared, **line})


SHARED = {
    "type",
    "payer",
    "patient",
    "billing_provider",
    "line_of_business",
    "state",
    "coverage",
    "contract",
    "attributes",
}


def supplied_of(case, catalogue):
    return {
        (None if line == "*" else int(line), name): coerce(value, catalogue.find(name).type)
        for line, facts in case.get("facts", {}).items()
        for name, value in facts.items()
    }


def found(finding):
    adjustment = finding.adjustment
    return {
        "rule": finding.rule.removeprefix("p:"),
        "action": finding.action,
        "lines": sorted(finding.lines),
        "related_lines": sorted(finding.related_lines),
        "message": finding.message,
        "stage": finding.stage,
        "cure": finding.cure,
        "monitored": finding.monitored,
        "effect": {key: number(value) for key, value in (finding.effect or {}).items()},
        "carc": adjustment.carc if adjustment else "",
        "rarc": list(adjustment.rarc) if adjustment else [],
        "group": adjustment.group if adjustment else "",
    }


def number(value):
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return value


def place(finding):
    return finding["rule"], finding["action"], finding["lines"]


@pytest.mark.parametrize("case", CASES)
def test_the_engine_conforms(case, tmp_path):
    engine = engine_of(case, tmp_path)
    policy = engine.policy("p")
    supplied = supplied_of(case, policy.compiled.catalogue)
    review = engine.review(claim_of(case), "p", as_of=case.get("as_of"), supplied=supplied)
    assert [line.outcome for line in review.lines] == case["expect"], [attrs.asdict(f) for f in review.lines]
    if "primary" in case:
        assert [line.primary.removeprefix("p:") for line in review.lines] == case["primary"]
    if "notes" in case:
        assert len(review.notes) == case["notes"]
    if "findings" in case:
        got = sorted(map(found, review.findings), key=place)
        wanted = sorted(case["findings"], key=place)
        assert list(map(place, got)) == list(map(place, wanted))
        for one, expected in zip(got, wanted, strict=True):
            told = (
                {**expected, "effect": {k: number(v) for k, v in expected["effect"].items()}}
                if "effect" in expected
                else expected
            )
            assert {key: one[key] for key in told} == told


def test_every_file_of_the_suite_has_cases():
    assert len(CASES) > 60
    assert {file.stem for file in HERE.glob("*.toml")} == {param.id.partition(":")[0] for param in CASES}

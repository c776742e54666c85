"""One claim compared across all payers, cell by cell, with the published positions that the cells come from.

README.md beside this file says how another engine can run the data.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
import tomli

from payerpack import Engine
from payerpack.baseline.editions import starter_edition
from payerpack.cli.compare import Cell, Column, column_of, compared, policies
from payerpack.formats.structure import structure_claim
from payerpack.packs.load import load_pack

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
DATA = tomli.loads((HERE / "positions.toml").read_text("utf-8"))
POLICIES = tomli.loads((HERE / "outcomes.toml").read_text("utf-8"))["policy"]
BASE = json.loads((HERE / "claims" / "acetabular-fracture.json").read_text("utf-8"))
CLAIMS = {claim["name"]: claim for claim in DATA["claim"]}
FOLDERS = sorted(
    folder.parent
    for folder in (ROOT / "plugins").glob("payerpack-*/*/packs/*/pack.toml")
    if "payerpack-example" not in folder.parts
)
PACKS = [load_pack(folder) for folder in FOLDERS]
WRITTEN_FOR = dt.date(2026, 2, 3)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(FOLDERS, edition=starter_edition(), installed=True)


def named(policy: dict[str, Any]) -> str:
    return f"{policy['id']} {policy['version']}"


def as_billed_to(policy: dict[str, Any], name: str, day: dt.date) -> dict[str, Any]:
    """Returns one of the claims as the data describe it: of the policy's payer, on a date; births move along."""
    changed, scope = CLAIMS[name], policy["claim"]
    birth = dt.date.fromisoformat(changed.get("birth_date", BASE["patient"]["birth_date"])) + (day - WRITTEN_FOR)
    lines = [
        {"number": number, "code": code, "modifiers": modifiers, "units": 1, "service_date": day.isoformat()}
        for number, (code, *modifiers) in enumerate(
            (text.split("-") for text in changed.get("lines", ["72192-26", "76377-26"])), 1
        )
    ]
    facts = {**BASE["attestations"][0]["facts"], **changed.get("facts", {})}
    unknown = changed.get("unknown", [])
    known = {} if unknown == ["all"] else {fact: value for fact, value in facts.items() if fact not in unknown}
    covered = changed.get("authorizations", [["72192", "76377"]])
    return {
        **BASE,
        "id": "C-1",
        "payer": {"id": scope["payer"]},
        "line_of_business": scope["line_of_business"],
        "state": scope["state"],
        "place_of_service": changed.get("place_of_service", BASE["place_of_service"]),
        "diagnoses": changed.get("diagnoses", BASE["diagnoses"]),
        "patient": {**BASE["patient"], "birth_date": birth.isoformat()},
        "authorizations": [{"number": f"A{n}", "codes": codes} for n, codes in enumerate(covered, 1)],
        "lines": lines,
        "attestations": [{"lines": [len(lines)], "facts": known}] if known else [],
    }


def rendering(engine: Engine, record: dict[str, Any], policy: str) -> tuple[Column, Cell]:
    claim = structure_claim(record)
    column = column_of(engine, claim, policy, debug=True)
    *_, cell = compared(claim, [column])
    return column, cell


def in_words(cell: Cell) -> str:
    """Returns a cell as the data have it; what only tells of a gap of the edition counts for nothing."""
    finding = cell.finding
    told = "accept"
    if finding is not None and not finding.rule.endswith(":coverage"):
        cure = "none" if cell.incurable else finding.cure
        told = " ".join(filter(None, (cell.result, finding.rule, cure)))
    monitored = ", ".join(f"{other.action} {other.rule}" for other in cell.monitored)
    return f"{told}; monitored: {monitored}" if monitored else told


def wanted(name: str, policy: str) -> str:
    cells = CLAIMS[name]["cells"]
    return str(cells.get(policy, cells["others"]))


@pytest.mark.parametrize("name", CLAIMS)
@pytest.mark.parametrize("policy", POLICIES, ids=named)
def test_a_cell_is_what_the_payers_position_says(engine: Engine, policy: dict[str, Any], name: str) -> None:
    column, cell = rendering(engine, as_billed_to(policy, name, policy["service_date"]), policy["id"])

    assert column.review is not None
    assert column.review.packs[policy["id"]] == policy["version"]
    assert in_words(cell) == wanted(name, named(policy))
    assert column.scope == (("its status is draft",) if policy.get("by_id") else ())


@pytest.mark.parametrize(
    ("edge", "day", "expected"),
    [(edge, dt.date.fromisoformat(day), told) for edge in DATA["edge"] for day, told in edge["cells"].items()],
    ids=lambda one: one["policy"] if isinstance(one, dict) else str(one),
)
def test_a_position_holds_from_its_first_day_to_its_last(
    engine: Engine, edge: dict[str, Any], day: dt.date, expected: str
) -> None:
    policy = next(policy for policy in POLICIES if policy["id"] == edge["policy"])
    record = as_billed_to(policy, edge["claim"], day)
    column, cell = rendering(engine, record, edge["policy"])

    if expected == "not in force":
        assert "it is in force from" in column.out_of_scope
        assert f"the claim is of {day}" in column.out_of_scope
        assert edge["policy"] not in policies(engine, structure_claim(record))
        assert edge["policy"] not in in_words(cell)
    else:
        assert column.scope == ()
        assert edge["policy"] in policies(engine, structure_claim(record))
        assert in_words(cell) == expected


def test_every_rule_of_a_payers_pack_states_one_of_the_positions() -> None:
    stated = [rule for position in DATA["position"] for rule in position["rules"]]

    assert len(set(stated)) == len(stated)
    assert {f"{pack.id}:{rule['id']}" for pack in PACKS for rule, _ in pack.rules} <= set(stated)


def test_a_rule_cites_the_document_of_its_position() -> None:
    document = {rule: position["document"] for position in DATA["position"] for rule in position["rules"]}

    for pack in PACKS:
        for rule, _ in pack.rules:
            assert document[f"{pack.id}:{rule['id']}"] in rule["source"]["title"]


def test_what_decides_a_cell_is_one_of_the_positions_or_the_baseline() -> None:
    stated = {rule for position in DATA["position"] for rule in position["rules"]}
    decides = {
        word
        for claim in CLAIMS.values()
        for told in claim["cells"].values()
        for word in told.replace(",", "").split()
        if ":" in word.rstrip(":")
    }

    assert decides - stated == {"cpt-imaging-3d:necessity", "cpt-imaging-3d:necessity-evidence"}


def test_every_first_and_last_day_of_a_payers_pack_is_an_edge() -> None:
    days = {(edge["policy"], day) for edge in DATA["edge"] for day in edge["cells"]}

    for pack in PACKS:
        for dates in (pack.effective, *(rule.get("effective", {}) for rule, _ in pack.rules)):
            start = dates.get("from") if isinstance(dates, dict) else dates.start
            end = dates.get("to") if isinstance(dates, dict) else dates.end
            if start is not None:
                assert {(pack.id, f"{start - dt.timedelta(1)}"), (pack.id, f"{start}")} <= days
            if end is not None:
                assert {(pack.id, f"{end}"), (pack.id, f"{end + dt.timedelta(1)}")} <= days


def test_the_reference_of_payers_has_a_row_for_every_position() -> None:
    reference = (ROOT / "docs" / "reference" / "payers.md").read_text("utf-8")
    rows = {
        int(cells[0]): cells[1:]
        for cells in ([cell.strip() for cell in row.strip("|").split("|")] for row in reference.splitlines())
        if cells[0].isdigit()
    }

    assert list(rows) == list(range(1, 23))
    for position in DATA["position"]:
        packs = {rule.partition(":")[0] for rule in position["rules"]}
        assert all(f"`{pack}`" in rows[position["number"]][-1] for pack in packs)

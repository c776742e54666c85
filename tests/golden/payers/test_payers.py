"""What every payer's policy makes of five claims, as plain data; and what every payer's pack owes its reader.

README.md beside this file says how another engine can run the data.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
import tomli

from payerpack import Engine, Review
from payerpack.baseline.editions import starter_edition
from payerpack.pack_tests import case_history
from payerpack.packs.cases import read_cases
from payerpack.packs.expectations import differences, read_expected
from payerpack.packs.load import load_pack
from payerpack.packs.model import Pack
from payerpack.packs.shapes import Checker

HERE = Path(__file__).parent
PLUGINS = HERE.parents[2] / "plugins"
CLAIMS = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted((HERE / "claims").glob("*.json"))}
POLICIES = tomli.loads((HERE / "outcomes.toml").read_text("utf-8"))["policy"]
FOLDERS = sorted(
    folder.parent
    for folder in PLUGINS.glob("payerpack-*/*/packs/*/pack.toml")
    if "payerpack-example" not in folder.parts
)
DISTRIBUTIONS = sorted({folder.parents[2] for folder in FOLDERS})
WRITTEN_FOR = dt.date(2026, 2, 3)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(FOLDERS, edition=starter_edition())


def moved(claim: dict[str, Any], policy: dict[str, Any]) -> dict[str, Any]:
    """Returns the claim as one of this policy's payer, on its date; births move along, so that ages stay."""

    def day(text: str) -> str:
        return (dt.date.fromisoformat(text) + (policy["service_date"] - WRITTEN_FOR)).isoformat()

    payer = policy["claim"]
    return {
        **claim,
        "payer": {"id": payer["payer"]},
        "line_of_business": payer["line_of_business"],
        "state": payer["state"],
        "patient": {**claim["patient"], "birth_date": day(claim["patient"]["birth_date"])},
        "lines": [{**line, "service_date": day(line["service_date"])} for line in claim["lines"]],
    }


def reviewed(engine: Engine, policy: dict[str, Any], scenario: str) -> Review:
    claim = moved(CLAIMS[scenario], policy)
    return engine.review(claim, policy["id"] if policy.get("by_id") else None)


def expected(outcomes: dict[str, str]) -> dict[int, Any]:
    return {
        int(number): read_expected(dict(zip(("action", "rule"), text.split(), strict=True)), (), Checker(HERE))
        for number, text in outcomes.items()
    }


def named(policy: dict[str, Any]) -> str:
    return f"{policy['id']}-{policy['version']}"


def test_the_data_name_every_version_of_every_payers_pack() -> None:
    packs = {(pack.id, pack.version) for pack in map(load_pack, FOLDERS)}

    assert packs == {(policy["id"], policy["version"]) for policy in POLICIES if not policy["id"].startswith("ncci-")}


@pytest.mark.parametrize("scenario", CLAIMS)
@pytest.mark.parametrize("policy", POLICIES, ids=named)
def test_a_claim_comes_out_as_the_data_say(engine: Engine, policy: dict[str, Any], scenario: str) -> None:
    review = reviewed(engine, policy, scenario)

    assert (review.policy, review.packs[review.policy]) == (policy["id"], policy["version"])
    assert list(differences(expected(policy["expect"][scenario]), review)) == []


@pytest.mark.parametrize("scenario", CLAIMS)
@pytest.mark.parametrize("policy", POLICIES, ids=named)
def test_what_is_only_monitored_is_what_the_data_say(engine: Engine, policy: dict[str, Any], scenario: str) -> None:
    review = reviewed(engine, policy, scenario)

    found: dict[str, list[str]] = {}
    for finding in review.findings:
        if finding.monitored:
            found.setdefault(str(finding.lines[0]), []).append(f"{finding.action} {finding.rule.partition(':')[2]}")
    assert {line: sorted(told) for line, told in found.items()} == policy.get("monitored", {}).get(scenario, {})


@pytest.mark.parametrize(
    ("payer", "line_of_business", "state", "day"),
    [
        ("NOVITAS", "medicare", "PA", "2015-09-30"),
        ("NOVITAS", "medicare", "PA", "2023-09-29"),
        ("NOVITAS", "medicare_advantage", "PA", "2022-05-20"),
        ("FIRST-COAST", "medicare", "FL", "2012-12-31"),
        ("ANTHEM", "medicare_advantage", "CT", "2026-02-03"),
        ("UHCCP-OH", "medicaid", "IN", "2026-02-03"),
        ("UHCCP-OH", "medicaid", "OH", "2025-10-31"),
        ("HIGHMARK-WV", "medicare_advantage", "PA", "2026-02-03"),
        ("MOLINA", "medicare_advantage", "MI", "2026-02-03"),
        ("BCBSNC", "commercial", "NC", "2026-02-03"),
    ],
)
def test_out_of_its_dates_lines_of_business_and_states_a_pack_reviews_nothing(
    engine: Engine, payer: str, line_of_business: str, state: str, day: str
) -> None:
    scope = {"payer": payer, "line_of_business": line_of_business, "state": state}
    claim = moved(CLAIMS["acetabular-fracture"], {"claim": scope, "service_date": dt.date.fromisoformat(day)})

    review = engine.review(claim)

    assert review.policy == ("ncci-medicaid" if line_of_business == "medicaid" else "ncci-medicare")
    assert any(f"no payer's pack applies to payer {payer}" in note for note in review.notes)


@pytest.mark.parametrize(
    ("day", "version"),
    [("2013-01-01", "2013.1"), ("2015-09-30", "2013.1"), ("2015-10-01", "2015.10"), ("2026-02-03", "2015.10")],
)
def test_of_two_versions_side_by_side_the_date_of_service_picks_one(engine: Engine, day: str, version: str) -> None:
    scope = {"payer": "FIRST-COAST", "line_of_business": "medicare", "state": "FL"}
    claim = moved(CLAIMS["acetabular-fracture"], {"claim": scope, "service_date": dt.date.fromisoformat(day)})

    assert engine.review(claim).packs["first-coast-3d"] == version


@pytest.mark.parametrize(
    "policy",
    [policy for policy in POLICIES if not policy["id"].startswith("ncci-") and not policy.get("by_id")],
    ids=named,
)
def test_a_deployments_own_pack_gives_its_payer_ids_and_inherits_the_rest(
    policy: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "pack.toml").write_text(
        f"""
schema = 1
[pack]
id = "ours"
version = "1"
extends = "{policy["id"]} =={policy["version"]}"
applies_to = {{ payer = ["PAYER-ID-OF-OURS"] }}
""",
        "utf-8",
    )
    engine = Engine([*FOLDERS, tmp_path], edition=starter_edition())
    ours = {**policy, "claim": {**policy["claim"], "payer": "PAYER-ID-OF-OURS"}}

    for scenario, outcomes in policy["expect"].items():
        review = reviewed(engine, ours, scenario)

        assert review.policy == "ours"
        assert list(differences(expected(outcomes), review)) == []


@pytest.mark.parametrize(("share", "told"), [(0.2, []), (0.21, ["warn"]), (None, [])])
def test_the_share_of_a_practice_is_reported_and_decides_nothing(
    engine: Engine, share: float | None, told: list[str]
) -> None:
    (policy,) = [policy for policy in POLICIES if policy["id"] == "highmark-m-57-002"]
    attributes = {} if share is None else {"billing_provider.share_3d": share}
    claim = {**moved(CLAIMS["acetabular-fracture"], policy), "attributes": attributes}

    review = engine.review(claim)

    assert [f.action for f in review.findings if f.rule == "highmark-m-57-002:practice-share" and f.monitored] == told
    assert list(differences({}, review)) == []


def sources(pack: Pack) -> dict[str, dict[str, Any]]:
    written = [*(rule for rule, _ in pack.rules), *(override for override, _ in pack.overrides)]
    return {str(entry.get("id", entry.get("rule"))): entry.get("source", {}) for entry in written}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_rule_cites_its_document_and_how_sure_it_is(folder: Path) -> None:
    pack = load_pack(folder)

    sure = {"unverified"} if pack.status == "draft" else {"high", "medium"}
    for name, source in sources(pack).items():
        assert source.keys() >= {"title", "reviewed", "confidence"}, name
        assert source["confidence"] in sure, name
    rules = [rule["source"] for rule, _ in pack.rules]
    assert all(source["url"].startswith("https://") and source["section"] for source in rules)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_rule_fires_in_one_test_of_its_pack_and_is_silent_in_another(engine: Engine, folder: Path) -> None:
    pack = load_pack(folder)
    policy = engine.policy(f"{pack.id}=={pack.version}")
    fired: list[set[str]] = []
    for case in read_cases(pack, policy.compiled.catalogue):
        history = case_history(case)
        review = engine.review(case.claim, case.policy, as_of=case.as_of, supplied=case.supplied, history=history)
        fired.append({finding.rule for finding in review.findings})

    rules = {f"{pack.id}:{rule['id']}" for rule, _ in pack.rules}
    assert rules <= set.union(*fired)
    assert not rules & set.intersection(*fired)


@pytest.mark.parametrize("folder", DISTRIBUTIONS, ids=lambda folder: folder.name)
def test_the_readme_says_whose_the_adjustment_codes_are_and_whose_the_distribution_is_not(folder: Path) -> None:
    text = " ".join((folder / "README.md").read_text("utf-8").split())

    assert "The adjustment codes are our mapping; the policy names none." in text
    assert "Not affiliated with" in text


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_reference_of_payers_names_every_version_of_every_pack(folder: Path) -> None:
    pack = load_pack(folder)
    reference = (PLUGINS.parent / "docs" / "reference" / "payers.md").read_text("utf-8")

    assert f"`{pack.id}` {pack.version}" in reference

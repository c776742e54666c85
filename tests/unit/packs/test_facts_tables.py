import pytest

from payerpack.facts import CATALOGUE, free_fact
from payerpack.packs.dotted import flatten_facts


def flat(table, **options):
    return {name: (matcher, path) for name, matcher, path in flatten_facts(table, **options)}


def test_a_plain_fact_stands_for_itself() -> None:
    assert flat({"code": "76377"}) == {"code": ("76377", ("code",))}


def test_nested_tables_are_namespaces() -> None:
    table = {"claim": {"contract": {"pays_3d": True}}, "report": {"workstation": "pacs"}}
    assert flat(table) == {
        "claim.contract.pays_3d": (True, ("claim", "contract", "pays_3d")),
        "report.workstation": ("pacs", ("report", "workstation")),
    }


def test_a_quoted_dotted_key_is_one_name() -> None:
    assert flat({"report.workstation": "pacs"}) == {"report.workstation": ("pacs", ("report.workstation",))}


def test_a_table_of_matcher_keys_is_a_matcher() -> None:
    assert flat({"units": {"min": 2, "max": 3}})["units"] == ({"min": 2, "max": 3}, ("units",))


@pytest.mark.parametrize("name", ["from", "to"])
def test_a_namespace_whose_facts_are_called_like_matcher_keys_stays_one(name) -> None:
    table = {"authorization": {name: {"before": "2026-01-01"}}}
    assert list(flat(table)) == [f"authorization.{name}"]


def test_a_known_fact_with_an_unknown_matcher_key_is_still_that_fact() -> None:
    assert flat({"units": {"mim": 2}}) == {"units": ({"mim": 2}, ("units",))}


def test_free_facts_of_contract_and_coverage_may_be_compared_or_nested() -> None:
    table = {"coverage": {"deductible": {"max": 5}, "plan": {"tier": "gold"}}}
    assert list(flat(table)) == ["coverage.deductible", "coverage.plan.tier"]


def test_a_declared_fact_counts_as_known() -> None:
    catalogue = CATALOGUE.with_facts([free_fact("profile.share.known")])
    assert list(flat({"profile": {"share": {"known": True}}}, catalogue=catalogue)) == ["profile.share.known"]
    assert list(flat({"profile": {"share": {"known": True}}})) == ["profile.share"]


def test_groups_and_the_keys_of_a_line_are_no_facts() -> None:
    table = {"code": "1", "any": [{}], "none": [{}], "with": {}, "same": ["patient"]}
    assert list(flat(table, skip=["same"])) == ["code"]


def test_none_inside_a_fact_is_a_matcher() -> None:
    assert flat({"modifiers": {"none": ["59"]}}) == {"modifiers": ({"none": ["59"]}, ("modifiers",))}

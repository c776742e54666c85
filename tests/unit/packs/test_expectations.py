import pytest

from payerpack.finding import Adjustment, Finding, Review
from payerpack.packs.cases import Case
from payerpack.packs.expectations import Expected, differences, run_cases
from payerpack.packs.model import Place

DENIED = Finding(
    "acme:integral",
    "bundling",
    "deny",
    (2,),
    "76377 is integral to 74177",
    (1,),
    Adjustment("97", ("N19", "M15")),
    cure="none",
)
CAPPED = Finding("acme:once", "frequency", "cap", (2,), "too many", effect={"units": 1, "percent": "50"})


def review(*findings: Finding) -> Review:
    return Review("test", "acme", {}, tuple(sorted(findings, key=Finding.sort_key)), numbers=(1, 2))


def differing(expect: dict[int, Expected], *findings: Finding) -> list[str]:
    return list(differences(expect, review(*findings)))


def test_what_is_expected_and_found_does_not_differ() -> None:
    assert differing({2: Expected("deny", "integral")}, DENIED) == []
    assert differing({2: Expected("deny", "acme:integral")}, DENIED) == []


def test_a_line_that_is_not_named_must_be_accepted() -> None:
    assert differing({}, DENIED) == ["line 2: expected accept, got deny by acme:integral (76377 is integral to 74177)"]


def test_another_outcome_is_told_with_the_rule_and_the_reason() -> None:
    assert differing({2: Expected("pend", "evidence")}, DENIED) == [
        "line 2: expected pend by evidence, got deny by acme:integral (76377 is integral to 74177)"
    ]


def test_nothing_found_is_told_too() -> None:
    assert differing({2: Expected("deny", "integral")}) == ["line 2: expected deny by integral, got accept"]


def test_another_rule_that_decides_is_told() -> None:
    assert differing({2: Expected("deny", "integrals")}, DENIED) == [
        "line 2: expected deny by integrals, got deny by acme:integral"
    ]


def test_weaker_findings_may_stand_beside_the_deciding_one() -> None:
    assert differing({2: Expected("deny", "integral")}, DENIED, CAPPED) == []


def test_a_monitored_finding_decides_nothing() -> None:
    watched = Finding("acme:new", "bundling", "reject", (2,), monitored=True)
    assert differing({2: Expected("deny", "integral")}, DENIED, watched) == []
    assert differing({}, watched) == []


@pytest.mark.parametrize(
    ("key", "right", "wrong"),
    [
        ("carc", "97", "96"),
        ("rarc", ["M15", "N19"], ["N19"]),
        ("group", "CO", "PR"),
        ("cure", "none", "modifier"),
        ("stage", "bundling", "frequency"),
        ("related_lines", [1], [2]),
        ("message", "integral to", "exclusive"),
    ],
)
def test_the_deciding_finding_is_compared_key_by_key(key, right, wrong) -> None:
    assert differing({2: Expected("deny", keys={key: right})}, DENIED) == []
    assert len(differing({2: Expected("deny", keys={key: wrong})}, DENIED)) == 1


@pytest.mark.parametrize(
    ("key", "right", "wrong"), [("units", 1, 2), ("max_units", "1.0", 2), ("percent", 50, 25), ("to_code", None, "1")]
)
def test_the_effect_is_compared_by_value(key, right, wrong) -> None:
    if right is not None:
        assert differing({2: Expected("cap", keys={key: right})}, CAPPED) == []
    assert len(differing({2: Expected("cap", keys={key: wrong})}, CAPPED)) == 1


def case(todo: str = "") -> Case:
    place = Place(__file__, ("test", 0))
    return Case("x", place, {}, {}, (), {2: Expected("deny")}, "acme", todo=todo)


def test_a_test_passes_when_nothing_differs() -> None:
    (result,) = run_cases([case()], lambda _: review(DENIED))
    assert result.passed
    (result,) = run_cases([case()], lambda _: review())
    assert result.failures == ("line 2: expected deny, got accept",)


def test_a_known_gap_must_still_fail() -> None:
    (result,) = run_cases([case("needs the July table")], lambda _: review())
    assert result.passed
    (result,) = run_cases([case("needs the July table")], lambda _: review(DENIED))
    assert result.failures == ('it holds, though todo says "needs the July table"; take todo out',)


def test_a_gap_of_the_edition_may_be_expected_and_is_never_what_differs() -> None:
    gap = Finding("base:coverage", "eligibility", "inform", (1, 2), "no edition covers it", facts={"gap": "mue"})
    assert differing({1: Expected("inform", "coverage"), 2: Expected("inform")}, gap) == []
    assert differing({1: Expected("deny", "integral")}, gap) == ["line 1: expected deny by integral, got accept"]

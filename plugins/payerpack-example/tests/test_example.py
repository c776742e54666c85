"""What the plugin adds to its pack: the override, and that no other payer's claim ever meets either of them."""

from types import SimpleNamespace

import pytest

from payerpack import Engine, Finding
from payerpack.hookspecs import hookimpl
from payerpack.plugins.catalog import catalog
from payerpack.plugins.listing import hooks
from payerpack.plugins.plan import CHANGES, Registered, build_plan
from payerpack_example import plugin

EVIDENCE = {"workstation": "independent", "supervision": "concurrent", "necessity": "strong"}


@pytest.fixture(scope="module")
def engine():
    return Engine()


@pytest.fixture(scope="module")
def without():
    return Engine(blocked=["payerpack-example"])


def claim(payer="EXAMPLE", *, facts=EVIDENCE, **more):
    line = {"service_date": "2024-08-15"}
    return {
        "id": "C-1",
        "type": "professional",
        "payer": {"id": payer},
        "line_of_business": "commercial",
        "patient": {"id": "P-1"},
        "billing_provider": {"npi": "1234567893", "tax_id": "930000000"},
        "lines": [{"number": 1, "code": "72192", **line}, {"number": 2, "code": "76377", **line}],
        "attestations": [{"lines": [2], "facts": facts}],
        **more,
    }


def decided(review):
    return {line.number: (line.outcome, line.primary) for line in review.lines}[2]


def bundling(review):
    return [finding.rule for finding in review.findings if finding.stage == "bundling" and 2 in finding.lines]


def test_the_plugin_is_found_by_its_entry_point_without_running_it():
    installed = catalog().find("payerpack-example >=1,<2")

    assert hooks(installed) == ("check_bundling (wrapper)",)


def test_the_best_documents_cannot_overturn_the_denial(engine):
    review = engine.review(claim())

    (denial,) = [finding for finding in review.findings if finding.rule == plugin.INTEGRAL]
    assert (review.policy, denial.action, denial.cure, denial.adjustment.carc, denial.lines, denial.related_lines) == (
        "example-health", "deny", "none", "97", (2,), (1,),
    )  # fmt: skip


def test_a_contract_that_pays_for_3d_is_left_to_the_baseline(engine):
    review = engine.review(claim(contract={"pays_3d": True}))

    assert bundling(review) == []


def test_an_integral_line_has_one_bundling_explanation_and_the_trace_names_what_was_withdrawn(engine):
    review = engine.review(claim(facts={"workstation": "not_independent"}))

    assert bundling(review) == [plugin.INTEGRAL]
    assert any("payerpack-example 1.0.0 overrode check_bundling" in note for note in review.notes)
    assert any("cpt-imaging-3d:workstation (recode) on line 2" in note for note in review.notes)


def test_without_the_plugin_the_recode_stands_beside_the_denial_and_the_review_says_what_is_missing(without):
    review = without.review(claim(facts={"workstation": "not_independent"}))

    assert sorted(bundling(review)) == ["cpt-imaging-3d:workstation", plugin.INTEGRAL]
    assert any("payerpack-example is blocked" in note for note in review.notes)


def test_where_the_payer_does_not_deny_the_recode_stands(engine):
    review = engine.review(claim(facts={"workstation": "not_independent"}, contract={"pays_3d": True}))

    assert decided(review) == ("recode", "cpt-imaging-3d:workstation")
    assert not any("overrode" in note for note in review.notes)


@pytest.mark.parametrize("payer", ["OTHER", "60054", "EXAMPLE2"])
@pytest.mark.parametrize("facts", [EVIDENCE, {"workstation": "not_independent"}, {}])
def test_another_payers_claim_is_reviewed_as_if_the_plugin_were_not_there(engine, without, payer, facts):
    one, other = (each.review(claim(payer, facts=facts)) for each in (engine, without))

    assert one.to_dict() == other.to_dict()
    assert "example-health" not in one.packs


@pytest.mark.parametrize("policy", ["ncci-medicare", "cpt-imaging-3d"])
def test_no_policy_of_another_payer_holds_the_plugin(engine, policy):
    assert "payerpack-example" not in [one.name for one in engine.policy(policy).plan.registered]


def found(*findings):
    """Runs the override around these findings."""

    class Rules:
        @hookimpl
        def check_bundling(self):
            return list(findings)

    context = SimpleNamespace(cache={})
    plan = build_plan(
        [
            Registered("rules", "1", "payerpack", Rules()),
            Registered("payerpack-example", "1", "payerpack-example", plugin),
        ]
    )
    return plan.check(None, context), context.cache.get(CHANGES, [])


def finding(action, *lines, rule="ncci-medicare:ptp", monitored=False):
    return Finding(rule, "bundling", action, lines, monitored=monitored)


def test_what_is_stronger_than_the_denial_stands():
    integral, rejected = finding("deny", 2, rule=plugin.INTEGRAL), finding("reject", 2)

    assert found(integral, rejected) == ([integral, rejected], [])


def test_another_lines_findings_stand():
    integral, other, both, whole = (
        finding("deny", 2, rule=plugin.INTEGRAL), finding("deny", 1), finding("combine", 1, 2), finding("warn"),
    )  # fmt: skip

    assert found(integral, other, both, whole) == ([integral, other, both, whole], [])


def test_a_denial_that_is_only_monitored_withdraws_nothing():
    integral, pair = finding("deny", 2, rule=plugin.INTEGRAL, monitored=True), finding("deny", 2)

    assert found(integral, pair) == ([integral, pair], [])


def test_a_pair_that_a_modifier_would_cure_is_withdrawn_and_kept_in_the_trace():
    integral, pair = finding("deny", 2, rule=plugin.INTEGRAL), finding("deny", 2)

    stands, (change,) = found(integral, pair)

    assert (stands, change.removed, change.added) == ([integral], (pair,), ())

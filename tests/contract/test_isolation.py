"""Each payer's reviews are the same whatever else is installed: on random claims, to the byte."""

import json

import pytest
from hypothesis import HealthCheck, given, settings

from payerpack import Engine, PackError, RoutingError
from payerpack.plugins.catalog import catalog
from payerpack.testing import claim, engine, strategies
from payerpack.testing.samples import STATES

COUNTS = """
@hookimpl
def check_bundling(self, claim):
    return [Finding("{name}:counted", "bundling", "inform", (line.number,), "{name} was here")
            for line in claim.lines if line.code == "76376"]
"""
WITHDRAWS = """
@hookimpl(wrapper=True)
def check_bundling(self):
    found = yield
    return [finding for finding in found if finding.action != "deny"]
"""
SUPPLIES = """
@hookimpl
def supply_facts(self, claim):
    return {{(line.number, "report.necessity"): "none" for line in claim.lines}}
"""
PAYERS = {"payerpack-alpha": COUNTS, "payerpack-beta": WITHDRAWS, "payerpack-gamma": SUPPLIES, "payerpack-delta": None}
"""Four payers: one adds findings, one takes findings of others away, one supplies facts, one has no code."""


@pytest.fixture
def engines(install, pack_text):
    """An engine with everything, one with each payer alone, and one with none; by payer id."""
    folders, plugins = {}, {}
    for name, body in PAYERS.items():
        short = name.removeprefix("payerpack-")
        head = f'plugins = ["{name}"]' if body else ""
        home = install(name, {short: pack_text(short, head)}, body and body.format(name=name))
        folders[short], plugins[short] = home / "packs", [one for one in catalog().plugins if one.name == name]
    alone = {short.upper(): engine([folder], plugins[short]) for short, folder in folders.items()}
    return {"all": Engine(), "none": engine(), **alone}


def told(review):
    return json.dumps(review.to_dict(), sort_keys=True)


payers = [name.removeprefix("payerpack-").upper() for name in PAYERS]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=strategies.claims(codes=("76376", "76377", "72192", "70553"), payers=payers, states=STATES))
def test_a_payers_review_is_the_same_with_everybody_installed_and_alone(engines, made):
    assert told(engines["all"].review(made)) == told(engines[made.payer.id].review(made))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=strategies.claims(payers=("NO-SUCH-PAYER",)))
def test_a_claim_of_nobodys_payer_is_reviewed_as_if_nothing_were_installed(engines, made):
    assert told(engines["all"].review(made)) == told(engines["none"].review(made))


def test_a_wrapper_withdraws_the_denials_of_its_own_payer_and_of_no_other(engines):
    both = "72192 76377"

    mine, theirs = (engines["all"].review(claim(both, payer=payer)) for payer in ("BETA", "DELTA"))

    assert "beta:integral" not in [finding.rule for finding in mine.findings]
    assert any("payerpack-beta 1.0 overrode check_bundling: removed beta:integral" in note for note in mine.notes)
    assert "delta:integral" in [finding.rule for finding in theirs.findings]


def test_each_policy_holds_its_own_plugins_alone(engines):
    held = {
        short: [one.name for one in engines["all"].policy(short).plan.registered if one.distribution != "payerpack"]
        for short in ("alpha", "beta", "gamma", "delta")
    }

    assert held == {
        "alpha": ["payerpack-alpha"],
        "beta": ["payerpack-beta"],
        "gamma": ["payerpack-gamma"],
        "delta": [],
    }


def test_two_distributions_that_claim_one_payer_are_an_error_that_names_both(install, pack_text):
    install("payerpack-one", {"one": pack_text("one", payer="SHARED")})
    install("payerpack-two", {"two": pack_text("two", payer="SHARED")})

    with pytest.raises(RoutingError) as caught:
        Engine().review(claim("72192", payer="SHARED"))

    assert "one 2026.1 (payerpack-one 1.0) and two 2026.1 (payerpack-two 1.0) apply equally closely" in str(
        caught.value
    )


def test_the_closer_of_two_packs_for_one_payer_reviews(install, pack_text):
    closer = 'applies_to = { payer = ["SHARED"], state = ["OR"] }'
    install("payerpack-one", {"one": pack_text("one", payer="SHARED")})
    install("payerpack-two", {"two": pack_text("two", closer)})

    made = Engine()

    assert made.review(claim("72192", payer="SHARED", state="OR")).policy == "two"
    assert made.review(claim("72192", payer="SHARED", state="WA")).policy == "one"


def test_another_payers_claims_do_not_notice_that_two_claim_one_payer(install, pack_text):
    install("payerpack-one", {"one": pack_text("one", payer="SHARED")})
    install("payerpack-two", {"two": pack_text("two", payer="SHARED")})

    assert told(Engine().review(claim("72192", payer="OTHER"))) == told(engine().review(claim("72192", payer="OTHER")))


def test_one_pack_from_two_distributions_with_different_contents_is_an_error_that_names_both(install, pack_text):
    install("payerpack-one", {"shared": pack_text("shared")})
    install("payerpack-two", {"shared": pack_text("shared", 'title = "another"')})

    with pytest.raises(PackError, match=r"payerpack-one 1\.0 and payerpack-two 1\.0 both bring version 2026\.1"):
        Engine().policy("shared")


def test_a_plugin_name_that_two_distributions_have_is_an_error_that_names_both(install, pack_text):
    install(
        "payerpack-one", {"one": pack_text("one", 'plugins = ["payerpack-one"]')}, COUNTS.format(name="payerpack-one")
    )
    other = install("payerpack-two", {}, COUNTS.format(name="payerpack-two"))
    metadata = next(other.parent.glob("*.dist-info")) / "entry_points.txt"
    metadata.write_text(metadata.read_text("utf-8").replace("payerpack-two =", "payerpack-one ="), "utf-8")
    catalog.cache_clear()

    with pytest.raises(PackError, match=r"payerpack-one of payerpack-one 1\.0 and payerpack-one of payerpack-two 1\.0"):
        Engine().policy("one")


def test_a_broken_pack_of_one_distribution_costs_the_others_nothing(install, pack_text):
    install("payerpack-good", {"good": pack_text("good")})
    install("payerpack-bad", {"bad": pack_text("bad", rules="[[rule]]\nid = 1")})

    made = Engine()

    assert made.review(claim("72192", payer="GOOD")).policy == "good"
    with pytest.raises(PackError, match="PP102"):
        made.policy("bad")

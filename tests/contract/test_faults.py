"""A plugin that fails costs its own claims its own part of the review, and nobody else anything."""

import itertools
import sys

import pytest

from payerpack import Finding, PackError, PluginError, hookimpl
from payerpack.testing import claim, engine, plugin

BOTH = "72192 76377"


@pytest.fixture
def folder(tmp_path, pack_text, write_pack):
    return write_pack(tmp_path / "acme", pack_text("acme", 'plugins = ["acme >=1,<2"]'))


def check(function):
    """A plugin whose check_bundling is this function."""

    class Held:
        @hookimpl
        def check_bundling(self, claim):
            return function(claim)

    return Held


def reviewed(folder, held, **more):
    return engine([folder], [plugin("acme", held, "1.2", "payerpack-acme")], **more).review(claim(BOTH, payer="ACME"))


def rules(review):
    return [finding.rule for finding in review.findings]


def fault(review):
    (found,) = [finding for finding in review.findings if finding.rule == "acme:fault"]
    return found


def raising(claim):
    raise ValueError(claim.patient.id)


@pytest.mark.parametrize(
    ("function", "what"),
    [
        (raising, "raised ValueError in check_bundling"),
        (lambda _: 7, "returned an int where a list of findings belongs"),
        (lambda _: ["deny"], "returned a str where a finding belongs"),
        (lambda _: [Finding("acme:x", "bundling", "refuse", (1,))], "an action, stage or cure that does not exist"),
        (lambda _: [Finding("acme:x", "bundling", "deny", (99,))], "not a tuple of the claim's line numbers"),
        (lambda _: [Finding("acme:integral", "bundling", "deny", (1,))], "under the rule id acme:integral"),
        (
            lambda _: [Finding("cpt-imaging-3d:base-study", "eligibility", "deny", (1,))],
            "rule id cpt-imaging-3d:base-study",
        ),
        (lambda _: [Finding("ncci-medicare:ptp", "bundling", "deny", (1,))], "rule id ncci-medicare:ptp"),
        (lambda _: itertools.repeat(Finding("acme:x", "bundling", "inform", (1,))), "more than 100,000 findings"),
        (lambda _: [Finding(None, "bundling", "deny", (1,))], "reported without a rule id"),
        (lambda _: [Finding("acme:x", "bundling", "deny", (1,), message="\ud800")], "raised UnicodeEncodeError"),
    ],
    ids=[
        "raises",
        "no list",
        "no finding",
        "no action",
        "no such line",
        "a rule of its pack",
        "a rule of the baseline",
        "an edit of the baseline",
        "never ends",
        "no rule",
        "half a character",
    ],
)
def test_a_fault_pends_the_claim_and_names_plugin_version_and_hook(folder, function, what):
    found = fault(reviewed(folder, check(function)))

    assert (found.action, found.lines) == ("pend", ())
    assert what in found.message
    assert "plugin acme (payerpack-acme 1.2)" in found.message
    assert "check_bundling" in found.message


def test_a_fault_takes_no_finding_of_others_with_it(folder):
    review, sound = reviewed(folder, check(raising)), reviewed(folder, check(lambda _: None))

    assert set(rules(review)) == {*rules(sound), "acme:fault"}
    assert "acme:integral" in rules(review)
    assert review.outcome == "deny"


def test_a_fault_shows_nothing_of_the_patient(folder):
    assert "P-1" not in str(reviewed(folder, check(raising)).to_dict())


def test_a_fault_of_one_payers_plugin_is_not_seen_by_another_payer(folder):
    made = engine([folder], [plugin("acme", check(raising), "1.2")])

    assert made.review(claim(BOTH, payer="OTHER")).to_dict() == engine().review(claim(BOTH, payer="OTHER")).to_dict()


def test_a_hook_over_its_budget_pends_the_claim_and_its_findings_still_count(folder, monkeypatch):
    ticks = iter(range(0, 1000, 2))
    monkeypatch.setattr("payerpack.plugins.guard.time.perf_counter", lambda: next(ticks))

    review = reviewed(folder, check(lambda _: [Finding("acme:slow", "bundling", "inform", (1,))]), budget=1)

    assert "took longer than its budget of 1 s" in fault(review).message
    assert "acme:slow" in rules(review)


def test_a_hook_within_its_budget_is_no_fault(folder):
    assert "acme:fault" not in rules(reviewed(folder, check(lambda _: None), budget=60))


def test_without_a_budget_nothing_is_measured(folder, monkeypatch):
    monkeypatch.setattr("payerpack.plugins.guard.time.perf_counter", lambda: pytest.fail("it was measured"))

    assert "acme:fault" not in rules(reviewed(folder, check(lambda _: None)))


class Shadows:
    """Says that a rule of its pack is its own."""

    rule_ids = frozenset({"acme:integral"})

    @hookimpl
    def check_bundling(self):
        return []


def test_a_plugin_that_owns_a_rule_of_a_pack_is_refused_and_named(folder):
    with pytest.raises(PluginError, match=r"payerpack-acme 1\.2.*rule acme:integral belongs to payerpack-packs"):
        reviewed(folder, Shadows)


def test_a_plugin_that_cannot_be_made_is_named_with_its_distribution(folder):
    class Refuses:
        def __init__(self):
            raise RuntimeError("no licence file")

    with pytest.raises(PluginError, match=r"plugin acme \(payerpack-acme 1\.2\).*no licence file"):
        reviewed(folder, Refuses)


def test_a_plugin_that_ends_the_process_when_it_is_made_is_named_and_ends_nothing(folder):
    with pytest.raises(PluginError, match=r"plugin acme \(payerpack-acme 1\.2\).*SystemExit"):
        reviewed(folder, type("Ends", (), {"__init__": lambda _: sys.exit(0)}))


@pytest.mark.parametrize(
    ("version", "what"), [("2.0", "payerpack-acme 2.0 is installed"), (None, "no plugin acme is installed")]
)
def test_a_wrong_or_missing_plugin_says_what_is_installed(folder, version, what):
    held = [] if version is None else [plugin("acme", check(lambda _: None), version, "payerpack-acme")]

    with pytest.raises(PackError, match=what):
        engine([folder], held).policy("acme")


def test_a_blocked_plugin_leaves_a_note(folder):
    review = reviewed(folder, check(raising), blocked=["acme"])

    assert "acme:fault" not in rules(review)
    assert any("acme is blocked" in note for note in review.notes)

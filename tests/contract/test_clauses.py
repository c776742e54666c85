"""Every clause of the contract is broken on purpose, by a distribution that keeps the others."""

import pytest

from payerpack.errors import UserError
from payerpack.testing.report import CHECKS, run_check, verify
from payerpack.testing.subject import Subject

CLAUSES = (
    "is_declared", "hooks_are_valid", "packs_are_sound", "tests_of_packs_pass", "rules_cite_their_sources",
    "scope_is_its_own", "settings_are_typed", "hooks_hold", "findings_bear_its_name", "other_payers_are_unchanged",
    "reviews_are_deterministic", "processes_agree", "nothing_of_a_patient_shows", "hooks_run_once_per_claim", "imports_are_cheap",
)  # fmt: skip
GOOD = """
@hookimpl
def check_bundling(self, claim):
    return [Finding("payerpack-acme:seen", "bundling", "inform", (line.number,), "seen")
            for line in claim.lines if line.code == "76376"]
"""
IN_PROCESSES = ("processes_agree", "imports_are_cheap")
"""Clauses that start processes, which takes time; they are asked where a test is about them."""
NAMES_IT = 'plugins = ["payerpack-acme >=1,<2"]'


@pytest.fixture
def outcomes(install, pack_text):
    """Installs payerpack-acme and returns how it does on every clause, or on some."""

    def outcomes(head=NAMES_IT, body=GOOD, rules=None, *, only=None, **more):
        install("payerpack-acme", {"acme": pack_text("acme", head, rules)}, body, **more)
        subject = Subject.of("payerpack-acme")
        asked = [check for check in CHECKS if check.__name__ in (only or set(CLAUSES) - set(IN_PROCESSES))]
        return {result.name: result for result in (run_check(check, subject) for check in asked)}

    return outcomes


def broken(outcomes):
    return [name for name, result in outcomes.items() if result.outcome == "failed"]


def said(outcomes, name):
    return "\n".join(outcomes[name].problems)


def test_a_distribution_that_keeps_every_clause_passes_them_all(outcomes):
    made = outcomes(only=CLAUSES)

    assert tuple(made) == CLAUSES
    assert {name: result.problems for name, result in made.items() if result.outcome != "passed"} == {}


def test_a_distribution_of_packs_alone_has_nothing_to_show_of_hooks(outcomes):
    made = outcomes("", None, only=CLAUSES)

    assert {name for name, result in made.items() if result.outcome == "skipped"} == {
        "hooks_are_valid", "settings_are_typed", "hooks_hold", "hooks_run_once_per_claim", "imports_are_cheap",
    }  # fmt: skip
    assert broken(made) == []


def test_what_is_not_installed_cannot_be_verified():
    with pytest.raises(UserError, match="payerpack-nobody: is not installed"):
        verify("payerpack-nobody")


def test_a_distribution_without_entry_points_brings_nothing(install):
    install("payerpack-acme")

    (declared, *_) = verify("payerpack-acme").results

    assert declared.outcome == "failed"
    assert "nobody finds what it brings" in declared.problems[0]


@pytest.mark.parametrize(
    ("requires", "what"),
    [
        ((), "does not require payerpack"),
        (("payerpack>=0.1",), "without an upper bound"),
        (("payerpack>=99,<100",), "test it with a core that it supports"),
    ],
)
def test_the_cores_it_works_with_are_stated(outcomes, requires, what):
    made = outcomes(requires=requires)

    assert broken(made) == ["is_declared"]
    assert what in said(made, "is_declared")


def test_an_async_hook_is_no_valid_hook(outcomes):
    made = outcomes(body="@hookimpl\nasync def check_bundling(self, claim):\n    return []\n")

    assert "check_bundling is async" in said(made, "hooks_are_valid")


def test_a_plugin_that_no_pack_names_would_never_run(outcomes):
    made = outcomes(head="")

    assert broken(made) == ["hooks_are_valid"]
    assert "no pack of it names the plugin payerpack-acme" in said(made, "hooks_are_valid")


def test_a_mistake_in_a_pack_is_shown_at_its_place(outcomes):
    made = outcomes(
        "", None, rules='[[rule]]\nid = "x"\nstage = "bundlng"\nwhen = { code = "76377" }\nthen = { action = "inform" }'
    )

    assert "pack.toml:" in said(made, "packs_are_sound")
    assert 'did you mean "bundling"?' in said(made, "packs_are_sound")


def test_a_failing_test_of_a_pack_breaks_the_contract(outcomes):
    made = outcomes(
        "",
        None,
        tests='[[test]]\nname = "wrong"\nservice_date = 2024-08-15\nlines = [{ code = "76377" }]\nexpect = { 1 = "reject" }',
        only=["tests_of_packs_pass"],
    )

    assert broken(made) == ["tests_of_packs_pass"]
    assert "wrong: line 1: expected reject" in said(made, "tests_of_packs_pass")


def test_a_pack_without_tests_breaks_the_contract(outcomes):
    made = outcomes("", None, tests=None, only=["tests_of_packs_pass"])

    assert broken(made) == ["tests_of_packs_pass"]


def test_advice_of_the_lint_breaks_the_contract(outcomes):
    made = outcomes("", None, tests=None, only=["packs_are_sound"])

    assert "PP803" in said(made, "packs_are_sound")


RULE = """
[[rule]]
id = "integral"
stage = "bundling"
when = {{ code = ["76376", "76377"] }}
conflicts_with = {{ code = "72192", same = ["patient", "service_date"] }}
then = {{ action = "deny", carc = "97", cure = "none", message = "part of {{other.code}}" }}
{source}
"""


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("", "cites no source"),
        ('source = { title = "P", reviewed = 2026-01-15 }', "nobody can look it up"),
        ('source = { title = "P", section = "1" }', "does not say when somebody read it"),
        ('source = { title = "P", section = "1", reviewed = 2026-01-15, confidence = "unverified" }', "is unverified"),
    ],
)
def test_a_rule_cites_where_it_is_written(outcomes, source, what):
    made = outcomes("", None, RULE.format(source=source))

    assert broken(made) == ["rules_cite_their_sources"]
    assert what in said(made, "rules_cite_their_sources")
    assert "pack.toml:" in said(made, "rules_cite_their_sources")


def test_an_unverified_rule_of_a_draft_is_no_fault(outcomes):
    source = 'source = { title = "P", section = "1", reviewed = 2026-01-15, confidence = "unverified" }'

    assert broken(outcomes('status = "draft"', None, RULE.format(source=source))) == []


def test_a_pack_that_takes_every_payers_claims_breaks_the_contract(outcomes):
    made = outcomes('applies_to = { line_of_business = ["commercial"] }', None)

    assert "scope_is_its_own" in broken(made)
    assert "is reviewed by acme; narrow its applies_to" in said(made, "other_payers_are_unchanged")


def test_a_setting_that_does_not_exist_must_be_refused(outcomes):
    module = """
from payerpack import hookimpl

class Plugin:
    def __init__(self, setup):
        pass

    @hookimpl
    def check_bundling(self):
        return []
"""
    made = outcomes(module=module)

    assert broken(made) == ["settings_are_typed"]
    assert "took a setting that it does not have" in said(made, "settings_are_typed")


def test_a_setting_without_a_type_breaks_the_contract(outcomes):
    module = """
from payerpack import hookimpl

class Settings:
    def __init__(self, share=1):
        self.share = share

class Plugin:
    Settings = Settings

    def __init__(self, setup):
        pass

    @hookimpl
    def check_bundling(self):
        return []
"""
    made = outcomes(module=module)

    assert broken(made) == ["settings_are_typed"]
    assert "the setting share has no type" in said(made, "settings_are_typed")


def test_a_hook_that_raises_breaks_the_contract(outcomes):
    made = outcomes(body="@hookimpl\ndef check_bundling(self, claim):\n    return [1 / 0 for line in claim.lines]\n")

    assert "raised ZeroDivisionError in check_bundling" in said(made, "hooks_hold")


def test_a_finding_under_somebody_elses_name_breaks_the_contract(outcomes):
    made = outcomes(body=GOOD.replace("payerpack-acme:seen", "other-payer:seen"))

    assert broken(made) == ["findings_bear_its_name"]
    assert "other-payer:seen" in said(made, "findings_bear_its_name")


def test_a_memory_between_claims_is_noticed(outcomes):
    made = outcomes(
        body="""
count = 0

@hookimpl
def check_bundling(self, claim):
    Plugin.count += 1
    number = claim.lines[0].number
    return [Finding("payerpack-acme:seen", "bundling", "inform", (number,), f"claim {Plugin.count}")]
"""
    )

    assert "reviews_are_deterministic" in broken(made)
    assert "keep nothing between claims" in said(made, "reviews_are_deterministic")


def test_a_finding_that_depends_on_the_order_of_lines_is_noticed(outcomes):
    made = outcomes(
        body="""
@hookimpl
def check_bundling(self, claim):
    number = claim.lines[0].number
    return [Finding("payerpack-acme:first", "bundling", "inform", (number,), "first in the file")]
""",
        only=["hooks_hold", "reviews_are_deterministic"],
    )

    assert broken(made) == ["reviews_are_deterministic"]
    assert "with its lines in another order" in said(made, "reviews_are_deterministic")


def test_an_order_that_only_a_set_decides_is_noticed_across_processes(outcomes):
    made = outcomes(
        body="""
@hookimpl
def check_bundling(self, claim):
    words = ", ".join({"alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"})
    number = min(line.number for line in claim.lines)
    return [Finding("payerpack-acme:words", "bundling", "inform", (number,), words)]
""",
        only=["reviews_are_deterministic", "processes_agree"],
    )

    assert broken(made) == ["processes_agree"]
    assert "differ from process to process" in said(made, "processes_agree")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (GOOD.replace('"seen")', "claim.patient.id)"), "a review"),
        (GOOD.replace('"seen")', "str(claim.patient.birth_date))"), "a review"),
        (GOOD.replace('"seen")', "line.line_note or str(line.number))"), "a review"),
        (GOOD.replace("    return", "    print(claim.patient.id)\n    return"), "a log or an output"),
        (
            GOOD.replace(
                "    return", "    import logging\n    logging.getLogger('x').info('%s', claim.patient.id)\n    return"
            ),
            "a log or an output",
        ),
    ],
    ids=["the id", "the birth date", "a note", "printed", "logged"],
)
def test_what_is_a_patients_shows_nowhere(outcomes, body, where):
    made = outcomes(body=body)

    assert broken(made) == ["nothing_of_a_patient_shows"]
    assert f"{where} holds what is a patient's" in said(made, "nothing_of_a_patient_shows")
    assert "MEMBER" not in said(made, "nothing_of_a_patient_shows")


def test_work_that_grows_with_pairs_of_lines_is_noticed(outcomes):
    made = outcomes(
        body="""
@hookimpl
def check_bundling(self, claim):
    for one in claim.lines:
        for other in claim.lines:
            if one is not other and one.code == other.code == "?":
                return []
    return None
"""
    )

    assert broken(made) == ["hooks_run_once_per_claim"]
    assert "comparing all pairs" in said(made, "hooks_run_once_per_claim")


def test_a_hook_that_calls_itself_for_each_line_is_noticed(outcomes):
    made = outcomes(
        body="""
@hookimpl
def check_bundling(self, claim):
    import attrs
    if len(claim.lines) > 1:
        for line in claim.lines:
            self.check_bundling(attrs.evolve(claim, lines=(line,)))
    return None
"""
    )

    assert broken(made) == ["hooks_run_once_per_claim"]
    assert "check_bundling ran 33 times on one claim" in said(made, "hooks_run_once_per_claim")


def test_a_wrapper_runs_once_although_it_is_resumed(outcomes):
    made = outcomes(
        body="@hookimpl(wrapper=True)\ndef check_bundling(self, claim):\n    found = yield\n    return found\n"
    )

    assert broken(made) == []


SLOW = """
import time
from payerpack import hookimpl

{at_import}

@hookimpl
def check_bundling(claim):
    return []
"""


@pytest.mark.parametrize(
    ("at_import", "what"),
    [
        ("end = time.process_time() + 0.4\nwhile time.process_time() < end: pass", "the budget is 0.25 s"),
        ("print('hello')", "writes to the output"),
        ("import threading\nthreading.Thread(target=time.sleep, args=(1,), daemon=True).start()", "starts a thread"),
        (
            "import sys\nif 'pytest' not in sys.modules: raise OSError('only in tests')",
            "cannot be imported in a new process",
        ),
        ("import sys\nif 'pytest' not in sys.modules: sys.exit(0)", "cannot be imported in a new process"),
    ],
    ids=["slow", "prints", "starts a thread", "fails elsewhere", "ends the process elsewhere"],
)
def test_importing_is_quick_and_does_nothing(outcomes, at_import, what):
    made = outcomes(module=SLOW.format(at_import=at_import), only=["imports_are_cheap"])

    assert what in said(made, "imports_are_cheap")

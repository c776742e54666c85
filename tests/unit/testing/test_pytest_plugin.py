"""The pytest plugin, run by a pytest of its own on packs that pass, fail and cannot be read."""

import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]

PACK = """
schema = 1
[pack]
id = "acme"
title = "t"
version = "1"
status = "active"
{head}
[[rule]]
id = "authorization"
stage = "eligibility"
when = { code = "76377", claim.state = "OR" }
require = { authorization.codes = "76377" }
then = { action = "deny", carc = "197", cure = "authorization", message = "no authorization covers {code}" }
"""
PASSES = """
[[test]]
name = "without an authorization it is denied"
service_date = 2024-08-15
claim = { state = "OR" }
lines = [{ code = "76377" }]
expect = { 1 = { action = "deny", rule = "authorization" } }
"""
FAILS = """
[[test]]
name = "elsewhere it is denied too"
service_date = 2024-08-15
claim = { state = "WA" }
lines = [{ code = "72192" }, { code = "76377" }]
expect = { 2 = { action = "deny", rule = "authorization" } }
"""
UNREADABLE = '[[test]]\nnam = "x"\nlines = [{ code = "76377" }]\nservice_date = 2024-08-15\n'


@pytest.fixture
def pack(pytester):
    def pack(*, head="", folder="acme", **files):
        home = pytester.mkdir(folder) if "/" not in folder else pytester.path / folder
        (home / "tests").mkdir(parents=True)
        (home / "pack.toml").write_text(PACK.replace("{head}", head), "utf-8")
        for name, text in files.items():
            (home / "tests" / f"{name}.toml").write_text(text, "utf-8")
        return home

    return pack


def run(pytester, *arguments):
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:hypothesispytest", *arguments)


def test_each_test_of_a_pack_is_an_item_named_as_it_is(pytester, pack):
    pack(first=PASSES, second=FAILS)

    result = run(pytester, "--collect-only", "-q")

    result.stdout.fnmatch_lines(
        [
            "acme/tests/first.toml::without an authorization it is denied",
            "acme/tests/second.toml::elsewhere it is denied too",
        ]
    )


def test_what_holds_passes(pytester, pack):
    pack(first=PASSES)

    run(pytester).assert_outcomes(passed=1)


def test_what_fails_shows_what_was_expected_what_was_got_and_the_steps_of_the_rule(pytester, pack):
    pack(first=FAILS)

    result = run(pytester)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "line 2: expected deny by authorization, got accept",
            "written in first.toml, line 2",
            "line 2: accept",
            "  acme:authorization: not matched",
            "    yes     when.code: 76377, asked for 76377",
            "    no      when.claim.state: WA, asked for OR",
        ]
    )
    assert "Traceback" not in result.stdout.str()


def test_the_summary_says_what_differs(pytester, pack):
    pack(first=FAILS)

    run(pytester).stdout.fnmatch_lines(["FAILED acme/tests/first.toml::elsewhere* - line 2:*"])


def test_a_known_gap_is_an_expected_failure(pytester, pack):
    pack(first=FAILS.replace("service_date", 'todo = "other states"\nservice_date'))

    result = run(pytester, "-rx")

    result.assert_outcomes(xfailed=1)
    result.stdout.fnmatch_lines(["XFAIL *other states"])


def test_a_known_gap_that_is_closed_fails(pytester, pack):
    pack(first=PASSES.replace("service_date", 'todo = "some day"\nservice_date'))

    result = run(pytester)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["it holds, though todo says*take todo out"])


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (UNREADABLE, 'acme/tests/bad.toml:2:1: PP101 the test has no key "nam"; did you mean "name"?'),
        ("[[test]\n", "acme/tests/bad.toml:1:*: PP001 this is not TOML*"),
        ("schema = 1\n", "acme/tests/bad.toml:1:1: PP103 a test file lacks test"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error_at_its_place_without_a_traceback(pytester, pack, text, what):
    pack(first=PASSES, bad=text)

    result = run(pytester, "--continue-on-collection-errors")

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines([what])
    assert "Traceback" not in result.stdout.str()


def test_a_pack_that_cannot_be_used_is_an_error_at_its_place(pytester, pack):
    pack(head='extnds = "ncci-medicare"', first=PASSES)

    result = run(pytester)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(['acme/pack.toml:8:1: PP101*did you mean "extends"?'])


def test_a_parent_may_lie_beside_the_pack(pytester, pack):
    pack(folder="packs/parent", first=PASSES)
    child = pack(
        folder="packs/child",
        head='extends = "acme"',
        second=PASSES.replace('"authorization" }', '"acme:authorization" }'),
    )
    text = (child / "pack.toml").read_text("utf-8")
    (child / "pack.toml").write_text(text.replace('id = "acme"', 'id = "child"').partition("[[rule]]")[0], "utf-8")

    run(pytester, "packs").assert_outcomes(passed=2)


def test_toml_files_elsewhere_are_left_alone(pytester):
    pytester.mkdir("tests").joinpath("cases.toml").write_text("not = [toml", "utf-8")

    assert run(pytester).ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_the_fixtures_build_claims_and_review_them(pytester):
    pytester.makepyfile(
        """
        def test_a_review(claim, review, payerpack_engine):
            made = claim("72192 76377-26", payer="NOBODY")
            assert review(made).to_dict() == payerpack_engine.review(made).to_dict()
            assert review("72192", "ncci-medicaid", payer="NOBODY").policy == "ncci-medicaid"
        """
    )

    run(pytester).assert_outcomes(passed=1)


def test_the_contract_is_about_the_nearest_project(pytester):
    pytester.makepyprojecttoml('[project]\nname = "payerpack-nearest"\n')
    pytester.makepyfile(
        "def test_it(payerpack_distribution):\n    assert payerpack_distribution == 'payerpack-nearest'\n"
    )

    run(pytester).assert_outcomes(passed=1)


def test_an_option_names_another_distribution(pytester):
    pytester.makeini("[pytest]\npayerpack_distribution = payerpack-other\n")
    pytester.makepyfile(
        "def test_it(payerpack_distribution):\n    assert payerpack_distribution == 'payerpack-other'\n"
    )

    run(pytester).assert_outcomes(passed=1)


def test_the_contract_of_what_is_not_installed_says_so_without_a_traceback(pytester):
    pytester.makeini("[pytest]\npayerpack_distribution = payerpack-nobody\n")
    pytester.makepyfile("from payerpack.testing.contract import *")

    result = run(pytester, "-k", "is_declared")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*payerpack-nobody: is not installed; pip install it*"])


def test_loading_the_plugin_imports_nothing_of_the_core_and_no_optional_library():
    code = (
        "import pytest, sys; before = set(sys.modules); import payerpack.testing.pytest_plugin; "
        "print(sorted(set(sys.modules) - before))"
    )

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)

    assert ran.stdout.strip() == "['payerpack', 'payerpack.testing', 'payerpack.testing.pytest_plugin']"

"""``payerpack plugin verify``: the report of the contract at the command line."""

import json

import pytest

from payerpack.cli import main


@pytest.fixture
def good(install, pack_text):
    install("payerpack-acme", {"acme": pack_text("acme")})


@pytest.fixture
def bad(install, pack_text):
    install("payerpack-acme", {"acme": pack_text("acme", 'applies_to = { state = ["OR"] }')})


def test_a_distribution_that_keeps_the_contract_exits_with_0(good, capsys):
    assert main(["plugin", "verify", "payerpack-acme"]) == 0

    out = capsys.readouterr().out
    assert out.startswith("payerpack-acme 1.0\nok      is_declared: ")
    assert out.endswith("0 broken\n")


def test_a_broken_clause_exits_with_1_and_says_what_to_do(bad, capsys):
    assert main(["plugin", "verify", "payerpack-acme"]) == 1

    out = capsys.readouterr().out
    assert "FAILED  scope_is_its_own: " in out
    assert "        acme 2026.1 applies to claims of every payer; name its own" in out


def test_json_holds_the_whole_report(good, capsys):
    assert main(["plugin", "verify", "payerpack-acme", "--format", "json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert (told["distribution"], told["version"], told["passed"]) == ("payerpack-acme", "1.0", True)
    assert {"name", "asks", "outcome", "problems"} == set(told["results"][0])


def test_what_is_not_installed_exits_with_2(capsys):
    assert main(["plugin", "verify", "payerpack-nobody"]) == 2
    assert "payerpack-nobody: is not installed; pip install it" in capsys.readouterr().err

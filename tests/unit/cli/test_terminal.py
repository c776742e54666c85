"""What somebody at a terminal sees: width-aware, in colour, and readable without colour."""

import io
import re
import sys
from typing import NamedTuple

import pytest

from payerpack.cli import main
from payerpack.cli.terminal import LOOKS
from payerpack.finding import ACTIONS, Finding
from payerpack.hookspecs import hookimpl
from payerpack.plugins.registered import Registered


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


class Seen(NamedTuple):
    status: int
    raw: str

    @property
    def text(self):
        return re.sub(r"\x1b\[[0-9;]*m", "", self.raw)


@pytest.fixture
def look(monkeypatch):
    """Runs the command on a terminal 60 columns wide; gives its status and what is seen."""
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm-256color")

    def look(*arguments):
        terminal = Terminal()
        with monkeypatch.context() as patch:  # not in the fixture: capturing would put its own stream back
            patch.setattr(sys, "stdout", terminal)
            status = main([str(argument) for argument in arguments])
        return Seen(status, terminal.getvalue())

    return look


def test_a_review_fits_the_width_and_loses_no_word(look, claim, claims, acme):
    seen = look("review", claims(claim("72192", "76377-26")), *acme)
    assert seen.status == 1
    text = seen.text
    assert max(map(len, text.splitlines())) <= 60
    for word in (
        "claim C-1",
        "\u2717 deny",
        "acme:never",
        "CO-97 N19",
        "https://example.org/42",
        "! warn",
        "\u2713 accept",
    ):
        assert word in text
    assert "76377 is integral to 72192" in text


def test_outcomes_are_in_colour(look, claim, claims, acme):
    seen = look("review", claims(claim("72192", "76377")), *acme)
    assert "\x1b[1;31m" in seen.raw


def test_without_colour_every_word_and_symbol_is_still_there(look, claim, claims, acme, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    seen = look("review", claims(claim("72192", "76377")), *acme)
    assert "\x1b[1;31m" not in seen.raw
    assert "\u2717 deny" in seen.text


def test_monitored_findings_are_marked(look, claim, claims, acme):
    seen = look("review", claims(claim("99213")), *acme)
    assert "deny (monitored)" in seen.text


def test_square_brackets_of_a_message_are_text_and_no_markup(look, claim, claims, pack):
    folder = pack(
        '[[rule]]\nid = "odd"\nstage = "bundling"\nwhen = { code = "72192" }\n'
        'then = { action = "pend", cure = "none", message = "see [bold]here[/bold] :smile:" }\n'
    )
    seen = look("review", claims(claim("72192")), "--packs", folder, "--policy", "acme")
    assert "see [bold]here[/bold] :smile:" in seen.text


def test_an_explanation_names_every_rule_and_what_can_be_done(look, claim, claims, acme):
    seen = look("explain", claims(claim("72192", "76377")), *acme)
    text = " ".join(seen.text.split())
    for word in (
        "acme:never",
        "policy edit",
        "only the policy or the contract itself can be disputed",
        "report.necessity",
    ):
        assert word in text


def test_a_comparison_shows_policies_below_each_line(look, claim, claims, acme, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    seen = look("compare", claims(claim("72192", "76377")), *acme, "--policy", "cpt-imaging-3d")
    text = seen.text
    assert "line 2  76377, 1 unit, 2026-02-03" in text
    assert re.search(r"acme\s+\u2717 deny\s+76377 is integral to 72192\s+rule\s+acme:never\s+cure\s+nothing: ", text)
    assert "cpt-imaging-3d" in text


def test_a_terminal_obeys_nothing_that_a_claim_says(look, run, claim, claims, acme):
    evil = "C\x1b[2J\u202e\n1"
    file = claims(claim("72192", id=evil))
    seen = look("review", file, *acme)
    assert "\x1b[2J" not in seen.raw
    assert "\\x1b[2J\\u202e" in seen.text
    assert run("review", file, *acme).out.startswith("claim C\\x1b[2J\\u202e\\n1: accept\n")


def test_every_outcome_has_a_symbol_of_its_own():
    assert set(LOOKS) == {*ACTIONS, "accept"}
    assert len({symbol for symbol, _ in LOOKS.values()}) == len(LOOKS)


@pytest.fixture
def whole(monkeypatch):
    """Lets every review of ``acme`` find something about the claim as a whole."""

    def whole(action):
        class Whole:
            @hookimpl
            def check_eligibility(self):
                return [Finding("tool:all", "eligibility", action, (), "about all of it")]

        plugin = Registered("tool", "1.0", "payerpack-tool", Whole())
        monkeypatch.setattr("payerpack.policy.assemble", lambda *_args, **_more: ((plugin,), ()))

    return whole


def test_what_denies_the_whole_claim_is_told_before_its_lines(look, claim, claims, acme, whole):
    whole("reject")
    text = look("review", claims(claim("72192")), *acme).text
    assert text.index("reject  whole claim  tool:all") < text.index("about all of it") < text.index("  1  72192")


def test_what_is_only_worth_knowing_of_the_whole_claim_is_told_after_its_lines(look, claim, claims, acme, whole):
    whole("inform")
    text = look("review", claims(claim("72192")), *acme).text
    assert text.index("  1  72192") < text.index("tool:all: about all of it")


def test_at_a_pipe_findings_on_the_whole_claim_are_marked(run, claim, claims, acme, whole):
    whole("reject")
    assert "  whole claim: reject: tool:all: about all of it\n" in run("review", claims(claim("72192")), *acme).out


def test_findings_on_the_whole_claim_are_explained_and_compared_too(run, claim, claims, acme, whole):
    whole("reject")
    file = claims(claim("72192"))
    assert "  whole claim\n    tool:all: fired (reject): about all of it\n" in run("explain", file, *acme).out
    (cell,) = run("compare", file, *acme, "--format", "json").json["lines"][0]["policies"]
    assert (cell["outcome"], cell["finding"]["message"]) == ("reject", "about all of it")

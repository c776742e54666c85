"""A finding in words."""

import datetime as dt

import pytest

from payerpack.finding import CURES, Adjustment, Finding, Source
from payerpack.words import (
    adjustment_in_words,
    appeal_in_words,
    change_in_words,
    cure_in_words,
    denial_class,
    source_in_words,
)

SOURCE = Source("Policy 42", "https://example.org/42", "2", dt.date(2026, 1, 15), "H")


def finding(action="deny", cure=None, *, carc="97", rarc=(), facts=None, source=SOURCE, effect=None, monitored=False):
    return Finding(
        "acme:rule",
        "bundling",
        action,
        (1,),
        "why",
        (),
        Adjustment(carc, rarc),
        cure,
        source,
        facts or {},
        effect,
        monitored,
    )


def test_an_adjustment_reads_as_on_a_remittance():
    assert adjustment_in_words(Adjustment("97", ("N19", "M15"))) == "CO-97 N19 M15"


@pytest.mark.parametrize("cure", CURES)
def test_every_cure_has_words(cure):
    assert cure_in_words(cure)


def test_a_rule_that_names_no_cure_says_nothing_of_one():
    assert cure_in_words(None) == ""


@pytest.mark.parametrize(
    ("effect", "words"),
    [
        ({"code": "76376"}, "bill 76376 instead"),
        ({"units": 1}, "at most 1 unit"),
        ({"units": 2}, "at most 2 units"),
        ({"amount": "80"}, "at most 80.00 US dollars"),
        ({"percent": "50", "of": "26"}, "50 % stays payable, of the 26 component"),
        ({"into": "80048"}, "bill the lines together as 80048"),
        ({"route": "desk 4"}, "route desk 4"),
        (None, ""),
    ],
)
def test_a_change_is_told_by_what_to_do(effect, words):
    assert change_in_words(finding(effect=effect)) == words


def test_a_source_is_one_line():
    told = "Policy 42, section 2, https://example.org/42, reviewed 2026-01-15, confidence H"
    assert source_in_words(SOURCE) == told
    assert source_in_words(Source("CPT", section="chapter IX")) == "CPT, chapter IX"


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"cure": "documentation"}, "documentation"),
        ({"cure": "authorization"}, "utilisation management"),
        ({"cure": "none", "carc": "197"}, "utilisation management"),
        ({"cure": "documentation", "carc": "50"}, "utilisation management"),
        ({"cure": "none"}, "policy edit"),
        ({"cure": "modifier"}, "policy edit"),
        ({"action": "reduce"}, "policy edit"),
        ({"action": "warn", "cure": "documentation"}, None),
        ({"monitored": True}, None),
    ],
)
def test_the_class_of_a_denial_follows_from_what_cures_it_and_from_its_carc(given, kind):
    assert denial_class(finding(**given)) == kind


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({"facts": {"mai": "2"}, "cure": "none"}, "no: an MUE with adjudication indicator 2"),
        ({"facts": {"mai": 3}, "cure": "documentation"}, "yes, with records that support the units"),
        ({"facts": {"mai": "1"}, "cure": "modifier"}, "not first: where the record supports it, resubmit on lines of"),
        ({"facts": {"mai": "3"}, "cure": "none"}, "no: the record cannot change it"),
        ({"action": "reject", "cure": "correct_claim"}, "no: the claim is returned unprocessed"),
        ({"carc": "16", "rarc": ("MA130",)}, "no: the claim is returned unprocessed"),
        ({"action": "pend", "cure": "documentation"}, "not yet: nothing is denied"),
        ({"cure": "none"}, "no: the record cannot change it"),
        ({"cure": "documentation"}, "yes, with the missing documentation"),
        ({"cure": "modifier"}, "no: correct the modifiers and resubmit"),
        ({"cure": "authorization"}, "only with an authorization"),
        ({"cure": "recode"}, "no: bill the right code"),
        ({"cure": "correct_claim"}, "no: correct the claim"),
        ({}, "only if the payer's policy was misapplied"),
    ],
)
def test_whether_an_appeal_makes_sense_follows_from_the_finding(given, answer):
    assert appeal_in_words(finding(**given)).startswith(answer)


def test_nothing_is_said_of_appeals_where_nothing_is_denied():
    assert appeal_in_words(finding("warn", "documentation")) == ""


@pytest.mark.parametrize(
    ("source", "hint"),
    [(None, "cites no source"), (Source("Policy 42", confidence="unverified"), "source is unverified")],
)
def test_a_rule_that_nobody_can_look_up_is_to_be_asked_for_first(source, hint):
    assert hint in appeal_in_words(finding(cure="none", source=source))

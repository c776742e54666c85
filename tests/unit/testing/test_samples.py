import random

import pytest
from hypothesis import given, settings

from payerpack.formats.unstructure import encode_claim
from payerpack.testing import claim, engine, strategies
from payerpack.testing.samples import PATIENT, any_claim, marked, samples

ENGINE = engine()


def test_samples_are_always_the_same():
    once, again = (list(map(encode_claim, samples(20))) for _ in range(2))

    assert once == again


def test_samples_differ_from_each_other_and_from_seed_to_seed():
    first, second = (set(map(encode_claim, samples(20, seed=seed))) for seed in (1, 2))

    assert len(first) > 15
    assert first != second


def test_samples_keep_to_the_codes_and_payers_they_are_given():
    made = list(samples(30, codes=["72192"], payers=["ACME"]))

    assert {line.code for one in made for line in one.lines} == {"72192"}
    assert {one.payer.id for one in made} == {"ACME"}


def test_the_first_of_every_choice_is_the_simplest_claim():
    made = any_claim(lambda values: values[0])

    assert (len(made.lines), made.lines[0].modifiers, made.type) == (1, (), "professional")


def test_a_marked_claim_bears_every_mark_of_its_patient():
    plain = claim(
        "76377",
        authorizations=[{"number": "A1"}],
        documents=[{"id": "D1", "type": "radiology_report", "text": "seen"}],
        patient={"birth_date": "1961-04-02"},
    )

    text = encode_claim(marked(plain)).decode()

    assert [mark for mark in PATIENT.marks if mark not in text] == []


@pytest.mark.parametrize("seed", range(3))
def test_what_bears_marks_keeps_its_lines(seed):
    plain = any_claim(random.Random(seed).choice)

    assert [line.code for line in marked(plain).lines] == [line.code for line in plain.lines]


@settings(deadline=None)
@given(strategies.claims(codes=["76377", "72192"], payers=["ACME"]))
def test_every_claim_that_hypothesis_makes_can_be_reviewed(made):
    assert len(ENGINE.review(made).lines) == len(made.lines)


@given(strategies.lines(codes=["76377"]))
def test_every_line_that_hypothesis_makes_is_sound(line):
    assert (line.number, line.code) == (1, "76377")

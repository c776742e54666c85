"""Codes and sets of codes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payerpack.codes import CodeSet, CodeSyntaxError, normalise


def test_a_code_has_one_spelling():
    assert normalise(" s32.401a ") == "S32401A"


@pytest.mark.parametrize(
    ("entries", "code", "belongs"),
    [
        (["72192"], "72192", True),
        (["72192"], "72193", False),
        (["70450-70498"], "70450", True),
        (["70450-70498"], "70498", True),
        (["70450-70498"], "70499", False),
        (["70450-70498"], "7046", False),
        (["S32*"], "S32401A", True),
        (["S32*"], "S33", False),
        (["70450-70498", "!70496"], "70496", False),
        (["S32*", "!S324*"], "S32401A", False),
        (["J0120-J0999"], "J0500", True),
        (["A0021-V5364"], "J0500", True),
        (["A0021-V5364"], "99213", False),
        (["0001U-0999U"], "0005U", True),
        (["0001U-0999U"], "00100", False),
        (["0001U-0999U"], "0005T", False),
        (["0960-0989"], "0961", True),
        (["I26.99"], "I2699", True),
    ],
)
def test_ranges_include_both_ends_and_exclusions_win(entries, code, belongs):
    assert (code in CodeSet.parse(entries)) is belongs


@pytest.mark.parametrize("entry", ["", "70450-", "-70450", "70498-70450", "70450-J0120", "7*2", "72 192 - ", "a/b"])
def test_what_is_no_code_range_or_prefix_is_refused(entry):
    with pytest.raises(CodeSyntaxError):
        CodeSet.parse([entry])


def test_a_union_keeps_the_exclusions_of_its_sides():
    left = CodeSet.parse(["70450-70498", "!70496"])
    right = CodeSet.parse(["S32*", "!S324*"])

    union = left | right

    assert "70450" in union
    assert "70496" not in union
    assert "S3210" in union
    assert "S32401A" not in union
    assert "70496" in (left | CodeSet.parse(["70496"]))


def test_an_empty_set_is_false():
    assert not CodeSet()
    assert not (CodeSet() | CodeSet())


codes = st.integers(70000, 70040).map(str)
entries = st.lists(
    st.one_of(codes, codes.map("!{}".format), st.tuples(codes, codes).map(lambda p: f"{min(p)}-{max(p)}"))
)


@given(entries, entries, codes)
def test_a_union_has_what_either_side_has(one, other, code):
    left, right = CodeSet.parse(one), CodeSet.parse(other)

    assert (code in (left | right)) is (code in left or code in right)


@given(entries, entries, codes)
def test_a_difference_has_what_the_first_has_and_the_second_has_not(one, other, code):
    left, right = CodeSet.parse(one), CodeSet.parse(other)

    assert (code in left.minus(right)) is (code in left and code not in right)


@given(entries)
def test_a_finite_set_lists_exactly_its_codes(one):
    found = CodeSet.parse(one)

    assert list(found) == [str(n) for n in range(70000, 70041) if str(n) in found]
    assert found.size_hint() >= len(list(found))

"""A misspelt name is answered with the known one that it most looks like."""

import pytest

from payerpack.packs.faults import nearest

ACTIONS = ("reject", "deny", "recode", "combine", "pend", "cap", "reduce", "warn", "inform")


@pytest.mark.parametrize(
    ("written", "meant"),
    [("denied", "deny"), ("pended", "pend"), ("warning", "warn"), ("rejct", "reject"), ("reduced", "reduce")],
)
def test_of_two_names_as_close_the_one_that_begins_alike_is_offered(written, meant):
    assert nearest(written, ACTIONS) == f'; did you mean "{meant}"?'


def test_nothing_is_offered_where_nothing_is_close():
    assert nearest("zzz", ACTIONS) == ""

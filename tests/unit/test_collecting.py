import gc

import pytest

from payerpack.collecting import uncollected


@pytest.fixture(autouse=True)
def _collecting():
    gc.enable()
    gc.unfreeze()  # Python 3.12 begins with frozen objects of its own
    yield
    gc.unfreeze()
    gc.enable()


def test_what_is_made_inside_counts_as_old_and_the_collector_wakes():
    with uncollected():
        assert not gc.isenabled()
        made = [[] for _ in range(10)]

    assert gc.isenabled()
    oldest = {id(one) for one in gc.get_objects(generation=2)}
    assert all(id(one) in oldest for one in made)
    assert gc.get_freeze_count() == 0


def test_the_collector_wakes_after_an_error():
    with pytest.raises(ValueError, match="wrong"), uncollected():
        raise ValueError("wrong")

    assert gc.isenabled()


def test_a_collector_that_sleeps_is_not_woken():
    gc.disable()

    with uncollected():
        pass

    assert not gc.isenabled()


def test_what_the_program_has_frozen_stays_frozen():
    gc.freeze()

    with uncollected():
        pass

    assert gc.get_freeze_count() > 0

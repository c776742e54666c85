"""The 3D rules are a pack like any other: an installation may do without them, and the core does not notice."""

import shutil

import pytest

from payerpack import Engine
from payerpack.packs.discovery import shipped_folder
from payerpack.testing.samples import samples

IMAGING = "cpt-imaging-3d"


@pytest.fixture
def without(tmp_path):
    """An engine on copies of the shipped packs without the folder of the imaging pack."""
    kept = tmp_path / "packs"
    shutil.copytree(shipped_folder(), kept, ignore=shutil.ignore_patterns(IMAGING))
    return Engine([kept], installed=False)


def found(engine, claim):
    return [finding.to_dict() for finding in engine.review(claim).findings]


def test_without_the_imaging_pack_exactly_its_rules_are_gone(without):
    whole = Engine([shipped_folder()], installed=False)
    gone = 0

    for claim in samples(100):
        before = found(whole, claim)
        kept = [one for one in before if not one["rule"].startswith(f"{IMAGING}:")]
        gone += len(before) - len(kept)
        assert found(without, claim) == kept

    assert gone > 0


def test_reviews_say_that_the_imaging_pack_is_not_there(without):
    review = without.review(next(iter(samples(1))))

    assert f"the pack {IMAGING} is not installed: its rules were not applied" in review.notes

"""Every pack of this distribution is sound, and every test that lives with it holds."""

from pathlib import Path

import pytest

from payerpack import Engine
from payerpack.pack_tests import run_pack_tests
from payerpack.packs.check import check_pack
from payerpack.packs.load import load_pack

HERE = Path(__file__).parents[1] / "payerpack_highmark" / "packs"
PACKS = sorted(HERE.iterdir())


@pytest.mark.parametrize("folder", PACKS, ids=lambda folder: folder.name)
def test_the_pack_is_sound(folder):
    assert check_pack(folder) == ()


@pytest.mark.parametrize("folder", PACKS, ids=lambda folder: folder.name)
def test_every_test_of_the_pack_holds(folder):
    results = list(run_pack_tests(Engine([HERE]), load_pack(folder)))

    assert results
    assert {result.case.name: result.failures for result in results if not result.passed} == {}

"""What every test has in common: a folder of its own for packs found sound, so that none writes to the user's."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def _cache_of_packs(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAYERPACK_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield

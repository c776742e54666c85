"""What every test has in common: a folder of its own for packs found sound, so that none writes to the user's."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def _cache_of_packs(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
            patch.setenv(name, str(tmp_path_factory.mktemp("cache")))
        yield

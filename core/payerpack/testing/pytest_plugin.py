"""The pytest plugin: the tests of a pack (``tests/*.toml`` beside its ``pack.toml``) are tests like all others.

pytest loads this module in every project of an environment that has payerpack, so it imports nothing until there is a
pack to test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the tests of a pack."""
    if file_path.suffix != ".toml" or file_path.parent.name != "tests":
        return None
    pack = file_path.parent.parent
    if not (pack / "pack.toml").is_file():
        return None
    from payerpack.testing.pack_items import PackTests

    tests: pytest.Collector = PackTests.from_parent(parent, path=file_path)
    return tests

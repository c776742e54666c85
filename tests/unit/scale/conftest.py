from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def tasks(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The tasks of the tests, where spawned processes find them too."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    import worker_tasks  # type: ignore[import-not-found] # on the path a line above

    yield worker_tasks
    sys.modules.pop("worker_tasks")

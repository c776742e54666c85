"""The benchmarks' tables: printed at the end, and written into the docs with ``--bench-write``."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from measured import Table, write_between

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "performance.md"
_TABLES: list[Table] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--bench-write", action="store_true", help="write the tables into docs/explanation/performance.md")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    text = "\n".join(table.markdown() for table in _TABLES)
    if text:
        terminalreporter.write_line(f"\n{text}")
    if _TABLES and config.getoption("--bench-write"):
        machine = f"CPython {platform.python_version()} on {platform.system()}, {os.cpu_count()} cores"
        head = f"Figures of one run of `tox -e bench` ({machine}), each beside a yardstick in the same run.\n"
        write_between(PAGE, "benchmark", f"{head}\n{text}")


@pytest.fixture(autouse=True, scope="session")
def _own_surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PAYERPACK_EDITION", raising=False)
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        yield


@pytest.fixture(scope="session")
def table() -> Callable[..., Table]:
    """Makes a table that is printed at the end."""

    def make(title: str, *header: str) -> Table:
        made = Table(title, header)
        _TABLES.append(made)
        return made

    return make


@pytest.fixture(scope="session")
def cms_files() -> list[Path]:
    """CMS's files as published: those of the folder that PAYERPACK_CMS_DIR names."""
    folder = os.environ.get("PAYERPACK_CMS_DIR")
    if not folder:
        pytest.skip("PAYERPACK_CMS_DIR does not name a folder of CMS's files")
    published = Path(folder) / "as_published"
    files = sorted((published if published.is_dir() else Path(folder)).iterdir())
    return [*files, *sorted(Path(folder).glob("rvu*/PPRRVU*.csv"))]


@pytest.fixture(scope="session")
def full_edition(cms_files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The edition of CMS's full practitioner tables."""
    from payerpack.baseline.editions import import_files, open_edition

    root = tmp_path_factory.mktemp("edition")
    import_files(cms_files, root)
    return open_edition(root)

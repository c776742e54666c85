from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from payerpack.baseline.editions import Edition, import_files, open_edition

CMS = Path(__file__).parents[3] / "data" / "cms"

Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def _no_edition_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PAYERPACK_EDITION", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data-home"))


@pytest.fixture(scope="session")
def cms() -> Path:
    return CMS


@pytest.fixture(scope="session")
def cms_files() -> list[Path]:
    return sorted(path for path in CMS.iterdir() if path.suffix in {".txt", ".csv"} and path.name != "ORIGIN.md")


@pytest.fixture(scope="session")
def ptp_files() -> list[Path]:
    return sorted(CMS.glob("ccipra-*.txt"))


@pytest.fixture(scope="session")
def edition(tmp_path_factory: pytest.TempPathFactory, cms_files: list[Path]) -> Edition:
    root = tmp_path_factory.mktemp("editions")
    import_files(cms_files, root)
    return open_edition(root)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file of text (Latin-1, bytes as given) under a name of CMS's."""

    def write_file(name: str, text: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode("latin-1"))
        return path

    return write_file


@pytest.fixture
def zipped(tmp_path: Path) -> Write:
    """Write a zip of members given as name and content."""

    def write_zip(name: str, members: dict[str, str | bytes]) -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members.items():
                archive.writestr(member, content)
        return path

    return write_zip


@pytest.fixture
def ptp_set(write: Write) -> Callable[..., list[Path]]:
    """Write the four files of a PTP release, given the rows of each."""

    def write_set(*parts: list[str], version: str = "v302", setting: str = "pra") -> list[Path]:
        assert len(parts) == 4
        return [
            write(
                f"cci{setting}-{version}r0-f{number}.txt",
                "".join(f"{row}\r\n" for row in ("notice\t\t\t\t\t\t", *rows)),
            )
            for number, rows in enumerate(parts, 1)
        ]

    return write_set

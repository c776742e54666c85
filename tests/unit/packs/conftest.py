"""Writing packs for tests."""

from collections.abc import Callable
from pathlib import Path

import pytest

from payerpack.packs.library import Library

HEAD = 'schema = 1\n\n[pack]\nid = "{id}"\nversion = "{version}"\n'
RULE = """
[[rule]]
id = "{id}"
stage = "bundling"
when = {{ code = "76377" }}
then = {{ action = "deny", carc = "97", rarc = ["N19"] }}
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a pack: ``write("acme", 'status = "draft"', "2026.1", files={"tests/a.toml": ...})`` returns its folder."""

    def write_pack(
        name: str = "acme",
        body: str = RULE.format(id="integral"),
        version: str = "2026.1",
        *,
        head: str = "",
        files: dict[str, str | bytes] | None = None,
        folder: str = "",
    ) -> Path:
        where = tmp_path / (folder or f"{name}-{version}")
        text = HEAD.format(id=name, version=version) + head + "\n" + body
        for path, content in {"pack.toml": text, **(files or {})}.items():
            file = where / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return where

    return write_pack


@pytest.fixture
def library(tmp_path: Path) -> Callable[[], Library]:
    """Opens a library of the packs written so far, and no installed ones."""
    return lambda: Library([tmp_path], installed=False)

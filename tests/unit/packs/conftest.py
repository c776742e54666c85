"""Writing packs for tests."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from payerpack.packs.layers import resolve
from payerpack.packs.library import Library
from payerpack.packs.model import ResolvedPolicy

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


@pytest.fixture
def resolved(library: Callable[[], Library]) -> Callable[..., ResolvedPolicy]:
    """Resolves a pack that is written by now, with its parents."""

    def resolve_pack(name: str = "child", **options: dt.date) -> ResolvedPolicy:
        found = library()
        return resolve(found.get(name), found, **options)

    return resolve_pack

"""Distributions that are installed for the time of one test: a folder on the path, with the metadata pip would write."""

import importlib
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from payerpack.plugins.catalog import catalog

PLUGIN = """
from payerpack import Finding, Setup, hookimpl

class Plugin:
    class Settings:
        pass

    def __init__(self, setup: Setup) -> None:
        self.setup = setup

{body}
"""
RULE = """
[[rule]]
id = "integral"
stage = "bundling"
when = {{ code = ["76376", "76377"] }}
conflicts_with = {{ code = "72192", same = ["patient", "service_date"] }}
then = {{ action = "deny", carc = "97", cure = "none", message = "{{code}} is part of {{other.code}}" }}
source = {{ title = "Policy 1 of {id}", url = "https://payer.example/{id}", section = "1", reviewed = 2026-01-15 }}
"""
TEST = """
[[test]]
name = "the rendering is integral"
service_date = 2024-08-15
lines = [{ code = "72192" }, { code = "76377" }]
expect = { 2 = { action = "deny", rule = "integral" } }
"""


def _pack_text(name, head="", rules=None, *, payer=None, version="2026.1", extends="ncci-medicare"):
    given = dedent(head).strip()
    keys = {line.partition("=")[0].strip() for line in given.splitlines()}
    defaults = {
        "id": f'"{name}"',
        "title": f'"{name}"',
        "version": f'"{version}"',
        "status": '"active"',
        "extends": f'"{extends}"',
        "applies_to": f'{{ payer = ["{payer or name.upper()}"] }}',
    }
    lines = [f"{key} = {value}" for key, value in defaults.items() if key not in keys]
    return "\n".join(["schema = 1", "[pack]", *lines, given, RULE.format(id=name) if rules is None else dedent(rules)])


def _write_pack(folder: Path, text: str, tests: str | None = TEST) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pack.toml").write_text(text, "utf-8")
    if tests is not None:
        (folder / "tests").mkdir(exist_ok=True)
        (folder / "tests" / "cases.toml").write_text(dedent(tests), "utf-8")
    return folder


@pytest.fixture
def pack_text():
    """The text of a pack with one rule and a scope of its own; what a test is about is laid over it."""
    return _pack_text


@pytest.fixture
def write_pack():
    """Writes a pack's folder."""
    return _write_pack


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Installs a distribution: packs by id, and the body of a plugin class or a whole module."""
    before = set(sys.modules)

    def install(
        name, packs=None, body=None, *, module=None, version="1.0", requires=("payerpack>=0.1,<1",), tests=TEST
    ):
        site = tmp_path / "site" / name
        package = name.replace("-", "_")
        home = site / package
        home.mkdir(parents=True)
        (home / "__init__.py").write_text("", "utf-8")
        entry_points = []
        if body is not None or module is not None:
            source = (
                module
                if module is not None
                else PLUGIN.format(body="".join(f"    {line}\n" for line in dedent(body).splitlines()))
            )
            (home / "plugin.py").write_text(source, "utf-8")
            attribute = ":Plugin" if "class Plugin" in source else ""
            entry_points.append(f"[payerpack.plugins]\n{name} = {package}.plugin{attribute}\n")
        if packs is not None:
            entry_points.append(f"[payerpack.packs]\n{name} = {package}.packs\n")
            for folder, text in packs.items():
                _write_pack(home / "packs" / folder, text, tests)
        info = site / f"{package}-{version}.dist-info"
        info.mkdir()
        needs = "".join(f"Requires-Dist: {one}\n" for one in requires)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}", "utf-8")
        (info / "entry_points.txt").write_text("\n".join(entry_points), "utf-8")
        monkeypatch.syspath_prepend(str(site))
        importlib.invalidate_caches()
        catalog.cache_clear()
        return home

    yield install
    catalog.cache_clear()
    for module in set(sys.modules) - before:
        if module.startswith("payerpack_"):
            del sys.modules[module]

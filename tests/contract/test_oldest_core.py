"""The downstream check knows the oldest core that a plugin promises, and reports a promise that nothing keeps."""

import importlib.util
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("each_plugin", ROOT / "tools" / "each_plugin.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("cores", "releases", "release", "said"),
    [
        (">=0.1,<1", [], None, "oldest core: 0.3.0 as installed here, for no release is <1,>=0.1"),
        (">=0.1,<1", ["0.0.9"], None, "oldest core: 0.3.0 as installed here, for no release is <1,>=0.1"),
        (">=0.1,<1", ["0.0.9", "0.2.0", "0.1.0"], "0.1.0", "oldest core: 0.1.0, built from its tag"),
        (">0.1,<1", ["0.1", "0.2.0"], "0.2.0", "oldest core: 0.2.0, built from its tag"),
        ("~=0.3.0", ["0.2.0", "0.3.0"], None, "oldest core: 0.3.0, which is installed here"),
    ],
)
def test_the_oldest_core_is_the_first_release_in_the_range_or_else_the_one_at_hand(
    tool, cores, releases, release, said
):
    found = tool.oldest(SpecifierSet(cores), Version("0.3.0"), map(Version, releases))

    assert found == (release and Version(release), said, False)


@pytest.mark.parametrize(
    ("cores", "said"),
    [
        (">=0.4,<1", "it promises payerpack<1,>=0.4, and the core here is 0.3.0"),
        (">=0.1,<0.3", "it promises payerpack<0.3,>=0.1, and the core here is 0.3.0"),
        ("<1", "it promises no oldest core (<1); write payerpack>=0.3.0,<1"),
        ("", "it promises no oldest core (no range); write payerpack>=0.3.0,<1"),
    ],
)
def test_a_promise_that_no_core_keeps_is_reported(tool, cores, said):
    assert tool.oldest(SpecifierSet(cores), Version("0.3.0"), [Version("0.1.0")]) == (None, said, True)


def test_a_plugin_that_promises_a_core_newer_than_the_one_built_fails_by_name(tool, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "plugins" / "payerpack-acme"
    folder.mkdir(parents=True)
    (folder / "pyproject.toml").write_text('[project]\nname = "payerpack-acme"\ndependencies = ["payerpack>=99"]\n')
    monkeypatch.setattr(tool, "_suite", lambda *_: 0)

    assert tool.test(tool.distributions(tmp_path), []) == 1
    assert "payerpack-acme" in capsys.readouterr().out


def test_each_suite_runs_again_with_the_release_that_its_plugin_promises(tool, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "payerpack-acme"
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[project]\nname = "payerpack-acme"\ndependencies = ["Payerpack >=0.0.1"]\n')
    ran = []
    monkeypatch.setattr(tool, "tags", lambda: {Version("0.0.1"): "v0.0.1", Version("0.0.2"): "v0.0.2"})
    monkeypatch.setattr(tool, "_environment", lambda core, folders, _: f"{core} with {[one.name for one in folders]}")
    monkeypatch.setattr(tool, "_suite", lambda python, folder, _: ran.append((python, folder)) or len(ran))

    assert tool.test([folder], []) == 2
    assert ran[0] == (sys.executable, folder)
    assert ran[1] == (f"git+{ROOT.as_uri()}@v0.0.1 with ['payerpack-acme']", folder)
    assert "with core 0.0.1, the oldest that it promises" in capsys.readouterr().out


@pytest.mark.parametrize("folder", sorted((ROOT / "plugins").glob("payerpack-*")), ids=lambda folder: folder.name)
def test_every_plugin_here_promises_an_oldest_core(tool, folder):
    cores = tool.promise(folder).cores

    assert not tool.oldest(cores, Version(metadata.version("payerpack")), []).broken


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_releases_are_read_from_the_tags_that_are_versions(tool, tmp_path):
    def git(*arguments):
        subprocess.run(
            ["git", "-c", "user.name=T", "-c", "user.email=t@example.org", *arguments], cwd=tmp_path, check=True
        )

    assert tool.tags(tmp_path) == {}
    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "first")
    for tag in ("v0.1.0", "0.2.0", "payerpack-acme-1.0"):
        git("tag", tag)

    assert tool.tags(tmp_path) == {Version("0.1.0"): "v0.1.0", Version("0.2.0"): "0.2.0"}

"""Install or test every plugin distribution under ``plugins/``, each suite in a process of its own.

Usage: python tools/each_plugin.py install
       python tools/each_plugin.py test [pytest arguments]

``test`` runs every suite with the core that is installed here, and again with the oldest core that the distribution
promises (``payerpack>=X``) where that is another one: built from the repository's tag of that release, in an
environment of its own. It says of each distribution which core that is. A distribution that promises a core newer
than the one installed, or none, fails.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import tomli
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).resolve().parent.parent
CORE = "payerpack"
_LOWER = frozenset({">=", ">", "==", "~="})
"""Operators that give a version range a lower end."""


class Promise(NamedTuple):
    """What a plugin distribution promises of the core.

    Attributes:
        folder: The distribution.
        cores: The range of the core's versions that it asks for.
    """

    folder: Path
    cores: SpecifierSet


class Oldest(NamedTuple):
    """The oldest core that a distribution promises.

    Attributes:
        release: Its version where that has been released and is not the one installed; else ``None``.
        said: Which core it is, or what is wrong with the promise, in a sentence.
        broken: Whether no core that there is keeps the promise.
    """

    release: Version | None
    said: str
    broken: bool = False


def distributions(root: Path = ROOT) -> list[Path]:
    """Return the folder of every plugin distribution; ``_template`` is none until it is rendered."""
    return sorted(path.parent for path in (root / "plugins").glob("payerpack-*/pyproject.toml"))


def promise(folder: Path) -> Promise:
    """Read which cores a distribution asks for; an empty range where it asks for none."""
    project = tomli.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = (Requirement(text) for text in project.get("dependencies", ()))
    cores = [one.specifier for one in asked if canonicalize_name(one.name) == CORE]
    return Promise(folder, cores[0] if cores else SpecifierSet())


def oldest(cores: SpecifierSet, here: Version, releases: Iterable[Version]) -> Oldest:
    """Return the oldest core that a range promises.

    Args:
        cores: The range.
        here: The version of the core installed here, released or not.
        releases: The versions that have been released.
    """
    if not any(one.operator in _LOWER for one in cores):
        return Oldest(None, f"it promises no oldest core ({cores or 'no range'}); write {CORE}>={here},<1", broken=True)
    if not cores.contains(here, prereleases=True):
        return Oldest(None, f"it promises {CORE}{cores}, and the core here is {here}", broken=True)
    released = sorted(one for one in releases if cores.contains(one, prereleases=True))
    if not released:
        return Oldest(None, f"oldest core: {here} as installed here, for no release is {cores}")
    if released[0] >= here:
        return Oldest(None, f"oldest core: {here}, which is installed here")
    return Oldest(released[0], f"oldest core: {released[0]}, built from its tag")


def tags(root: Path = ROOT) -> dict[Version, str]:
    """Return the tag of every release of the core: ``v0.1.0`` or ``0.1.0``; none outside a clone."""
    try:
        listed = subprocess.run(["git", "tag", "--list"], cwd=root, capture_output=True, text=True, check=True)  # noqa: S607 - git as the caller has it
    except (OSError, subprocess.CalledProcessError):
        return {}
    found = {}
    for tag in listed.stdout.split():
        try:
            found[Version(tag)] = tag
        except InvalidVersion:  # a tag of something else, such as a plugin's release
            continue
    return found


def test(folders: Iterable[Path], arguments: Sequence[str]) -> int:
    """Run every suite with the core here, and with the oldest core promised; the status is that of the worst."""
    here, tagged = Version(metadata.version(CORE)), tags()
    worst = 0
    others: dict[Version, list[Path]] = {}
    for folder in folders:
        found = oldest(promise(folder).cores, here, tagged)
        print(f"== {folder.name} with core {here}; {found.said}", flush=True)
        worst = max(worst, int(found.broken), _suite(sys.executable, folder, arguments))
        if found.release is not None:
            others.setdefault(found.release, []).append(folder)
    for release, promised in sorted(others.items()):
        with tempfile.TemporaryDirectory() as place:
            core = f"git+{ROOT.as_uri()}@{tagged[release]}"
            python = _environment(core, promised, Path(place) / "environment")
            for folder in promised:
                print(f"== {folder.name} with core {release}, the oldest that it promises", flush=True)
                worst = max(worst, _suite(python, folder, arguments))
    return worst


def _environment(core: str, folders: Iterable[Path], place: Path) -> str:
    """Make an environment with a core, the tests' tools and some distributions; return its interpreter."""
    group = tomli.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]["test"]
    _must(sys.executable, "venv", place)
    python = str(next(path for path in (place / "bin" / "python", place / "Scripts" / "python.exe") if path.exists()))
    _must(python, "pip", "install", "--quiet", core, *group)
    _must(python, "pip", "install", "--quiet", "--no-deps", *folders)
    return python


def _suite(python: str, folder: Path, arguments: Iterable[str]) -> int:
    return _run(python, "pytest", "-q", "-c", ROOT / "pyproject.toml", *arguments, folder)


def _run(python: str, module: str, *arguments: object) -> int:
    """Run a module with an interpreter, and return its exit status."""
    return subprocess.call([python, "-m", module, *map(str, arguments)])  # noqa: S603 - the commands are this module's own


def _must(python: str, module: str, *arguments: object) -> None:
    if _run(python, module, *arguments):
        raise SystemExit(f"each_plugin: {module} failed; what it wrote stands above")


def main(arguments: Sequence[str]) -> int:
    """Do what the first argument says, for all of them."""
    what, *rest = arguments or ["install"]
    if what == "install":
        return _run(sys.executable, "pip", "install", "--quiet", "--no-deps", *distributions())
    return test(distributions(), rest)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

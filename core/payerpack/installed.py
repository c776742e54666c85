"""The entry points of installed distributions, read from their metadata as files; no code of theirs is imported.

`importlib.metadata` says the same, but its import and its look at every distribution take 30 ms, which a single review
would pay. What lies elsewhere than in folders (a zip on the path, a finder of an embedding program) is left to it.
"""

# A `Path` for each of a hundred distributions took as long as reading them.
# ruff: noqa: PTH118, PTH122, PTH123, PTH208
from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from payerpack.versions import normalize

if TYPE_CHECKING:
    from importlib.metadata import Distribution

_METADATA: Final = {".dist-info": "METADATA", ".egg-info": "PKG-INFO"}
"""The endings of the folders that hold a distribution's metadata, and the file in them that says its name."""

_ENDINGS: Final = tuple(_METADATA)


class EntryPoint(NamedTuple):
    """An entry point of an installed distribution.

    Attributes:
        group: Its group.
        name: Its name.
        value: What it refers to, ``module`` or ``module:attribute``.
        distribution: The name of the distribution.
        version: Its version.
        site: The folder it is installed in.
        direct_url: What its ``direct_url.json`` says of where it came from, or an empty text.
    """

    group: str
    name: str
    value: str
    distribution: str
    version: str
    site: Path
    direct_url: str = ""


def entry_points(groups: Iterable[str], path: Sequence[str] | None = None) -> Iterator[EntryPoint]:
    """Yield every entry point of some groups, in the order of the path.

    Of a distribution that is on the path twice, the one that Python finds first counts.

    Args:
        groups: The groups.
        path: Folders to look in; absent, ``sys.path`` and whatever else Python is told to look in.
    """
    wanted = frozenset(groups)
    seen: set[str] = set()
    for name, points in _distributions(wanted, path):
        if name not in seen:
            seen.add(name)
            yield from points


_Found = Iterator[tuple[str, list[EntryPoint]]]
"""Distributions by their normalised names, each with its entry points."""


def _distributions(groups: frozenset[str], path: Sequence[str] | None) -> _Found:
    if path is None and any(hasattr(finder, "find_distributions") for finder in sys.meta_path if finder != PathFinder):
        from importlib.metadata import distributions

        yield from _told(distributions(), groups)
        return
    for folder in sys.path if path is None else path:
        try:
            names = sorted(os.listdir(folder or "."))
        except NotADirectoryError:
            from importlib.metadata import distributions

            yield from _told(distributions(path=[folder]), groups)
        except OSError:  # a folder of the path that is not there, as Python allows
            continue
        else:
            for name in names:
                if name.endswith(_ENDINGS):
                    stem, ending = os.path.splitext(name)
                    yield normalize(stem.partition("-")[0]), _read(os.path.join(folder, name), ending, groups)


def _read(info: str, ending: str, groups: frozenset[str]) -> list[EntryPoint]:
    listed = _text(info, "entry_points.txt")
    if not any(group in listed for group in groups):  # of a hundred distributions, two or three have any
        return []
    said = dict(line.partition(": ")[::2] for line in _head(info, _METADATA[ending]))
    name, version = said.get("Name", ""), said.get("Version", "")
    origin = _text(info, "direct_url.json")
    return [
        EntryPoint(*point, name, version, Path(info).parent, origin) for point in _parse(listed) if point[0] in groups
    ]


def _parse(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield the group, name and value of every entry point that a file lists."""
    group = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1]
        elif "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            yield group, name.strip(), value.strip()


def _head(info: str, file: str) -> list[str]:
    """Return the lines of a file up to the first empty one: the fields, without the description."""
    return _text(info, file).partition("\n\n")[0].splitlines()


def _text(info: str, file: str) -> str:
    try:
        with open(os.path.join(info, file), encoding="utf-8") as stream:
            return stream.read()
    except (OSError, UnicodeDecodeError):
        return ""


def _told(found: Iterable[Distribution], groups: frozenset[str]) -> _Found:
    """Yield the distributions that `importlib.metadata` finds."""
    for one in found:
        name = one.metadata["Name"] or ""
        origin, site = one.read_text("direct_url.json") or "", Path(str(one.locate_file("")))
        points = [
            EntryPoint(point.group, point.name, point.value, name, one.version, site, origin)
            for point in one.entry_points
            if point.group in groups
        ]
        yield normalize(name), points

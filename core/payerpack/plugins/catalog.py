"""The catalog: which plugins and pack folders are installed, without running any of their code."""

from __future__ import annotations

import functools
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs

from payerpack.errors import PackError, PluginError, Problem

if TYPE_CHECKING:
    from importlib.metadata import Distribution, EntryPoint

    from packaging.requirements import Requirement

PLUGINS: Final = "payerpack.plugins"
"""The entry point group of plugins."""
PACKS: Final = "payerpack.packs"
"""The entry point group of pack folders; a value names the package that is the folder."""
BLOCK: Final = "PAYERPACK_BLOCK"
"""The environment variable that blocks plugins: names of entry points or distributions, separated by commas."""


@attrs.frozen(slots=True)
class Installed:
    """An entry point of an installed distribution.

    Attributes:
        name: The entry point's name: the plugin's name.
        value: What it refers to, ``module`` or ``module:attribute``.
        group: `PLUGINS` or `PACKS`.
        distribution: The name of the distribution.
        version: Its version.
        location: The folder it is installed in; for an editable installation, its source.
    """

    name: str
    value: str
    group: str
    distribution: str
    version: str
    location: str = ""
    _entry_point: EntryPoint | None = attrs.field(default=None, eq=False, repr=False)

    @property
    def origin(self) -> str:
        """Distribution and version, such as ``payerpack-acme 1.2``."""
        return f"{self.distribution} {self.version}".strip()

    def load(self) -> Any:
        """Import what the entry point refers to; this runs the plugin's code.

        Raises:
            PluginError: It cannot be imported.
        """
        from importlib.metadata import EntryPoint

        entry_point = self._entry_point or EntryPoint(self.name, self.value, self.group)
        try:
            return entry_point.load()
        except Exception as fault:
            raise PluginError(
                f"{self.value} cannot be imported ({type(fault).__name__}: {fault}); reinstall or block it",
                plugin=self.name,
                distribution=self.origin,
            ) from fault


@attrs.frozen(slots=True)
class Catalog:
    """What is installed.

    Attributes:
        plugins: Every plugin, by name.
        packs: Every folder of packs, by name.
    """

    plugins: tuple[Installed, ...] = ()
    packs: tuple[Installed, ...] = ()

    @classmethod
    def scan(cls, path: Sequence[str] | None = None) -> Catalog:
        """Read the metadata of the distributions on a path.

        Args:
            path: Folders to look in; absent, ``sys.path``.
        """
        # Slow to import (25 ms), and a review that needs no plugin does not need it.
        from importlib.metadata import distributions

        found: dict[tuple[str, str, str], Installed] = {}
        for distribution in distributions() if path is None else distributions(path=list(path)):
            for entry_point in distribution.entry_points:
                if entry_point.group in {PLUGINS, PACKS}:
                    installed = _installed(entry_point, distribution)
                    # A distribution that is on the path twice counts where Python finds it first.
                    found.setdefault((installed.group, installed.name, normalize(installed.distribution)), installed)
        every = sorted(found.values(), key=lambda one: (one.name, one.distribution))
        return cls(
            tuple(one for one in every if one.group == PLUGINS), tuple(one for one in every if one.group == PACKS)
        )

    def find(self, requirement: str) -> Installed:
        """Return the plugin that a requirement such as ``payerpack-example >=1,<2`` asks for.

        Args:
            requirement: The name of an entry point or of its distribution, and a version specifier of that
                distribution; names compare as PEP 503 says.

        Raises:
            PackError: The requirement is malformed, nothing of that name is installed, its version does not match, or
                the name stands for more than one plugin.
        """
        wanted = parse(requirement)
        name = normalize(wanted.name)
        found = [one for one in self.plugins if normalize(one.name) == name] or [
            one for one in self.plugins if normalize(one.distribution) == name
        ]
        if not found:
            known = ", ".join(f"{one.name} ({one.origin})" for one in self.plugins) or "none"
            raise _refused(requirement, f"no plugin {wanted.name} is installed, only: {known}; pip install it")
        if len(found) > 1:
            listed = " and ".join(f"{one.name} of {one.origin}" for one in found)
            raise _refused(requirement, f"{wanted.name} is {listed}; name one of them, or uninstall the others")
        (one,) = found
        if not wanted.specifier.contains(one.version, prereleases=True):
            raise _refused(
                requirement, f"{one.origin} is installed; pip install '{one.distribution}{wanted.specifier}'"
            )
        return one

    def clashes(self) -> tuple[Problem, ...]:
        """Return a problem for every plugin name that more than one distribution claims."""
        by_name: Mapping[str, list[Installed]] = defaultdict(list)
        for one in self.plugins:
            by_name[normalize(one.name)].append(one)
        return tuple(
            Problem(
                f"plugin {group[0].name}", f"{' and '.join(one.origin for one in group)} both provide it; uninstall one"
            )
            for group in by_name.values()
            if len(group) > 1
        )


@functools.cache
def catalog() -> Catalog:
    """Return what is installed on ``sys.path``, read once; ``catalog.cache_clear()`` forgets it."""
    return Catalog.scan()


def blocked_names(names: Iterable[str] = ()) -> frozenset[str]:
    """Return the names to block: those given and those in the environment, normalised as PEP 503 says."""
    given = [*names, *os.environ.get(BLOCK, "").split(",")]
    return frozenset(normalize(name.strip()) for name in given if name.strip())


def normalize(name: str) -> str:
    """Return a distribution's or plugin's name as PEP 503 compares names."""
    from packaging.utils import canonicalize_name

    return canonicalize_name(name)


def parse(requirement: str) -> Requirement:
    """Return a requirement such as ``payerpack-example >=1,<2``, read.

    Raises:
        PackError: It is anything but a name and a version specifier.
    """
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        wanted = Requirement(requirement)
    except InvalidRequirement:
        wanted = None
    if wanted is None or wanted.extras or wanted.marker or wanted.url:
        raise _refused(requirement, "it is no name with a version range; write it like payerpack-example >=1,<2")
    return wanted


def _refused(requirement: str, message: str) -> PackError:
    return PackError(Problem(f"plugins = [{requirement!r}]", message))


def _installed(entry_point: EntryPoint, distribution: Distribution) -> Installed:
    return Installed(
        entry_point.name,
        entry_point.value,
        entry_point.group,
        distribution.metadata["Name"],
        distribution.version,
        _location(distribution),
        entry_point,
    )


def _location(distribution: Distribution) -> str:
    """Return where a distribution's code is: the source of an editable installation, else where it is installed."""
    origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    if origin.get("dir_info", {}).get("editable") and str(origin.get("url", "")).startswith("file:"):
        from urllib.parse import unquote, urlsplit  # urllib.request has it ready, and costs each review 10 ms

        path = unquote(urlsplit(origin["url"]).path)
        return path.lstrip("/").replace("/", "\\") if os.name == "nt" else path
    return str(distribution.locate_file(""))

"""The catalog: which plugins and pack folders are installed, without running any of their code."""

from __future__ import annotations

import functools
import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any, Final

import attrs

from payerpack.errors import PackError, PluginError, Problem
from payerpack.installed import EntryPoint, entry_points
from payerpack.versions import Range, Release, normalize, parse_requirement

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
        held: Gives what it refers to, where that is not to be imported: a test's plugin.
    """

    name: str
    value: str
    group: str
    distribution: str
    version: str
    location: str = ""
    _held: Callable[[], Any] | None = attrs.field(default=None, eq=False, repr=False)

    @property
    def origin(self) -> str:
        """Distribution and version, such as ``payerpack-acme 1.2``."""
        return f"{self.distribution} {self.version}".strip()

    def load(self) -> Any:
        """Import what the entry point refers to; this runs the plugin's code.

        Raises:
            PluginError: It cannot be imported.
        """
        try:
            return self._load()
        except (Exception, SystemExit) as fault:  # a plugin that ends the process on import ends no review
            raise PluginError(
                f"{self.value} cannot be imported ({type(fault).__name__}: {fault}); reinstall or block it",
                plugin=self.name,
                distribution=self.origin,
            ) from fault

    def _load(self) -> Any:
        if self._held is not None:
            return self._held()
        module, _, attributes = self.value.partition("[")[0].partition(":")  # extras in brackets are history
        loaded: Any = import_module(module.strip())
        for attribute in filter(None, attributes.strip().split(".")):
            loaded = getattr(loaded, attribute)
        return loaded


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
        found: dict[tuple[str, str, str], Installed] = {}
        for point in entry_points((PLUGINS, PACKS), path):
            found.setdefault((point.group, point.name, normalize(point.distribution)), _installed(point))
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
        named, wanted = parse(requirement)
        name = normalize(named)
        found = [one for one in self.plugins if normalize(one.name) == name] or [
            one for one in self.plugins if normalize(one.distribution) == name
        ]
        if not found:
            known = ", ".join(f"{one.name} ({one.origin})" for one in self.plugins) or "none"
            raise _refused(requirement, f"no plugin {named} is installed, only: {known}; pip install it")
        if len(found) > 1:
            listed = " and ".join(f"{one.name} of {one.origin}" for one in found)
            raise _refused(requirement, f"{named} is {listed}; name one of them, or uninstall the others")
        (one,) = found
        if Release(one.version) not in wanted:
            raise _refused(requirement, f"{one.origin} is installed; pip install '{one.distribution}{wanted}'")
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


def parse(requirement: str) -> tuple[str, Range]:
    """Return the name and the range of a requirement such as ``payerpack-example >=1,<2``.

    Raises:
        PackError: It is anything but a name and a version specifier.
    """
    try:
        return parse_requirement(requirement)
    except ValueError:
        message = "it is no name with a version range; write it like payerpack-example >=1,<2"
        raise _refused(requirement, message) from None


def _refused(requirement: str, message: str) -> PackError:
    return PackError(Problem(f"plugins = [{requirement!r}]", message))


def _installed(point: EntryPoint) -> Installed:
    return Installed(point.name, point.value, point.group, point.distribution, point.version, _location(point))


def _location(point: EntryPoint) -> str:
    """Return where a distribution's code is: the source of an editable installation, else where it is installed."""
    origin = json.loads(point.direct_url or "{}")
    if origin.get("dir_info", {}).get("editable") and str(origin.get("url", "")).startswith("file:"):
        from urllib.parse import unquote, urlsplit  # urllib.request has it ready, and costs each review 10 ms

        path = unquote(urlsplit(origin["url"]).path)
        return path.lstrip("/").replace("/", "\\") if os.name == "nt" else path
    return str(point.site)

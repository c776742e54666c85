"""How a deployment uses plugins, beside what packs say: which may run, in what order, with which settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from payerpack.errors import PackError, Problem
from payerpack.plugins.catalog import Catalog, blocked_names
from payerpack.plugins.registered import CORE
from payerpack.versions import normalize


@attrs.frozen(slots=True, eq=False)
class PluginUse:
    """What a deployment decides about plugins; a name is that of an entry point or of its distribution.

    Attributes:
        blocked: Plugins that no policy may use.
        enabled: The only plugins, beside the core's own, that a policy may use; ``None``: all that packs name.
        order: Plugins in the order they are registered in, where a policy has several of them; the last one runs first
            and its wrappers are outermost.
        settings: Settings by plugin; each wins over the same setting in a pack.
        budget: Seconds that a hook may take before its claim pends, or ``None``.
        catalog: The plugins there are; ``None``: those installed.
        origins: Where settings are written, by plugin and setting; names as PEP 503 compares them.
    """

    blocked: tuple[str, ...] = ()
    enabled: tuple[str, ...] | None = None
    order: tuple[str, ...] = ()
    settings: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)
    budget: float | None = None
    catalog: Catalog | None = None
    origins: Mapping[tuple[str, str], str] = attrs.field(factory=dict)

    def admits(self, *names: str) -> bool:
        """Say whether a plugin of any of these names may run; the environment may block it too."""
        known = {normalize(name) for name in names}
        if known & blocked_names(self.blocked):
            return False
        return self.enabled is None or CORE in known or bool(known & set(map(normalize, self.enabled)))

    def placed(self, error: PackError) -> PackError:
        """Return an error with the places where the deployment wrote the settings that it is about."""
        return PackError(*map(self._placed, error.problems))

    def _placed(self, problem: Problem) -> Problem:
        for (plugin, setting), origin in self.origins.items():
            about, _, name = problem.location.removeprefix("settings.").rpartition(".")
            if name == setting and normalize(about) == plugin:
                return attrs.evolve(problem, location=f"{origin}: {problem.location}")
        return problem

    def arranged(self, plugins: Iterable[tuple[str, str]]) -> list[int]:
        """Return the positions of plugins, given by name and distribution, in the order to register them.

        Plugins that ``order`` does not name keep their places.
        """
        ranks = {normalize(name): rank for rank, name in enumerate(self.order)}
        found = [min((ranks[n] for n in map(normalize, names) if n in ranks), default=None) for names in plugins]
        named = iter(sorted((i for i, rank in enumerate(found) if rank is not None), key=lambda i: (found[i], i)))
        return [i if rank is None else next(named) for i, rank in enumerate(found)]


def settings_of(tables: Mapping[str, Mapping[str, Any]], *names: str) -> dict[str, Any]:
    """Return the settings that tables by plugin hold for a plugin of any of these names."""
    known = {normalize(name) for name in names}
    return {key: value for name, table in tables.items() if normalize(name) in known for key, value in table.items()}

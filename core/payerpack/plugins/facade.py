"""How a policy gets its plugins: requirements in, fresh plugin objects out, typed settings on the way."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, Final

import attrs

from payerpack.context import Setup
from payerpack.errors import PackError, PluginError, Problem
from payerpack.plugins.catalog import Catalog, Installed, catalog, parse
from payerpack.plugins.registered import Registered
from payerpack.plugins.settings import structure
from payerpack.plugins.use import PluginUse
from payerpack.versions import normalize

_POSITIONAL: Final = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.VAR_POSITIONAL,
)


def assemble(
    requirements: Sequence[str],
    setup: Callable[[Installed], Setup],
    use: PluginUse,
) -> tuple[tuple[Registered, ...], tuple[str, ...]]:
    """Make the plugins of one policy.

    An entry point may be a module, an instance, or a class or other factory. A factory that takes a positional argument
    gets the `Setup`; every policy gets an object of its own. Modules and instances are shared as Python shares them, so
    they must keep no state.

    Args:
        requirements: What the packs ask for, from the farthest parent to the policy's own pack, in the order written.
        setup: Gives each plugin its setup, with its settings as written.
        use: What the deployment decides: which plugins there are, which may run, in what order.

    Returns:
        The plugins in the order to register them, and the names of those left out because they are blocked.

    Raises:
        PackError: Requirements that nothing installed meets, or settings that a plugin does not have; all at once.
        PluginError: A plugin cannot be imported or made.
    """
    found = catalog() if use.catalog is None else use.catalog
    wanted: dict[str, Installed] = {}
    left_out: dict[str, None] = {}
    problems: list[Problem] = []
    for requirement in requirements:
        name, one = _find(requirement, use, found, problems)
        if one is not None:
            # A child may ask again for what its parent asked for: the versions of both hold, the first place counts.
            wanted.setdefault(one.name, one)
        elif name:
            left_out[name] = None
    chosen = list(wanted.values())
    arranged = [chosen[position] for position in use.arranged((one.name, one.distribution) for one in chosen)]
    registered = [plugin for one in arranged if (plugin := _registered(one, setup(one), problems)) is not None]
    if problems:
        raise use.placed(PackError(*problems))
    return tuple(registered), tuple(left_out)


def _find(requirement: str, use: PluginUse, found: Catalog, problems: list[Problem]) -> tuple[str, Installed | None]:
    """Return a plugin's name, and the plugin if it may run; what may not run need not be installed."""
    name = ""
    try:
        name = normalize(parse(requirement)[0])
        one = found.find(requirement)
    except PackError as error:
        if name and not use.admits(name):
            return name, None
        problems += error.problems
        return "", None
    return one.name, one if use.admits(one.name, one.distribution) else None


def _registered(one: Installed, setup: Setup, problems: list[Problem]) -> Registered | None:
    try:
        return Registered(one.name, one.version, one.distribution, make(one, setup))
    except PackError as error:
        problems += error.problems
        return None


def make(installed: Installed, setup: Setup) -> object:
    """Load a plugin and return the object that holds its hooks, made for one policy.

    Raises:
        PackError: It has settings that it cannot take.
        PluginError: It cannot be imported or made.
    """
    loaded = installed.load()
    factory = inspect.isclass(loaded) or inspect.isroutine(loaded)
    takes_setup = factory and _takes_setup(loaded)
    if setup.settings and not takes_setup:
        raise PackError(
            Problem(f"settings.{installed.name}", f"the plugin ({installed.origin}) takes no settings; remove them")
        )
    if not factory:
        return loaded
    record = getattr(loaded, "Settings", None)
    if inspect.isclass(record):
        setup = attrs.evolve(setup, settings=structure(setup.settings, record, installed.name))
    try:
        made: object = loaded(setup) if takes_setup else loaded()
    except PackError:
        raise  # a rule of the pack that the plugin cannot run: its author's mistake, not the plugin's
    except (Exception, SystemExit) as fault:
        raise PluginError(
            f"{installed.value} cannot be made for the policy {setup.policy} ({type(fault).__name__}: {fault})",
            plugin=installed.name,
            distribution=installed.origin,
        ) from fault
    return made


def _takes_setup(factory: Callable[..., Any]) -> bool:
    try:
        parameters = inspect.signature(factory).parameters.values()
    except (TypeError, ValueError):
        return False
    return any(parameter.kind in _POSITIONAL for parameter in parameters)

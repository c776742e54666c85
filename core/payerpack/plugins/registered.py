"""A plugin of one policy, and the hook implementations that it holds."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterator
from typing import Any, Final

import attrs

from payerpack import hookspecs
from payerpack.claim import Claim
from payerpack.context import Context
from payerpack.finding import Finding

CORE: Final = "payerpack"
"""The core's own distribution: its plugins are trusted to build well-formed findings."""
ARGUMENTS: Final = {name: tuple(inspect.signature(getattr(hookspecs, name)).parameters) for name in hookspecs.HOOKS}
"""The arguments of every hook, in the order of its spec."""
_MARK: Final = f"{hookspecs.PROJECT}_impl"
_HOOKABLE: Final = (types.FunctionType, types.MethodType, staticmethod, classmethod)


@attrs.frozen(slots=True, eq=False, repr=False)
class Registered:
    """A plugin object as one policy uses it, and where it came from.

    Attributes:
        name: The name of its entry point.
        version: The version of its distribution.
        distribution: The name of its distribution.
        plugin: The object that holds its hook implementations: a module, an instance, a class.
        fused: One function that finds what the plugin's four ``check_*`` hooks find together; used when nothing wraps.
        rule_ids: Rules that are this plugin's alone; a plugin may also name them in an attribute ``rule_ids``.
    """

    name: str
    version: str
    distribution: str
    plugin: object
    fused: Callable[[Claim, Context], list[Finding]] | None = None
    rule_ids: frozenset[str] = frozenset()

    @property
    def origin(self) -> str:
        """Distribution and version, such as ``payerpack-acme 1.2``."""
        return f"{self.distribution} {self.version}".strip()

    @property
    def owned(self) -> frozenset[str]:
        """Every rule id that is this plugin's alone."""
        return self.rule_ids.union(getattr(self.plugin, "rule_ids", ()))


@attrs.frozen(slots=True, eq=False, repr=False)
class Implementation:
    """One hook implementation.

    Attributes:
        attribute: The name it has on the plugin.
        hook: The hook it implements: the attribute's name, or its ``specname``.
        function: The function, bound as a call needs it.
        options: What ``hookimpl`` was given: ``wrapper``, ``tryfirst``, ...
    """

    attribute: str
    hook: str
    function: Callable[..., Any]
    options: dict[str, Any]


def functions(plugin: object) -> Iterator[tuple[str, Callable[..., Any], dict[str, Any] | None]]:
    """Yield the plugin's functions by name, each with its ``hookimpl`` options or ``None``; properties do not run."""
    for name in dir(plugin):
        held = None if name.startswith("__") else inspect.getattr_static(plugin, name, None)
        if isinstance(held, _HOOKABLE):
            function = getattr(plugin, name)
            yield name, function, getattr(held, _MARK, None) or getattr(function, _MARK, None)


def implementations(plugin: object) -> Iterator[Implementation]:
    """Yield the plugin's hook implementations, by the name of their attribute."""
    for name, function, options in functions(plugin):
        if options is not None:
            yield Implementation(name, options.get("specname") or name, function, options)

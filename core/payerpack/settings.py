"""A deployment's settings: ``payerpack.toml``, the environment and options, and where each value came from.

The file is the one that is named, else that of ``PAYERPACK_CONFIG``, else ``payerpack.toml`` in the current folder::

    packs = ["packs"]                     # folders of packs, relative to the file
    edition = "editions/2026q1"           # the CPT/NCCI edition, or a folder of several
    cache = "cache"                       # where packs found sound are kept for the next start, or "off"
    history = "sqlite:///history.db"      # earlier claims: a file or a database
    fail_on = "deny"                      # the weakest action that makes `payerpack review` exit with 1
    plugin_budget = 0.5                   # seconds that a plugin's hook may take before its claim pends

    [plugins]
    enable = ["payerpack-acme"]           # the only plugins that may run, beside the core's own
    order = ["payerpack-acme"]            # the order they are registered in, where a policy has several
    block = ["payerpack-other"]           # plugins that must not run

    [settings.payerpack-acme]             # a plugin's own settings; they win over those of packs
    threshold = 3

Options win over the environment, the environment over the file. Packs and blocked plugins add up.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import attrs

from payerpack.errors import Problem, UserError
from payerpack.packs.cache import FOLDER
from payerpack.plugins.catalog import BLOCK
from payerpack.plugins.use import PluginUse
from payerpack.versions import normalize

FILE: Final = "payerpack.toml"
"""The file that is read when none is named."""
CONFIG: Final = "PAYERPACK_CONFIG"
"""The environment variable that names the file."""
EDITION: Final = "PAYERPACK_EDITION"
"""The environment variable that names the edition."""
DEFAULT: Final = "default"
"""The origin of a value that nobody set."""


@attrs.frozen(slots=True)
class Value:
    """One value in effect: its key, the value, where it came from, and the plugin whose setting it is, if one's."""

    key: str
    value: Any
    origin: str = DEFAULT
    plugin: str = ""

    @property
    def name(self) -> str:
        """The key as the file would have it, tables and all."""
        return f"settings.{self.plugin}.{self.key}" if self.plugin else self.key


@attrs.frozen(slots=True, eq=False)
class Settings:
    """What is in effect.

    Attributes:
        file: The file that was read, or ``None``.
        values: Every value with its origin; a list has one entry for each element.
    """

    file: Path | None = None
    values: tuple[Value, ...] = ()

    def over(self, origins: Mapping[str, str] | None = None, /, **given: Any) -> Settings:
        """Return these settings with options laid over them; an option that is ``None`` or empty says nothing.

        Args:
            origins: What to call the origin of an option, by key; absent, ``--key``.
            given: Options: ``packs`` and ``block`` add up, others replace.
        """
        values = list(self.values)
        for name, value in given.items():
            key = "plugins.block" if name == "block" else name
            origin = (origins or {}).get(name, f"--{name.replace('_', '-')}")
            if value is None or value == []:
                continue
            if key in _LISTS:
                values += (Value(key, one, origin) for one in value)
            else:
                values = [one for one in values if one.name != key] + [Value(key, value, origin)]
        return attrs.evolve(self, values=tuple(values))

    def get(self, key: str) -> Any:
        """Return the value of a key, or its default."""
        return next((one.value for one in self.values if one.name == key), _DEFAULTS.get(key))

    def each(self, key: str) -> tuple[Any, ...]:
        """Return the elements of a list, in the order given."""
        return tuple(one.value for one in self.values if one.name == key)

    def plugins(self) -> PluginUse:
        """Return what these settings decide about plugins."""
        tables: dict[str, dict[str, Any]] = {}
        origins: dict[tuple[str, str], str] = {}
        for one in self.values:
            if one.plugin:
                tables.setdefault(one.plugin, {})[one.key] = one.value
                origins[normalize(one.plugin), one.key] = one.origin
        budget = self.get("plugin_budget")
        return PluginUse(
            self.each("plugins.block"),
            self.each("plugins.enable") or None,
            self.each("plugins.order"),
            tables,
            None if budget is None else float(budget),
            origins=origins,
        )

    def effective(self) -> Iterator[Value]:
        """Yield every value in effect, defaults too, in the order of the file's keys."""
        for key in _ORDER:
            yield from [one for one in self.values if one.name == key] or [Value(key, _DEFAULTS.get(key))]
        yield from (one for one in self.values if one.plugin)


_LISTS: Final = ("packs", "plugins.enable", "plugins.order", "plugins.block")
_ORDER: Final = ("packs", "edition", "cache", "history", "fail_on", "plugin_budget", *_LISTS[1:])
_DEFAULTS: Final[Mapping[str, Any]] = {"fail_on": "deny"}


def engine_arguments(settings: Settings) -> dict[str, Any]:
    """Return the arguments of `payerpack.Engine` for these settings: ``Engine(**engine_arguments(read_settings()))``."""
    return {
        "packs": list(settings.each("packs")),
        "edition": settings.get("edition"),
        "history": settings.get("history"),
        "cache": settings.get("cache"),
        "plugins": settings.plugins(),
    }


def settings_file(named: str | os.PathLike[str] | None = None) -> Path | None:
    """Return the file to read: the one named, else that of the environment, else ``payerpack.toml`` if it is there.

    Raises:
        UserError: A file was named and is not there.
    """
    given, by = (named, "--config") if named is not None else (os.environ.get(CONFIG), CONFIG)
    if not given:
        file = Path(FILE)
        return file if file.is_file() else None
    if not Path(given).is_file():
        raise UserError(Problem(by, f"{given} is no file; name a {FILE}"))
    return Path(given)


def read_settings(named: str | os.PathLike[str] | None = None) -> Settings:
    """Read the settings of a deployment: the file, and the environment over it.

    Args:
        named: The file; absent, see `settings_file`.

    Raises:
        UserError: The file is not there, or anything in it is wrong; every problem at once, with its place.
    """
    file = settings_file(named)
    settings = Settings()
    if file is not None:
        from payerpack.settings_file import read_file  # what checks it takes 10 ms to import, and most have none

        settings = Settings(file, tuple(Value(*written) for written in read_file(file)))
    environment = {
        "edition": os.environ.get(EDITION) or None,  # empty is unset, and no folder
        "cache": os.environ.get(FOLDER) or None,
        "block": [name.strip() for name in os.environ.get(BLOCK, "").split(",") if name.strip()],
    }
    return settings.over({"edition": EDITION, "cache": FOLDER, "block": BLOCK}, **environment)


def shown(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, (Path, Decimal)):
        return str(value)
    return value


def as_rows(values: Iterable[Value]) -> list[dict[str, Any]]:
    """Return values in the JSON shape of ``payerpack config show``."""
    return [{"key": one.name, "value": shown(one.value), "origin": one.origin} for one in values]

"""Reading ``payerpack.toml``: its shape, its values, and the place of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from payerpack.errors import UserError
from payerpack.finding import ACTIONS
from payerpack.packs.cache import OFF
from payerpack.packs.diagnostics import problems
from payerpack.packs.faults import nearest
from payerpack.packs.model import Path_
from payerpack.packs.shapes import Anything, Checker, Key, Many, Names, Number, Record, Text
from payerpack.packs.spans import position, spans
from payerpack.packs.toml import Document, decode, read_toml
from payerpack.plugins.catalog import catalog
from payerpack.versions import normalize

Written = tuple[str, Any, str, str]
"""A value: its key, the value, its place, and the plugin whose setting it is, if one's."""

_PLUGIN: Final = Text(what="the name of a plugin")
SHAPE: Final = Record(
    "payerpack.toml",
    (
        Key("schema", Number(1, 1, whole=True), "The version of this file's keys.", "schema = 1"),
        Key("packs", Many(Text(what="a folder"), 0), "Folders of packs, relative to the file.", 'packs = ["packs"]'),
        Key("edition", Text(what="a folder"), "The CPT/NCCI edition, or a folder of several.", 'edition = "editions"'),
        Key("cache", Text(what='a folder, or "off"'), "Where packs found sound are kept.", 'cache = "off"'),
        Key("history", Text(what="a file or a URL"), "Earlier claims.", 'history = "sqlite:///history.db"'),
        Key("fail_on", Text(ACTIONS), "The weakest action that makes a review exit with 1.", 'fail_on = "deny"'),
        Key("plugin_budget", Number(), "Seconds that a hook may take before its claim pends.", "plugin_budget = 0.5"),
        Key(
            "plugins",
            Record(
                "plugins",
                (
                    Key("enable", Many(_PLUGIN), "The only plugins that may run.", 'enable = ["payerpack-acme"]'),
                    Key("order", Many(_PLUGIN, 0), "The order of plugins.", 'order = ["payerpack-acme"]'),
                    Key("block", Many(_PLUGIN, 0), "Plugins that must not run.", 'block = ["payerpack-acme"]'),
                ),
            ),
            "Which plugins run.",
            'plugins = { block = ["payerpack-acme"] }',
        ),
        Key("settings", Names(Names(Anything(), "settings"), "plugins"), "Settings by plugin.", "[settings.acme]"),
    ),
)
"""What ``payerpack.toml`` may hold."""


def read_file(file: Path) -> tuple[Written, ...]:
    """Return the values of a ``payerpack.toml``, each with its place; folders as they are from here.

    Raises:
        UserError: Anything in it is wrong; every problem at once, with its place.
    """
    document = read_toml(file)
    checker = Checker(file, list(document.faults))
    if not document.faults:
        SHAPE.check(document.data, (), checker)
    if not checker.faults:
        _check_names(document.data, checker)
    if checker.faults:
        raise UserError(*problems(checker.faults))
    return tuple(_values(document))


def _check_names(data: Mapping[str, Any], into: Checker) -> None:
    """Record every name that is no installed plugin's: a misspelt one would silently do nothing."""
    plugins = data.get("plugins", {})
    named: list[tuple[str, Path_]] = [
        (name, ("plugins", key, index)) for key, names in plugins.items() for index, name in enumerate(names)
    ]
    named += ((name, ("settings", name)) for name in data.get("settings", {}))
    if not named:
        return
    known = dict.fromkeys(name for one in catalog().plugins for name in (one.name, one.distribution))
    same = {normalize(name) for name in known}
    for name, path in named:
        if normalize(name) not in same:
            hint = nearest(name, known) or f"; installed: {', '.join(known)}"
            into.add(
                "PP105",
                f'no plugin "{name}" is installed{hint}',
                path,
                at="value" if isinstance(path[-1], int) else "key",
            )


def _values(document: Document) -> Iterator[Written]:
    data, file = document.data, document.file
    at = _places(file)
    beside: Callable[[str], Path] = file.parent.joinpath
    for index, folder in enumerate(data.get("packs", ())):
        yield "packs", beside(folder), at(("packs", index)), ""
    if "edition" in data:
        yield "edition", str(beside(data["edition"])), at(("edition",)), ""
    if "cache" in data:
        yield "cache", data["cache"] if data["cache"] == OFF else str(beside(data["cache"])), at(("cache",)), ""
    if "history" in data:
        url = data["history"]
        yield "history", url if "://" in url else str(beside(url)), at(("history",)), ""
    for key in ("fail_on", "plugin_budget"):
        if key in data:
            yield key, data[key], at((key,)), ""
    for key, names in data.get("plugins", {}).items():
        for index, name in enumerate(names):
            yield f"plugins.{key}", name, at(("plugins", key, index)), ""
    for plugin, table in data.get("settings", {}).items():
        for name, value in table.items():
            yield name, value, at(("settings", plugin, name)), plugin


def _places(file: Path) -> Callable[[Path_], str]:
    text = decode(file.read_bytes())
    found = spans(text)

    def at(path: Path_) -> str:
        span = found.get(path) or found[path[:-1]]
        line, column = position(text, (span.key or span.value)[0])
        return f"{file}:{line}:{column}"

    return at

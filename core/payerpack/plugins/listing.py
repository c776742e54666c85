"""Which hooks a plugin implements, read from its source: listing what is installed runs nobody's code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import attrs

from payerpack.plugins.catalog import Catalog, Installed, catalog

_MARKER: Final = "hookimpl"
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@attrs.frozen(slots=True)
class Listed:
    """A row of ``payerpack plugin list``.

    Attributes:
        installed: The plugin.
        hooks: The hooks it implements, by name; a wrapper's has `` (wrapper)`` behind it. ``None`` when its source cannot
            tell: it is not there, or it makes its hooks while it runs.
    """

    installed: Installed
    hooks: tuple[str, ...] | None


def installed(found: Catalog | None = None) -> tuple[Listed, ...]:
    """Return every installed plugin with its hooks, by name."""
    return tuple(Listed(one, hooks(one)) for one in (found or catalog()).plugins)


def hooks(plugin: Installed) -> tuple[str, ...] | None:
    """Return the hooks that a plugin's source declares, or ``None`` when the source cannot tell."""
    module, _, attribute = plugin.value.partition(":")
    file = source_file(module)
    if file is None:
        return None
    attribute = attribute.strip().partition(".")[0]
    # An attribute may be defined in another module of its package and only be offered where the entry point looks.
    files = [file, *sorted(file.parent.glob("*.py"))] if attribute else [file]
    for candidate in files:
        found = _hooks_in(candidate, attribute)
        if found:
            return found
    return None


def source_file(module: str) -> Path | None:
    """Return a module's source file without importing its package; ``None`` when there is none to find."""
    top, *rest = module.strip().split(".")
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    if not rest:
        return Path(spec.origin) if spec.origin and spec.origin.endswith(".py") else None
    for folder in spec.submodule_search_locations or ():
        path = Path(folder, *rest)
        for file in (path / "__init__.py", path.with_suffix(".py")):
            if file.is_file():
                return file
    return None


def _hooks_in(file: Path, attribute: str) -> tuple[str, ...]:
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return ()
    markers = {_MARKER} | {
        alias.asname
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name == _MARKER and alias.asname
    }
    return tuple(sorted({name for body in _bodies(tree, attribute) for name in _implemented(body, markers)}))


def _bodies(tree: ast.Module, attribute: str) -> Iterator[list[ast.stmt]]:
    """Yield what may hold the hooks: a module's own body, or the body of a class and of its bases in that module."""
    if not attribute:
        yield tree.body
        return
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    names, seen = [attribute], set[str]()
    while names:
        name = names.pop()
        if name in classes and name not in seen:
            seen.add(name)
            yield classes[name].body
            names += [base.id for base in classes[name].bases if isinstance(base, ast.Name)]


def _implemented(body: list[ast.stmt], markers: set[str]) -> Iterator[str]:
    for node in body:
        if not isinstance(node, _Function):
            continue
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            marker = call.func if call else decorator
            name = marker.attr if isinstance(marker, ast.Attribute) else getattr(marker, "id", "")
            if name in markers:
                options = {keyword.arg: ast.unparse(keyword.value) for keyword in (call.keywords if call else ())}
                hook = options.get("specname", "").strip("'") or node.name
                yield f"{hook} (wrapper)" if options.get("wrapper") == "True" else hook

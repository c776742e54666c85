"""The explaining reader: it walks a JSON value along a shape and says everything that is wrong, each with its path.

It runs only over what the fast reader refused. No message repeats a value: it could be a patient's.
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import attrs
import msgspec

from payerpack.formats.soundness import Fault, freeze

if TYPE_CHECKING:
    from payerpack.formats.shapes import Kind, Shape

_EXAMPLES: Final[Mapping[type, str]] = {
    str: "text in quotes",
    int: "a whole number",
    Decimal: 'a decimal number, such as "178.10"',
    dt.date: 'a date, such as "2026-03-31"',
}
_SHOWN: Final = 40
"""How much of an unknown key a path shows."""


class Walk:
    """One walk over one JSON value, noting every fault; what cannot be read becomes ``None``."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def record(self, value: Any, shape: Shape, path: str) -> Any:
        """Return the record that the object describes, as far as it can be read."""
        return made(shape.record, self.keys(value, shape, path))

    def keys(self, value: Any, shape: Shape, path: str) -> dict[str, Any]:
        """Return what the object holds, by attribute."""
        if not isinstance(value, Mapping):
            self._fault(path, f"is {_found(value)}; write an object with the keys of {shape.noun}")
            return {}
        for name in value:
            if name not in shape.keys:
                self._fault(f"{path}.{str(name)[:_SHOWN]}", _unknown(name, shape))
        found = {}
        for key in shape.keys.values():
            if key.name in value:
                found[key.attribute] = self.value(value[key.name], key.kind, f"{path}.{key.name}")
            elif key.required:
                self._fault(f"{path}.{key.name}", f"is required; write {_wanted(key.kind)}")
            else:
                found[key.attribute] = key.absent()
        return found

    def value(self, value: Any, kind: Kind, path: str) -> Any:
        """Return what the value stands for, or ``None``."""
        if value is None and kind.optional:
            return None
        if kind.form == "record" and isinstance(value, Mapping):
            return self.record(value, kind.of, path)
        if kind.form == "list" and kind.bare and isinstance(value, str):
            return (value,) if value else ()
        if kind.form == "list" and isinstance(value, (list, tuple)):
            return tuple(self.item(item, kind.of, f"{path}[{index}]") for index, item in enumerate(value))
        if kind.form == "free" and isinstance(value, Mapping):
            return freeze(value, path, self.faults)
        if kind.form == "choice" and isinstance(value, str) and value in kind.of:
            return value
        if kind.form == "leaf":
            try:
                return msgspec.convert(value, kind.of)
            except ValueError:
                pass
        absent = "leave the key out, or " if value is None else ""
        self._fault(path, f"is {_found(value, kind)}; {absent}write {_wanted(kind)}")
        return None

    def item(self, value: Any, kind: Kind, path: str) -> Any:
        """Return what an item of a list stands for; a record that is none becomes an empty one, to keep its place."""
        found = self.value(value, kind, path)
        return made(kind.of.record, {}) if found is None and kind.form == "record" else found

    def _fault(self, path: str, problem: str) -> None:
        self.faults.append((path, problem))


def made(record: type[Any], found: Mapping[str, Any]) -> Any:
    """Return the record of what was found; ``None`` stands for what is required and missing."""
    fields = attrs.fields(record)
    values = {field.name: None for field in fields if field.default is attrs.NOTHING}
    values.update((field.name, found[field.name]) for field in fields if field.name in found)
    return record(**values)


def _found(value: Any, kind: Kind | None = None) -> str:
    """Say what the value is, without saying it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        forms = {"leaf": "text that cannot be read as such", "choice": "none of its values"}
        return forms.get(kind.form, "text") if kind is not None and kind.of is not str else "text"
    if isinstance(value, (int, float, Decimal)):
        return "a number"
    if isinstance(value, Mapping):
        return "an object"
    return "a list" if isinstance(value, (list, tuple)) else f"a {type(value).__name__}"


def _wanted(kind: Kind) -> str:
    """Say what a value of this kind looks like."""
    if kind.form == "leaf":
        return _EXAMPLES[kind.of]
    if kind.form == "choice":
        return "one of " + ", ".join(f'"{choice}"' for choice in kind.of if choice)
    if kind.form == "record":
        return f"an object with the keys of {kind.of.noun}"
    if kind.form == "list":
        return f"a list, each item {_wanted(kind.of)}"
    return "an object of facts"


def _unknown(name: Any, shape: Shape) -> str:
    near = difflib.get_close_matches(str(name), shape.keys, n=1)
    advice = f'write "{near[0]}"' if near else f"{shape.noun} has {', '.join(shape.keys)}"
    return f"is an unknown key; {advice}"

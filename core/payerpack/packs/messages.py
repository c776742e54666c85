"""Messages: the sentence of a finding, with ``{placeholders}`` filled in when somebody reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from payerpack.claim import ServiceLine
from payerpack.context import Context, Entry
from payerpack.facts import UNKNOWN
from payerpack.finding import plain
from payerpack.packs.faults import Faults, nearest

_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_ACTION_KEYS: Final = ("to_code", "percent", "of", "max_units", "max_amount", "into", "count", "max", "effect")


def shown(value: Any) -> str:
    """Return a fact's value as a sentence has it."""
    if value.__class__ is str:
        return value
    if value is UNKNOWN:
        return "unknown"
    if value is None or value == ():
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (tuple, list, set, frozenset)):
        return ", ".join(shown(item) for item in sorted(value, key=str)) or "none"
    return str(plain(value))


Part = str | Callable[[ServiceLine, Context, "Entry | None", Mapping[str, Any]], str]


@attrs.frozen(slots=True, eq=False)
class Template:
    """A message with its placeholders resolved to readers."""

    parts: tuple[Part, ...]

    def fill(self, line: ServiceLine, context: Context, other: Entry | None, values: Mapping[str, Any]) -> str:
        """Return the sentence for one line."""
        said = [part if part.__class__ is str else part(line, context, other, values) for part in self.parts]  # type: ignore[operator] # what is no text is called
        return "".join(said)


def compile_message(text: str, faults: Faults, path: tuple[str | int, ...], values: tuple[str, ...] = ()) -> Template:
    """Return the template of a message; a placeholder that is no fact and no key of the action is reported.

    ``values`` are names that come with the finding; they win over facts of the line.
    """
    parts: list[Part] = []
    position = 0
    for match in _PLACEHOLDER.finditer(text):
        parts.append(text[position : match.start()])
        position = match.end()
        part = _placeholder(match.group(1), faults, path, values)
        if part is not None:
            parts.append(part)
    parts.append(text[position:])
    return Template(tuple(part for part in parts if part != ""))


def placeholders(text: str) -> tuple[str, ...]:
    """Return the names that a message asks for, in order."""
    return tuple(match.group(1) for match in _PLACEHOLDER.finditer(text))


def _placeholder(name: str, faults: Faults, path: tuple[str | int, ...], values: tuple[str, ...]) -> Part | None:
    own = faults.catalogue.find(name)
    if name in values and not (own and own.identifying):
        return lambda line, context, _other, given: shown(
            given.get(name) if own is None or name in given else own.read(line, context)
        )
    if name in _ACTION_KEYS:
        return lambda _line, _context, _other, given: shown(given.get(name))
    bare = name.removeprefix("other.")
    fact = faults.catalogue.find(bare)
    if fact is None:
        hint = nearest(bare, [*faults.catalogue.facts, *_ACTION_KEYS])
        faults.add("PP122", f"{{{name}}} is neither a fact nor a key of the action{hint}", path, f"{{{name}}}")
        return None
    if fact.identifying:
        faults.add("PP122", f"{{{name}}} could identify a patient, and a message may not", path, f"{{{name}}}")
        return None
    read = fact.read
    if bare == name:
        return lambda line, context, _other, _values: shown(read(line, context))
    return lambda _line, _context, other, _values: "another line" if other is None else shown(read(*other))

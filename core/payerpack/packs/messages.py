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
    if value is UNKNOWN:
        return "unknown"
    if value is None or value == ():
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (tuple, list, set, frozenset)):
        return ", ".join(shown(item) for item in sorted(value, key=str)) or "none"
    return str(plain(value))


Reader = Callable[[ServiceLine, Context, "Entry | None", Mapping[str, Any]], Any]


@attrs.frozen(slots=True, eq=False)
class Template:
    """A message with its placeholders resolved to readers.

    Attributes:
        text: The message with ``%s`` for each placeholder.
        readers: What reads the value of each, in order.
    """

    text: str
    readers: tuple[Reader, ...]

    def fill(self, line: ServiceLine, context: Context, other: Entry | None, values: Mapping[str, Any]) -> str:
        """Return the sentence for one line."""
        said = []
        for read in self.readers:
            value = read(line, context, other, values)
            said.append(value if value.__class__ is str else shown(value))
        return self.text % tuple(said)


def compile_message(text: str, faults: Faults, path: tuple[str | int, ...], values: tuple[str, ...] = ()) -> Template:
    """Return the template of a message; a placeholder that is no fact and no key of the action is reported.

    ``values`` are names that come with the finding; they win over facts of the line.
    """
    texts: list[str] = []
    readers: list[Reader] = []
    position = 0
    for match in _PLACEHOLDER.finditer(text):
        texts.append(text[position : match.start()])
        position = match.end()
        reader = _placeholder(match.group(1), faults, path, values)
        readers.append(_nothing if reader is None else reader)
    texts.append(text[position:])
    return Template("%s".join(part.replace("%", "%%") for part in texts), tuple(readers))


def placeholders(text: str) -> tuple[str, ...]:
    """Return the names that a message asks for, in order."""
    return tuple(match.group(1) for match in _PLACEHOLDER.finditer(text))


def _nothing(_line: ServiceLine, _context: Context, _other: Entry | None, _values: Mapping[str, Any]) -> str:
    """Stand for a placeholder that was reported."""
    return ""


def _placeholder(name: str, faults: Faults, path: tuple[str | int, ...], values: tuple[str, ...]) -> Reader | None:
    own = faults.catalogue.find(name)
    if name in values and not (own and own.identifying):
        if own is None:
            return lambda _line, _context, _other, given: given.get(name)
        return lambda line, context, _other, given: given[name] if name in given else own.read(line, context)
    if name in _ACTION_KEYS:
        return lambda _line, _context, _other, given: given.get(name)
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
        return lambda line, context, _other, _values: read(line, context)
    return lambda _line, _context, other, _values: "another line" if other is None else read(*other)

"""Parameters of a builtin rule, as a pack writes them, read into what an edit uses.

An edit states its parameters once, as the fields of an attrs class, each with its reader as metadata; a parameter that it does not know, or that has the
wrong shape, is refused by name, so that a misspelt override never passes for an override.
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar, cast

import attrs

from payerpack.codes import CodeSet
from payerpack.errors import PackError, Problem
from payerpack.finding import ACTIONS, Action, Adjustment

Sets = Mapping[str, CodeSet]
Read = Callable[[Any, Sets], Any]
_Options = TypeVar("_Options")

_READ: Final = "read"
NO_CODES: Final = CodeSet()
SILENT: Final = "none"
"""What a pack writes for an outcome that it does not want to hear of."""


def read_options(cls: type[_Options], rule_id: str, parameters: Mapping[str, Any], sets: Sets) -> _Options:
    """Read a rule's parameters.

    Args:
        cls: An attrs class whose fields have one of this module's readers as metadata.
        rule_id: The rule, for the message.
        parameters: The parameters as resolved from the packs.
        sets: The code sets that ``@name`` refers to.

    Raises:
        PackError: A parameter is unknown or malformed; all of the rule's problems at once.
    """
    fields = {field.name: field for field in attrs.fields(cast("Any", cls))}
    problems = []
    values = {}
    for name, value in parameters.items():
        field = fields.get(name)
        if field is None:
            near = difflib.get_close_matches(name, fields, 1)
            hint = f"; did you mean {near[0]}?" if near else f"; it knows {', '.join(fields) or 'none'}"
            problems.append(Problem(rule_id, f"parameters.{name} is no parameter of this test{hint}"))
            continue
        try:
            values[name] = field.metadata[_READ](value, sets)
        except (TypeError, ValueError, AttributeError, PackError) as error:
            problems.append(Problem(rule_id, f"parameters.{name} cannot be used: {error}"))
    if problems:
        raise PackError(*problems)
    return cls(**values)


def text(value: Any, _sets: Sets) -> str:
    """Read a text."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return value


def flag(value: Any, _sets: Sets) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value


def date(value: Any, _sets: Sets) -> dt.date:
    """Read a date."""
    if not isinstance(value, dt.date):
        raise TypeError(f"{value!r} is not a date")
    return value


def names(value: Any, _sets: Sets) -> frozenset[str]:
    """Read a list of modifiers, indicators or the like, whose order does not matter."""
    return frozenset(_texts(value))


def groups(value: Any, _sets: Sets) -> tuple[tuple[str, ...], ...]:
    """Read a list of lists of texts."""
    return tuple(_texts(item) for item in value)


def codes(value: Any, sets: Sets) -> CodeSet:
    """Read codes, ranges, prefixes and ``@sets``."""
    entries = _texts([value] if isinstance(value, str) else value)
    found = CodeSet.parse(entry for entry in entries if not entry.startswith("@"))
    for entry in entries:
        if entry.startswith("@"):
            if entry[1:] not in sets:
                raise ValueError(f"{entry} is no code set of this policy")
            found |= sets[entry[1:]]
    return found.listed()


def codes_by_code(value: Any, sets: Sets) -> Mapping[str, CodeSet]:
    """Read a table of code sets, such as the primaries of an add-on code."""
    return {str(code): codes(entries, sets) for code, entries in dict(value).items()}


def action(value: Any, _sets: Sets) -> str:
    """Read an action, or `SILENT`."""
    if value not in (*ACTIONS, SILENT):
        raise ValueError(f"{value!r} is no action; write one of {', '.join(ACTIONS)}, or {SILENT}")
    return cast("str", value)


def actions(value: Any, sets: Sets) -> Mapping[str, str]:
    """Read a table of actions, such as one for each indicator."""
    return {str(key): action(item, sets) for key, item in dict(value).items()}


def adjustments(value: Any, _sets: Sets) -> Mapping[str, Adjustment]:
    """Read a table of adjustments: ``{ N = { carc = "96", rarc = ["N425"] } }``."""
    found = {}
    for key, item in dict(value).items():
        unknown = set(item) - {"carc", "rarc", "group"}
        if unknown or "carc" not in item:
            raise ValueError(f"{key} takes carc, rarc and group")
        found[str(key)] = Adjustment(item["carc"], _texts(item.get("rarc", ())), item.get("group", "CO"))
    return found


def as_action(name: str) -> Action:
    """Return the action of that name; the caller has left out `SILENT`."""
    return cast("Action", name)


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not all(isinstance(item, str) for item in value):
        raise TypeError(f"{value!r} is not a list of texts")
    return tuple(value)


TEXT: Final = {_READ: text}
FLAG: Final = {_READ: flag}
DATE: Final = {_READ: date}
NAMES: Final = {_READ: names}
GROUPS: Final = {_READ: groups}
CODES: Final = {_READ: codes}
CODES_BY_CODE: Final = {_READ: codes_by_code}
ACTION: Final = {_READ: action}
ACTION_BY_KEY: Final = {_READ: actions}
ADJUSTMENT_BY_KEY: Final = {_READ: adjustments}

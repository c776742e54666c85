"""A plugin's typed settings: what a pack or a deployment writes becomes the record that the plugin declares."""

from __future__ import annotations

import difflib
import inspect
import typing
from collections.abc import Mapping
from typing import Any

from payerpack.errors import PackError, Problem


def structure(raw: Mapping[str, Any], record: type, plugin: str) -> Any:
    """Return settings as the record a plugin declares for them.

    Args:
        raw: The settings as written.
        record: An attrs class, a dataclass or a msgspec struct.
        plugin: The plugin's name, for messages.

    Raises:
        PackError: Settings are unknown, missing, or of another type; every problem at once.
    """
    import msgspec

    hints = typing.get_type_hints(record)
    parameters = inspect.signature(record).parameters
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    for name, value in raw.items():
        where = f"settings.{plugin}.{name}"
        if name not in parameters:
            near = difflib.get_close_matches(name, parameters, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(parameters) or 'none'}"
            problems.append(Problem(where, f"the plugin has no setting {name}; {hint}"))
            continue
        try:
            values[name] = msgspec.convert(value, hints.get(name, Any))
        except msgspec.ValidationError as fault:
            problems.append(Problem(where, f"{str(fault)[:1].lower()}{str(fault)[1:]}"))
    problems += [
        Problem(f"settings.{plugin}", f"the setting {name} is missing; the plugin needs it")
        for name, parameter in parameters.items()
        if parameter.default is inspect.Parameter.empty and name not in raw
    ]
    if problems:
        raise PackError(*problems)
    try:
        return record(**values)
    except (TypeError, ValueError) as fault:
        raise PackError(Problem(f"settings.{plugin}", f"the plugin refuses them: {fault}")) from fault

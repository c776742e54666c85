"""The shape of tables of facts and matchers, of lines, and of windows."""

from __future__ import annotations

from typing import Any, Final

import attrs

from payerpack.packs import windows
from payerpack.packs.dotted import GROUPS
from payerpack.packs.model import Path_
from payerpack.packs.shapes import Checker, Flag, Key, Many, Record, Shape, Text, words


@attrs.frozen(slots=True, repr=False)
class Window(Shape):
    """A window of time; `windows.parse` knows them all."""

    def _words(self) -> str:
        return f"one of {', '.join(windows.NAMED)} or a table such as {{ months = 12 }}"

    def _fits(self, value: Any) -> bool:
        return isinstance(value, (str, dict))

    def _check(self, value: Any, path: Path_, into: Checker) -> None:
        try:
            windows.parse(value)
        except windows.WindowError as error:
            into.add("PP117", f"{words(path)}: {error}", path)


KEYS: Final = Many(Text(what='the name of a key such as "service_date"'))
LINE_KEYS: Final = (
    Key("same", KEYS, "Keys in which both lines agree.", 'same = ["patient", "service_date"]'),
    Key("window", Window(), "How far back earlier lines count; absent: this claim only.", "window = { years = 3 }"),
    Key("standing", Flag(), "Only lines that nothing denied or rejected.", "standing = true"),
)
"""The keys that describe another line beside its facts."""


@attrs.frozen(slots=True, repr=False)
class Facts(Shape):
    """A table of facts and matchers. Only its structure is checked here; what the facts mean is the compiler's.

    Attributes:
        line: The keys beside facts that describe a line (``same``, ``window``); absent for a plain table.
    """

    line: Record | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the keys that are no facts, groups left out."""
        return () if self.line is None else tuple(self.line.by_name)

    def _words(self) -> str:
        return 'a table of facts such as { code = "76377" }'

    def _fits(self, value: Any) -> bool:
        return isinstance(value, dict)

    def _check(self, value: Any, path: Path_, into: Checker) -> None:
        if not value:
            into.add("PP114", f"{words(path)} is empty; write {self.words}, or leave it out", path)
        for name, item in value.items():
            if self.line is not None and name in self.line.by_name:
                self.line.by_name[name].shape.check(item, (*path, name), into)
            elif name == "with":
                _WITH.check(item, (*path, name), into)
            elif name in GROUPS:
                _check_group(name, item, (*path, name), into)


def _check_group(name: str, value: Any, path: Path_, into: Checker) -> None:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        into.add("PP102", f"{words(path)} is no list of tables; write {name} = [{{ ... }}, {{ ... }}]", path)
    elif not value:
        into.add("PP114", f"{words(path)} is empty; write {name} = [{{ ... }}, {{ ... }}], or leave it out", path)
    else:
        for index, item in enumerate(value):
            Facts().check(item, (*path, index), into)


_WITH: Final = Facts(Record("with", LINE_KEYS))

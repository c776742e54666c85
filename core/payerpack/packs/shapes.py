"""The types that values of a pack may have, as data: each checks a value, says in words what it wants, and can be shown.

One description serves three readers: the check of a pack, the JSON Schema for editors and the reference.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final, Literal

import attrs

from payerpack.packs.faults import nearest
from payerpack.packs.model import Fault, Path_

_NAMES = {str: "text", int: "a number", Decimal: "a number", list: "a list", dict: "a table"}

MOST_DIGITS: Final = 30
"""How many digits a number may have before or behind its point, written as a number or as text."""


def kind(value: Any) -> str:
    """Return in words what a TOML value is."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dt.datetime):
        return "a date with a time"
    if isinstance(value, (dt.date, dt.time)):
        return "a date" if isinstance(value, dt.date) else "a time"
    return _NAMES.get(type(value), type(value).__name__)


def words(path: Path_) -> str:
    """Return a path as an author would say it: ``limit.max``, without the list it is part of."""
    names = [part for part in path if isinstance(part, str)]
    if len(path) > 1 and isinstance(path[1], int):
        names = names[1:]
    return ".".join(names)


@attrs.define(slots=True, repr=False)
class Checker:
    """Collects the faults of one file."""

    file: Path
    faults: list[Fault] = attrs.field(factory=list)

    def add(
        self, code: str, message: str, path: Path_, *, at: Literal["key", "value"] = "value", within: str = ""
    ) -> None:
        """Record a fault."""
        self.faults.append(Fault(code, message, self.file, path, at, within))

    def wrong_type(self, value: Any, wanted: str, path: Path_) -> None:
        """Record that a value has the wrong type."""
        self.add("PP102", f"{words(path)} is {kind(value)}; write {wanted}", path)


@attrs.frozen(slots=True, repr=False)
class Shape:
    """What a value must be; each kind says it in words, tells its values from others, and reports what is wrong."""

    @property
    def words(self) -> str:
        """What to write, in words."""
        return self._words()

    def fits(self, value: Any) -> bool:
        """Say whether a value is of this kind at all, right or wrong in detail."""
        return self._fits(value)

    def check(self, value: Any, path: Path_, into: Checker) -> None:
        """Record everything that is wrong with a value."""
        if self._fits(value):
            self._check(value, path, into)
        else:
            into.wrong_type(value, self._words(), path)

    def _words(self) -> str:
        raise NotImplementedError  # each kind says its own

    def _fits(self, value: Any) -> bool:
        raise NotImplementedError  # each kind says its own

    def _check(self, value: Any, path: Path_, into: Checker) -> None:
        """Record what is wrong with a value that fits."""


@attrs.frozen(slots=True, repr=False)
class Text(Shape):
    """Text: any, one of ``values``, or what ``check`` accepts (it yields code, message and the part that is meant)."""

    values: tuple[str, ...] = ()
    what: str = "text"
    check_text: Callable[[str], Iterator[tuple[str, str, str]]] | None = None

    def _words(self) -> str:
        return (
            " or ".join([", ".join(f'"{v}"' for v in self.values[:-1]), f'"{self.values[-1]}"']).removeprefix(" or ")
            if self.values
            else self.what
        )

    def _fits(self, value: Any) -> bool:
        return isinstance(value, str)

    def _check(self, value: Any, path: Path_, into: Checker) -> None:
        if self.values and value not in self.values:
            hint = nearest(value, self.values)
            into.add("PP104", f'{words(path)} is "{value}"; write {self.words}{hint}', path)
        elif not value:
            into.add("PP114", f"{words(path)} is empty; write {self.words}", path)
        elif self.check_text is not None:
            for code, message, within in self.check_text(value):
                into.add(code, f"{words(path)}: {message}", path, within=within)


@attrs.frozen(slots=True, repr=False)
class CodeText(Text):
    """A code as text; a number without quotes loses leading zeros, so it gets an answer of its own."""

    what: str = "a code in quotes"

    def _fits(self, value: Any) -> bool:
        return isinstance(value, (str, int)) and not isinstance(value, bool)

    def _check(self, value: Any, path: Path_, into: Checker) -> None:
        if isinstance(value, int):
            into.add("PP108", f'codes are text: write "{value}" in quotes, with its leading zeros', path)
        else:
            super()._check(value, path, into)


@attrs.frozen(slots=True, repr=False)
class Flag(Shape):
    """True or false, or only one of them."""

    only: bool | None = None

    def _words(self) -> str:
        return "true or false" if self.only is None else str(self.only).lower()

    def _fits(self, value: Any) -> bool:
        return isinstance(value, bool) and self.only in {None, value}


@attrs.frozen(slots=True, repr=False)
class Number(Shape):
    """A number, also as text where it is money."""

    minimum: int | None = 0
    maximum: int | None = None
    whole: bool = False
    text: bool = False

    def _words(self) -> str:
        noun = "a whole number" if self.whole else "a number"
        if self.minimum is not None and self.minimum == self.maximum:
            return str(self.minimum)
        if self.minimum is not None and self.maximum is not None:
            return f"{noun} from {self.minimum} to {self.maximum}"
        return noun if self.minimum is None else f"{noun}, at least {self.minimum}"

    def _fits(self, value: Any) -> bool:
        if isinstance(value, str) and self.text:
            return _decimal(value) is not None
        return isinstance(value, int if self.whole else (int, Decimal)) and not isinstance(value, bool)

    def _check(self, value: Any, path: Path_, into: Checker) -> None:
        number = _decimal(str(value))
        if (
            number is None
            or (self.minimum is not None and number < self.minimum)
            or (self.maximum is not None and number > self.maximum)
        ):
            into.add("PP115", f"{words(path)} is {value}; write {self.words}", path)


def _decimal(value: str) -> Decimal | None:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= MOST_DIGITS else None


@attrs.frozen(slots=True, repr=False)
class Day(Shape):
    """A date, unquoted as TOML has it."""

    def _words(self) -> str:
        return "a date such as 2026-01-31, without quotes"

    def _fits(self, value: Any) -> bool:
        return isinstance(value, dt.date) and not isinstance(value, dt.datetime)


@attrs.frozen(slots=True, repr=False)
class Many(Shape):
    """A list of one kind of value."""

    item: Shape
    minimum: int = 1

    def _words(self) -> str:
        return f"a list, each {self.item.words}"

    def _fits(self, value: Any) -> bool:
        return isinstance(value, list)

    def _check(self, value: Any, path: Path_, into: Checker) -> None:
        if len(value) < self.minimum:
            into.add("PP114", f"{words(path)} is empty; write {self.words}", path)
        for index, item in enumerate(value):
            self.item.check(item, (*path, index), into)


@attrs.frozen(slots=True, repr=False)
class Either(Shape):
    """One of several kinds of value."""

    options: tuple[Shape, ...]

    def _words(self) -> str:
        return ", or ".join(option.words for option in self.options)

    def _fits(self, value: Any) -> bool:
        return any(option.fits(value) for option in self.options)

    def _check(self, value: Any, path: Path_, into: Checker) -> None:
        next(option for option in self.options if option.fits(value)).check(value, path, into)


@attrs.frozen(slots=True, repr=False)
class Key:
    """One key of a table.

    Attributes:
        name: Its name.
        shape: What its value must be.
        doc: What it means, in a sentence.
        example: A line of TOML.
        required: Whether it must be there.
    """

    name: str
    shape: Shape
    doc: str
    example: str = ""
    required: bool = False


@attrs.frozen(slots=True, repr=False)
class Record(Shape):
    """A table with known keys.

    Attributes:
        name: What messages call it.
        keys: Its keys.
        only: Whether a table with none of these keys is something else.
        also: Checks what concerns several keys.
    """

    name: str
    keys: tuple[Key, ...]
    only: bool = False
    also: Callable[[Mapping[str, Any], Path_, Checker], None] | None = None
    by_name: Mapping[str, Key] = attrs.field(init=False, repr=False, eq=False)

    @by_name.default
    def _keys_by_name(self) -> Mapping[str, Key]:
        return {key.name: key for key in self.keys}

    def _words(self) -> str:
        return "{ " + ", ".join(key.name for key in self.keys) + " }"

    def _fits(self, value: Any) -> bool:
        return isinstance(value, dict) and (not self.only or any(key in self.by_name for key in value))

    def _check(self, value: Any, path: Path_, into: Checker) -> None:
        for name, item in value.items():
            key = self.by_name.get(name)
            if key is None:
                message = f'{self.name} has no key "{name}"{nearest(name, self.by_name) or self._choices()}'
                into.add("PP101", message, (*path, name), at="key")
            else:
                key.shape.check(item, (*path, name), into)
        for key in self.keys:
            if key.required and key.name not in value:
                say = f"; write for example {key.example}" if key.example else ""
                into.add("PP103", f"{self.name} lacks {key.name}{say}", path, at="key")
        if self.also is not None:
            self.also(value, path, into)

    def _choices(self) -> str:
        return "; its keys are " + ", ".join(self.by_name)


@attrs.frozen(slots=True, repr=False)
class Names(Shape):
    """A table whose keys an author chooses: code sets, declared facts, plugin settings."""

    item: Shape
    what: str
    check_name: Callable[[str], str] | None = None

    def _words(self) -> str:
        return f"a table of {self.what}"

    def _fits(self, value: Any) -> bool:
        return isinstance(value, dict)

    def _check(self, value: Any, path: Path_, into: Checker) -> None:
        for name, item in value.items():
            wrong = self.check_name(name) if self.check_name is not None else ""
            if wrong:
                into.add("PP105", wrong, (*path, name), at="key")
            self.item.check(item, (*path, name), into)


@attrs.frozen(slots=True, repr=False)
class Anything(Shape):
    """Any value; what reads it checks it."""

    what: str = "any value"

    def _words(self) -> str:
        return self.what

    def _fits(self, value: Any) -> bool:  # noqa: ARG002 - the signature is the shape's
        return True

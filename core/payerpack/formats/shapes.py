"""The JSON keys of every record, derived from its attrs class, so that no list of keys is kept twice.

A `Shape` says which keys a JSON object may have and what each may hold. The reader that explains what is wrong walks
shapes; the fast reader decodes into `Shape.twin`, a msgspec class made from the same shape.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final, Literal

import attrs
import msgspec

from payerpack.claim import Claim, HistoryLine, Patient, Payer, Provider, ServiceLine

_JSON_NAMES: Final = {"from_": "from"}
_NOUNS: Final[Mapping[type, str]] = {Patient: "the patient", Payer: "the payer", ServiceLine: "a service line"}
_TEXT_OR_LIST: Final = frozenset({"tooth", "oral_area", "surfaces"})

Form = Literal["leaf", "choice", "record", "list", "free"]


@attrs.frozen(slots=True, repr=False)
class Kind:
    """What a key may hold.

    Attributes:
        form: A ``leaf`` (text, number, date), a ``choice`` of texts, a ``record``, a ``list`` or ``free`` facts.
        of: The leaf's type, the choices, the record's `Shape`, or the `Kind` of the list's items.
        optional: Whether ``null`` may stand for "absent".
        bare: Whether one text may stand for a list that holds just it.
    """

    form: Form
    of: Any = None
    optional: bool = False
    bare: bool = False


@attrs.frozen(slots=True, repr=False)
class Key:
    """One key of a JSON object: its name, the attribute it fills, what it holds, and what it is when absent."""

    name: str
    attribute: str
    kind: Kind
    hint: Any
    default: Any = attrs.NOTHING

    @property
    def required(self) -> bool:
        """Whether the key must be there."""
        return self.default is attrs.NOTHING

    def absent(self) -> Any:
        """Return what an absent key stands for."""
        return self.default.factory() if hasattr(self.default, "factory") else self.default


@attrs.frozen(slots=True, eq=False, repr=False)
class Shape:
    """The keys of one kind of JSON object, in the order of the record's attributes.

    Attributes:
        noun: What a message calls the object: ``a service line``.
        record: The attrs class it becomes; a flat history line becomes a `HistoryLine` of several records.
        keys: Its keys by JSON name.
        twin: The msgspec class with the same keys, which refuses unknown ones.
    """

    noun: str
    record: type[Any]
    keys: Mapping[str, Key]
    twin: type[msgspec.Struct]


@cache
def shape_of(record: type[Any]) -> Shape:
    """Return the shape of an attrs class."""
    keys = dict(_keys_of(record))
    if record is ServiceLine:
        keys["code"] = attrs.evolve(keys["code"], default="")  # beside a revenue code; what is missing is checked later
    noun = _NOUNS.get(record) or ("an " if record.__name__[0] in "AEIO" else "a ") + record.__name__.lower()
    return _shape(noun, record, keys.values())


@cache
def history_shape() -> Shape:
    """Return the shape of a flat history line: a line's keys, its claim's, and what became of it.

    What a claim form requires of a claim under review, an earlier line may lack: payer and billing provider. The keys
    that line and claim share are the line's, and the claim's id is ``claim_id``.
    """
    claim = dict(_keys_of(Claim))
    del claim["lines"]
    claim["claim_id"] = attrs.evolve(claim.pop("id"), name="claim_id", default="")
    claim["type"] = attrs.evolve(claim["type"], default="professional")
    claim["payer"] = attrs.evolve(claim["payer"], default=Payer(""))
    claim["billing_provider"] = attrs.evolve(claim["billing_provider"], default=Provider())
    fate = dict(_keys_of(HistoryLine))
    del fate["claim"], fate["line"]
    line = dict(shape_of(ServiceLine).keys)
    line["number"] = attrs.evolve(line["number"], default=1)
    return _shape("a history line", HistoryLine, {**claim, **fate, **line}.values())


def _shape(noun: str, record: type[Any], keys: Iterable[Key]) -> Shape:
    ordered = tuple(keys)
    twin = msgspec.defstruct(
        record.__name__,
        [_twin_field(key) for key in ordered],
        forbid_unknown_fields=True,
        omit_defaults=True,
        kw_only=True,
        gc=False,
        rename={key.attribute: key.name for key in ordered},
    )
    return Shape(noun, record, {key.name: key for key in ordered}, twin)


def _twin_field(key: Key) -> tuple[str, Any, Any]:
    default: Any = msgspec.NODEFAULT if key.required else key.default
    factory = getattr(default, "factory", None)
    return (
        key.attribute,
        key.hint,
        msgspec.field(default_factory=factory) if factory else msgspec.field(default=default),
    )


def _keys_of(record: type[Any]) -> Iterator[tuple[str, Key]]:
    hints = typing.get_type_hints(record)
    for field in attrs.fields(record):
        name = _JSON_NAMES.get(field.name, field.name)
        hint = hints[field.name]
        if field.name in _TEXT_OR_LIST:
            hint = str | hint
        kind = _kind(hint)
        yield name, Key(name, field.name, kind, _twin_hint(hint), field.default)


def _kind(hint: Any) -> Kind:
    if attrs.has(hint):
        return Kind("record", shape_of(hint))
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return Kind("choice", parts)
    if origin is tuple:
        return Kind("list", _kind(parts[0]))
    if origin in (typing.Union, types.UnionType):
        kinds = [_kind(part) for part in parts if part is not types.NoneType]
        optional = len(kinds) < len(parts)
        if all(kind.form == "choice" for kind in kinds):
            return Kind("choice", tuple(choice for kind in kinds for choice in kind.of), optional)
        return attrs.evolve(kinds[-1], optional=optional, bare=len(kinds) > 1)
    if origin is not None and issubclass(origin, Mapping):
        return Kind("free")
    return Kind("leaf", hint)


def _twin_hint(hint: Any) -> Any:
    """Return the same hint with every record replaced by its twin."""
    if attrs.has(hint):
        return shape_of(hint).twin
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        return tuple[_twin_hint(parts[0]), ...]  # type: ignore[misc]  # a type made at run time
    if origin in (typing.Union, types.UnionType):
        return typing.Union[tuple(_twin_hint(part) for part in parts)]  # noqa: UP007 - made at run time
    return hint

"""The language's shape as JSON Schema, so that editors complete and check packs while they are written."""

from __future__ import annotations

from functools import singledispatch
from typing import Any, Final

from payerpack.packs import schema
from payerpack.packs.dotted import GROUPS
from payerpack.packs.facts_tables import Facts, Window
from payerpack.packs.shapes import Anything, CodeText, Day, Either, Flag, Key, Many, Names, Number, Record, Shape, Text
from payerpack.packs.windows import NAMED

DRAFT: Final = "http://json-schema.org/draft-07/schema#"
_FILES: Final = {"pack": schema.PACK_FILE, "rules": schema.RULE_FILE, "tests": schema.TEST_FILE}


def json_schema(file: str = "pack") -> dict[str, Any]:
    """Return the JSON Schema (draft 7) of ``pack.toml``, of rule files or of test files.

    Args:
        file: ``pack``, ``rules`` or ``tests``.

    Raises:
        KeyError: There is no such kind of file.
    """
    return {"$schema": DRAFT, "title": f"payerpack {file}", **_schema(_FILES[file])}


@singledispatch
def _schema(shape: Shape) -> dict[str, Any]:
    return {"description": shape.words}


@_schema.register
def _(shape: Text) -> dict[str, Any]:
    return {"type": "string", "enum": list(shape.values)} if shape.values else {"type": "string", "minLength": 1}


@_schema.register
def _(shape: CodeText) -> dict[str, Any]:  # noqa: ARG001 - chosen by its type
    return {"type": "string", "minLength": 1}


@_schema.register
def _(shape: Flag) -> dict[str, Any]:
    return {"type": "boolean"} if shape.only is None else {"const": shape.only}


@_schema.register
def _(shape: Number) -> dict[str, Any]:
    bounds = {"minimum": shape.minimum, "maximum": shape.maximum}
    number = {"type": "integer" if shape.whole else "number", **{k: v for k, v in bounds.items() if v is not None}}
    return {"anyOf": [number, {"type": "string"}]} if shape.text else number


@_schema.register
def _(shape: Day) -> dict[str, Any]:  # noqa: ARG001 - chosen by its type
    return {"type": "string", "format": "date"}


@_schema.register
def _(shape: Window) -> dict[str, Any]:  # noqa: ARG001 - chosen by its type
    return {"anyOf": [{"type": "string", "enum": list(NAMED)}, {"type": "object"}]}


@_schema.register
def _(shape: Many) -> dict[str, Any]:
    return {"type": "array", "items": _schema(shape.item), "minItems": shape.minimum}


@_schema.register
def _(shape: Either) -> dict[str, Any]:
    return {"anyOf": [_schema(option) for option in shape.options]}


@_schema.register
def _(shape: Record) -> dict[str, Any]:
    required = [key.name for key in shape.keys if key.required]
    return {
        "type": "object",
        "properties": {key.name: _key(key) for key in shape.keys},
        "additionalProperties": False,
        **({"required": required} if required else {}),
    }


@_schema.register
def _(shape: Names) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": _schema(shape.item)}


@_schema.register
def _(shape: Anything) -> dict[str, Any]:  # noqa: ARG001 - chosen by its type
    return {}


@_schema.register
def _(shape: Facts) -> dict[str, Any]:
    keys = {key.name: _key(key) for key in shape.line.keys} if shape.line is not None else {}
    groups = {name: {"type": "object"} if name == "with" else {"type": "array", "minItems": 1} for name in GROUPS}
    return {"type": "object", "minProperties": 1, "properties": {**groups, **keys}}


def _key(key: Key) -> dict[str, Any]:
    return {"description": key.doc, **({"examples": [key.example]} if key.example else {}), **_schema(key.shape)}

"""The one description of the language: every key says what it means and gives an example that passes."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import tomli

from payerpack.packs import schema
from payerpack.packs.facts_tables import Facts
from payerpack.packs.json_schema import json_schema
from payerpack.packs.rule_checks import ACTION_KEYS, CLAUSES
from payerpack.packs.shapes import Checker, Either, Key, Many, Names, Record, Shape


def keys(shape: Shape, seen: set[int]) -> Iterator[tuple[str, Key]]:
    if id(shape) in seen:
        return
    seen.add(id(shape))
    inner: list[Shape] = []
    if isinstance(shape, Record):
        yield from ((shape.name, key) for key in shape.keys)
        inner = [key.shape for key in shape.keys]
    elif isinstance(shape, Either):
        inner = list(shape.options)
    elif isinstance(shape, (Many, Names)):
        inner = [shape.item]
    elif isinstance(shape, Facts) and shape.line is not None:
        inner = [shape.line]
    for one in inner:
        yield from keys(one, seen)


KEYS = [
    pytest.param(key, id=f"{name}.{key.name}".replace(" ", "-"))
    for file in (schema.PACK_FILE, schema.RULE_FILE, schema.TEST_FILE)
    for name, key in keys(file, set())
]


@pytest.mark.parametrize("key", KEYS)
def test_every_key_says_in_a_sentence_what_it_means(key) -> None:
    assert key.doc.endswith(".")
    assert key.doc[0].isupper() or key.doc.startswith("`")


@pytest.mark.parametrize("key", KEYS)
def test_the_example_of_a_key_passes_its_own_check(key) -> None:
    if key.name in {"pack", "rule", "override", "test"}:
        return  # they are tables of their own, shown by their keys
    checker = Checker(Path("example.toml"))
    value = tomli.loads(key.example, parse_float=Decimal)[key.name]
    key.shape.check(value, (key.name,), checker)
    assert checker.faults == []


def test_every_clause_and_every_actions_key_is_a_key_of_the_language() -> None:
    assert set(CLAUSES) <= schema.RULE.by_name.keys()
    then = schema.RULE.by_name["then"].shape
    assert isinstance(then, Record)
    assert {key for own in ACTION_KEYS.values() for key in own} <= then.by_name.keys()


def test_the_json_schema_has_every_key_of_a_rule_with_its_meaning() -> None:
    rule = json_schema("pack")["properties"]["rule"]["items"]
    assert rule["properties"].keys() == schema.RULE.by_name.keys()
    assert rule["required"] == ["id", "stage"]
    assert rule["additionalProperties"] is False
    assert rule["properties"]["stage"]["enum"] == ["eligibility", "modifiers", "bundling", "frequency"]
    assert all("description" in key for key in rule["properties"].values())


def test_the_json_schema_leaves_facts_open_and_knows_the_keys_of_a_line() -> None:
    needs = json_schema("rules")["properties"]["rule"]["items"]["properties"]["needs"]
    assert {"same", "window", "standing", "pairs", "any", "none", "with"} == needs["properties"].keys()
    assert "additionalProperties" not in needs


@pytest.mark.parametrize("file", ["pack", "rules", "tests"])
def test_there_is_a_json_schema_for_every_kind_of_file(file) -> None:
    assert json_schema(file)["$schema"].startswith("http://json-schema.org/draft-07")

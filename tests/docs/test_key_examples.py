"""The example of every key of the pack language works: a pack made around it is sound and reviews a claim."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import generate
import pytest
import tomli

from payerpack import Engine
from payerpack.packs.check import check_pack

SETS = {
    "base": ["72192"], "tomographic": ["72192-72194"], "rendering_3d": ["76376", "76377"], "em": ["99202-99215"],
    "panel": ["82310", "82374"],
}  # fmt: skip
TABLES = {
    "pairs.csv": "column_1,column_2\n72192,76377\n",
    "limits.csv": "code,max\n76377,2\n",
    "bone.csv": "code\n78306\n",
}
LINES = [{"number": 1, "code": "72192"}, {"number": 2, "code": "76377", "modifiers": ["26"], "charge": "180.00"}]
CLAIM = {
    "id": "C-1", "type": "professional", "payer": {"id": "EXAMPLE"}, "patient": {"id": "P-1"},
    "billing_provider": {"npi": "1234567893"}, "lines": [{**line, "service_date": "2026-02-03"} for line in LINES],
}  # fmt: skip
ACTIONS = {
    "to_code": "recode",
    "percent": "reduce",
    "of": "reduce",
    "max_units": "cap",
    "max_amount": "cap",
    "into": "combine",
}


def toml(value):
    """Write a value as TOML, tables inline."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return (
        value.isoformat()
        if isinstance(value, dt.date)
        else str(value)
        if isinstance(value, (int, Decimal))
        else json.dumps(value)
    )


def rule(**keys):
    return {"id": "example", "stage": "bundling", "when": {"code": "76377"}, "then": {"action": "inform"}, **keys}


def with_rule(keys):
    if "parameters" in keys:
        keys["builtin"] = "ptp"
    if "on_unknown" in keys:
        keys["require"] = {"report.workstation": "independent"}
    return {"rule": [rule(**keys)]}


def with_then(keys):
    (name,) = keys
    action = ACTIONS.get(name, "deny")
    then = {"action": action, **keys}
    if name == "of":
        then["percent"] = 50
    if name == "rarc":
        then["carc"] = "97"
    return {"rule": [rule(then=then)]}


def with_pack(keys):
    pack = {"id": "example", "version": "1", "extends": "ncci-medicare", **keys}
    if pack.get("status") == "retired":
        pack["effective"] = {"to": dt.date(2026, 12, 31)}
    return {"pack": pack}


def with_override(keys):
    override = {"rule": "ncci-medicare:mue", "reason": "a reason", **keys}
    changing = {"disable", "except", "set", "add", "remove"} & override.keys()
    if {"set", "add", "remove"} & override.keys():
        override["rule"] = "example-parent:narrow" if "add" in override else "example-parent:wide"
    return {"override": [override if changing else {**override, "disable": True}]}


def with_test(keys):
    test = {"name": "a test", "service_date": dt.date(2026, 2, 3), "lines": LINES_OF_TEST, **keys}
    return {"tests": {"test": [test]}}


LINES_OF_TEST = [{"code": "74177"}, {"code": "76377"}]

HOSTS = {
    "pack.toml": lambda keys: {} if "schema" in keys or "pack" in keys else with_settings(keys),
    "[pack]": with_pack,
    "[[rule]]": with_rule,
    "effective": lambda keys: {"rule": [rule(effective=keys)]},
    "line": lambda keys: {"rule": [rule(needs={"code": "@base", "same": ["patient"], **keys})]},
    "conflicts_with": lambda keys: {"rule": [rule(conflicts_with={"code": "@base", "same": ["patient"], **keys})]},
    "pairs": lambda keys: {"rule": [rule(conflicts_with={"pairs": {"table": "tables/pairs.csv", **keys}, "same": ["patient"]})]},
    "limit": lambda keys: {"rule": [rule(limit={"max": 1, **keys})]},
    "combine": lambda keys: {"rule": [rule(combine={"into": "80048", **({} if "n_of" in keys else {"all_of": "@panel"}), **keys})]},
    "n_of": lambda keys: {"rule": [rule(combine={"into": "80048", "n_of": {"n": 1, "codes": "@panel", **keys}})]},
    "then": with_then,
    "source": lambda keys: {"rule": [rule(source=keys)]},
    "lookup": lambda keys: {"rule": [rule(limit={"max": {"table": "tables/limits.csv", "key": "code", "column": "max", **keys}})]},
    "[[override]]": with_override,
    "[codes] table": lambda keys: {"codes": {"bone": {"table": "tables/bone.csv", "column": "code", **keys}}},
    "[facts]": lambda keys: {"facts": {"patient.risk": {"type": "text", **keys}}},
    "[[test]]": with_test,
    "expect": lambda keys: with_test({"expect": {"2": {"action": "deny", **keys}}}),
}  # fmt: skip


def with_settings(keys):
    return (
        keys
        if "settings" not in keys
        else {**keys, "pack": {"id": "example", "version": "1", "plugins": list(keys["settings"])}}
    )


def examples():
    for name, record in generate.records().items():
        for key in record.keys:
            if key.example and not key.example.startswith("["):
                yield pytest.param(name, key.example, id=f"{name}-{key.name}")


def write(folder, tree):
    """Write a pack that holds the tree."""
    folder.mkdir()
    tree = {"schema": 1, **with_pack({}), **tree}
    tests = tree.pop("tests", None)
    tree["codes"] = {**SETS, **tree.get("codes", {})}
    (folder / "tables").mkdir()
    for name, text in TABLES.items():
        (folder / "tables" / name).write_text(text, encoding="utf-8")
    (folder / "pack.toml").write_text(
        "".join(f"{key} = {toml(value)}\n" for key, value in tree.items()), encoding="utf-8"
    )
    if tests is not None:
        (folder / "tests").mkdir()
        (folder / "tests" / "example.toml").write_text(f"test = {toml(tests['test'])}\n", encoding="utf-8")


@pytest.fixture
def packs(tmp_path):
    """The folder of packs, with a parent whose rules have lists of codes and limits."""
    parent = {"pack": {"id": "example-parent", "version": "1", "extends": "ncci-medicare"}}
    codes = {"wide": ["76390", "76391"], "narrow": ["76391"]}
    rules = [rule(id=name, when={"code": listed}, limit={"max": 1}) for name, listed in codes.items()]
    write(tmp_path / "parent", {**parent, "rule": rules})
    return tmp_path


@pytest.mark.parametrize(("name", "example"), list(examples()))
def test_the_example_of_a_key_works_as_it_stands(packs, name, example):
    tree = HOSTS[name](tomli.loads(example, parse_float=Decimal))
    if name == "[[override]]":
        tree["pack"] = {"id": "example", "version": "1", "extends": "example-parent"}
    if "plugins" in tree.get("pack", {}) or "settings" in tree:
        pytest.importorskip("payerpack_example", reason="the example names payerpack-example, which is not installed")
    write(packs / "example", tree)

    engine = Engine([packs])

    assert [str(problem) for problem in check_pack(packs / "example", engine.library)] == []
    if "settings" not in tree:
        policy = tree.get("pack", {}).get("id", "example")
        assert engine.review(CLAIM, policy).policy == policy


def test_every_table_of_the_language_has_a_pack_for_its_examples():
    assert sorted(HOSTS) == sorted(generate.records())

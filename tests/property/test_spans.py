"""The span scanner agrees with tomli on every key and value of generated TOML."""

import datetime as dt
import json
import re
from typing import Any

import tomli
from hypothesis import given
from hypothesis import strategies as st

from payerpack.packs.spans import spans
from payerpack.packs.toml import parse_toml

KEYS = st.one_of(st.from_regex(r"[A-Za-z0-9_-]{1,6}", fullmatch=True), st.text("ab .#=\"'[]{}\\é\t", max_size=5))
SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(10**6), 10**6),
    st.text("ab#=,\"'[]{}\\é\n\t ", max_size=8),
    st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1)),
    st.datetimes().map(lambda value: value.replace(microsecond=0)),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(KEYS, VALUES, max_size=5)


class Writer:
    """Writes data as TOML in one of the many ways there are, drawn by hypothesis."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw

    def choice(self, *options: str) -> str:
        return self.draw(st.sampled_from(options))

    def key(self, name: str) -> str:
        styles = ["basic"]
        if re.fullmatch(r"[A-Za-z0-9_-]+", name):
            styles.append("bare")
        if "'" not in name and "\n" not in name:
            styles.append("literal")
        style = self.choice(*styles)
        return name if style == "bare" else f"'{name}'" if style == "literal" else basic(name)

    def blank(self) -> str:
        return self.choice("", " ", "\t", "  ")

    def space(self) -> str:
        """What may stand between the elements of a list."""
        return self.choice("", " ", "\n", " # ] } \"'\n", "\n\n\t")

    def value(self, value: Any) -> str:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            items = [self.space() + self.value(item) + self.space() for item in value]
            comma = self.choice("", ",") + self.space() if items else self.space()
            return "[" + ",".join(items) + comma + "]"
        if isinstance(value, dict):
            pairs = [f"{self.blank()}{self.pair(key, item)}{self.blank()}" for key, item in value.items()]
            return "{" + ",".join(pairs) + "}"
        return str(value).lower() if isinstance(value, bool) else str(value)

    def text(self, value: str) -> str:
        styles = ["basic"]
        if "'" not in value and "\n" not in value:
            styles.append("literal")
        if "'''" not in value and not value.endswith("'"):
            styles.append("long literal")
        if '"' not in value:
            styles.append("long basic")
        style = self.choice(*styles)
        if style == "literal":
            return f"'{value}'"
        if style == "long literal":
            return f"'''\n{value}'''"
        if style == "long basic":
            return '"""\n' + value.replace("\\", "\\\\") + '"""'
        return basic(value)

    def pair(self, key: str, value: Any) -> str:
        name = self.key(key)
        while isinstance(value, dict) and len(value) == 1 and self.choice("dotted", "inline") == "dotted":
            ((inner, value),) = value.items()
            name += f"{self.blank()}.{self.blank()}{self.key(inner)}"
        return f"{name}{self.blank()}={self.blank()}{self.value(value)}"

    def document(self, data: dict[str, Any]) -> str:
        first, rest = [], []
        for key, value in data.items():
            if isinstance(value, dict) and self.choice("header", "inline") == "header":
                rest.append(self.table([key], value))
            elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
                rest += [f"[[{self.blank()}{self.key(key)}]]\n{self.body(item)}" for item in value]
            else:
                first.append(self.pair(key, value) + self.choice("", " # note = 1") + "\n")
        return "".join(first) + "".join(rest)

    def table(self, path: list[str], value: dict[str, Any]) -> str:
        name = ".".join(self.key(part) for part in path)
        tables = {k: v for k, v in value.items() if isinstance(v, dict) and self.choice("header", "inline") == "header"}
        body = self.body({k: v for k, v in value.items() if k not in tables})
        return f"[{name}] # table\n{body}" + "".join(self.table([*path, k], v) for k, v in tables.items())

    def body(self, value: dict[str, Any]) -> str:
        return "".join(self.pair(key, item) + "\n" for key, item in value.items())


def basic(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


@st.composite
def documents(draw: st.DrawFn) -> str:
    return Writer(draw).document(draw(DOCUMENTS))


def leaves(tree: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    if isinstance(tree, dict):
        return [leaf for key, value in tree.items() for leaf in leaves(value, (*path, key))]
    found = (
        [leaf for index, value in enumerate(tree) for leaf in leaves(value, (*path, index))]
        if isinstance(tree, list)
        else []
    )
    tables = isinstance(tree, list) and any(isinstance(item, dict) for item in tree)
    return found if tables else [*found, (path, tree)]


@given(documents())
def test_every_value_of_a_document_is_found_where_it_is_written(text: str) -> None:
    found = spans(text)
    for path, value in leaves(tomli.loads(text)):
        written = text[slice(*found[path].value)]
        assert tomli.loads(f"value = {written}")["value"] == value


@given(documents())
def test_every_key_of_a_document_is_found_where_it_is_written(text: str) -> None:
    found = spans(text)
    for path, span in found.items():
        if span.key is not None and isinstance(path[-1], str):
            assert list(tomli.loads(f"{text[slice(*span.key)]} = 0")) == [path[-1]]


@given(documents())
def test_toml_1_0_is_never_taken_for_a_newer_one(text: str) -> None:
    assert [fault for fault in parse_toml(__file__, text.encode()).faults if fault.code == "PP002"] == []

"""Whatever a pack says, checking it gives problems with places, never an exception."""

import copy
import datetime as dt
import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from payerpack.packs.check import check_pack
from payerpack.packs.library import Library

PACK: dict[str, Any] = {
    "schema": 1,
    "pack": {
        "id": "child",
        "version": "2026.2",
        "status": "active",
        "extends": "base >=2026.1",
        "plugins": ["payerpack-example >=1,<2"],
        "applies_to": {"payer": ["60054"], "state": ["OR"]},
        "effective": {"from": dt.date(2025, 1, 1), "to": dt.date(2027, 12, 31)},
        "published": dt.date(2024, 11, 15),
    },
    "codes": {"cta": ["70496", "70498"], "all": ["70450-70498", "!@cta"], "bone": {"table": "tables/t.csv", "column": "code"}},
    "facts": {"patient.risk": {"type": "text", "many": True, "values": ["high"]}},
    "settings": {"payerpack-example": {"share": 20}},
    "rule": [
        {
            "id": "integral",
            "stage": "bundling",
            "effective": {"from": dt.date(2025, 1, 1), "by": "service_date"},
            "when": {"code": "@cta", "any": [{"modifiers": "26"}], "patient": {"age": {"min": 3}}},
            "conflicts_with": {"code": "@all", "same": ["patient"], "window": {"days": 3}, "bypass_modifiers": ["59"]},
            "unless": [{"claim": {"contract": {"pays_3d": True}}}],
            "then": {"action": "deny", "carc": "97", "rarc": ["N19"], "message": "{code}"},
            "source": {"title": "Policy 42", "reviewed": dt.date(2026, 1, 15)},
        },
        {
            "id": "once",
            "stage": "frequency",
            "when": {"code": "76377"},
            "limit": {"max": [{"to": dt.date(2025, 12, 31), "value": 2}, {"from": dt.date(2026, 1, 1), "value": 1}], "per": ["patient"]},
            "then": {"action": "cap"},
        },
        {
            "id": "evidence",
            "stage": "eligibility",
            "when": {"code": "76377"},
            "require": {"report": {"workstation": "independent"}},
            "on_unknown": {"action": "warn"},
            "then": {"action": "recode", "to_code": {"table": "tables/t.csv", "key": "code", "column": "instead"}},
        },
    ],
    "override": [
        {
            "rule": "base:once",
            "reason": "a contract",
            "set": {"limit.max": 3, "then": {"action": "warn"}},
            "add": {"codes": ["76390"]},
            "remove": {"then": {"rarc": ["N19"]}},
            "except": [{"modifiers": "GA"}],
            "effective": {"from": dt.date(2026, 1, 1)},
        },
    ],
}  # fmt: skip
BASE: dict[str, Any] = {
    "schema": 1,
    "pack": {"id": "base", "version": "2026.1"},
    "rule": [
        {
            "id": "once",
            "stage": "frequency",
            "when": {"code": ["76377"]},
            "limit": {"max": 1},
            "then": {"action": "deny", "carc": "97", "rarc": ["N19", "M15"]},
        }
    ],
}
JUNK = st.recursive(
    st.one_of(
        st.sampled_from(["", "@cta", "!@x", "@", "!", "deny", "day", "{", "{code", "76377", "9-1", "é", "base:once"]),
        st.integers(-3, 80_000),
        st.booleans(),
        st.dates(dt.date(2024, 1, 1), dt.date(2027, 12, 31)),
        st.just(dt.datetime(2026, 1, 1)),  # noqa: DTZ001 - what TOML calls a local date-time
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(st.sampled_from(["code", "min", "table", "any", "none", "with", "from", "value", "", "a.b"]), inner, max_size=2),
    ),
    max_leaves=4,
)  # fmt: skip


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(f"{json.dumps(key, ensure_ascii=False)} = {toml(item)}" for key, item in value.items())
            + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (str, bool)) else str(value)


def text(data: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(key)} = {toml(value)}\n" for key, value in data.items())


def paths(tree: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = list(tree.items()) if isinstance(tree, dict) else list(enumerate(tree)) if isinstance(tree, list) else []
    return [path, *(found for key, value in inner for found in paths(value, (*path, key)))][0 if path else 1 :]


@st.composite
def packs(draw: st.DrawFn) -> dict[str, Any]:
    pack = copy.deepcopy(PACK)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(paths(pack)))
        holder: Any = pack
        for part in path[:-1]:
            holder = holder[part]
        if draw(st.booleans()):
            holder[path[-1]] = draw(JUNK)
        else:
            del holder[path[-1]]
    return pack


@settings(deadline=None)
@given(packs())
def test_a_pack_with_anything_wrong_in_it_gets_problems_and_never_an_exception(pack: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, data in (("base", BASE), ("child", pack)):
            (Path(folder) / name / "tables").mkdir(parents=True)
            (Path(folder) / name / "pack.toml").write_text(text(data), "utf-8")
            (Path(folder) / name / "tables" / "t.csv").write_text("code,instead\n78300,78305\n", "utf-8")
        for problem in check_pack(Path(folder) / "child", Library([Path(folder) / "base"], installed=False)):
            file, line, column = problem.location.rsplit(":", 2)
            assert (Path(file).is_file(), int(line) > 0, int(column) > 0) == (True, True, True)


def test_the_pack_that_is_changed_is_sound_itself(tmp_path: Path) -> None:
    for name, data in (("base", BASE), ("child", PACK)):
        (tmp_path / name / "tables").mkdir(parents=True)
        (tmp_path / name / "pack.toml").write_text(text(data), "utf-8")
        (tmp_path / name / "tables" / "t.csv").write_text("code,instead\n78300,78305\n", "utf-8")
    assert check_pack(tmp_path / "child", Library([tmp_path], installed=False)) == ()

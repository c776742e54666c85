"""The yardsticks: payer rules and CMS's edits as a billing developer writes them, in plain Python and in SQL.

Each rule is a function that looks at every line; the tables are dictionaries of tuples.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

Raw = dict[str, Any]
Found = list[tuple[str, int]]
Check = Callable[[Raw, Found], None]

BYPASS = frozenset(
    (
        "E1", "E2", "E3", "E4", "FA", "F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9", "TA", "T1", "T2", "T3", "T4",
        "T5", "T6", "T7", "T8", "T9", "LT", "RT", "LC", "LD", "RC", "LM", "RI", "24", "25", "57", "58", "78", "79", "27",
        "59", "91", "XE", "XS", "XP", "XU",
    )
)  # fmt: skip


def evaluator(rules: list[dict[str, Any]], pairs: list[list[Any]]) -> Callable[[Raw], Found]:
    """Return what reviews a plain claim by rules: ``(rule id, line number)`` of everything found."""
    table = {(first, second): (indicator, start, end) for first, second, indicator, start, end in pairs}
    checks = [_line_rule(rule) if rule["kind"] in _LINE else _CLAIM[rule["kind"]](rule, table) for rule in rules]

    def evaluate(claim: Raw) -> Found:
        found: Found = []
        for check in checks:
            check(claim, found)
        return found

    return evaluate


def _line_rule(rule: dict[str, Any]) -> Check:
    name, codes, test = rule["id"], frozenset(rule["codes"]), _LINE[rule["kind"]](rule)

    def check(claim: Raw, found: Found) -> None:
        for line in claim["lines"]:
            if line["code"] in codes and test(claim, line):
                found.append((name, line["n"]))

    return check


def _same_day(claim: Raw, line: Raw, codes: frozenset[str]) -> bool:
    return any(o["code"] in codes and o["dos"] == line["dos"] and o["n"] != line["n"] for o in claim["lines"])


def _conflict(rule: dict[str, Any]) -> Callable[[Raw, Raw], bool]:
    other, bypass = frozenset(rule["other"]), rule["bypass"]
    return lambda claim, line: not any(m in bypass for m in line["mods"]) and _same_day(claim, line, other)


def _base_study(rule: dict[str, Any]) -> Callable[[Raw, Raw], bool]:
    base = frozenset(rule["base"])
    return lambda claim, line: not _same_day(claim, line, base)


def _units_day(rule: dict[str, Any]) -> Callable[[Raw, Raw], bool]:
    codes, cap = frozenset(rule["codes"]), rule["cap"]
    return lambda claim, line: (
        sum(o["units"] for o in claim["lines"] if o["code"] in codes and o["dos"] == line["dos"]) > cap
    )


def _component(_rule: dict[str, Any]) -> Callable[[Raw, Raw], bool]:
    def test(claim: Raw, line: Raw) -> bool:
        return not {"26", "TC"} & set(line["mods"]) and any(
            o["code"] == line["code"]
            and o["dos"] == line["dos"]
            and o["n"] != line["n"]
            and {"26", "TC"} & set(o["mods"])
            for o in claim["lines"]
        )

    return test


_LINE: dict[str, Callable[[dict[str, Any]], Callable[[Raw, Raw], bool]]] = {
    "code_deny": lambda _: lambda _claim, _line: True,
    "base_study": _base_study,
    "units_line": lambda rule: lambda _claim, line: line["units"] > rule["cap"],
    "units_day": _units_day,
    "mod_conflict": lambda rule: lambda _claim, line: rule["a"] in line["mods"] and rule["b"] in line["mods"],
    "component_dup": _component,
    "date_window": lambda rule: lambda _claim, line: rule["start"] <= line["dos"] < rule["end"],
    "age": lambda rule: lambda claim, _line: not rule["lo"] <= claim["age"] <= rule["hi"],
    "sex": lambda rule: lambda claim, _line: claim["sex"] != rule["sex"],
    "pos": lambda rule: lambda claim, _line: claim["pos"] not in rule["pos"],
    "docs": lambda rule: lambda claim, _line: not all(flag in claim["att"] for flag in rule["flags"]),
    "dx": lambda rule: lambda claim, _line: not any(d.startswith(tuple(rule["prefixes"])) for d in claim["dx"]),
    "auth": lambda rule: lambda claim, line: not claim["auth"] and line["units"] >= rule["units"],
    "conflict": _conflict,
}


def _timely(rule: dict[str, Any], _table: Any) -> Check:
    def check(claim: Raw, found: Found) -> None:
        for line in claim["lines"]:
            if claim["recv"] - line["dos"] > rule["days"]:
                found.append((rule["id"], line["n"]))

    return check


def _pairs(rule: dict[str, Any], table: dict[tuple[str, str], tuple[int, int, int]]) -> Check:
    def check(claim: Raw, found: Found) -> None:
        for line in claim["lines"]:
            for other in claim["lines"]:
                if other is not line and other["dos"] == line["dos"]:
                    row = table.get((other["code"], line["code"]))
                    if row and row[1] <= line["dos"] < row[2]:
                        if row[0] == 1 and any(m in rule["bypass"] for m in line["mods"]):
                            continue
                        found.append((rule["id"], line["n"]))
                        break

    return check


_CLAIM: dict[str, Callable[[dict[str, Any], Any], Check]] = {"timely": _timely, "pairs": _pairs}


def ptp_rows(files: Iterable[Path]) -> Iterator[tuple[str, str, int, int, str]]:
    """Yield column 1, column 2, first day, day after the last, indicator of every row of CMS's practitioner files."""
    for file in files:
        if "practitioner-ptp" in file.name:
            with zipfile.ZipFile(file) as archive, archive.open(archive.namelist()[0]) as member:
                for line in io.TextIOWrapper(member, "cp1252"):
                    cells = line.rstrip("\n").split("\t")
                    if len(cells) > 5 and cells[3].isdigit():
                        last = dt.date.max.toordinal() if cells[4] == "*" else _ordinal(cells[4]) + 1
                        yield cells[0], cells[1], _ordinal(cells[3]), last, cells[5]


def mue_rows(files: Iterable[Path]) -> Iterator[tuple[str, int, str]]:
    """Yield code, limit and adjudication indicator of every row of CMS's practitioner file."""
    for file in files:
        if "practitioner-services-mue" in file.name:
            with zipfile.ZipFile(file) as archive, archive.open(archive.namelist()[0]) as member:
                for row in csv.reader(io.TextIOWrapper(member, "cp1252")):
                    if len(row) > 2 and row[1].isdigit():
                        yield row[0], int(row[1]), row[2][:1]


def _ordinal(text: str) -> int:
    return dt.date(int(text[:4]), int(text[4:6]), int(text[6:])).toordinal()


class Edits:
    """PTP and MUE from dictionaries of tuples."""

    def __init__(self, files: Iterable[Path]) -> None:
        files = list(files)
        self.pairs: dict[tuple[str, str], list[tuple[int, int, str]]] = {}
        for first, second, start, end, indicator in ptp_rows(files):
            self.pairs.setdefault((first, second), []).append((start, end, indicator))
        self.limits = {code: (limit, kind) for code, limit, kind in mue_rows(files)}

    def review(self, claim: Raw) -> Found:
        """Return ``(edit, line number)`` of everything found."""
        found: Found = []
        lines = claim["lines"]
        for line in lines:
            for other in lines:
                if other is line or other["dos"] != line["dos"]:
                    continue
                for start, end, indicator in self.pairs.get((other["code"], line["code"]), ()):
                    if start <= line["dos"] < end and indicator != "9":
                        bypassed = indicator == "1" and any(m in BYPASS for m in (*line["mods"], *other["mods"]))
                        if not bypassed:
                            found.append(("ptp", line["n"]))
        for line in lines:
            limit, kind = self.limits.get(line["code"], (None, ""))
            if limit is None:
                continue
            units = line["units"]
            if kind != "1":
                units = sum(o["units"] for o in lines if o["code"] == line["code"] and o["dos"] == line["dos"])
            if units > limit:
                found.append(("mue", line["n"]))
        return found


PTP_SQL = """
select a.claim, a.n, 'ptp' as edit from line a
join line b on a.claim = b.claim and a.dos = b.dos and a.n <> b.n
join ptp on ptp.first = b.code and ptp.second = a.code and ptp.start <= a.dos and a.dos < ptp.until and ptp.indicator <> '9'
where not (ptp.indicator = '1' and (a.bypass or b.bypass))
"""
MUE_SQL = """
select l.claim, l.n, 'mue' as edit from (
  select *, sum(units) over (partition by claim, code, dos) as day_units from line
) l join mue using (code)
where case when mue.kind = '1' then l.units else l.day_units end > mue.most
"""
LINES_SQL = """
create or replace table line as
select claim, l.number as n, l.code as code, l.service_date - date '0001-01-01' + 1 as dos,
  coalesce(l.units, 1) as units, list_has_any(coalesce(l.modifiers, []), $bypass) as bypass
from (select id as claim, unnest(lines) as l from read_json($file, format = 'newline_delimited', columns = {
  id: 'varchar',
  lines: 'struct(number integer, code varchar, modifiers varchar[], units double, service_date date)[]'
}))
"""


def from_json_lines(connection: Any, claims: Path, findings: Path) -> None:
    """Read claims from JSON Lines, check PTP and MUE in SQL, and write what was found as JSON Lines."""
    connection.execute(LINES_SQL, {"bypass": sorted(BYPASS), "file": str(claims)})
    connection.execute(f"copy ({PTP_SQL} union all {MUE_SQL}) to '{findings}' (format json)")


def database(duckdb: Any, files: Iterable[Path], claims: Iterable[Raw]) -> Any:
    """Return a connection to an in-memory DuckDB of one thread with tables of lines, pairs and limits."""
    import pyarrow as pa

    files = list(files)
    connection = duckdb.connect(config={"threads": 1})
    ptp = _table(pa, ("first", "second", "start", "until", "indicator"), ptp_rows(files))
    mue = _table(pa, ("code", "most", "kind"), mue_rows(files))
    rows = [
        {
            "claim": claim["id"], "n": line["n"], "code": line["code"], "dos": line["dos"], "units": line["units"],
            "bypass": any(m in BYPASS for m in line["mods"]),
        }
        for claim in claims
        for line in claim["lines"]
    ]  # fmt: skip
    for name, data in (("ptp", ptp), ("mue", mue), ("line", pa.Table.from_pylist(rows))):
        connection.register("arrow_data", data)
        connection.execute(f"create table {name} as select * from arrow_data")
        connection.unregister("arrow_data")
    return connection


def _table(pa: Any, names: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> Any:
    return pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))

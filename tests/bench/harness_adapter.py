"""payerpack in a harness that runs several rule engines on one workload of claims.

The harness gives neutral rules and pairs as plain dictionaries; this adapter writes them as an ordinary pack in a
temporary folder and reviews ordinary claims through ``Engine.review``. Class ``E`` has the interface the harness asks for:
``text`` writes the pack, ``load`` reads it, ``prepare`` makes a `Claim` of a dictionary, ``eval`` reviews it and returns
``(rule id, line number)`` for every finding.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

from payerpack import Attestation, Authorization, Claim, Engine, Patient, Payer, Provider, ServiceLine

_PROVIDER = Provider("1234567893", "930000000")
_PAYER = Payer("BENCH")
_SEPARATOR = "\n#=== pairs.csv\n"


def _day(ordinal: int) -> str:
    return dt.date.fromordinal(min(ordinal, dt.date.max.toordinal())).isoformat()


def _rule(rule: dict[str, Any]) -> list[str]:
    """Return the body of one neutral rule in the pack language."""
    name, kind = rule["id"], rule["kind"]
    out = ["[[rule]]", f'id = "{name}"', 'stage = "eligibility"']
    code = f'code = "@codes-{name}"'
    if kind == "code_deny":
        out += [f"when = {{ {code} }}"]
    elif kind == "base_study":
        out += [f"when = {{ {code} }}", f'needs = {{ code = "@other-{name}", same = ["service_date"] }}']
    elif kind == "units_line":
        out += [f"when = {{ {code}, units = {{ min = {rule['cap'] + 1} }} }}"]
    elif kind == "units_day":
        out += [
            f"when = {{ {code} }}",
            f'limit = {{ max = {rule["cap"]}, count = "units", per = ["service_date"], window = "claim", over = "all" }}',
        ]
    elif kind == "mod_conflict":
        out += [f'when = {{ {code}, modifiers = {{ all = ["{rule["a"]}", "{rule["b"]}"] }} }}']
    elif kind == "component_dup":
        out += [
            f'when = {{ {code}, modifiers = {{ none = ["26", "TC"] }} }}',
            'conflicts_with = { modifiers = ["26", "TC"], same = ["code", "service_date"] }',
        ]
    elif kind == "date_window":
        out += [
            f"effective = {{ from = {_day(rule['start'])}, to = {_day(rule['end'] - 1)} }}",
            f"when = {{ {code} }}",
        ]
    elif kind == "age":
        out += [f"when = {{ {code} }}", f"require = {{ patient.age = {{ min = {rule['lo']}, max = {rule['hi']} }} }}"]
    elif kind == "sex":
        out += [f"when = {{ {code} }}", f'require = {{ patient.sex = "{rule["sex"]}" }}']
    elif kind == "pos":
        out += [f"when = {{ {code} }}", f"require = {{ place_of_service = {json.dumps(rule['pos'])} }}"]
    elif kind == "docs":
        out += [f"when = {{ {code} }}", f"require = {{ report.attested = {{ all = {json.dumps(rule['flags'])} }} }}"]
    elif kind == "dx":
        prefixes = [f"{prefix}*" for prefix in rule["prefixes"]]
        out += [f"when = {{ {code} }}", f"require = {{ diagnoses = {json.dumps(prefixes)} }}"]
    elif kind == "timely":
        reach = f'{{ within = {{ before = 0, after = {rule["days"]} }}, of = "service_date" }}'
        out += [f"require = {{ claim.received_date = {reach} }}"]
    elif kind == "auth":
        out += [
            f"when = {{ {code}, units = {{ min = {rule['units']} }} }}",
            "require = { authorization.number = { empty = false } }",
        ]
    elif kind == "conflict":
        # The workload's rule has no say on who loses when both lines are in both sets, so it asks only whether one is.
        other = f'{{ code = "@other-{name}", same = ["service_date"] }}'
        out += [f"when = {{ {code}, modifiers = {{ none = {json.dumps(rule['bypass'])} }}, with = {other} }}"]
    elif kind == "pairs":
        # Two rules: the pairs that no modifier bypasses, and those that one on the line itself does.
        then = 'then = { action = "deny", carc = "97", message = "{code} is not payable" }'
        out = []
        for table, when in (("pairs-0", ""), ("pairs-1", f"modifiers = {{ none = {json.dumps(rule['bypass'])} }}, ")):
            other = f'{{ same = ["service_date"], pairs = {{ table = "{table}.csv" }} }}'
            which = f'when = {{ code = "@{table}", {when}with = {other} }}'
            out += ["[[rule]]", f'id = "{name}.{table}"', 'stage = "eligibility"', which, then, ""]
        return out
    else:
        raise ValueError(kind)
    return [*out, 'then = { action = "deny", carc = "97", message = "{code} is not payable" }', ""]


def _sets(rule: dict[str, Any]) -> list[str]:
    sets = []
    if rule["kind"] == "pairs":
        return [
            'pairs-0 = { table = "pairs-0.csv", column = "column_2" }',
            'pairs-1 = { table = "pairs-1.csv", column = "column_2" }',
        ]
    if "codes" in rule:
        sets.append(f"codes-{rule['id']} = {json.dumps(rule['codes'])}")
    sets += [f"other-{rule['id']} = {json.dumps(rule[key])}" for key in ("base", "other") if key in rule]
    return sets


def pack_text(rules: list[dict[str, Any]]) -> str:
    """Return ``pack.toml`` of the neutral rules."""
    head = ["schema = 1", "[pack]", 'id = "bench"', 'version = "1"', "[facts]"]
    head += ['"report.attested" = { type = "text", many = true }', "[codes]"]
    head += [line for rule in rules for line in _sets(rule)]
    return "\n".join([*head, "", *(line for rule in rules for line in _rule(rule))])


def pair_tables(pairs: list[list[Any]]) -> dict[str, str]:
    """Return the pairs as two tables: those that no modifier bypasses, and those that one does."""
    tables = {}
    for name, kinds in (("pairs-0.csv", (0, 9)), ("pairs-1.csv", (1,))):
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(["column_1", "column_2", "from", "to"])
        for first, second, indicator, start, end in pairs:
            if indicator in kinds and start < end:
                writer.writerow([first, second, _day(start), _day(end - 1)])
        tables[name] = out.getvalue()
    return tables


def make_claim(raw: dict[str, Any]) -> Claim:
    """Return a claim of the workload as payerpack has it."""
    first = dt.date.fromordinal(min(line["dos"] for line in raw["lines"]))
    birth = dt.date(first.year - raw["age"], 1, 1)
    if (first.month, first.day) < (1, 5):  # lines lie up to three days later and must not cross a birthday
        birth = dt.date(first.year - raw["age"] - 1, 6, 1)
    return Claim(
        str(raw["id"]),
        "professional",
        _PAYER,
        Patient(f"P{raw['id']}", birth, raw["sex"]),
        _PROVIDER,
        tuple(
            ServiceLine(
                line["n"],
                line["code"],
                dt.date.fromordinal(line["dos"]),
                tuple(line["mods"]),
                Decimal(line["units"]),
            )
            for line in raw["lines"]
        ),
        "commercial",
        received_date=dt.date.fromordinal(raw["recv"]),
        place_of_service=raw["pos"],
        diagnoses=tuple(code.replace(".", "") for code in raw["dx"]),
        authorizations=(Authorization("A1"),) if raw["auth"] else (),
        attestations=(Attestation((), {"attested": tuple(raw["att"])}),),
    )


class E:
    """The adapter."""

    name, mode, dist, host_facts, covers, ext = "payerpack", "online", "payerpack", "", None, "toml"
    prepare = staticmethod(make_claim)

    def text(self, rules: list[dict[str, Any]], pairs: list[list[Any]]) -> str:
        """Return the pack; the pair tables are data, as in the harness."""
        del pairs
        return pack_text(rules)

    def load(self, text: str, rules: list[dict[str, Any]], pairs: list[list[Any]]) -> None:
        """Write the pack to a folder, as an analyst would have it, and build the engine."""
        del rules
        self.folder = tempfile.TemporaryDirectory()
        folder = Path(self.folder.name)
        (folder / "pack.toml").write_text(text, encoding="utf-8")
        for name, table in pair_tables(pairs).items():
            (folder / name).write_text(table, encoding="utf-8")
        engine = Engine([folder])
        rules_of = engine.policy("bench").compiled.rules
        names = {rule.id: rule.id.removeprefix("bench:").partition(".")[0] for rule in rules_of}
        review = engine.review

        def evaluate(claim: Claim) -> list[tuple[str, int]]:
            return [(names[f.rule], f.lines[0]) for f in review(claim, "bench").findings]

        self.eval = evaluate

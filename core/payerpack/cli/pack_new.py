"""``payerpack pack new``: a pack of one rule with tests that pass; ``payerpack pack schema``: its shape, for editors."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from payerpack.cli import output
from payerpack.cli.options import add_output, finish, subcommand
from payerpack.errors import Problem, UserError

if TYPE_CHECKING:
    import argparse

_NEW: Final = "  payerpack pack new acme\n  payerpack pack new acme --into my-packs"
_SCHEMA: Final = "  payerpack pack schema -o pack.schema.json\n  payerpack pack schema tests"
_FILES: Final = ("pack", "rules", "tests")
_PACK: Final = """\
schema = 1

[pack]
id = "{name}"
title = "Payment policy (an example; replace it by what the payer has written)"
version = "1.0"
status = "draft"                        # monitor: reports and decides nothing; active: decides
extends = "ncci-medicare"               # the CPT/NCCI baseline; take it out for a pack of its own rules only
applies_to = {{ payer = ["{name}"] }}     # the payer's id on its claims

[codes]
office_visits = ["99202-99205", "99211-99215"]

[[rule]]
id = "telehealth-place"
title = "A visit by video is billed with a place of telehealth"
stage = "eligibility"                   # eligibility, modifiers, bundling or frequency
effective = {{ from = 2026-01-01 }}
when = {{ code = "@office_visits", modifiers = "95" }}
require = {{ place_of_service = ["02", "10"] }}
then = {{ action = "deny", carc = "5", rarc = ["M77"], cure = "correct_claim", message = "{{code}} with modifier 95 needs place of service 02 or 10, and has {{place_of_service}}" }}
source = {{ title = "The payer's policy on telehealth", section = "1", url = "https://payer.example/telehealth", reviewed = 2026-01-15, confidence = "unverified" }}
"""
_TESTS: Final = """\
schema = 1

[[test]]
name = "a visit by video from the office is denied"
service_date = 2026-03-02
claim = { place_of_service = "11" }
lines = [{ code = "99213", modifiers = ["95"] }]
expect = { 1 = { action = "deny", rule = "telehealth-place", carc = "5" } }

[[test]]
name = "a visit by video with a place of telehealth is accepted"
service_date = 2026-03-02
claim = { place_of_service = "10" }
lines = [{ code = "99213", modifiers = ["95"] }]
expect = { 1 = "accept" }

[[test]]
name = "a visit in person may be anywhere"
service_date = 2026-03-02
claim = { place_of_service = "11" }
lines = [{ code = "99213" }]
expect = { 1 = "accept" }

[[test]]
name = "the rule speaks on its first day"
service_date = 2026-01-01
claim = { place_of_service = "11" }
lines = [{ code = "99213", modifiers = ["95"] }]
expect = { 1 = { action = "deny", rule = "telehealth-place" } }

[[test]]
name = "the rule is silent on the day before"
service_date = 2025-12-31
claim = { place_of_service = "11" }
lines = [{ code = "99213", modifiers = ["95"] }]
expect = { 1 = "accept" }
"""
_NEXT: Final = """{folder}: a pack of one rule, and its tests:

  payerpack pack test {folder}
  payerpack pack lint {folder}
  payerpack review claims.json --packs {folder} --policy {name}

`payerpack facts` lists what a rule may ask about, `payerpack pack schema` what every key may hold.
"""


def configure(group: Any) -> None:
    """Describe the arguments."""
    new = subcommand(group, "new", "make a pack of one rule, with tests that pass")
    new.add_argument("name", metavar="NAME", help="the pack's id, which is its folder's name too, such as acme")
    new.add_argument(
        "--into", metavar="DIR", type=Path, default=Path(), help="the folder to make it in (default: here)"
    )
    finish(new, make, _NEW)
    schema = subcommand(group, "schema", "print the JSON Schema of a pack's files, by which editors complete and check")
    schema.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        choices=_FILES,
        default=_FILES[0],
        help="pack for pack.toml (the default), rules for rules/*.toml, tests for tests/*.toml",
    )
    add_output(schema)
    finish(schema, print_schema, _SCHEMA)


def make(options: argparse.Namespace) -> int:
    """Make the pack."""
    folder = new_pack(options.name, options.into)
    sys.stdout.write(_NEXT.format(folder=folder, name=options.name))
    return 0


def new_pack(name: str, into: Path) -> Path:
    """Make a pack's folder and return it.

    Args:
        name: The pack's id.
        into: The folder to make it in.

    Raises:
        UserError: The name is no id, something of that name is there already, or there is no such folder.
    """
    from payerpack.packs.rule_checks import check_id

    for _, message, _ in check_id(name):
        raise UserError(Problem("NAME", message))
    folder = into / name
    if folder.exists():
        message = "is there already, and nothing is overwritten; choose another name or place"
        raise UserError(Problem(str(folder), message))
    if not into.is_dir():
        raise UserError(Problem(str(into), "is no folder to make it in; make it first"))
    beside = into / f".{name}.{os.getpid()}.partial"
    try:
        (beside / "tests").mkdir(parents=True)
        (beside / "pack.toml").write_bytes(_PACK.format(name=name).encode())
        (beside / "tests" / "telehealth-place.toml").write_bytes(_TESTS.encode())
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return folder


def print_schema(options: argparse.Namespace) -> int:
    """Print the JSON Schema of a kind of file."""
    from payerpack.packs.json_schema import json_schema

    output.write_json(json_schema(options.file), options.output)
    return 0

import json
from typing import NamedTuple

import pytest

from payerpack.cli import main

RULES = """
[[rule]]
id = "never"
stage = "bundling"
when = { code = "76377" }
conflicts_with = { code = "72192", same = ["patient", "service_date"] }
unless = [{ claim.contract.pays_3d = true }]
then = { action = "deny", carc = "97", rarc = ["N19"], cure = "none", message = "{code} is integral to {other.code}" }
source = { title = "Policy 42", section = "2", url = "https://example.org/42", reviewed = 2026-01-15 }

[[rule]]
id = "reason"
stage = "eligibility"
when = { code = "76377" }
require = { report.necessity = "strong" }
on_unknown = "warn"
then = { action = "pend", cure = "documentation", message = "no strong reason" }

[[rule]]
id = "trial"
stage = "eligibility"
status = "monitor"
when = { code = "99213" }
then = { action = "deny", carc = "97", rarc = ["N19"], cure = "modifier", message = "{code} is tried out" }
"""


class Run(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def _own_surroundings(tmp_path, monkeypatch):
    """No edition and no setting of whoever runs the tests shows."""
    for name in ("PAYERPACK_EDITION", "PAYERPACK_BLOCK", "PAYERPACK_DEBUG", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def run(capsys):
    """Runs the command; gives its status and what it wrote."""

    def run(*arguments):
        status = main([str(argument) for argument in arguments])
        written = capsys.readouterr()
        return Run(status, written.out, written.err)

    return run


@pytest.fixture
def claim():
    """Makes a claim in the JSON shape from codes such as ``76377-26``."""

    def claim(*codes, id="C-1", **more):  # noqa: A002 - a claim's id
        lines = []
        for number, written in enumerate(codes, start=1):
            code, *modifiers = written.split("-")
            lines.append({"number": number, "code": code, "modifiers": modifiers, "service_date": "2026-02-03"})
        return {
            "id": id,
            "type": "professional",
            "payer": {"id": "60054"},
            "patient": {"id": "P-SECRET"},
            "billing_provider": {"npi": "1234567893", "tax_id": "930000000"},
            "lines": lines,
            **more,
        }

    return claim


@pytest.fixture
def claims(tmp_path):
    """Writes claims, one per line, and gives the file."""

    def claims(*records, name="claims.jsonl"):
        file = tmp_path / name
        file.write_text("".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in records))
        return file

    return claims


@pytest.fixture
def pack(tmp_path):
    """Writes a pack, and gives its folder."""

    def pack(rules=RULES, *, id="acme", head="", tests=None):  # noqa: A002 - a pack's id
        folder = tmp_path / "packs" / id
        folder.mkdir(parents=True, exist_ok=True)
        title = f'title = "The rules of {id}"'
        (folder / "pack.toml").write_text(
            f'schema = 1\n\n[pack]\nid = "{id}"\nversion = "2026.1"\nstatus = "active"\n{title}\n{head}\n{rules}'
        )
        if tests is not None:
            (folder / "tests").mkdir(exist_ok=True)
            (folder / "tests" / "cases.toml").write_text(f"schema = 1\n{tests}")
        return folder

    return pack


@pytest.fixture
def acme(pack):
    """Options that review by a pack of three rules: one denies, one asks for evidence, one is on trial."""
    return ("--packs", pack(), "--policy", "acme")

import datetime as dt
import os
from decimal import Decimal
from pathlib import Path

import pytest

from payerpack.errors import PackError
from payerpack.packs.cases import try_read_cases
from payerpack.packs.diagnostics import problems
from payerpack.packs.load import digest, load_pack, read_pack
from payerpack.packs.model import FactType

EXAMPLE = """
[codes]
rendering_3d = ["76376", "76377"]

[[rule]]
id = "3d-integral"
stage = "bundling"
effective = { from = 2025-01-01, by = "service_date" }
when = { code = "@rendering_3d" }
conflicts_with = { code = "70450", same = ["patient", "service_date", "billing_group"] }
unless = [{ claim.contract.pays_3d = true }]
then = { action = "deny", carc = "97", rarc = ["N19"], cure = "none", message = "{code} is integral to {other.code}" }
source = { title = "Reimbursement policy 42", section = "2", reviewed = 2026-01-15 }
"""
RULE = '[[rule]]\nid = "{}"\nstage = "bundling"\nwhen = {{ code = "1" }}\nthen = {{ action = "warn" }}\n'


def test_a_pack_is_read_with_all_it_says(write) -> None:
    head = """
title = "3D rendering"
status = "monitor"
extends = "ncci-medicare >=2024.3"
plugins = ["payerpack-example >=1,<2", "payerpack-other"]
applies_to = { payer = ["60054"], state = ["OR", "WA"] }
effective = { from = 2025-01-01, to = 2026-12-31 }
published = 2024-11-15
"""
    settings = "[settings.payerpack-example]\nshare = 20\n"
    folder = write("acme", EXAMPLE + settings, head=head)
    pack = load_pack(folder, "payerpack-acme 1.0")
    assert (pack.id, pack.version, pack.status, pack.title) == ("acme", "2026.1", "monitor", "3D rendering")
    assert pack.extends == ("ncci-medicare", ">=2024.3")
    assert pack.plugins == ("payerpack-example >=1,<2", "payerpack-other")
    assert pack.applies_to == {"payer": ["60054"], "state": ["OR", "WA"]}
    assert (pack.effective.start, pack.effective.end) == (dt.date(2025, 1, 1), dt.date(2026, 12, 31))
    assert pack.known_from == dt.date(2024, 11, 15)
    assert pack.settings == {"payerpack-example": {"share": 20}}
    assert (pack.folder, pack.distribution) == (folder, "payerpack-acme 1.0")
    ((rule, place),) = pack.rules
    assert rule["unless"] == [{"claim": {"contract": {"pays_3d": True}}}]
    assert (place.file, place.path) == (folder / "pack.toml", ("rule", 0))


def test_a_pack_is_active_unless_it_says_otherwise(write) -> None:
    assert load_pack(write()).status == "active"


def test_the_file_itself_may_be_named(write) -> None:
    assert load_pack(write() / "pack.toml").id == "acme"


def test_numbers_with_a_point_stay_exact(write) -> None:
    pack = load_pack(
        write(body=RULE.format("a").replace("{ action", "{ percent = 33.3, action").replace("warn", "reduce"))
    )
    assert pack.rules[0][0]["then"]["percent"] == Decimal("33.3")


def test_rules_of_further_files_belong_to_the_pack_in_the_order_of_their_ids(write) -> None:
    files = {"rules/z.toml": RULE.format("a"), "rules/a.toml": RULE.format("c")}
    pack = load_pack(write(body=RULE.format("b"), files=files))
    assert [rule["id"] for rule, _ in pack.rules] == ["a", "b", "c"]


def test_code_sets_and_facts_of_further_files_belong_to_the_pack(write) -> None:
    extra = '[codes]\nb = ["2"]\n[facts]\npatient.risk = { type = "text", many = true, values = ["high"] }\n'
    pack = load_pack(write(body='[codes]\na = ["1"]\n', files={"rules/more.toml": extra}))
    assert sorted(pack.sets) == ["a", "b"]
    assert pack.facts == (FactType("patient.risk", "text", many=True, values=("high",)),)


@pytest.mark.parametrize(
    ("one", "other"),
    [('[codes]\na = ["1"]\n', '[codes]\na = ["2"]\n'), ('[facts]\n"a.b" = { type = "text" }\n',) * 2],
)
def test_a_name_in_two_files_is_a_problem(write, one, other) -> None:
    assert [fault.code for fault in read_pack(write(body=one, files={"rules/more.toml": other})).faults] == ["PP112"]


def test_facts_may_be_declared_by_quoted_or_dotted_names(write) -> None:
    body = '[facts]\n"patient.risk" = { type = "text" }\nclaim.plan.tier = { type = "number" }\nwaiver = { type = "flag" }\n'
    assert [fact.name for fact in load_pack(write(body=body)).facts] == ["claim.plan.tier", "patient.risk", "waiver"]


def test_every_problem_of_every_file_is_reported_at_once(write) -> None:
    folder = write(body=RULE.format("a") + "whn = 1\n", files={"rules/a.toml": "x = 1", "rules/b.toml": "y ="})
    with pytest.raises(PackError) as raised:
        load_pack(folder)
    assert [(problem.code, problem.location.rsplit("/")[-1]) for problem in raised.value.problems] == [
        ("PP101", "pack.toml:12:1"),
        ("PP101", "a.toml:1:1"),
        ("PP001", "b.toml:1:4"),
    ]


def test_the_digest_changes_with_every_file_that_decides_and_no_other(write) -> None:
    def of(**files: str) -> str:
        return digest(
            write(files={name.replace("__", "/"): text for name, text in files.items()}, folder=str(len(seen)))
        )

    seen: list[str] = []
    seen.append(of(**{"tables__a.csv": "code\n1\n"}))
    assert of(**{"tables__a.csv": "code\n1\n"}) == seen[0]
    assert of(**{"tables__a.csv": "code\n1\n", "tests__a.toml": "", "README.md": "new"}) == seen[0]
    seen.append(of(**{"tables__a.csv": "code\n2\n"}))
    seen.append(of(**{"tables__b.csv": "code\n1\n"}))
    seen.append(of(**{"tables__a.csv": "code\n1\n", "rules__a.toml": ""}))
    assert len(set(seen)) == len(seen)


def test_a_byte_order_mark_and_windows_line_ends_are_no_problem(write) -> None:
    folder = write()
    file = folder / "pack.toml"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert load_pack(folder).id == "acme"


@pytest.mark.parametrize(
    "then",
    [
        '{ action = "recode", to_code = "76376" }',
        '{ action = "recode", to_code = { table = "tables/t.csv", key = "code", column = "max" } }',
        '{ action = "reduce", percent = [{ to = 2025-12-31, value = 50 }, { from = 2026-01-01, value = "25" }], of = "TC" }',
        '{ action = "cap", max_units = 1 }',
        '{ action = "cap", max_amount = "1500.00" }',
        '{ action = "combine", into = "80048" }',
        '{ action = "pend", group = "PR", carc = "252", rarc = ["M127"], cure = "documentation" }',
    ],
)
def test_every_action_takes_its_own_keys(write, then) -> None:
    body = RULE.format("a").replace('{ action = "warn" }', then)
    assert read_pack(write(body=body, files={"tables/t.csv": "code,max\n1,2\n"})).faults == ()


@pytest.mark.parametrize(
    "clause",
    [
        'require = { report.workstation = "independent", any = [{ patient.age = { min = 3 } }] }\non_unknown = "skip"',
        'require = { report.section = true }\non_unknown = { action = "warn", message = "no section" }',
        'needs = { code = "70450", same = ["patient"], window = { full_months = 11 }, standing = true }',
        'conflicts_with = { pairs = { table = "tables/t.csv", this = "code", other = "max" }, bypass_modifiers = ["59"] }',
        'limit = { max = { table = "tables/t.csv", key = "code", column = "max" }, count = "units", over = "all" }',
        'limit = { max = 1500.50, count = "paid", per = ["patient"], window = { fiscal_year_start = "07-01" } }',
        'limit = { max = 1, order = "-charge", of = { code = "2" } }',
        'combine = { all_of = "@panel", into = "80048", same = ["patient"] }',
        'combine = { n_of = { n = 2, codes = ["82310", "82374"] }, into = "80048" }',
        "components = true",
        'builtin = "ptp"\nparameters = { provider_key = "billing_group", share = 1 }',
        'unless = { with = { code = "99213", same = ["patient"], window = "day" } }',
    ],
)
def test_every_clause_is_accepted(write, clause) -> None:
    body = '[codes]\npanel = ["82310"]\n' + RULE.format("a") + clause + "\n"
    assert read_pack(write(body=body, files={"tables/t.csv": "code,max\n1,2\n"})).faults == ()


def test_a_builtin_rule_needs_no_when_and_no_then(write) -> None:
    assert read_pack(write(body='[[rule]]\nid = "ptp"\nstage = "bundling"\nbuiltin = "ptp"\n')).faults == ()


def test_an_ended_rule_may_use_a_code_that_stopped_after_it(write) -> None:
    body = (
        RULE.format("a").replace('"warn"', '"deny", carc = "17", rarc = ["N19"]') + "effective = { to = 2009-06-30 }\n"
    )
    assert read_pack(write(body=body)).faults == ()
    later = body.replace("2009-06-30", "2009-07-01")
    assert [fault.code for fault in read_pack(write(body=later)).faults] == ["PP212"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
@pytest.mark.parametrize(("name", "code"), [("rules/more.toml", "PP005"), ("tables/listed.csv", "PP301")])
def test_a_pipe_that_never_ends_is_a_fault_and_blocks_nobody(write, name, code) -> None:
    folder = write(
        body='[codes]\nlisted = { table = "tables/listed.csv", column = "code" }\n',
        files={"tables/listed.csv": "code\n1"},
    )
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)

    faults = read_pack(folder).faults
    assert [problem.code for problem in problems(faults)] == [code]  # in words too, which quote the file


@pytest.mark.parametrize("name", ["rules", "tests"])
def test_a_folder_that_does_not_tell_what_it_holds_is_a_fault(write, monkeypatch, name) -> None:
    folder = write()
    (folder / name).mkdir(exist_ok=True)
    pack, real = load_pack(folder), Path.iterdir

    def refusing(self):
        if self == folder / name:
            raise PermissionError
        return real(self)

    monkeypatch.setattr(Path, "iterdir", refusing)

    faults = read_pack(folder).faults if name == "rules" else try_read_cases(pack)[1]
    assert [(fault.code, fault.file) for fault in faults] == [("PP005", folder / name)]


def test_a_table_that_cannot_be_read_is_a_fault(write, monkeypatch) -> None:
    folder = write(
        body='[codes]\nlisted = { table = "tables/listed.csv", column = "code" }\n',
        files={"tables/listed.csv": "code\n1"},
    )
    real = Path.read_bytes

    def refusing(self):
        if self.suffix == ".csv":
            raise PermissionError
        return real(self)

    monkeypatch.setattr(Path, "read_bytes", refusing)

    assert [fault.message for fault in read_pack(folder).faults] == [
        '"tables/listed.csv" cannot be read; check its permissions'
    ]


def test_a_table_outside_the_folder_of_tables_counts_for_the_digest(write) -> None:
    folder = write(body='[codes]\nlisted = { table = "listed.csv", column = "code" }\n')
    digests = set()
    for code in ("76376", "76377"):
        (folder / "listed.csv").write_text(f"code\n{code}\n")
        digests.add(load_pack(folder).digest)

    assert len(digests) == 2

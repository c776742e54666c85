import pytest

PASSING = """
[[test]]
name = "integral"
service_date = 2026-02-03
lines = [{ code = "72192" }, { code = "76377", report.necessity = "strong" }]
expect = { 2 = { action = "deny", rule = "never", carc = "97" } }
"""
FAILING = """
[[test]]
name = "wrongly expected"
service_date = 2026-02-03
lines = [{ code = "72192" }]
expect = { 1 = "deny" }
"""
KNOWN_GAP = """
[[test]]
name = "a gap"
todo = "cannot be said yet"
service_date = 2026-02-03
lines = [{ code = "72192" }]
expect = { 1 = "pend" }
"""
UNREADABLE_CLAIM = """
[[test]]
name = "no line has that number"
service_date = 2026-02-03
lines = [{ code = "72192", number = 1 }, { code = "72193", number = 1 }]
"""


def test_tests_that_pass_leave_with_zero_and_say_how_many(run, pack):
    done = run("pack", "test", pack(tests=PASSING + KNOWN_GAP))
    assert (done.status, done.out) == (0, "")
    assert done.err == "2 tests: 2 passed, 1 of them known gaps, 0 failed\n"


def test_a_test_that_fails_is_said_at_its_place(run, pack):
    folder = pack(tests=PASSING + FAILING)
    done = run("pack", "test", folder)
    assert done.status == 1
    assert done.out.startswith(
        f"{folder / 'tests' / 'cases.toml'}:9:3: wrongly expected: line 1: expected deny, got accept"
    )
    assert done.err == "2 tests: 1 passed, 1 failed\n"


def test_places_are_relative_to_the_current_folder(run, pack, monkeypatch):
    folder = pack(tests=FAILING)
    monkeypatch.chdir(folder.parent)
    assert run("pack", "test", "acme").out.startswith("acme/tests/cases.toml:3:3: ")


def test_a_test_whose_claim_cannot_be_read_has_failed(run, pack):
    done = run("pack", "test", pack(tests=UNREADABLE_CLAIM))
    assert done.status == 1
    assert "$.lines[1].number" in done.out


def test_a_run_that_finds_no_test_fails(run, pack):
    done = run("pack", "test", pack())
    assert done.status == 1
    assert ":1:1: the pack has no test" in done.out


def test_a_folder_of_packs_is_tested_as_a_whole_and_by_json_too(run, pack):
    folder = pack(tests=PASSING).parent
    pack(id="other", tests=FAILING)
    told = run("pack", "test", folder, "--format", "json").json
    assert [(one["pack"], one["test"], one["passed"]) for one in told["results"]] == [
        ("acme", "integral", True),
        ("other", "wrongly expected", False),
    ]
    assert told["problems"] == []


def test_an_installed_pack_is_tested_by_its_id(run):
    done = run("pack", "test", "cpt-imaging-3d")
    assert done.status == 0
    assert " 0 failed" in done.err


@pytest.mark.parametrize("broken", ['[[rule]]\nid = "a"\nstage = "x"\n', "id = \n", ""])
def test_a_pack_that_cannot_be_read_leaves_with_two_and_all_its_problems(run, pack, broken):
    folder = pack(broken or 'extends = "nobody"')
    done = run("pack", "test", folder)
    assert done.status == 2
    assert f"{folder / 'pack.toml'}:" in done.out + done.err


def test_a_pack_that_is_not_there_is_said_with_the_nearest_name(run):
    for command in ("test", "lint", "show"):
        done = run("pack", command, "cpt-imaging-3")
        assert done.status == 2
        assert 'did you mean "cpt-imaging-3d"?' in done.err


def test_lint_says_everything_that_is_wrong_at_its_place(run, pack):
    folder = pack('[[rule]]\nid = "a"\nstage = "bundlin"\nwhen = { cod = "1" }\nthen = { action = "den" }\n')
    done = run("pack", "lint", folder)
    assert done.status == 1
    places = [line for line in done.out.splitlines() if line.startswith(str(folder))]
    assert len(places) == 3
    assert all(place.startswith(f"{folder / 'pack.toml'}:") for place in places)
    assert "    " not in done.err


SOUND = """
[[rule]]
id = "never"
stage = "bundling"
when = { code = "76377" }
conflicts_with = { code = "72192", same = ["patient", "service_date"] }
then = { action = "deny", carc = "97", rarc = ["N19"], cure = "none", message = "{code} is integral to {other.code}" }
source = { title = "Policy 42", reviewed = 2026-01-15 }
"""


def test_lint_of_sound_packs_is_silent(run, pack):
    done = run("pack", "lint", pack(SOUND, tests=PASSING).parent)
    assert (done.status, done.out, done.err) == (0, "", "1 pack: 0 problems\n")


def test_advice_is_told_at_its_place_and_fails_nothing_unless_asked_to(run, pack):
    folder = pack(SOUND)
    done = run("pack", "lint", folder)
    assert done.status == 0
    assert done.out.startswith(f"{folder / 'pack.toml'}:10:3: PP803 rule never: no test expects it to fire")
    assert "10 | [[rule]]" in done.out
    assert done.err == "1 pack: 0 problems, 1 piece of advice\n"
    assert run("pack", "lint", folder, "--strict").status == 1
    (told,) = run("pack", "lint", folder, "--format", "json").json
    assert (told["code"], told["severity"]) == ("PP803", "advice")


@pytest.mark.parametrize(
    ("content", "code"), [(b"\xff\xfe", "PP004"), (b"id =\n", "PP001"), (b"[pack]\n[pack]\n", "PP003")]
)
def test_a_pack_that_is_no_toml_cannot_be_read(run, pack, content, code):
    folder = pack()
    (folder / "pack.toml").write_bytes(content)
    for command in ("lint", "test"):
        done = run("pack", command, folder)
        assert done.status == 2
        assert code in done.out


def test_a_rule_or_test_file_that_is_no_toml_cannot_be_read(run, pack):
    folder = pack(SOUND, tests=PASSING)
    (folder / "tests" / "cases.toml").write_text("[[test]\n")
    assert run("pack", "lint", folder).status == 2
    assert run("pack", "test", folder).status == 2


def test_a_pack_that_cannot_be_read_does_not_keep_others_from_being_tested(run, pack):
    broken = pack("x =\n", id="broken")
    done = run("pack", "test", broken, pack(tests=PASSING))
    assert done.status == 2
    assert "broken" in done.out
    assert "1 test: 1 passed, 0 failed" in done.err


@pytest.mark.parametrize("command", ["test", "lint", "show"])
def test_a_folder_without_a_pack_is_said_to_hold_none(run, tmp_path, command):
    done = run("pack", command, tmp_path)
    assert done.status == 2
    assert "holds no pack" in done.err
    assert "there is no such folder" in run("pack", command, tmp_path / "nowhere").err
    (tmp_path / "notes.txt").write_text("x")
    assert "is no pack" in run("pack", command, tmp_path / "notes.txt").err


def test_show_of_a_folder_of_packs_asks_for_one_of_them(run, pack):
    pack(id="other")
    done = run("pack", "show", pack().parent)
    assert done.status == 2
    assert "holds 2 packs" in done.err


def test_lint_looks_at_drafts_and_at_what_is_suspended(run, pack):
    wrong = SOUND.replace('"76377" }', '"76377", reprot.workstation = "pacs" }')
    for status in ("draft", "suspended"):
        rules = wrong.replace("[[rule]]", f'[[rule]]\nstatus = "{status}"')
        done = run("pack", "lint", pack(rules, id=status))
        assert done.status == 1
        assert "PP120" in done.out


def test_lint_tells_programs_codes_and_excerpts(run, pack):
    folder = pack('[[rule]]\nid = "a"\nstage = "bundlin"\nthen.action = "inform"\n')
    problems = run("pack", "lint", folder, "--format", "json").json
    assert all(problem["code"].startswith("PP") for problem in problems)
    assert any('stage = "bundlin"' in problem["excerpt"] for problem in problems)


def test_list_names_every_pack_with_its_origin(run, pack):
    told = run("pack", "list", "--packs", pack(), "--format", "json").json
    by_id = {one["id"]: one for one in told}
    assert by_id["acme"]["distribution"] == ""
    assert by_id["cpt-imaging-3d"]["distribution"].startswith("payerpack ")
    rows = run("pack", "list", "--packs", by_id["acme"]["folder"]).out.splitlines()
    assert ["acme", "2026.1"] in [row.split()[:2] for row in rows]


def test_list_reports_packs_that_cannot_be_read(run, pack):
    folder = pack(id="fine").parent
    pack("broken =\n", id="broken")
    done = run("pack", "list", "--packs", folder)
    assert done.status == 2
    assert "fine" in done.out
    assert "broken/pack.toml:" in done.err.replace("\\", "/")


CHILD = """
[[override]]
rule = "acme:never"
set = { "then.action" = "pend" }
except = [{ claim.state = "OR" }]
reason = "the contract says so"
source = { title = "Contract 7", reviewed = 2026-02-01 }
"""


def test_show_gives_every_key_with_the_line_it_comes_from(run, pack):
    parent = pack()
    child = pack(CHILD, id="child", head='extends = "acme"')
    done = run("pack", "show", child, "--packs", parent, "--rule", "acme:never")
    assert done.status == 0
    assert "layer: acme 2026.1 (active)" in done.out
    assert f'then.action = "pend"  # {child / "pack.toml"}:' in done.out
    assert f'when.code = "76377"  # {parent / "pack.toml"}:' in done.out
    assert "unless[0].claim.contract.pays_3d = true" in done.out
    assert 'except {"claim": {"state": "OR"}}' in done.out
    assert "overridden by child: the contract says so" in done.out


def test_show_gives_programs_the_same(run, pack):
    parent = pack()
    child = pack(CHILD, id="child", head='extends = "acme"')
    told = run("pack", "show", child, "--packs", parent, "--format", "json").json
    assert [one["id"] for one in told["chain"]] == ["child", "acme"]
    rule = next(one for one in told["rules"] if one["rule"] == "acme:never")
    assert {"key": "then.action", "value": "pend"}.items() <= next(
        k for k in rule["keys"] if k["key"] == "then.action"
    ).items()
    assert rule["overridden_by"][0]["source"] == {"title": "Contract 7", "reviewed": "2026-02-01"}
    assert next(one for one in told["rules"] if one["rule"] == "acme:trial")["monitored"]


def test_show_of_a_rule_that_is_not_there_offers_the_nearest(run):
    done = run("pack", "show", "cpt-imaging-3d", "--rule", "workstatio")
    assert done.status == 2
    assert "workstation" in done.err


WHY = """
[[test]]
name = "the study is not there"
service_date = 2026-02-03
lines = [{ code = "76377", report.necessity = "strong" }]
history = [{ code = "72192", service_date = 2026-02-02 }]
expect = { 1 = { action = "deny", rule = "never" } }
"""
LIMITED = """
[[rule]]
id = "twice"
stage = "frequency"
when = { code = "99213" }
limit = { max = 2, count = "lines", per = ["patient"], window = { days = 30 } }
then = { action = "deny", carc = "119", message = "twice in 30 days" }
"""
COUNTED = """
[[test]]
name = "twice is allowed"
service_date = 2026-02-03
lines = [{ code = "99213" }]
history = [{ code = "99213", service_date = 2026-02-02 }]
expect = { 1 = { action = "deny", rule = "twice" } }
"""


def test_a_test_that_fails_is_told_what_the_rule_that_it_expects_saw(run, pack):
    done = run("pack", "test", pack(tests=WHY))
    assert done.status == 1
    first, *why = done.out.splitlines()
    assert first.endswith("line 1: expected deny by never, got accept")
    assert why[:2] == [
        "    acme:never: not fired: no other line conflicts",
        "      condition: when.code holds: it is 76377, wanted 76377",
    ]
    told = run("pack", "test", pack(tests=WHY), "--format", "json").json
    assert told["results"][0]["why"] == [line.removeprefix("    ") for line in why]


def test_what_a_limit_counted_is_told_where_it_did_not_fire(run, pack):
    done = run("pack", "test", pack(LIMITED, id="limited", tests=COUNTED))
    assert "    limited:twice: not fired: the limit is not exceeded\n" in done.out
    assert "      condition: count: 2\n      condition: max: 2\n" in done.out


def test_no_terminal_obeys_what_a_shown_pack_says(run, pack):
    rule = '[[rule]]\nid = "a"\nstage = "bundling"\nwhen = { code = "72192" }\nthen = { action = "inform", message = "\\u202e \\u001b[31m" }\n'
    done = run("pack", "show", pack(rule))
    assert "\u202e" not in done.out
    assert "\\u202e" in done.out

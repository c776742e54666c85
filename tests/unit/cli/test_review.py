import io
import json
import sys
from types import SimpleNamespace

import pytest

from payerpack.cli import progress
from payerpack.engine import Engine
from payerpack.finding import Format
from payerpack.plugins.plan import Plan
from payerpack.scale import loop
from payerpack.scale.tally import Tally


def test_a_claim_that_nothing_denies_leaves_with_zero(run, claim, claims, acme):
    done = run("review", claims(claim("72192")), *acme)
    assert done.status == 0
    assert done.out.startswith("claim C-1: accept\n")
    assert done.err == "1 claim: 1 reviewed, 0 not read (1 accept)\n"


def test_a_denial_leaves_with_one(run, claim, claims, acme):
    assert run("review", claims(claim("72192", "76377")), *acme).status == 1


@pytest.mark.parametrize(("fail_on", "status"), [("warn", 1), ("pend", 0), ("deny", 0)])
def test_fail_on_says_from_which_action_on_the_status_is_one(run, claim, claims, acme, fail_on, status):
    assert run("review", claims(claim("76377")), *acme, "--fail-on", fail_on).status == status


def test_an_unknown_action_for_fail_on_is_refused(run, claim, claims, acme):
    done = run("review", claims(claim("76377")), *acme, "--fail-on", "never")
    assert done.status == 2
    assert "never is no action; name one of reject, deny" in done.err


def test_a_monitored_finding_is_shown_and_does_not_count(run, claim, claims, acme):
    done = run("review", claims(claim("99213")), *acme, "--fail-on", "inform")
    assert done.status == 0
    assert "also: deny (monitored): acme:trial: 99213 is tried out" in done.out


def test_a_bad_claim_is_reported_with_its_place_and_stops_no_other(run, claim, claims, acme):
    bad = claim("72192", id="C-2")
    bad["lines"][0]["servic_date"] = bad["lines"][0].pop("service_date")
    file = claims(claim("72192"), bad, "no json", claim("72192", id="C-4"))
    done = run("review", file, *acme, "--format", "jsonl")
    assert done.status == 2
    assert [json.loads(line)["claim_id"] for line in done.out.splitlines()] == ["C-1", "C-4"]
    problems = done.err.splitlines()
    assert problems[0].startswith(f"payerpack: {file}: line 2: $.lines[0].servic_date: ")
    assert problems[1].startswith(f"payerpack: {file}: line 2: $.lines[0].service_date: ")
    assert problems[2].startswith(f"payerpack: {file}: line 3: $: ")
    assert problems[3] == "4 claims: 2 reviewed, 2 not read (2 accept)"


def test_what_cannot_be_read_wins_over_what_is_denied(run, claim, claims, acme):
    assert run("review", claims(claim("72192", "76377"), "no json"), *acme).status == 2


def test_a_file_that_cannot_be_read_stops_no_other(run, claim, claims, acme, tmp_path):
    done = run("review", tmp_path / "absent.json", claims(claim("72192")), *acme, "--format", "jsonl")
    assert done.status == 2
    assert json.loads(done.out)["claim_id"] == "C-1"
    assert done.err.startswith(f"payerpack: {tmp_path / 'absent.json'}: cannot be read")
    assert "1 input could not be read whole" in done.err


def test_json_lines_hold_one_object_per_review_and_nothing_else_is_said(run, claim, claims, acme):
    done = run("review", claims(claim("72192"), claim("99213", id="C-2")), *acme, "--format", "jsonl")
    assert [json.loads(line)["claim_id"] for line in done.out.splitlines()] == ["C-1", "C-2"]
    assert done.err == ""


def test_json_is_one_list(run, claim, claims, acme):
    done = run("review", claims(claim("72192"), claim("99213", id="C-2")), *acme, "--format", "json")
    assert [review["outcome"] for review in done.json] == ["accept", "accept"]


def test_a_dash_is_standard_input(run, claim, acme, monkeypatch):
    stdin = SimpleNamespace(buffer=io.BytesIO(json.dumps(claim("72192")).encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    done = run("review", "-", *acme, "--format", "jsonl")
    assert json.loads(done.out)["outcome"] == "accept"


def test_an_unknown_format_is_refused_with_those_there_are(run, claim, claims, acme):
    done = run("review", claims(claim("72192")), *acme, "--format", "csv")
    assert done.status == 2
    assert "payerpack: --format: csv is no format that can be written; name one of text, json, jsonl" in done.err


def test_a_format_that_a_plugin_of_the_policy_registers_can_be_written_and_read(run, claim, claims, acme, monkeypatch):
    def write(reviews, out):
        out.writelines(f"<{review.claim_id}>" for review in reviews)

    registered = {"tags": Format("tags", sniff=lambda _head: False, read=lambda *_: iter(()), write=write)}
    monkeypatch.setattr(Plan, "formats", lambda _self: registered)
    done = run("review", claims(claim("72192")), *acme, "--format", "tags")
    assert (done.status, done.out) == (0, "<C-1>")


def test_a_policy_that_is_not_there_is_said_before_anything_is_read(run, claim, claims):
    done = run("review", claims(claim("72192")), "--policy", "ncci-medicar")
    assert done.status == 2
    assert done.out == ""
    assert done.err.startswith("payerpack: ")
    assert done.err.endswith('; did you mean "ncci-medicare"?\n')


def test_every_problem_of_a_pack_is_said_with_its_place(run, claim, claims, pack):
    folder = pack('[[rule]]\nid = "a"\nstage = "bundlin"\nthen = { action = "den" }\n')
    done = run("review", claims(claim("72192")), "--packs", folder, "--policy", "acme")
    assert done.status == 2
    starts = [line for line in done.err.splitlines() if line.startswith("payerpack: ")]
    assert len(starts) >= 2
    assert all("pack.toml:" in line and " PP" in line for line in starts)


def test_a_claim_that_two_packs_describe_equally_is_reported_and_the_others_are_reviewed(run, claim, claims, pack):
    applies = 'applies_to = { payer = ["60054"] }'
    folder = pack(id="one", head=applies).parent
    pack(id="two", head=applies)
    other = claim("72192", id="C-3", payer={"id": "60055"})
    file = claims(claim("72192"), claim("72192", id="C-2"), other)
    done = run("review", file, "--packs", folder, "--format", "jsonl")
    assert done.status == 2
    assert [json.loads(line)["claim_id"] for line in done.out.splitlines()] == ["C-3"]
    assert "one 2026.1" in done.err
    assert f"{file}: claim 2: is not reviewed, for the same reason as a claim before it" in done.err
    assert done.err.count("apply equally closely") == 1
    assert "3 claims: 1 reviewed, 2 not read" in done.err


def test_a_fault_of_ours_costs_its_claim_alone_and_shows_no_data(run, claim, claims, acme, monkeypatch):
    review = Engine.review

    def faulty(self, claim, *args, **kwargs):
        if claim.id == "C-1":
            raise KeyError(claim.patient.id)
        return review(self, claim, *args, **kwargs)

    monkeypatch.setattr(Engine, "review", faulty)
    file = claims(claim("72192"), claim("72192", id="C-2"))
    done = run("review", file, *acme, "--format", "jsonl")
    assert done.status == 2
    assert json.loads(done.out)["claim_id"] == "C-2"
    assert f"payerpack: {file}: claim 1: unexpected KeyError; run with --debug" in done.err
    assert "P-SECRET" not in done.err


def test_with_debug_a_fault_is_raised_where_it_is(run, claim, claims, acme, monkeypatch):
    monkeypatch.setattr(Engine, "review", lambda *_args, **_kwargs: {}["gone"])
    with pytest.raises(KeyError):
        run("review", claims(claim("72192")), *acme, "--debug")


def test_reviews_go_to_a_file_and_only_the_summary_is_said(run, claim, claims, acme, tmp_path):
    out = tmp_path / "out.jsonl"
    done = run("review", claims(claim("72192")), *acme, "--format", "jsonl", "-o", out)
    assert (done.status, done.out, done.err) == (0, "", "")
    assert json.loads(out.read_text())["claim_id"] == "C-1"
    assert sorted(file.name for file in tmp_path.iterdir() if file.is_file()) == ["claims.jsonl", "out.jsonl"]


def test_an_interrupt_leaves_the_file_as_it_was(run, claim, claims, acme, tmp_path, monkeypatch):
    out = tmp_path / "out.jsonl"
    out.write_text("before")

    def interrupted(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(Engine, "review", interrupted)
    done = run("review", claims(claim("72192")), *acme, "-o", out)
    assert done.status == 130
    assert out.read_text() == "before"
    assert not list(tmp_path.glob("*.partial")) + list(tmp_path.glob(".*"))


def test_a_claim_file_is_never_replaced_by_its_reviews(run, claim, claims, acme):
    file = claims(claim("72192"))
    before = file.read_text()
    done = run("review", file, *acme, "-o", file)
    assert done.status == 2
    assert "is also one of the claim files" in done.err
    assert file.read_text() == before


@pytest.mark.parametrize("place", ["", "no/such/folder/out.json"])
def test_an_output_that_cannot_be_written_is_refused(run, claim, claims, acme, tmp_path, place):
    done = run("review", claims(claim("72192")), *acme, "-o", tmp_path / place)
    assert done.status == 2
    assert f"payerpack: {tmp_path / place}: " in done.err


def test_history_that_cannot_be_opened_ends_the_review(run, claim, claims, acme, tmp_path):
    done = run("review", claims(claim("72192")), *acme, "--history", tmp_path / "absent.json")
    assert done.status == 2
    assert "absent.json" in done.err


def test_an_edition_that_cannot_be_opened_ends_the_review_even_if_no_rule_needs_it(run, claim, claims, acme, tmp_path):
    done = run("review", claims(claim("72192")), *acme, "--edition", tmp_path)
    assert done.status == 2
    assert "holds no edition" in done.err


def test_a_blocked_plugin_is_noted_in_every_review(run, claim, claims):
    done = run("review", claims(claim("72192")), "--policy", "ncci-medicare", "--block", "payerpack-baseline")
    assert "note: the plugin payerpack-baseline is blocked: what it checks was not checked" in done.out
    assert "ncci-medicare:" not in done.out


def test_large_files_are_watched_while_somebody_is_there_to_see_it(run, claim, claims, acme, monkeypatch):
    monkeypatch.setattr(progress, "WORTH", 0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    done = run("review", claims(claim("72192")), *acme, "--format", "jsonl")
    assert (done.status, json.loads(done.out)["claim_id"]) == (0, "C-1")
    assert "reading" in done.err


def test_claims_in_are_reviews_and_errors_whatever_happens(claim, claims):
    tally, said = Tally(), []
    items = loop.read_items([str(claims(claim("72192"), "no json", claim("72192")))], tally, said.extend)
    reviewed = list(loop.review_items(Engine(), items, tally, said.extend, policy="cpt-imaging-3d"))
    assert (tally.claims, tally.reviewed, tally.errors, len(reviewed), len(said)) == (3, 2, 1, 2, 1)


def test_a_plugin_to_block_must_be_there(run, claim, claims):
    done = run("review", claims(claim("72192")), "--block", "payerpack-baselin")
    assert done.status == 2
    assert (
        done.err == 'payerpack: --block: no plugin payerpack-baselin is installed; did you mean "payerpack-baseline"?\n'
    )


@pytest.mark.parametrize("version", ["==x..", "=="])
def test_a_version_that_is_none_is_refused(run, claim, claims, version):
    done = run("review", claims(claim("72192")), "--policy", f"ncci-medicare{version}")
    assert done.status == 2
    assert "is no version range; write it like ncci-medicare==" in done.err


@pytest.mark.parametrize("content", ['{"id": "P-SECRET"}', "ISA*00*P-SECRET~", '[{"id": "P-SECRET"}]', "id,P-SECRET\n"])
def test_a_file_of_claims_given_as_settings_is_never_quoted(run, claim, claims, tmp_path, content):
    (tmp_path / "settings.toml").write_text(content)
    done = run("review", claims(claim("72192")), "--config", tmp_path / "settings.toml")
    assert done.status == 2
    assert "PP001 this is not TOML" in done.err
    assert "P-SECRET" not in done.out + done.err


def test_an_interrupt_leaves_the_whole_lines_beside_and_the_next_one_replaces_them(
    run, claim, claims, acme, tmp_path, monkeypatch
):
    whole = Engine.review

    def interrupted(self, claim, *arguments, **more):
        if claim.id == "C-3":
            raise KeyboardInterrupt
        return whole(self, claim, *arguments, **more)

    monkeypatch.setattr(Engine, "review", interrupted)
    first = claims(claim("72192"), claim("72192", id="C-2"), claim("72192", id="C-3"))
    second = claims(claim("72192", id="C-9"), claim("72192", id="C-3"), name="other.jsonl")
    for file, ids in ((first, ["C-1", "C-2"]), (second, ["C-9"])):
        done = run("review", file, *acme, "--format", "jsonl", "-o", tmp_path / "out.jsonl")
        assert done.status == 130
        left = (tmp_path / "out.jsonl.partial").read_text("utf-8")
        assert [json.loads(line)["claim_id"] for line in left.splitlines()] == ids
        assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize("option", ["--config", "--edition", "--history"])
def test_an_option_without_a_value_is_refused(run, claim, claims, option):
    done = run("review", claims(claim("72192")), option, "")
    assert (done.status, done.err) == (
        2,
        f"payerpack: {option}: is empty; name what is meant, or leave the option out\n",
    )


def test_an_empty_variable_names_no_edition(run, claim, claims, tmp_path, monkeypatch):
    (tmp_path / "edition").mkdir()
    (tmp_path / "edition" / "manifest.json").write_text("{")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAYERPACK_EDITION", "")
    assert run("review", claims(claim("72192"))).status == 0

"""The engine: which policy reviews a claim, and what a review holds."""

from __future__ import annotations

import datetime as dt
import json
import pickle
import subprocess
import sys
import threading

import attrs
import pytest

from payerpack import Claim, Engine, HistoryLine, PackError, Patient, Payer, Provider, RoutingError, ServiceLine
from payerpack.errors import ClaimError
from payerpack.finding import Finding
from payerpack.policy import settle

DAY = dt.date(2024, 8, 15)
HEAD = 'schema = 1\n[pack]\nid = "{id}"\nversion = "{version}"\n{more}\n'
RULE = """
[[rule]]
id = "{id}"
stage = "bundling"
when = {{ code = "{code}" }}
then = {{ action = "{action}", {then} message = "{{code}} is {action}" }}
"""


def pack(folder, name="acme", version="1", more="", rules=""):
    home = folder / f"{name}-{version}"
    home.mkdir(parents=True)
    (home / "pack.toml").write_text(HEAD.format(id=name, version=version, more=more) + rules, encoding="utf-8")
    return home


def rule(code="99213", action="deny", name="no", then=""):
    return RULE.format(id=name, code=code, action=action, then=then)


def claim(*codes, payer="P1", **more):
    lines = tuple(ServiceLine(n, code, DAY) for n, code in enumerate(codes or ("99213",), start=1))
    return Claim("C-1", "professional", Payer(payer), Patient("PAT-SECRET"), Provider("1234567893"), lines, **more)


def only(*folders, **more):
    return Engine(folders, installed=False, **more)


def test_the_pack_that_applies_reviews_the_claim(tmp_path):
    ours = pack(tmp_path, "ours", more='applies_to = { payer = ["P1"] }', rules=rule())
    theirs = pack(tmp_path, "theirs", more='applies_to = { payer = ["P2"] }', rules=rule(action="warn"))

    review = only(ours, theirs).review(claim())

    assert (review.policy, review.outcome, review.lines[0].primary) == ("ours", "deny", "ours:no")


def test_the_closest_pack_wins_whatever_the_order_of_folders(tmp_path):
    wide = pack(tmp_path, "wide", more='applies_to = { payer = ["P1"] }', rules=rule())
    close = pack(tmp_path, "close", more='applies_to = { payer = ["P1"], state = ["OR", "WA"] }', rules=rule())

    for folders in ((wide, close), (close, wide)):
        engine = only(*folders)
        assert engine.review(claim(state="OR")).policy == "close"
        assert engine.review(claim(state="ID")).policy == "wide"


def test_two_packs_that_apply_equally_closely_are_an_error_that_names_both(tmp_path):
    packs = [pack(tmp_path, name, more='applies_to = { payer = ["P1"] }', rules=rule()) for name in ("one", "two")]

    with pytest.raises(RoutingError, match=r"one 1 .* and two 1 .* apply equally closely"):
        only(*packs).review(claim())


def test_a_pack_that_monitors_takes_no_claim_from_one_that_judges(tmp_path):
    judges = pack(tmp_path, "judges", more='applies_to = { payer = ["P1"] }', rules=rule())
    scope = 'status = "monitor"\napplies_to = { payer = ["P1"], state = ["OR"] }\n'
    watches = pack(tmp_path, "watches", more=scope, rules=rule(action="warn"))

    review = only(judges, watches).review(claim(state="OR"))

    assert (review.policy, review.outcome) == ("judges", "deny")
    assert "watches 1 only monitors and does not extend judges" in " ".join(review.notes)


def test_a_newer_version_that_monitors_leaves_the_outcome_to_the_one_that_judges(tmp_path):
    scope = 'applies_to = { payer = ["P1"] }'
    judges = pack(tmp_path, "acme", "1", more=scope, rules=rule())
    watches = pack(tmp_path, "acme", "2", more=f'status = "monitor"\n{scope}', rules=rule(action="warn"))

    review = only(judges, watches).review(claim())

    assert (review.packs, review.outcome) == ({"acme": "1"}, "deny")


def test_a_pack_that_monitors_changes_to_its_parent_reviews_the_parents_claims(tmp_path):
    judges = pack(tmp_path, "judges", more='applies_to = { payer = ["P1"] }', rules=rule())
    scope = 'status = "monitor"\nextends = "judges"\napplies_to = { payer = ["P1"] }\n'
    watches = pack(tmp_path, "watches", more=scope, rules=rule(action="reject", name="more"))

    review = only(judges, watches).review(claim())

    assert (review.policy, review.outcome, review.notes) == ("watches", "deny", ())
    assert [f.action for f in review.findings if f.monitored] == ["reject"]


def test_a_claim_that_no_pack_applies_to_gets_the_baseline_of_its_line_of_business():
    engine = Engine()

    medicare = engine.review(claim("72192"))
    medicaid = engine.review(claim("72192", line_of_business="medicaid"))

    assert (medicare.policy, medicaid.policy) == ("ncci-medicare", "ncci-medicaid")
    assert "no payer's pack applies to payer P1: reviewed by ncci-medicare" in medicare.notes


def test_drafts_and_suspended_packs_review_only_when_they_are_asked_for(tmp_path):
    draft = pack(tmp_path, more='status = "draft"\napplies_to = { payer = ["P1"] }', rules=rule())
    engine = Engine([draft])

    assert engine.review(claim("72192")).policy == "ncci-medicare"
    assert engine.review(claim(), "acme").outcome == "deny"


def test_versions_stand_side_by_side_and_the_service_date_picks_one(tmp_path):
    scope = 'applies_to = {{ payer = ["P1"] }}\neffective = {{ from = {}, to = {} }}'
    old = pack(tmp_path, version="2023", more=scope.format("2023-01-01", "2023-12-31"), rules=rule(action="warn"))
    new = pack(tmp_path, version="2024", more=scope.format("2024-01-01", "2024-12-31"), rules=rule())
    engine = only(old, new)
    earlier = attrs.evolve(claim(), lines=(ServiceLine(1, "99213", dt.date(2023, 12, 31)),))

    assert engine.review(claim()).packs == {"acme": "2024"}
    assert engine.review(earlier).packs == {"acme": "2023"}
    assert engine.review(earlier).outcome == "warn"


def test_the_service_date_picks_the_version_of_a_parent_too(tmp_path):
    span = "effective = {{ from = {}, to = {} }}"
    parents = [
        pack(tmp_path, "parent", str(year), span.format(f"{year}-01-01", f"{year}-12-31"), rule(action=action))
        for year, action in ((2023, "warn"), (2024, "deny"))
    ]
    child = pack(tmp_path, "child", more='extends = "parent"\napplies_to = { payer = ["P1"] }')
    engine = only(*parents, child)
    earlier = attrs.evolve(claim(), lines=(ServiceLine(1, "99213", dt.date(2023, 12, 31)),))

    for policy in (None, "child"):
        assert engine.review(claim(), policy).outcome == "deny"
        assert engine.review(earlier, policy).outcome == "warn"


def test_as_of_uses_what_was_known_on_that_date(tmp_path):
    scope = 'applies_to = {{ payer = ["P1"] }}\npublished = {}'
    old = pack(tmp_path, version="1", more=scope.format("2024-01-01"), rules=rule(action="warn"))
    new = pack(tmp_path, version="2", more=scope.format("2024-10-01"), rules=rule())
    engine = only(old, new)

    assert engine.review(claim(), as_of=dt.date(2024, 9, 30)).outcome == "warn"
    assert engine.review(claim(), as_of=dt.date(2024, 10, 1)).outcome == "deny"
    assert engine.review(claim()).outcome == "deny"


def test_a_claim_may_be_given_as_json_has_it(tmp_path):
    data = {
        "id": "C-1",
        "type": "professional",
        "payer": {"id": "P1"},
        "patient": {"id": "PAT"},
        "billing_provider": {"npi": "1234567893"},
        "lines": [{"number": 1, "code": "99213", "service_date": "2024-08-15"}],
    }
    engine = only(pack(tmp_path, rules=rule()))

    assert engine.review(data, "acme").outcome == "deny"
    with pytest.raises(ClaimError, match="lines"):
        engine.review({**data, "lines": [{"number": 1}]}, "acme")


def test_claims_are_reviewed_one_by_one_in_their_order(tmp_path):
    engine = only(pack(tmp_path, rules=rule()))

    reviews = engine.review_all((claim(code) for code in ("99213", "99214")), "acme")

    assert next(reviews).outcome == "deny"
    assert [review.outcome for review in reviews] == ["accept"]


def test_a_broken_pack_costs_the_others_nothing_and_reviews_say_so(tmp_path):
    good = pack(tmp_path, "good", more='applies_to = { payer = ["P1"] }', rules=rule())
    misspelt = pack(tmp_path, "misspelt", more='applies_to = { payr = ["P1"] }', rules=rule())
    broken = pack(tmp_path, "broken", more="applies_to = {", rules=rule())

    review = only(good, misspelt, broken).review(claim())

    assert review.policy == "good"
    assert [note for note in review.notes if "cannot be used" in note] == [
        "the pack broken cannot be used, so it was not considered; `payerpack pack lint` says why",
        "the pack misspelt 1 cannot be used, so it was not considered; `payerpack pack lint` says why",
    ]


def test_an_unknown_policy_is_an_error_that_says_what_is_there(tmp_path):
    with pytest.raises(PackError, match="acme"):
        only(pack(tmp_path, rules=rule())).review(claim(), "acne")


def test_every_review_of_the_same_inputs_has_the_same_bytes(tmp_path):
    home = pack(tmp_path, rules=rule("99213") + rule("72192", "warn", "maybe"))
    subject = claim("99213", "72192")
    shuffled = attrs.evolve(subject, lines=subject.lines[::-1])

    one, other = (only(home).review(subject, "acme").to_dict() for _ in range(2))
    reordered = only(home).review(shuffled, "acme").to_dict()

    assert json.dumps(one) == json.dumps(other)
    assert reordered["findings"] == one["findings"]
    assert sorted(reordered["lines"], key=lambda line: line["number"]) == one["lines"]


def test_the_order_of_rules_and_files_never_shows(tmp_path):
    rules = [rule("99213", "deny", "a"), rule("99213", "warn", "b"), rule("99213", "pend", "c")]
    one = pack(tmp_path / "x", rules="".join(rules))
    other = pack(tmp_path / "y", rules="".join(reversed(rules)))

    reviews = [only(home).review(claim(), "acme").to_dict() for home in (one, other)]

    assert reviews[0]["findings"] == reviews[1]["findings"]


def test_the_fingerprint_changes_with_everything_that_counts(tmp_path):
    home = pack(tmp_path / "a", rules=rule())
    changed = pack(tmp_path / "b", rules=rule(action="warn"))
    engine = only(home)
    past = HistoryLine(attrs.evolve(claim(), id="H-1"), ServiceLine(1, "72192", DAY))
    limit = """
[[rule]]
id = "once"
stage = "frequency"
when = { code = "99213" }
limit = { max = 1, window = "lifetime" }
then = { action = "deny", message = "once" }
"""
    looking = pack(tmp_path / "c", rules=limit)

    prints = [
        engine.review(claim(), "acme").fingerprint,
        engine.review(claim("99214"), "acme").fingerprint,
        engine.review(claim(), "acme", as_of=dt.date(2024, 9, 1)).fingerprint,
        engine.review(claim(), "acme", supplied={(1, "report.mapping"): True}).fingerprint,
        only(changed).review(claim(), "acme").fingerprint,
        only(looking).review(claim(), "acme").fingerprint,
        only(looking).review(claim(), "acme", history=[past]).fingerprint,
    ]

    assert len(set(prints)) == len(prints)
    assert all(value.startswith("sha256:") for value in prints)
    assert engine.review(claim(), "acme").fingerprint == prints[0]


def test_one_engine_reviews_in_many_threads(tmp_path):
    engine = only(pack(tmp_path, rules=rule()))
    expected = engine.review(claim(), "acme").to_dict()
    got = []

    def work():
        got.extend(engine.review(claim(), "acme").to_dict() for _ in range(50))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert got == [expected] * 200


def test_nothing_of_a_patient_is_in_a_review_or_a_repr(tmp_path):
    home = pack(tmp_path, rules=rule("99213", then='carc = "97",'))
    subject = claim(state="OR")

    review = only(home).review(subject, "acme")
    text = json.dumps(review.to_dict()) + repr(review) + repr(subject) + repr(subject.patient)

    assert "PAT-SECRET" not in text


def test_reviews_travel_between_processes(tmp_path):
    review = only(pack(tmp_path, rules=rule())).review(claim(), "acme")

    assert pickle.loads(pickle.dumps(review)).to_dict() == review.to_dict()


def test_two_different_recodes_of_one_line_cancel_each_other(tmp_path):
    rules = rule("99213", "recode", "a", 'to_code = "99212",') + rule("99213", "recode", "b", 'to_code = "99211",')

    review = only(pack(tmp_path, rules=rules)).review(claim(), "acme")

    assert review.outcome == "pend"
    assert [f.effect for f in review.findings] == [None, None]


def test_of_several_reductions_the_lowest_stands():
    reductions = [
        Finding(f"a:{n}", "bundling", "reduce", (1,), "x", effect={"percent": percent})
        for n, percent in enumerate((50, 25, 85))
    ]

    assert [f.effect for f in settle(reductions)] == [None, {"percent": 25}, None]


def test_reductions_of_different_components_stand_side_by_side():
    reductions = [
        Finding(f"a:{of}", "bundling", "reduce", (1,), "x", effect={"percent": 50, "of": of}) for of in ("26", "TC")
    ]

    assert settle(reductions) == reductions


def test_blocking_the_baseline_removes_every_baseline_finding_and_says_so():
    subject = claim("70496", "76377", "99999")

    full = Engine().review(subject, "ncci-medicare")
    blocked = Engine(blocked=["payerpack-baseline"]).review(subject, "ncci-medicare")

    assert any(f.rule.startswith("ncci-medicare:") for f in full.findings)
    assert not any(f.rule.startswith("ncci-medicare:") for f in blocked.findings)
    assert any(f.rule.startswith("cpt-imaging-3d:") for f in blocked.findings)
    assert any("payerpack-baseline is blocked" in note for note in blocked.notes)


def test_taking_the_imaging_pack_away_takes_only_its_rules(tmp_path):
    shipped = Engine().library.get("ncci-medicare").folder
    home = tmp_path / "ncci-medicare"
    home.mkdir()
    text = (shipped / "pack.toml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("extends")]
    (home / "pack.toml").write_text("\n".join(lines), encoding="utf-8")
    subject = claim("70496", "76377")

    with_it = Engine().review(subject, "ncci-medicare")
    without = only(home).review(subject, "ncci-medicare")

    baseline = [f.to_dict() for f in with_it.findings if f.rule.startswith("ncci-medicare:")]
    assert [f.to_dict() for f in without.findings] == baseline


def test_importing_payerpack_pulls_in_no_command_x12_or_test_code():
    code = (
        "import payerpack, sys; print(*sorted(m for m in sys.modules "
        "if m.startswith(('payerpack.', 'pluggy', 'attrs', 'tomli', 'msgspec', 'rich', 'pytest', 'hypothesis'))))"
    )

    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert out.stdout.split() == []


def test_a_review_needs_no_command_x12_or_test_code(tmp_path):
    home = pack(tmp_path, rules=rule())
    code = (
        "import sys; from payerpack import *\n"
        f"e = Engine([{str(home)!r}], installed=False)\n"
        "import datetime as dt\n"
        "c = Claim('C', 'professional', Payer('P'), Patient('X'), Provider('1234567893'),"
        " (ServiceLine(1, '99213', dt.date(2024, 8, 15)),))\n"
        "assert e.review(c, 'acme').outcome == 'deny'\n"
        "bad = [m for m in sys.modules if m.startswith(('payerpack.cli', 'payerpack.formats.x12', 'payerpack.testing',"
        " 'rich', 'pytest', 'sqlalchemy', 'pyarrow'))]\n"
        "print(*bad)"
    )

    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert out.stdout.split() == []

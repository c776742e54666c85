"""A claim's story: every rule that looked, what it saw, what came of it."""

import datetime as dt

import pytest

from payerpack import Engine
from payerpack.errors import ClaimError
from payerpack.explain import explain
from payerpack.finding import Finding
from payerpack.formats.structure import structure_claim
from payerpack.hookspecs import hookimpl
from payerpack.plugins.registered import Registered

HEAD = 'schema = 1\n\n[pack]\nid = "{id}"\nversion = "1"\nstatus = "active"\n{more}\n'


@pytest.fixture
def engine(tmp_path, monkeypatch):
    """Makes an engine of packs given as id and rules; the first is the policy's."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("PAYERPACK_EDITION", raising=False)

    def engine(rules, *, more="", **others):
        for id_, (head, body) in {"acme": (more, rules), **others}.items():
            folder = tmp_path / "packs" / id_
            folder.mkdir(parents=True)
            (folder / "pack.toml").write_text(HEAD.format(id=id_, more=head) + body)
        return Engine([tmp_path / "packs"])

    return engine


def claim(*codes, date="2026-02-03", **more):
    return structure_claim(
        {
            "id": "C-1",
            "type": "professional",
            "payer": {"id": "60054"},
            "patient": {"id": "P-SECRET", "birth_date": "1961-04-02"},
            "billing_provider": {"npi": "1234567893", "tax_id": "930000000"},
            "lines": [
                {"number": number, "code": code, "service_date": date} for number, code in enumerate(codes, start=1)
            ],
            **more,
        }
    )


def rule(text, *, action="deny", id="r"):  # noqa: A002 - a rule's id
    return (
        f'[[rule]]\nid = "{id}"\nstage = "bundling"\n{text}\n'
        f'then = {{ action = "{action}", cure = "none", message = "{{code}} it is" }}\n'
    )


def story(engine, claim, line=1, name="acme:r"):
    told = explain(engine, claim, "acme", line=line)
    (found,) = [one for one in told.lines[0].rules if one.rule == name]
    return found


def test_a_rule_that_fires_is_told_by_its_finding(engine):
    told = story(engine(rule('when = { code = "76377" }')), claim("76377"))
    assert (told.result, told.because) == ("fired", "76377 it is")
    assert [step.name for step in told.steps] == ["when.code"]
    assert told.finding is not None


def test_a_condition_that_does_not_hold_is_told_with_what_was_seen(engine):
    told = story(engine(rule('when = { code = "76377", units = { min = 2 } }')), claim("76377"))
    assert (told.result, told.because) == ("not matched", "units is 1, and the rule asks for at least 2")
    assert told.finding is None


def test_an_unknown_fact_is_named(engine):
    told = story(engine(rule('when = { code = "76377", report.mapping = true }')), claim("76377"))
    assert (told.result, told.because, told.unknown) == ("unknown", "report.mapping is unknown", ("report.mapping",))


def test_of_a_group_only_the_unknown_facts_are_named(engine):
    text = 'when = { code = "76377", any = [{ report.mapping = true }, { report.section = true }, { units = 3 }] }'
    told = story(engine(rule(text)), claim("76377"))
    assert told.because == "report.mapping and report.section are unknown"


def test_a_conflict_of_sources_is_among_what_was_unknown(engine):
    attested = [
        {"lines": [1], "facts": {"supervision": "concurrent"}},
        {"lines": [1], "facts": {"supervision": "denied"}},
    ]
    told = story(
        engine(rule('when = { code = "76377", report.supervision = "denied" }')), claim("76377", attestations=attested)
    )
    assert told.unknown == ("report.supervision",)


def test_what_excuses_is_told(engine):
    text = 'when = { code = "76377" }\nunless = [{ claim.contract.pays_3d = true }]'
    told = story(engine(rule(text)), claim("76377", contract={"pays_3d": True}))
    assert (told.result, told.because) == ("excused", "excused, because claim.contract.pays_3d is true")


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("require = { units = 1 }", "what it requires holds"),
        ('needs = { code = "72192" }', "a line that it needs is there"),
        ('conflicts_with = { code = "99213" }', "no other line conflicts"),
        ("limit = { max = 1 }", "the limit is not exceeded"),
        ('combine = { all_of = ["76377", "99213"], into = "76376" }', "not all of its codes are there"),
        ("components = true", "no shares overlap"),
    ],
)
def test_a_test_that_holds_is_told_by_its_kind(engine, text, because):
    then = rule(f'when = {{ code = "76377" }}\n{text}', action="pend")
    told = story(engine(then), claim("72192", "76377"), line=2)
    assert (told.result, told.because) == ("not fired", because)


def test_what_cannot_be_decided_is_told_with_what_is_missing(engine):
    text = rule('when = { code = "76377" }\nrequire = { report.section = true }\non_unknown = "skip"')
    told = story(engine(text), claim("76377"))
    assert (told.result, told.because) == ("undecided", "report.section is unknown, and the rule lets that pass")


def test_a_rule_out_of_its_dates_says_which(engine):
    text = 'effective = { from = 2025-01-01, to = 2025-12-31 }\nwhen = { code = "76377" }'
    told = story(engine(rule(text)), claim("76377"))
    assert told.result == "not in force"
    assert told.because == "it is in force from 2025-01-01 to 2025-12-31, and the date is 2026-02-03"


def test_a_rule_dated_by_what_the_claim_lacks_says_so(engine):
    text = 'effective = { from = 2025-01-01, by = "received_date" }\nwhen = { code = "76377" }'
    assert story(engine(rule(text)), claim("76377")).because == "the claim lacks the date that dates it"


def test_rules_about_other_codes_are_counted_and_not_told(engine):
    made = engine(rule('when = { code = "76377" }') + rule('when = { code = "72192" }', id="other"))
    (line,) = explain(made, claim("76377"), "acme").lines
    assert ([one.rule for one in line.rules], line.others) == (["acme:r"], 1)


def test_a_finding_on_another_line_is_told_on_both(engine):
    text = 'when = { code = "76377" }\nconflicts_with = { code = "72192", target = "other" }'
    made = engine(rule(text))
    assert story(made, claim("72192", "76377"), line=2).because == "on line 1: 76377 it is"
    there = story(made, claim("72192", "76377"), line=1)
    assert there.result == "fired"
    assert there.finding is not None


def test_overrides_are_told_with_their_reasons(engine):
    child = (
        '[[override]]\nrule = "base:r"\nset = { "then.action" = "pend" }\nreason = "the contract says so"\n'
        '[[override]]\nrule = "base:gone"\ndisable = true\nreason = "never agreed"\n'
    )
    base = rule('when = { code = "76377" }') + rule('when = { code = "76377" }', id="gone")
    made = engine(child, more='extends = "base"', base=("", base))
    told = explain(made, claim("76377"), "acme")
    (found,) = told.lines[0].rules
    assert found.overridden == ("acme: the contract says so",)
    assert told.disabled == (("base:gone", "acme disables it: never agreed"),)


def test_a_rule_that_an_override_disables_for_a_time_says_so_on_those_dates(engine):
    child = (
        '[[override]]\nrule = "base:r"\ndisable = true\nreason = "suspended"\n'
        "effective = { from = 2026-01-01, to = 2026-12-31 }\n"
    )
    made = engine(child, more='extends = "base"', base=("", rule('when = { code = "76377" }')))
    assert story(made, claim("76377"), name="base:r").because == "an override disables it on this date"
    assert story(made, claim("76377", date="2025-06-01"), name="base:r").result == "fired"


class Remover:
    """A plugin that lets nothing of bundling stand, and finds something of its own."""

    @hookimpl(wrapper=True)
    def check_bundling(self, claim, context):
        yield
        return []

    @hookimpl
    def check_frequency(self, claim):
        return [Finding("tool:own", "frequency", "pend", (1,), "seen by the tool", cure="documentation")]


def test_what_a_plugin_removed_is_told_with_its_name_and_version(engine, monkeypatch):
    plugin = Registered("tool", "1.2", "payerpack-tool", Remover())
    monkeypatch.setattr("payerpack.policy.assemble", lambda *_args, **_more: ((plugin,), ()))
    made = engine(rule('when = { code = "76377" }'))
    told = story(made, claim("76377"))
    assert (told.result, told.because) == ("removed", "the plugin tool 1.2 removed what it found")
    own = story(made, claim("76377"), name="tool:own")
    assert (own.result, own.because, own.steps) == ("fired", "seen by the tool", ())


BUILTIN = (
    '[[rule]]\nid = "ptp"\nstage = "bundling"\nbuiltin = "ptp"\n'
    'then = { action = "deny", carc = "236", rarc = ["N20"], cure = "modifier", message = "{column2} of {column1}" }\n'
)


def test_a_builtin_rule_is_told_by_what_it_found_or_that_it_found_nothing(engine):
    made = engine(BUILTIN, more='plugins = ["payerpack-baseline"]')
    lines = claim("76377", "76376", date="2024-08-15")
    assert story(made, lines, line=2, name="acme:ptp").because == "76376 of 76377"
    assert story(made, lines, line=1, name="acme:ptp").because == "it looked and found nothing"


def test_a_builtin_rule_that_no_plugin_runs_is_told_as_not_run(engine):
    told = story(engine(BUILTIN), claim("76377", "76376", date="2024-08-15"), name="acme:ptp")
    assert (told.result, told.because) == ("not run", "no plugin of this policy runs it")


def test_the_rule_that_decides_comes_first(engine):
    rules = rule('when = { code = "76377" }', action="warn", id="a") + rule('when = { code = "76377" }', id="z")
    (line,) = explain(engine(rules), claim("76377"), "acme").lines
    assert [one.rule for one in line.rules] == ["acme:z", "acme:a"]


def test_a_line_that_is_not_there_is_refused(engine):
    with pytest.raises(ClaimError, match="its lines are 1"):
        explain(engine(rule('when = { code = "76377" }')), claim("76377"), "acme", line=2)


def test_without_a_policy_the_claim_is_routed_and_the_explanation_says_so(engine):
    made = engine(rule('when = { code = "76377" }'), more='applies_to = { payer = ["60054"] }')
    assert explain(made, claim("76377")).review.policy == "acme"
    other = explain(made, claim("72192", payer={"id": "1"}))
    assert other.review.policy == "ncci-medicare"
    assert any("reviewed by ncci-medicare" in note for note in other.review.notes)


def test_the_explanation_agrees_with_the_review_and_holds_no_patient(engine):
    made = engine(rule('when = { code = "76377", patient.age = { min = 18 } }'))
    lines = claim("76377", "72192")
    told = explain(made, lines, "acme", dt.date(2026, 5, 1))
    review = made.review(lines, "acme", as_of=dt.date(2026, 5, 1))
    assert told.review.to_dict() == review.to_dict()
    assert [line.outcome for line in told.lines] == list(review.lines)
    assert "P-SECRET" not in str(told.to_dict())
    assert "1961" not in str(told.to_dict())


def test_the_json_shape_has_a_class_and_an_appeal_only_where_something_was_found(engine):
    made = engine(rule('when = { code = "76377" }') + rule('when = { code = "76377", units = 2 }', id="quiet"))
    first, second = explain(made, claim("76377"), "acme").to_dict()["lines"][0]["rules"]
    assert (first["class"], first["cure_in_words"][:7]) == ("policy edit", "nothing")
    assert first["appeal"].startswith("no: ")
    assert not {"class", "appeal"} & second.keys()

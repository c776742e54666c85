from payerpack.facts import CATALOGUE


def test_every_fact_is_listed_once_with_its_group(run):
    told = run("facts", "--format", "json").json
    assert sorted(fact["name"] for fact in told) == sorted(CATALOGUE.facts)
    by_name = {fact["name"]: fact for fact in told}
    assert by_name["code"]["group"] == "line"
    assert by_name["patient.age"]["unit"] == "years"
    assert by_name["report.supervision"]["values"] == ["concurrent", "denied"]


def test_facts_are_tables_with_what_a_value_may_be(run):
    out = run("facts").out
    assert "\nreport facts " in out
    assert "concurrent, denied; may be unknown" in out


def test_the_facts_that_a_pack_declares_are_listed_with_it(run, pack):
    folder = pack(head='[facts]\n"patient.risk" = { type = "text", many = true, meaning = "Risk groups" }\n')
    assert "patient.risk" in run("facts", "--policy", "acme", "--packs", folder).out


def test_a_code_set_is_listed_code_by_code(run):
    assert run("codes", "@rendering_3d", "--policy", "cpt-imaging-3d").out == "76376\n76377\n"


def test_a_set_without_end_is_listed_as_it_is_made(run, pack):
    folder = pack(head='[codes]\nfractures = ["S32*", "!S329*", "S42"]\n')
    told = run("codes", "fractures", "--policy", "acme", "--packs", folder, "--format", "json").json
    assert told["codes"] is None
    assert sorted(told["entries"]) == ["!S329*", "S32*", "S42"]


def test_without_a_name_every_set_is_listed_once(run):
    names = [one["set"] for one in run("codes", "--policy", "cpt-imaging-3d", "--format", "json").json]
    assert "base_study" in names
    assert len(names) == len(set(names))
    assert not [name for name in names if ":" in name]


def test_a_set_that_is_not_there_is_answered_with_the_nearest(run):
    done = run("codes", "renderings_3d", "--policy", "cpt-imaging-3d")
    assert done.status == 2
    assert 'has no code set renderings_3d; did you mean "rendering_3d"?' in done.err

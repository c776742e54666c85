def test_each_line_has_a_row_for_each_policy(run, claim, claims, acme):
    done = run("compare", claims(claim("72192", "76377")), *acme, "--policy", "cpt-imaging-3d")
    assert done.status == 0
    rows = done.out.splitlines()
    assert rows[0].split()[:5] == ["line", "code", "policy", "outcome", "rule"]
    assert [row.split()[:4] for row in rows[1:]] == [
        ["1", "72192", "acme", "accept"],
        ["1", "72192", "cpt-imaging-3d", "accept"],
        ["2", "76377", "acme", "deny"],
        ["2", "76377", "cpt-imaging-3d", "warn"],
    ]
    assert "CO-97 N19" in rows[3]
    assert "nothing: no document" in rows[3]
    assert rows[3].endswith("Policy 42, section 2, https://example.org/42, reviewed 2026-01-15")


def test_without_names_every_active_pack_of_a_payer_and_the_baseline_are_compared(run, claim, claims, pack):
    folder = pack(id="acme", head='applies_to = { payer = ["1"] }').parent
    pack(id="library")
    record = claim("72192", line_of_business="medicaid")
    told = run("compare", claims(record), "--packs", folder, "--format", "json").json
    names = [one["policy"] for one in told["policies"]]
    assert names[0] == "ncci-medicaid"
    assert "acme" in names
    assert "library" not in names


def test_json_holds_the_finding_that_decides(run, claim, claims, acme):
    told = run("compare", claims(claim("72192", "76377")), *acme, "--format", "json").json
    (cell,) = told["lines"][1]["policies"]
    assert (cell["policy"], cell["outcome"], cell["primary"]) == ("acme", "deny", "acme:never")
    assert cell["finding"]["cure"] == "none"


def test_a_policy_that_cannot_be_used_costs_the_others_nothing(run, claim, claims, acme):
    done = run("compare", claims(claim("72192")), *acme, "--policy", "nobody")
    assert done.status == 2
    assert "acme" in done.out
    assert done.err.startswith("payerpack: nobody: ")

def test_every_rule_that_looked_is_told_with_what_it_saw(run, claim, claims, acme):
    done = run("explain", claims(claim("72192", "76377")), *acme, "--line", "2")
    assert done.status == 0
    assert done.out.splitlines() == [
        "claim C-1: deny",
        "  policy: acme 2026.1",
        "  line 2: deny: 76377, 1 unit, 2026-02-03",
        "    acme:never: fired (deny): 76377 is integral to 72192",
        "      condition: when.code holds: it is 76377, wanted 76377",
        "      condition: unless[0].claim.contract.pays_3d unknown: it is unknown, wanted true",
        "      condition: other line: 72192 on line 1",
        "      unknown: claim.contract.pays_3d",
        "      related lines: 1",
        "      adjustment: CO-97 N19",
        "      cure: nothing: no document, modifier or correction changes it under this policy",
        "      source: Policy 42, section 2, https://example.org/42, reviewed 2026-01-15",
        "      class: policy edit",
        "      appeal: no: the record cannot change it; only the policy or the contract itself can be disputed",
        "    acme:reason: undecided (warn): 76377 cannot be decided: nobody supplied report.necessity",
        "      condition: when.code holds: it is 76377, wanted 76377",
        "      condition: require.report.necessity unknown: it is unknown, wanted strong",
        "      unknown: report.necessity",
        "      cure: documentation: send the record that shows what is missing",
        "    rules about other codes: 1",
    ]


def test_json_tells_the_same_with_names(run, claim, claims, acme):
    told = run("explain", claims(claim("72192", "76377")), *acme, "--format", "json").json
    assert (told["claim_id"], told["policy"], told["outcome"]) == ("C-1", "acme", "deny")
    first = told["lines"][1]["rules"][0]
    assert (first["rule"], first["result"], first["class"]) == ("acme:never", "fired", "policy edit")
    assert first["finding"]["adjustment"] == {"group": "CO", "carc": "97", "rarc": ["N19"]}
    assert first["steps"][0] == {"name": "when.code", "holds": True, "observed": "76377", "wanted": "76377"}


def test_one_claim_of_several_is_named_by_its_id(run, claim, claims, acme):
    file = claims(claim("72192"), claim("99213", id="C-2"))
    assert "several claims" in run("explain", file, *acme).err
    assert run("explain", file, "--claim", "C-2", *acme).out.startswith("claim C-2: ")


def test_an_id_that_no_claim_has_is_not_repeated(run, claim, claims, acme):
    done = run("explain", claims(claim("72192")), "--claim", "P-SECRET", *acme)
    assert done.status == 2
    assert "none of its 1 claims has the id that --claim asks for" in done.err
    assert "P-SECRET" not in done.err


def test_a_line_that_the_claim_has_not_is_refused_with_those_it_has(run, claim, claims, acme):
    done = run("explain", claims(claim("72192", "76377")), "--line", "7", *acme)
    assert (done.status, done.err) == (2, "payerpack: line 7: the claim has no such line; its lines are 1, 2\n")


def test_a_claim_that_cannot_be_read_is_answered_with_all_its_problems(run, claim, claims, acme):
    record = claim("72192")
    del record["payer"], record["patient"]
    file = claims(record)
    done = run("explain", file, *acme)
    assert done.status == 2
    assert [line.split(": ")[3] for line in done.err.splitlines()] == ["$.payer", "$.patient"]


def test_a_file_that_is_no_claim_file_is_refused(run, tmp_path, acme):
    (tmp_path / "notes.txt").write_text("nothing\n")
    done = run("explain", tmp_path / "notes.txt", *acme)
    assert done.status == 2
    assert "is no claim file" in done.err

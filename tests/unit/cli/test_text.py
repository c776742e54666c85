"""What a pipe or a file gets: one fact per line, unwrapped."""


def test_a_review_says_everything_about_the_finding_that_decides(run, claim, claims, acme):
    done = run("review", claims(claim("72192", "76377-26")), *acme)
    assert done.out.splitlines() == [
        "claim C-1: deny",
        "  policy: acme 2026.1",
        "  line 1: accept: 72192, 1 unit, 2026-02-03",
        "  line 2: deny: 76377-26, 1 unit, 2026-02-03",
        "    rule: acme:never",
        "    reason: 76377 is integral to 72192",
        "    related lines: 1",
        "    adjustment: CO-97 N19",
        "    cure: nothing: no document, modifier or correction changes it under this policy",
        "    source: Policy 42, section 2, https://example.org/42, reviewed 2026-01-15",
        (
            "    also: warn: acme:reason: 76377 cannot be decided: nobody supplied report.necessity; "
            "cure: documentation: send the record that shows what is missing"
        ),
    ]


def test_reviews_are_parted_by_an_empty_line(run, claim, claims, acme):
    done = run("review", claims(claim("72192"), claim("72192", id="C-2")), *acme)
    assert done.out.count("\n\nclaim C-2: accept\n") == 1


def test_a_long_message_stays_on_its_line_whatever_the_terminal_is(run, claim, claims, pack, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    message = "word " * 100
    folder = pack(
        f'[[rule]]\nid = "long"\nstage = "bundling"\nwhen = {{ code = "72192" }}\n'
        f'then = {{ action = "pend", cure = "none", message = "{message}" }}\n'
    )
    done = run("review", claims(claim("72192")), "--packs", folder, "--policy", "acme")
    assert f"    reason: {message}".rstrip() in [line.rstrip() for line in done.out.splitlines()]


def test_piped_text_has_no_colour_even_when_colour_is_forced(run, claim, claims, acme, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in run("review", claims(claim("72192", "76377")), *acme).out


def test_a_line_is_told_with_its_units_and_both_its_dates(run, claim, claims, acme):
    record = claim("72192")
    record["lines"][0].update(units="2.50", service_date_end="2026-02-05")
    assert "line 1: accept: 72192, 2.5 units, 2026-02-03 to 2026-02-05" in run("review", claims(record), *acme).out


def test_a_line_without_a_procedure_code_is_told_by_its_revenue_code(run, claim, claims, acme):
    record = claim("72192")
    del record["lines"][0]["code"]
    record["lines"][0]["revenue_code"] = "0350"
    assert "line 1: accept: revenue code 0350, 1 unit" in run("review", claims(record), *acme).out

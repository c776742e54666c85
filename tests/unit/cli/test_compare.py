import html
from html.parser import HTMLParser

import pytest


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


def test_without_names_every_pack_of_a_payer_and_the_baseline_are_compared(run, claim, claims, pack):
    folder = pack(id="acme", head='applies_to = { payer = ["1"] }').parent
    pack(id="library")
    record = claim("72192", line_of_business="medicaid")
    told = run("compare", claims(record), "--packs", folder, "--format", "json").json
    names = [one["policy"] for one in told["policies"]]
    assert names[0] == "ncci-medicaid"
    assert "acme" in names
    assert "library" not in names


@pytest.mark.parametrize(
    ("status", "dates", "compared"),
    [
        ("active", "", True),
        ("active", "effective = { from = 2026-02-03 }", True),
        ("active", "effective = { from = 2026-02-04 }", False),
        ("monitor", "", True),
        ("monitor", "effective = { to = 2026-02-02 }", False),
        ("retired", "effective = { to = 2026-02-03 }", True),
        ("retired", "effective = { to = 2026-02-02 }", False),
        ("suspended", "", False),
        ("draft", "", False),
    ],
)
def test_a_pack_is_compared_when_it_judges_claims_of_that_day(run, claim, claims, pack, status, dates, compared):
    folder = pack(id="acme", head=f'applies_to = {{ payer = ["1"] }}\n{dates}')
    file = folder / "pack.toml"
    file.write_text(file.read_text().replace('status = "active"', f'status = "{status}"'))
    told = run("compare", claims(claim("72192")), "--packs", folder, "--format", "json").json
    assert ("acme" in [one["policy"] for one in told["policies"]]) is compared


def test_json_holds_the_finding_that_decides(run, claim, claims, acme):
    told = run("compare", claims(claim("72192", "76377")), *acme, "--format", "json").json
    (cell,) = told["lines"][1]["policies"]
    assert (cell["policy"], cell["outcome"], cell["primary"]) == ("acme", "deny", "acme:never")
    assert cell["finding"]["cure"] == "none"


def scoped(pack, head):
    folder = pack(id="acme", head=head)
    return "--packs", folder, "--policy", "acme"


def test_what_keeps_claims_like_it_from_a_policy_is_said_below_the_table(run, claim, claims, pack):
    record = claims(claim("72192", state="OR"))
    named = scoped(pack, 'applies_to = { payer = ["1"], state = "WA" }\neffective = { from = 2027-01-01 }')
    done = run("compare", record, *named)
    assert done.out.splitlines()[-1] == (
        "note: acme: no claim like this one is routed to it: it is in force from 2027-01-01 to further notice, and the claim "
        "is of 2026-02-03; it asks for state WA, and the claim's is OR"
    )
    (told,) = run("compare", record, *named, "--format", "json").json["policies"]
    assert len(told["scope"]) == 2
    assert "it asks for state WA" in html.unescape(run("compare", record, *named, "--format", "html").out)


@pytest.mark.parametrize("head", ['applies_to = { payer = ["1"], state = "OR" }', 'applies_to = { payer = ["9"] }', ""])
def test_who_pays_keeps_no_claim_from_a_policy_that_it_is_compared_with(run, claim, claims, pack, head):
    done = run("compare", claims(claim("72192", state="OR")), *scoped(pack, head))
    assert "note:" not in done.out


def test_what_a_rule_on_trial_finds_is_shown_and_decides_nothing(run, claim, claims, acme):
    folder = acme[1]
    file = folder / "pack.toml"
    file.write_text(file.read_text().replace('id = "never"', 'id = "never"\nstatus = "monitor"'))
    record = claims(claim("72192", "76377"))
    rows = [row.split()[:6] for row in run("compare", record, *acme).out.splitlines()[1:]]
    assert ["2", "76377", "acme", "deny", "(monitored)", "acme:never"] in rows
    assert rows[1][:4] == ["2", "76377", "acme", "warn"]
    (cell,) = run("compare", record, *acme, "--format", "json").json["lines"][1]["policies"]
    assert [finding["rule"] for finding in cell["monitored"]] == ["acme:never"]
    assert "monitored: deny: acme:never" in run("compare", record, *acme, "--format", "html").out


def test_a_cure_is_not_promised_where_another_rule_as_strong_is_beyond_cure(run, claim, claims, pack):
    rule = """
[[rule]]
id = "{id}"
stage = "bundling"
when = {{ code = "76377" }}
then = {{ action = "deny", carc = "97", rarc = ["N19"], cure = "{cure}", message = "no" }}
"""
    folder = pack(rule.format(id="a", cure="documentation") + rule.format(id="b", cure="none"), id="acme")
    (row,) = run("compare", claims(claim("76377")), "--packs", folder, "--policy", "acme").out.splitlines()[1:]
    assert "acme:a" in row
    assert "nothing: acme:b stops it as well, and nothing changes that" in row


def test_a_policy_that_cannot_be_used_costs_the_others_nothing(run, claim, claims, acme):
    done = run("compare", claims(claim("72192")), *acme, "--policy", "nobody")
    assert done.status == 2
    assert "acme" in done.out
    assert done.err.startswith("payerpack: nobody: ")


def test_a_policy_that_cannot_be_used_is_shown_as_such(run, claim, claims, acme):
    done = run("compare", claims(claim("72192", "76377")), *acme, "--policy", "nobody")
    rows = [row.split() for row in done.out.splitlines()[1:] if " nobody " in row]
    assert [row[:5] for row in rows] == [
        ["1", "72192", "nobody", "not", "reviewed"],
        ["2", "76377", "nobody", "not", "reviewed"],
    ]
    assert all('there is no pack "nobody"' in " ".join(row) for row in rows)
    told = run("compare", claims(claim("72192")), *acme, "--policy", "nobody", "--format", "json").json
    assert [(one["policy"], one["outcome"], len(one["problems"])) for one in told["policies"]] == [
        ("acme", "accept", 0),
        ("nobody", None, 1),
    ]
    assert [one["outcome"] for one in told["lines"][0]["policies"]] == ["accept", None]


def test_an_installed_pack_that_cannot_be_read_is_one_of_those_compared(run, claim, claims, pack):
    folder = pack("broken =\n", id="broken").parent
    pack(id="acme", head='applies_to = { payer = ["1"] }')
    done = run("compare", claims(claim("72192")), "--packs", folder)
    assert done.status == 2
    assert "broken/pack.toml:" in done.err.replace("\\", "/")
    assert any(" broken " in row and "not reviewed" in row for row in done.out.splitlines())
    assert any(" acme " in row and "accept" in row for row in done.out.splitlines())


def test_a_fault_in_one_policy_costs_the_others_nothing(run, claim, claims, acme, monkeypatch):
    from payerpack.engine import Engine

    whole = Engine.review

    def review(self, claim, policy, **more):
        if policy == "cpt-imaging-3d":
            raise ZeroDivisionError("P-SECRET")
        return whole(self, claim, policy, **more)

    monkeypatch.setattr(Engine, "review", review)
    done = run("compare", claims(claim("72192")), *acme, "--policy", "cpt-imaging-3d")
    assert done.status == 2
    assert "accept" in done.out
    assert "cpt-imaging-3d: unexpected ZeroDivisionError" in done.err
    assert "P-SECRET" not in done.out + done.err


class Page(HTMLParser):
    """Reads a page, and checks that every element is closed and nothing leads elsewhere."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.rows = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self.rows[-1].append("")
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


@pytest.fixture
def page(run, claim, claims, acme):
    def page(*arguments, codes=("72192", "76377"), **more):
        return Page(run("compare", claims(claim(*codes, **more)), *acme, *arguments, "--format", "html").out)

    return page


def test_a_page_says_what_the_text_says(page):
    rows = page("--policy", "nobody").rows
    assert ["acme", "acme 2026.1", "deny", "accept", "deny"] in rows
    assert ["nobody", "", "not reviewed", "not reviewed", "not reviewed"] in rows
    (denied,) = [row for row in rows if "deny" in row and "CO-97 N19" in row]
    assert denied == [
        "acme",
        "deny",
        "acme:never76377 is integral to 72192",
        "CO-97 N19",
        "nothing: no document, modifier or correction changes it under this policy",
        "Policy 42, section 2, https://example.org/42, reviewed 2026-01-15",
    ]


def test_a_page_needs_nothing_from_elsewhere(page):
    elements = page().elements
    assert not {"script", "img", "link", "iframe", "object"} & {tag for tag, _ in elements}
    assert [given["href"] for _, given in elements if "href" in given] == ["https://example.org/42"]
    assert not any(name.startswith(("on", "src")) for _, given in elements for name in given)


def test_a_page_escapes_whatever_a_claim_or_a_pack_says(run, claim, claims, pack):
    evil = "<script>alert(1)</script>"
    rules = f"""
[[rule]]
id = "evil"
stage = "bundling"
when = {{ code = "72192" }}
then = {{ action = "deny", carc = "97", rarc = ["N19"], message = '{evil}"{{code}}"' }}
source = {{ title = '{evil}', url = "javascript:alert(1)" }}
"""
    done = run(
        "compare", claims(claim("72192", id=evil)), "--packs", pack(rules), "--policy", "acme", "--policy", evil,
        "--format", "html",
    )  # fmt: skip
    assert evil not in done.out
    assert done.out.count(html.escape(evil)) >= 4
    assert not any("href" in given for _, given in Page(done.out).elements)

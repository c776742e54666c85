import datetime as dt
from decimal import Decimal

import pytest

from payerpack import ClaimError, hookimpl
from payerpack.testing import DATE, claim, earlier, engine, finding, plugin


def test_a_claim_needs_no_more_than_its_lines():
    made = claim("72192 76377-26")

    assert [(line.code, line.modifiers) for line in made.lines] == [("72192", ()), ("76377", ("26",))]
    assert {line.service_date for line in made.lines} == {dt.date.fromisoformat(DATE)}
    assert (made.type, made.payer.id, made.billing_provider.npi) == ("professional", "TEST", "1234567893")


def test_overrides_are_keys_of_the_claim():
    made = claim(
        "72192", state="OR", diagnoses=["S32401A"], attestations=[{"lines": [1], "facts": {"workstation": "pacs"}}]
    )

    assert (made.state, made.diagnoses, made.attestations[0].facts["workstation"]) == ("OR", ("S32401A",), "pacs")


def test_a_text_alone_is_a_persons_identifier():
    made = claim("72192", payer="60054", patient="P-2", rendering_provider="1234567893")

    assert (made.payer.id, made.patient.id, made.rendering_provider.npi) == ("60054", "P-2", "1234567893")


def test_a_persons_keys_are_added_to_the_default_person():
    made = claim("72192", patient={"birth_date": "1961-04-02"}, billing_provider={"specialty": "30"})

    assert (made.patient.id, made.patient.birth_date) == ("P-1", dt.date(1961, 4, 2))
    assert (made.billing_provider.npi, made.billing_provider.specialty) == ("1234567893", "30")


def test_further_keys_of_a_line_are_given_by_its_number():
    assert claim("D2140 D2150", {2: {"tooth": ["12"], "surfaces": ["M"]}}, type="dental").line(2).tooth == ("12",)


def test_a_line_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="no line 3; it has 2"):
        claim("72192 76377", {3: {}})


def test_a_key_that_a_claim_does_not_have_is_refused_with_its_name():
    with pytest.raises(ClaimError, match="stat"):
        claim("72192", stat="OR")


def test_earlier_lines_are_paid_unless_they_say_otherwise():
    paid, _ = earlier("76377@2025-11-02 72192x2")
    (denied,) = earlier("76377", status="denied", paid_amount="0", facts={"report.workstation": "pacs"})

    assert (paid.status, paid.line.service_date, paid.claim.patient.id) == ("paid", dt.date(2025, 11, 2), "P-1")
    assert (denied.status, denied.paid_amount, denied.facts) == ("denied", Decimal(0), {"report.workstation": "pacs"})


def test_an_earlier_line_belongs_to_another_claim():
    assert earlier("76377")[0].claim.id != claim("76377").id


def test_a_finding_has_what_most_findings_have():
    made = finding("acme:closed", "pend", [1, 2], "closed", cure="documentation")

    assert (made.rule, made.stage, made.action, made.lines, made.cure) == (
        "acme:closed", "bundling", "pend", (1, 2), "documentation",
    )  # fmt: skip


class Sees:
    @hookimpl
    def check_bundling(self):
        return [finding("acme:seen", "inform")]


PACK = 'schema = 1\n[pack]\nid = "acme"\ntitle = "t"\nversion = "1"\nplugins = ["acme"]\napplies_to = { payer = ["ACME"] }\n'


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "pack.toml").write_text(PACK, "utf-8")
    return tmp_path / "acme"


def test_an_engine_reviews_by_the_packs_and_plugins_it_is_given(folder):
    review = engine([folder], [plugin("acme", Sees)]).review(claim("72192", payer="ACME"))

    assert [one.rule for one in review.findings] == ["acme:seen"]


def test_an_engine_sees_the_core_and_nothing_that_is_installed():
    made = engine()

    assert {header.id for header in made.library.all()} == {"cpt-imaging-3d", "ncci-medicare", "ncci-medicaid"}
    assert [one.name for one in made.plugins.catalog.plugins] == ["payerpack-baseline"]


def test_an_engine_may_have_a_history(folder):
    rule = '[[rule]]\nid = "again"\nstage = "frequency"\nwhen = { code = "72192" }\nlimit = { max = 1, count = "lines", window = "lifetime" }\nthen = { action = "deny", carc = "119", message = "again" }\n'
    (folder / "pack.toml").write_text(PACK.replace('plugins = ["acme"]\n', "") + rule, "utf-8")

    made = engine([folder], history=earlier("72192@2024-01-02"))

    assert made.review(claim("72192", payer="ACME")).outcome == "deny"

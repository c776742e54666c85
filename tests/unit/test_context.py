"""What a hook reads of a claim's surroundings: facts with three values, history, authorizations, the base study."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import attrs
import pytest

from payerpack import UNKNOWN, Authorization, Claim, HistoryLine, Patient, Payer, Provider, ServiceLine
from payerpack.codes import CodeSet
from payerpack.context import Context, Environment
from payerpack.facts import CATALOGUE
from payerpack.history import MemoryHistory

DAY = dt.date(2024, 8, 15)
LINE = ServiceLine(1, "76377", DAY)
CLAIM = Claim(
    "C-1", "professional", Payer("P1"), Patient("PAT", dt.date(1961, 4, 2), "F"), Provider("1234567893"), (LINE,)
)


def context(claim=CLAIM, given=None, **environment):
    return Context(claim, Environment(**environment), None, given)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("code", "76377"),
        ("modifiers", ()),
        ("units", Decimal(1)),
        ("charge", None),
        ("place_of_service", None),
        ("diagnoses", ()),
        ("primary_diagnosis", None),
        ("service_date_end", DAY),
        ("status", "open"),
        ("paid_amount", UNKNOWN),
        ("base.code", None),
        ("documents.type", ()),
        ("claim.payer", "P1"),
        ("claim.state", None),
        ("claim.received_date", None),
        ("claim.processed_date", DAY),
        ("claim.contract.pays_3d", UNKNOWN),
        ("coverage.year_start", UNKNOWN),
        ("patient.age", 63),
        ("patient.sex", "F"),
        ("rendering_provider.npi", "1234567893"),
        ("billing_provider.tax_id", None),
        ("authorization.number", None),
        ("authorization.codes", ()),
        ("report.workstation", UNKNOWN),
        ("report.techniques", UNKNOWN),
        ("pfs.pctc", UNKNOWN),
    ],
)
def test_a_bare_claim_is_known_where_a_form_always_speaks_and_unknown_where_it_does_not(name, value):
    found = context().fact(name, LINE)

    assert found is value if value in (UNKNOWN, None) else found == value


def test_every_fact_of_the_catalogue_can_be_read_of_a_bare_claim_and_has_a_meaning():
    for name, fact in CATALOGUE.facts.items():
        assert fact.name == name
        assert fact.meaning
        context().fact(name, LINE)


def test_an_unknown_fact_is_neither_true_nor_false():
    with pytest.raises(TypeError):
        bool(UNKNOWN)


def test_a_fact_that_nobody_knows_is_an_error():
    with pytest.raises(KeyError):
        context().fact("report.worksation", LINE)


def test_what_a_test_gives_wins_over_the_claim_for_its_line_and_then_for_every_line():
    two = attrs.evolve(CLAIM, lines=(LINE, ServiceLine(2, "72192", DAY)), state="OR")
    given = {(1, "report.mapping"): True, (None, "report.mapping"): False, (None, "claim.state"): "WA"}
    seen = context(two, given)

    assert seen.fact("report.mapping", two.lines[0]) is True
    assert seen.fact("report.mapping", two.lines[1]) is False
    assert seen.fact("claim.state", LINE) == "WA"


def test_plugins_are_asked_once_and_only_when_a_fact_may_be_theirs():
    asked = []

    def supply(claim, _context):
        asked.append(claim.id)
        return {(None, "report.section"): True}

    seen = context(supply=supply)

    seen.fact("code", LINE)
    seen.fact("patient.age", LINE)
    assert not asked
    assert seen.fact("report.section", LINE) is True
    assert seen.fact("report.mapping", LINE) is UNKNOWN
    assert asked == ["C-1"]


def test_free_facts_are_found_flat_or_nested_and_typed():
    claim = attrs.evolve(
        CLAIM, contract={"pays": {"3d": True}, "pays.ct": False}, coverage={"year_start": "2024-07-01"}
    )
    seen = context(claim)

    assert seen.fact("claim.contract.pays.3d", LINE) is True
    assert seen.fact("claim.contract.pays.ct", LINE) is False
    assert seen.fact("coverage.year_start", LINE) == dt.date(2024, 7, 1)


def test_the_processed_date_falls_back_and_never_asks_the_clock():
    received = attrs.evolve(CLAIM, received_date=dt.date(2024, 8, 20))
    processed = attrs.evolve(received, processed_date=dt.date(2024, 9, 1))

    assert Context(processed, Environment(), dt.date(2025, 1, 1)).processed_date == dt.date(2024, 9, 1)
    assert Context(received, Environment(), dt.date(2025, 1, 1)).processed_date == dt.date(2025, 1, 1)
    assert Context(received, Environment()).processed_date == dt.date(2024, 8, 20)
    assert context().processed_date == DAY


@pytest.mark.parametrize(
    ("day", "covered"),
    [
        (dt.date(2024, 7, 31), False),
        (dt.date(2024, 8, 1), True),
        (dt.date(2024, 8, 31), True),
        (dt.date(2024, 9, 1), False),
    ],
)
def test_an_authorization_covers_its_first_and_last_day(day, covered):
    claim = attrs.evolve(
        CLAIM, authorizations=(Authorization("A1", ("76377",), dt.date(2024, 8, 1), dt.date(2024, 8, 31)),)
    )

    assert (context(claim).authorization(attrs.evolve(LINE, service_date=day)) is not None) is covered


def test_an_authorization_that_names_the_code_comes_before_one_that_names_none():
    claim = attrs.evolve(
        CLAIM, authorizations=(Authorization("ANY"), Authorization("CT", ("72192",)), Authorization("3D", ("76377",)))
    )

    assert context(claim).authorization(LINE).number == "3D"


@pytest.mark.parametrize(
    ("others", "base"),
    [
        ([], None),
        ([("72192", DAY)], "72192"),
        ([("72192", DAY), ("99213", DAY)], "72192"),
        ([("72192", DAY), ("74177", DAY)], UNKNOWN),
        ([("72192", dt.date(2024, 8, 14))], None),
        ([("99213", DAY)], None),
    ],
)
def test_the_base_is_the_one_study_of_the_day_and_several_are_unknown(others, base):
    lines = (LINE, *(ServiceLine(n, code, day) for n, (code, day) in enumerate(others, start=2)))
    seen = context(attrs.evolve(CLAIM, lines=lines), base_studies=CodeSet.parse(["72192", "74177"]))

    found = seen.fact("base.code", LINE)

    assert found is base if base in (None, UNKNOWN) else found == base


def test_a_line_that_names_its_base_is_believed():
    rendering = attrs.evolve(LINE, base_line=3)
    lines = (rendering, ServiceLine(2, "72192", DAY), ServiceLine(3, "74177", DAY))

    assert context(attrs.evolve(CLAIM, lines=lines)).fact("base.code", rendering) == "74177"


def test_history_is_asked_once_oldest_first_and_without_the_claim_itself():
    class Counting(MemoryHistory):
        asked = 0

        def lines(self, patient_id, first, last):
            type(self).asked += 1
            return super().lines(patient_id, first, last)

    def past(claim_id, code, day, **more):
        line = ServiceLine(1, code, day)
        return HistoryLine(attrs.evolve(CLAIM, id=claim_id, lines=(line,)), line, **more)

    source = Counting(
        [
            past("H-2", "72193", dt.date(2024, 7, 2)),
            past("H-1", "72192", dt.date(2024, 7, 1), status="denied", facts={"report.mapping": True}),
            past("C-1", "76377", DAY),
        ]
    )
    seen = context(history=source)

    entries = seen.earlier()
    again = seen.earlier()

    assert [line.code for line, _ in entries] == ["72192", "72193"]
    assert again is entries
    assert Counting.asked == 1
    line, theirs = entries[0]
    assert (theirs.status, theirs.fact("report.mapping", line)) == ("denied", True)
    assert theirs.fact("report.section", line) is UNKNOWN


def test_without_a_history_source_the_review_says_so():
    seen = context()

    assert seen.earlier() is None
    assert list(seen.limits) == ["no history source: rules that look at earlier claims judged this claim alone"]


def test_lines_are_taken_by_number_whatever_the_file_says():
    lines = (ServiceLine(3, "1", DAY), ServiceLine(1, "2", DAY), ServiceLine(2, "3", DAY))

    assert [line.number for line in context(attrs.evolve(CLAIM, lines=lines)).lines] == [1, 2, 3]

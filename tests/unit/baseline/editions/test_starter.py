from __future__ import annotations

import datetime as dt
import hashlib

import pytest

from payerpack.baseline.editions import starter_edition, verify
from payerpack.baseline.editions.starter import COMPILED
from payerpack.baseline.editions.starter.compiling import EXTRACTS, compile_starter

DAY = dt.date(2024, 8, 15)


@pytest.fixture(scope="module")
def edition():
    return starter_edition()


@pytest.fixture(scope="module")
def ptp(edition):
    return edition.ptp("practitioner")


def test_it_is_partial_sound_and_opened_once(edition):
    assert edition.partial
    assert edition.path is None
    assert verify(edition) == ()
    assert starter_edition() is edition


def test_it_covers_1996_to_the_end_of_its_release(ptp):
    assert ptp.label() == "NCCI-PTP-PRA v30.2"
    assert ptp.covers(dt.date(1996, 1, 1))
    assert ptp.covers(dt.date(2024, 9, 30))
    assert not ptp.covers(dt.date(2024, 10, 1))


@pytest.mark.parametrize(
    ("column1", "column2", "indicator"),
    [
        ("70496", "76377", "0"),  # CTA
        ("74175", "76377", "0"),
        ("70547", "76376", "0"),  # MRA
        ("70544", "76377", "1"),  # MRA of the head may be bypassed
        ("75574", "76377", "1"),  # so may the coronary CTA
        ("78452", "76376", "1"),  # nuclear medicine
        ("76377", "76942", "1"),  # guidance is the denied code
        ("76377", "76376", "0"),
        ("76377", "36591", "0"),
        ("20610", "99213", "1"),
    ],
)
def test_pairs_of_the_renderings_answer_as_the_reference_says(ptp, column1, column2, indicator):
    assert ptp.lookup(column1, column2, DAY).indicator == indicator
    assert ptp.lookup(column2, column1, DAY) is None


@pytest.mark.parametrize("base", ["70450", "72192", "74177", "70553", "73721", "76700", "93306"])
def test_acceptable_bases_have_no_edit_against_76377(ptp, base):
    assert ptp.hits([base, "76377"], DAY.toordinal()) == []


def test_windows_still_answer_after_the_release(ptp):
    assert ptp.lookup("70496", "76377", dt.date(2026, 3, 2)).indicator == "0"


@pytest.mark.parametrize(("code", "value", "mai"), [("76376", 2, "3"), ("76377", 2, "3"), ("99291", 1, "2")])
def test_mue_values_are_those_of_its_quarter(edition, code, value, mai):
    mue = edition.mue("practitioner", DAY).get(code)
    assert (mue.value, mue.mai) == (value, mai)
    assert edition.mue("practitioner", dt.date(2026, 3, 2)) is None
    assert edition.mue_nearest("practitioner", dt.date(2026, 3, 2)).get(code) == mue


def test_add_ons_and_the_fee_schedule_are_there(edition):
    assert edition.add_on.get("99292").primaries(DAY) == {"99291"}
    assert edition.add_on.get("11103").primaries(DAY) >= {"11102"}
    assert edition.pfs(DAY).row("76377", "TC").supervision == "03"
    assert edition.pfs(dt.date(2025, 10, 1)).exact


@pytest.mark.parametrize(("code", "held"), [("72192", True), ("99213", True), ("0071T", False), ("33533", False)])
def test_it_says_which_codes_it_holds(edition, code, held):
    assert edition.holds(code) is held


def test_the_hospital_tables_are_not_in_it(edition):
    assert edition.ptp("hospital") is None
    assert edition.mue_nearest("hospital", DAY) is None


def test_the_extracts_hold_facts_only_and_stay_small():
    texts = [(COMPILED.parent / name).read_text("ascii") for name in EXTRACTS]
    assert sum(map(len, texts)) < 310_000
    assert "copyright" not in "".join(texts).lower()


def test_what_ships_compiled_is_what_the_extracts_compile_to():
    shipped = {file.name: file.read_bytes() for file in COMPILED.iterdir()}
    assert shipped == compile_starter(), "run tools/build_starter.py"


def test_the_compiled_tables_are_those_that_the_manifest_names(edition):
    for entry in edition.manifest.tables:
        assert hashlib.sha256((COMPILED / entry.file).read_bytes()).hexdigest() == entry.sha256

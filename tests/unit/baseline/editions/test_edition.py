from __future__ import annotations

import datetime as dt

import attrs
import pytest

from payerpack.baseline.editions.edition import Edition
from payerpack.baseline.editions.manifest import Manifest
from payerpack.baseline.editions.modifiers import modifiers, modifiers_as_of

IN_FORCE = dt.date(2025, 11, 1)


@pytest.fixture(scope="module")
def whole(edition) -> Edition:
    """The edition of extracts, taken for CMS's whole tables."""
    tables = tuple(attrs.evolve(entry, complete=True) for entry in edition.manifest.tables)
    return Edition(Manifest(tables), edition.columns, edition.path)


def test_an_edition_names_its_releases(edition):
    assert "NCCI-PTP-PRA v32.2" in edition.label
    assert "NCCI-MUE-PRA 2026Q3" in edition.label
    assert edition.id in repr(edition)


def test_tables_that_no_file_gave_are_none(edition):
    assert edition.ptp("hospital") is None
    assert edition.ptp("dme", program="medicaid") is None


def test_a_table_is_opened_once(edition):
    assert edition.ptp("practitioner") is edition.ptp("practitioner")
    assert edition.pfs(IN_FORCE) is edition.pfs(dt.date(2025, 12, 31))
    assert edition.pfs(dt.date(2024, 1, 1)) is edition.pfs(dt.date(2024, 2, 1))


@pytest.mark.parametrize(("code", "held"), [("76377", True), ("99292", True), ("JG", True), ("27130", False)])
def test_a_code_is_held_when_any_table_lists_it(edition, code, held):
    assert edition.holds(code) is held


def test_an_extract_of_ptp_does_not_make_its_partners_held(edition, whole):
    assert not edition.holds("0591T")
    assert whole.holds("0591T")


@pytest.mark.parametrize(
    ("code", "day", "valid"),
    [
        ("76377", IN_FORCE, True),
        ("73677", IN_FORCE, False),  # the transposed 76377 of a published article: no such code
        ("0001U", IN_FORCE, None),  # laboratory codes are not all in the fee schedule
        ("0001U", dt.date(2026, 7, 1), True),
        ("D0120", IN_FORCE, None),
        ("G0463", IN_FORCE, True),
        ("G9999", IN_FORCE, False),
        ("G9999", dt.date(2027, 1, 1), None),
        ("nonsense", IN_FORCE, None),
    ],
)
def test_a_code_is_valid_invalid_or_not_known(whole, code, day, valid):
    assert whole.code_valid(code, day) is valid


def test_a_partial_edition_calls_no_code_invalid_for_being_absent(edition):
    assert edition.code_valid("73677", IN_FORCE) is None
    assert edition.code_valid("76377", IN_FORCE) is True


def test_a_code_absent_from_a_fee_schedule_of_another_quarter_is_not_known(whole):
    assert whole.code_valid("73677", dt.date(2024, 1, 1)) is None


@pytest.mark.parametrize(
    ("modifier", "day", "valid"),
    [
        ("26", dt.date(2010, 1, 1), True),
        ("XS", dt.date(2014, 12, 31), False),
        ("XS", dt.date(2015, 1, 1), True),
        ("GD", dt.date(2019, 12, 31), True),
        ("GD", dt.date(2020, 1, 1), False),
        ("RH", dt.date(2020, 1, 1), True),  # ambulance: residence to hospital
        ("ZZ", dt.date(2020, 1, 1), False),
        ("ZZ", dt.date(2030, 1, 1), None),
    ],
)
def test_modifiers_ship_with_the_core(edition, modifier, day, valid):
    assert edition.modifier_valid(modifier, day) is valid


def test_the_shipped_modifiers_are_whole_and_dated():
    shipped = modifiers()
    bypass = "E1 E2 E3 E4 FA F1 F9 TA T1 T9 LT RT LC LD RC LM RI 24 25 57 58 78 79 27 59 91 XE XS XP XU"
    others = "22 26 50 51 52 53 62 66 73 74 76 77 80 81 82 AS TC GA GX GY GZ JW JZ QW 95 GT 93 FQ"
    assert set(f"{bypass} {others}".split()) <= set(shipped)
    assert modifiers_as_of() == dt.date(2024, 9, 30)
    assert all(len(code) == 2 and code == code.upper() for code in shipped)

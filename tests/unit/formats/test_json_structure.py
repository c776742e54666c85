"""Claims from JSON: what is accepted, what is refused, and in which words."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest

from payerpack.errors import ClaimError
from payerpack.formats.structure import decode_claim, structure_claim

SECRETS = ("MEMBER-77", "1961-04-31", "seen for pain")


def claim(**changes: Any) -> dict[str, Any]:
    whole = {
        "id": "C-1",
        "type": "professional",
        "payer": {"id": "60054"},
        "patient": {"id": "P-1", "birth_date": "1961-04-02", "sex": "F"},
        "billing_provider": {"npi": "1234567893", "tax_id": "930000000"},
        "diagnoses": ["S32401A"],
        "lines": [line()],
    }
    return {key: value for key, value in {**whole, **changes}.items() if value is not ...}


def line(**changes: Any) -> dict[str, Any]:
    whole = {"number": 1, "code": "72192", "service_date": "2026-03-02"}
    return {key: value for key, value in {**whole, **changes}.items() if value is not ...}


def problems(value: Any) -> dict[str, str]:
    """Return what is wrong, by JSON path; both ways in must agree."""
    with pytest.raises(ClaimError) as found:
        structure_claim(value)
    with pytest.raises(ClaimError) as decoded:
        decode_claim(json.dumps(value).encode())
    assert decoded.value.problems == found.value.problems
    return {problem.location: problem.message for problem in found.value.problems}


def test_the_smallest_claim_has_only_what_is_required() -> None:
    read = structure_claim(
        {
            "id": "C-1",
            "type": "dental",
            "payer": {"id": "1"},
            "patient": {"id": "P"},
            "billing_provider": {"npi": "1234567893"},
        }
    )
    assert (read.id, read.type, read.lines, read.line_of_business, read.received_date) == (
        "C-1",
        "dental",
        (),
        "",
        None,
    )


def test_every_key_of_the_claim_is_read() -> None:
    read = decode_claim(
        json.dumps(
            claim(
                line_of_business="medicaid",
                state="OR",
                received_date="2026-03-10",
                processed_date="2026-03-11",
                place_of_service="22",
                type_of_bill="131",
                rendering_provider={"npi": "1234567893", "taxonomy": "2085R0202X", "specialty": "30", "state": "OR"},
                referring_provider={"npi": "1234567893"},
                facility={"npi": "1234567893"},
                authorizations=[
                    {"number": "A1", "codes": ["76377"], "from": "2026-01-01", "to": "2026-12-31", "units": 2}
                ],
                attestations=[{"lines": [1], "facts": {"workstation": "independent"}, "source": "form"}],
                documents=[{"id": "D1", "type": "radiology_report", "lines": [1], "text": "..."}],
                coverage={"year_start": "2026-01-01"},
                contract={"pays_3d": True},
                attributes={"risk": ["high", "rising"]},
            )
        ).encode()
    )
    assert read.received_date == dt.date(2026, 3, 10)
    assert read.authorizations[0].from_ == dt.date(2026, 1, 1)
    assert read.authorizations[0].units == 2
    assert read.attestations[0].facts == {"workstation": "independent"}
    assert read.documents[0].lines == (1,)
    assert read.coverage == {"year_start": "2026-01-01"}
    assert read.attributes == {"risk": ("high", "rising")}
    assert read.facility is not None
    assert read.facility.npi == "1234567893"


def test_every_key_of_a_line_is_read() -> None:
    read = structure_claim(
        claim(
            lines=[
                line(),
                line(
                    number=2,
                    modifiers=["26", "LT"],
                    units="1.5",
                    charge="310.00",
                    service_date_end="2026-03-04",
                    place_of_service="11",
                    revenue_code="0350",
                    ndc="00000000000",
                    diagnosis_pointers=[1],
                    base_line=1,
                    rendering_provider={"npi": "1234567893"},
                    line_note="note",
                ),
            ]
        )
    ).lines[1]
    assert (read.modifiers, read.units, read.charge) == (("26", "LT"), Decimal("1.5"), Decimal("310.00"))
    assert (read.service_date_end, read.base_line, read.diagnosis_pointers) == (dt.date(2026, 3, 4), 1, (1,))


@pytest.mark.parametrize("written", ['"178.10"', "178.10"])
def test_money_keeps_every_digit_in_quotes_or_not(written: str) -> None:
    text = json.dumps(claim(lines=[line(charge="CHARGE")])).replace('"CHARGE"', written)
    charge = decode_claim(text.encode()).lines[0].charge
    assert str(charge) == "178.10"


@pytest.mark.parametrize("written", ["2", "2.0", 2, 2.0, Decimal(2)])
def test_units_may_be_text_or_number(written: Any) -> None:
    assert structure_claim(claim(lines=[line(units=written)])).lines[0].units == 2


def test_a_date_may_be_a_date_already() -> None:
    assert structure_claim(claim(received_date=dt.date(2026, 3, 10))).received_date == dt.date(2026, 3, 10)


@pytest.mark.parametrize("code", ["72192x", "7.2192", "not a code", "a0428"])
def test_a_malformed_code_is_kept_as_written(code: str) -> None:
    read = structure_claim(claim(lines=[line(code=code, modifiers=["2 6", "zz9"])])).lines[0]
    assert (read.code, read.modifiers) == (code, ("2 6", "zz9"))


@pytest.mark.parametrize("key", ["tooth", "oral_area", "surfaces"])
@pytest.mark.parametrize(("written", "expected"), [("8", ("8",)), (["8", "9"], ("8", "9")), ("", ()), ([], ())])
def test_dental_keys_accept_a_text_or_a_list(key: str, written: Any, expected: tuple[str, ...]) -> None:
    value = claim(lines=[line(**{key: written})])
    assert getattr(structure_claim(value).lines[0], key) == expected
    assert getattr(decode_claim(json.dumps(value).encode()).lines[0], key) == expected


def test_a_revenue_code_stands_in_for_a_code() -> None:
    read = structure_claim(claim(lines=[line(code=..., revenue_code="0450")])).lines[0]
    assert (read.code, read.revenue_code) == ("", "0450")


def test_numbers_among_free_facts_are_exact_decimals() -> None:
    text = json.dumps(claim(attributes={"share": "X"})).replace('"X"', "0.10").encode()
    assert str(decode_claim(text).attributes["share"]) == "0.10"


def test_nested_free_facts_keep_their_form_with_tuples_for_lists() -> None:
    facts = {"a": {"b": [1, {"c": [True, None]}]}, "since": "2026-01-01"}
    assert structure_claim(claim(contract=facts)).contract == {
        "a": {"b": (1, {"c": (True, None)})},
        "since": "2026-01-01",
    }


def test_the_mapping_given_is_left_as_it_was() -> None:
    value = claim(attributes={"a": [1]}, attestations=[{"facts": {"techniques": ["mip"]}}])
    before = json.dumps(value)
    structure_claim(value)
    assert json.dumps(value) == before


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"id": ...}, "$.id"),
        ({"id": ""}, "$.id"),
        ({"type": ...}, "$.type"),
        ({"payer": ...}, "$.payer"),
        ({"payer": {}}, "$.payer.id"),
        ({"payer": {"id": ""}}, "$.payer.id"),
        ({"patient": ...}, "$.patient"),
        ({"patient": {"sex": "F"}}, "$.patient.id"),
        ({"patient": {"id": ""}}, "$.patient.id"),
        ({"billing_provider": ...}, "$.billing_provider"),
        ({"billing_provider": {"tax_id": "1"}}, "$.billing_provider.npi"),
        ({"lines": [line(number=...)]}, "$.lines[0].number"),
        ({"lines": [line(code=...)]}, "$.lines[0].code"),
        ({"lines": [line(), line(number=2, service_date=...)]}, "$.lines[1].service_date"),
        ({"authorizations": [{}]}, "$.authorizations[0].number"),
    ],
)
def test_what_is_required_and_missing_is_named(changes: dict[str, Any], path: str) -> None:
    found = problems(claim(**changes))
    assert list(found) == [path]
    assert "; write " in found[path]


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        ({"servicedate": "2026"}, "$.servicedate", "is an unknown key; a claim has id, type"),
        ({"stat": "OR"}, "$.stat", 'write "state"'),
        ({"lines": [line(procedure="1", modifer=["26"])]}, "$.lines[0].modifer", 'write "modifiers"'),
        ({"patient": {"id": "P", "birthdate": "x"}}, "$.patient.birthdate", 'write "birth_date"'),
        ({"authorizations": [{"number": "1", "from_": None}]}, "$.authorizations[0].from_", 'write "from"'),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_one(changes: dict[str, Any], path: str, words: str) -> None:
    assert words in problems(claim(**changes))[path]


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        ({"id": 5}, "$.id", "is a number; write text in quotes"),
        ({"type": "hospice"}, "$.type", 'is none of its values; write one of "professional", "institutional"'),
        ({"line_of_business": None}, "$.line_of_business", "is null; leave the key out, or write one of"),
        ({"payer": "60054"}, "$.payer", "is text; write an object with the keys of the payer"),
        ({"lines": {}}, "$.lines", "is an object; write a list"),
        ({"lines": [3]}, "$.lines[0]", "is a number; write an object with the keys of a service line"),
        (
            {"lines": [line(number="1")]},
            "$.lines[0].number",
            "is text that cannot be read as such; write a whole number",
        ),
        ({"lines": [line(number=1.5)]}, "$.lines[0].number", "is a number; write a whole number"),
        ({"lines": [line(number=True)]}, "$.lines[0].number", "is true or false; write a whole number"),
        ({"lines": [line(service_date="02.03.2026")]}, "$.lines[0].service_date", 'a date, such as "2026-03-31"'),
        ({"lines": [line(service_date="2026-02-30")]}, "$.lines[0].service_date", 'a date, such as "2026-03-31"'),
        ({"lines": [line(charge="$3")]}, "$.lines[0].charge", 'a decimal number, such as "178.10"'),
        ({"lines": [line(modifiers="26")]}, "$.lines[0].modifiers", "is text; write a list, each item text in quotes"),
        ({"lines": [line(modifiers=[26])]}, "$.lines[0].modifiers[0]", "is a number; write text in quotes"),
        ({"attributes": [1]}, "$.attributes", "is a list; write an object of facts"),
    ],
)
def test_a_wrong_type_is_told_with_what_to_write(changes: dict[str, Any], path: str, words: str) -> None:
    assert words in problems(claim(**changes))[path]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"lines": [line(), line()]}, "$.lines[1].number"),
        ({"lines": [line(number=0)]}, "$.lines[0].number"),
        ({"lines": [line(units=0)]}, "$.lines[0].units"),
        ({"lines": [line(units=-1)]}, "$.lines[0].units"),
        ({"lines": [line(units="NaN")]}, "$.lines[0].units"),
        ({"lines": [line(units="Infinity")]}, "$.lines[0].units"),
        ({"lines": [line(units="1e999999")]}, "$.lines[0].units"),
        ({"lines": [line(charge="sNaN")]}, "$.lines[0].charge"),
        ({"lines": [line(charge="-Infinity")]}, "$.lines[0].charge"),
        ({"lines": [line(charge="1e999999")]}, "$.lines[0].charge"),
        ({"lines": [line(service_date_end="2026-03-01")]}, "$.lines[0].service_date_end"),
        ({"lines": [line(base_line=2)]}, "$.lines[0].base_line"),
        ({"lines": [line(base_line=1)]}, "$.lines[0].base_line"),
        ({"lines": [line(diagnosis_pointers=[2])]}, "$.lines[0].diagnosis_pointers[0]"),
        ({"lines": [line(diagnosis_pointers=[0])]}, "$.lines[0].diagnosis_pointers[0]"),
        ({"diagnoses": [], "lines": [line(diagnosis_pointers=[1])]}, "$.lines[0].diagnosis_pointers[0]"),
        ({"attestations": [{"lines": [9]}]}, "$.attestations[0].lines"),
        ({"documents": [{"id": "D", "type": "t", "lines": [9]}]}, "$.documents[0].lines"),
        (
            {"authorizations": [{"number": "1", "from": "2026-02-01", "to": "2026-01-31"}]},
            "$.authorizations[0].to",
        ),
        ({"authorizations": [{"number": "1", "units": 0}]}, "$.authorizations[0].units"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, Any], path: str) -> None:
    assert list(problems(claim(**changes))) == [path]


def test_a_range_of_one_day_is_possible() -> None:
    read = structure_claim(claim(lines=[line(service_date_end="2026-03-02")]))
    assert read.lines[0].service_date_end == dt.date(2026, 3, 2)


def test_lines_need_not_be_numbered_in_order() -> None:
    read = structure_claim(claim(lines=[line(number=7), line(number=3, base_line=7)]))
    assert [each.number for each in read.lines] == [7, 3]


def test_all_problems_of_a_claim_are_told_at_once() -> None:
    value = claim(
        id=...,
        colour="red",
        lines=[line(units=0, code=5), line(number=1, servicedate="x", service_date_end="2026-03-01")],
    )
    assert list(problems(value)) == [
        "$.colour",
        "$.id",
        "$.lines[0].code",
        "$.lines[1].servicedate",
        "$.lines[1].number",
        "$.lines[0].units",
        "$.lines[1].service_date_end",
    ]


def test_an_unreadable_line_number_raises_no_doubt_about_what_points_at_it() -> None:
    value = claim(lines=[line(number="one"), line(number=2, base_line=1)], attestations=[{"lines": [1]}])
    assert list(problems(value)) == ["$.lines[0].number"]


def test_an_unreadable_list_raises_no_doubt_about_what_points_into_it() -> None:
    assert list(problems(claim(lines=5, attestations=[{"lines": [1]}]))) == ["$.lines"]
    assert list(problems(claim(diagnoses=5, lines=[line(diagnosis_pointers=[1])]))) == ["$.diagnoses"]


def test_the_place_of_the_claim_begins_every_location() -> None:
    with pytest.raises(ClaimError) as found:
        structure_claim(claim(id="", stat="OR"), "claims.json: claim 3")
    assert [problem.location for problem in found.value.problems] == [
        "claims.json: claim 3: $.stat",
        "claims.json: claim 3: $.id",
    ]


def test_no_message_repeats_what_the_claim_says_about_the_patient() -> None:
    value = claim(
        patient={"id": ["MEMBER-77"], "birth_date": "1961-04-31"},
        documents=[{"id": "D", "type": "t", "text": {"seen for pain": 1}}],
        lines=[line(line_note=["seen for pain"], base_line=4)],
    )
    with pytest.raises(ClaimError) as found:
        structure_claim(value)
    assert len(found.value.problems) == 5
    assert not any(secret in str(found.value) for secret in SECRETS)


@pytest.mark.parametrize("value", [[], "claim", 5, None, [claim()]])
def test_what_is_no_object_is_no_claim(value: Any) -> None:
    assert "write an object with the keys of a claim" in problems(value)["$"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "is not valid JSON"),
        (b'{"id": "C-1"', "is not valid JSON"),
        (b"{} {}", "is not valid JSON"),
        (b'{"id": NaN}', "is not valid JSON"),
        (b'{"id": "\xe9"}', "is not UTF-8"),
        (b"[" * 100_000, "is nested too deeply"),
        (b'{"coverage": {"a": 1e99999999999999999999}}', "a number is out of range"),
    ],
)
def test_text_that_is_not_json_is_refused(text: bytes, words: str) -> None:
    with pytest.raises(ClaimError, match=words):
        decode_claim(text)


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (float("nan"), "not a possible number"),
        (Decimal("1e999"), "not a possible number"),
        ({1: 2}, "a key that is not text"),
        ({1, 2}, "holds a set"),
    ],
)
def test_free_facts_hold_only_what_json_can_say(fact: Any, words: str) -> None:
    with pytest.raises(ClaimError, match=words):
        structure_claim(claim(attributes={"fact": fact}))


def test_free_facts_may_not_be_nested_without_end() -> None:
    facts: Any = "deep"
    for _ in range(30):
        facts = [facts]
    assert "deeper than 20 levels" in next(iter(problems(claim(attributes={"fact": facts})).values()))

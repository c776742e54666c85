from __future__ import annotations

import datetime as dt
import json

from payerpack.baseline.editions import describe_code

DAY = dt.date(2026, 8, 1)


def test_a_code_is_described_by_every_table_as_plain_data(edition):
    data = json.loads(json.dumps(describe_code(edition, "76377", date=dt.date(2025, 11, 1))))
    assert data["edition"]["id"] == edition.id
    assert (data["code"], data["date"], data["held"], data["valid"]) == ("76377", "2025-11-01", True, True)
    assert data["mue"]["medicare practitioner"] == {
        "label": "NCCI-MUE-PRA 2026Q3",
        "exact": False,
        "value": None,
    }
    assert data["pfs"]["exact"]
    assert [row["modifier"] for row in data["pfs"]["rows"]] == ["", "26", "TC"]
    assert data["pfs"]["rows"][0]["work_rvu"] == "0.79"
    assert data["add_on"] == {"label": "NCCI-AOC 2024Q2", "covered": False, "type": None}
    assert "pair" not in data


def test_pairs_are_counted_as_column_1_and_column_2(edition):
    counts = describe_code(edition, "0591T", date=dt.date(2022, 6, 1))["ptp"]["medicare practitioner"]
    assert counts["in_force"] == {"column1": 0, "column2": 1}
    assert describe_code(edition, "0591T", date=DAY)["ptp"]["medicare practitioner"]["in_force"]["column2"] == 0


def test_a_second_code_adds_the_windows_of_both_orders(edition):
    pair = describe_code(edition, "0591T", "0001A", dt.date(2022, 6, 1))["pair"]["medicare practitioner"]
    assert pair["windows"] == [
        {
            "column1": "0001A",
            "column2": "0591T",
            "effective": "2022-01-01",
            "deletion": "2023-12-31",
            "indicator": "1",
            "rationale": "manual-instruction",
            "in_force": True,
        }
    ]


def test_an_add_on_shows_its_primaries_of_the_day(edition):
    add_on = describe_code(edition, "99292", date=DAY)["add_on"]
    assert (add_on["type"], add_on["primaries"], add_on["contractor_defined"]) == (1, ["99291"], False)


def test_a_modifier_is_described_by_its_dates(edition):
    data = describe_code(edition, "JG", date=DAY)
    assert data["valid"] is False
    assert data["hcpcs"]["terminated"] == "2024-12-31"


def test_without_a_date_the_last_day_that_the_edits_cover_is_asked(edition):
    assert describe_code(edition, "76377")["date"] == "2026-09-30"

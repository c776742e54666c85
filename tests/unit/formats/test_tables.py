"""Claims from tables of service lines."""

from __future__ import annotations

import datetime as dt
import io
import sys
from decimal import Decimal
from typing import Any

import pytest

from payerpack import read_claims
from payerpack.claim import Claim, RejectedClaim
from payerpack.errors import DataError
from payerpack.formats import tables
from payerpack.formats.structure import structure_claim
from payerpack.formats.table_columns import find_column, known_columns
from payerpack.formats.tables import arrow_claims, table_claims

HEADER = "claim_id,type,payer_id,patient_id,billing_provider_npi,code,modifiers,units,charge,service_date"
FIRST = "C-1,professional,60054,P-1,1234567893"


def csv(*rows: str, header: str = HEADER) -> io.BytesIO:
    return io.BytesIO("\n".join([header, *rows, ""]).encode())


def read(*rows: str, header: str = HEADER) -> list[Claim | RejectedClaim]:
    return list(read_claims(csv(*rows, header=header)))


def only(*rows: str, header: str = HEADER) -> Claim:
    (found,) = read(*rows, header=header)
    assert isinstance(found, Claim)
    return found


def problems(*rows: str, header: str = HEADER) -> list[str]:
    (found,) = read(*rows, header=header)
    assert isinstance(found, RejectedClaim)
    return [str(problem) for problem in found.problems]


def refused(*rows: str, header: str = HEADER) -> list[str]:
    with pytest.raises(DataError) as error:
        read(*rows, header=header)
    return [str(problem) for problem in error.value.problems]


def test_rows_of_one_claim_id_are_one_claim_with_its_lines_in_their_order():
    found = read(
        f"{FIRST},72192,26,1,310.00,2026-03-02",
        f"{FIRST},76377,26 59,2,180.00,2026-03-02",
        "C-2,professional,60054,P-2,1234567893,99213,,1,90.00,2026-03-03",
    )
    assert found[0] == structure_claim(
        {
            "id": "C-1", "type": "professional", "payer": {"id": "60054"}, "patient": {"id": "P-1"},
            "billing_provider": {"npi": "1234567893"},
            "lines": [
                {"number": 1, "code": "72192", "modifiers": ["26"], "charge": "310.00", "service_date": "2026-03-02"},
                {"number": 2, "code": "76377", "modifiers": ["26", "59"], "units": "2", "charge": "180.00",
                 "service_date": "2026-03-02"},
            ],
        }
    )  # fmt: skip
    assert isinstance(found[1], Claim)
    assert (found[1].id, found[1].patient.id, found[1].lines[0].modifiers) == ("C-2", "P-2", ())


@pytest.mark.parametrize(
    "name",
    ["billing_provider_npi", "billing_provider.npi", "Billing Provider NPI", "claim_billing_provider_npi"],
)
def test_parts_of_a_name_are_joined_by_underscores_points_or_blanks(name):
    found = only(f"{FIRST},99213,,1,1,2026-03-02", header=HEADER.replace("billing_provider_npi", name))
    assert found.billing_provider.npi == "1234567893"


def test_what_line_and_claim_share_is_the_line_s_unless_the_name_says_claim():
    header = f"{HEADER},place_of_service,claim_place_of_service,rendering_provider_npi,claim_rendering_provider_npi"
    found = only(f"{FIRST},99213,,1,1,2026-03-02,22,11,1111111112,1234567893", header=header)
    assert (found.lines[0].place_of_service, found.place_of_service) == ("22", "11")
    assert found.lines[0].rendering_provider is not None
    assert found.rendering_provider is not None
    assert (found.lines[0].rendering_provider.npi, found.rendering_provider.npi) == ("1111111112", "1234567893")


@pytest.mark.parametrize("cell", ["26 59", "26|59", "26;59", '"26, 59"'])
def test_a_list_is_a_text_with_something_between_its_items(cell):
    assert only(f"{FIRST},99213,{cell},1,1,2026-03-02").lines[0].modifiers == ("26", "59")


def test_a_list_may_have_a_column_for_each_item_in_any_order():
    header = HEADER.replace("modifiers", "modifiers_2,modifiers_1") + ",diagnoses_1,diagnoses_2,diagnosis_pointers"
    found = only(f"{FIRST},99213,59,26,1,1,2026-03-02,I10,E119,2 1", header=header)
    assert found.lines[0].modifiers == ("26", "59")
    assert (found.diagnoses, found.lines[0].diagnosis_pointers) == (("I10", "E119"), (2, 1))


def test_an_attested_fact_of_a_line_has_a_column():
    header = f"{HEADER},report_workstation,report.findings_3d,report_techniques"
    found = only(
        f"{FIRST},72192,,1,1,2026-03-02,,,",
        f'{FIRST},76377,,1,1,2026-03-02,independent,true,"[""mpr"",""mip""]"',
        header=header,
    )
    (attested,) = found.attestations
    assert attested.lines == (2,)
    assert attested.facts == {"workstation": "independent", "findings_3d": True, "techniques": ("mpr", "mip")}


def test_free_facts_and_lists_of_objects_have_columns():
    header = f"{HEADER},contract_pays_3d,coverage.plan,authorizations"
    found = only(
        f'{FIRST},76377,,1,1,2026-03-02,true,gold,"[{{""number"": ""A1"", ""codes"": [""76377""]}}]"', header=header
    )
    assert (found.contract, found.coverage) == ({"pays_3d": True}, {"plan": "gold"})
    assert found.authorizations[0].codes == ("76377",)


@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_cells_may_have_commas_semicolons_or_tabs_between_them(between):
    row = f"{FIRST},99213,,1,1.50,2026-03-02"
    assert only(row.replace(",", between), header=HEADER.replace(",", between)).lines[0].charge == Decimal("1.50")


def test_a_byte_order_mark_and_windows_line_ends_are_no_part_of_the_table():
    text = f"\ufeff{HEADER}\r\n{FIRST},99213,,1,1,2026-03-02\r\n".encode()
    (found,) = read_claims(io.BytesIO(text))
    assert isinstance(found, Claim)
    assert found.lines[0].service_date == dt.date(2026, 3, 2)


def test_a_bad_cell_costs_its_claim_only_and_is_placed_by_row_and_column():
    found = read(
        f"{FIRST},72192,,1,1,2026-03-02",
        f"{FIRST},76377,,two,1,2026-03-32",
        "C-2,professional,60054,P-2,1234567893,99213,,1,1,2026-03-02",
    )
    assert isinstance(found[0], RejectedClaim)
    assert (found[0].location, found[0].claim_id) == ("stream: row 1", "C-1")
    assert [problem.location for problem in found[0].problems] == [
        "stream: row 2, column service_date",
        "stream: row 2, column units",
    ]
    assert isinstance(found[1], Claim)


def test_a_claim_s_columns_are_the_same_in_each_of_its_rows():
    found = problems(f"{FIRST},72192,,1,1,2026-03-02", f"{FIRST.replace('P-1', 'P-2')},76377,,1,1,2026-03-02")
    problem = "differs among the rows of one claim; write the same in each, or give each claim an id of its own"
    assert found == [f"stream: row 2, column patient_id: {problem}"]


def test_rows_of_one_claim_stand_together():
    other = FIRST.replace("C-1", "C-2")
    rest = "99213,,1,1,2026-03-02"
    assert refused(f"{FIRST},{rest}", f"{other},{rest}", f"{FIRST},{rest}") == [
        "stream: row 3: begins a claim that has rows further up; sort the table by claim_id"
    ]


def test_a_row_of_another_width_costs_its_claim_only():
    found = read(
        f"{FIRST},72192,,1,1,2026-03-02,more",
        "C-2,professional,60054,P-2,1234567893,99213,,1,1,2026-03-02",
    )
    assert isinstance(found[0], RejectedClaim)
    assert str(found[0].problems[0]) == (
        "stream: row 1: has 11 cells and the header 10; check the quotes and delimiters of the row"
    )
    assert isinstance(found[1], Claim)


def test_a_row_without_a_claim_id_is_a_rejected_claim():
    assert any("claim_id: is required" in problem for problem in problems(f"{FIRST[3:]},99213,,1,1,2026-03-02"))


def test_every_problem_of_the_columns_is_said_at_once():
    header = HEADER.replace("patient_id", "patiant_id").replace("units", "unit").replace(",code,", ",claim.state,")
    assert refused("", header=f"{header},state") == [
        "stream: column patiant_id: is unknown; write patient_id",
        "stream: column unit: is unknown; write units",
        "stream: column claim.state: fills the same key as another; leave one out",
        "stream: column state: fills the same key as another; leave one out",
        "stream: has no column patient_id; add it",
        "stream: has no column code; add it",
    ]


def test_a_revenue_code_stands_for_a_procedure_code():
    found = only(f"{FIRST},0450,,1,1,2026-03-02", header=HEADER.replace(",code,", ",revenue_code,"))
    assert (found.lines[0].code, found.lines[0].revenue_code) == ("", "0450")


def test_a_table_of_something_else_is_no_claim_file():
    with pytest.raises(DataError, match="is no claim file"):
        list(read_claims(io.BytesIO(b"name,price\napple,3\n")))


def test_text_that_is_not_utf_8_is_said_so():
    with pytest.raises(DataError, match="is not UTF-8 text; save it as UTF-8"):
        list(read_claims(io.BytesIO(f"{HEADER}\n{FIRST},\xff".encode("latin-1"))))


def test_names_of_others_may_be_given_to_columns_and_the_rest_left_out():
    names = ["CLM", "TYPE", "PAYER", "MEMBER", "NPI", "PROC", "DOS", "MEMO"]
    columns = dict(
        zip(
            names,
            ["claim_id", "type", "payer_id", "patient_id", "billing_provider_npi", "code", "service_date"],
            strict=False,
        )
    )
    cells = [["C-1"], ["professional"], ["60054"], ["P-1"], ["1234567893"], ["99213"], ["2026-03-02"], ["anything"]]
    (found,) = table_claims(names, [cells], "table", columns)
    assert isinstance(found, Claim)
    assert found.lines[0].code == "99213"


def test_a_renamed_column_must_be_in_the_table():
    with pytest.raises(DataError, match="column MISSING: is not in the table; name one of its columns"):
        list(table_claims(["claim_id"], [], "table", {"MISSING": "code"}))


@pytest.mark.parametrize("batches", [[1, 1, 1, 1], [2, 2], [3, 1], [4]])
def test_a_claim_may_cross_from_one_batch_into_the_next(batches):
    names = ["claim_id", "type", "payer_id", "patient_id", "billing_provider_npi", "code", "service_date"]
    rows = [["C-1", "professional", "1", "P", "1234567893", f"9921{n}", "2026-03-02"] for n in range(3)]
    rows.append(["C-2", *rows[0][1:]])
    starts = [sum(batches[:place]) for place in range(len(batches))]
    cells = [
        [list(column) for column in zip(*rows[start : start + size], strict=True)]
        for start, size in zip(starts, batches, strict=True)
    ]
    found = [claim for claim in table_claims(names, cells, "table") if isinstance(claim, Claim)]
    assert [[line.code for line in claim.lines] for claim in found] == [["99210", "99211", "99212"], ["99210"]]


def test_every_column_has_one_meaning():
    assert all(find_column(name) is not None for name in known_columns())
    assert find_column("lines") is None
    assert find_column("report_") is None
    assert find_column("modifiers_0") is None


pa: Any = pytest.importorskip("pyarrow", reason="pyarrow is not installed")


def arrow_table(**columns: Any) -> Any:
    table = {
        "claim_id": ["C-1", "C-1"],
        "type": pa.array(["professional"] * 2).dictionary_encode(),
        "payer.id": ["60054"] * 2,
        "patient_id": ["P-1"] * 2,
        "billing_provider_npi": ["1234567893"] * 2,
        "code": ["72192", "76377"],
        "modifiers": [["26"], None],
        "units": pa.array([Decimal("1.00"), Decimal("2.00")], pa.decimal128(9, 2)),
        "charge": [310.25, float("nan")],
        "service_date": pa.array([dt.datetime(2026, 3, 2), dt.datetime(2026, 3, 2)], pa.timestamp("ns")),  # noqa: DTZ001
        **columns,
    }
    return pa.table(table)


def test_arrow_s_own_types_are_read():
    table = arrow_table()
    (found,) = arrow_claims(table.schema.names, table.to_batches(), "table")
    assert isinstance(found, Claim)
    first, second = found.lines
    assert (first.modifiers, first.units, first.charge, first.service_date) == (
        ("26",), Decimal("1.00"), Decimal("310.25"), dt.date(2026, 3, 2),
    )  # fmt: skip
    assert (second.modifiers, second.units, second.charge) == ((), Decimal("2.00"), None)


def test_a_code_that_is_a_number_is_refused_for_its_zeros_are_lost():
    table = arrow_table(code=[72192, 100])
    (found,) = arrow_claims(table.schema.names, table.to_batches(), "table")
    assert isinstance(found, RejectedClaim)
    assert str(found.problems[0]) == "table: row 1, column code: is a number; write text in quotes"


def test_parquet_is_told_by_what_it_holds_and_read_from_a_path_or_a_stream(tmp_path):
    import pyarrow.parquet as pq

    path = tmp_path / "lines"
    pq.write_table(arrow_table(), path)
    unseekable = io.BytesIO(path.read_bytes())
    unseekable.seekable = lambda: False  # type: ignore[method-assign] # a stream like a socket's
    for source in (path, path.open("rb"), unseekable):
        (found,) = read_claims(source)
        assert isinstance(found, Claim)
        assert len(found.lines) == 2
        if not isinstance(source, type(path)):
            source.close()


def test_a_damaged_parquet_file_is_said_so():
    with pytest.raises(DataError, match=r"stream: is no whole Parquet file \(\w+\); check what wrote it"):
        list(read_claims(io.BytesIO(b"PAR1 and no more")))


def test_without_pyarrow_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DataError, match=r"x: needs pyarrow to be read; run pip install payerpack\[arrow\]"):
        tables.arrow("x")

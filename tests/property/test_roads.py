"""Whatever road a claim takes, it gets the same review: as a mapping, JSON, JSON Lines, 837, CSV, Parquet, and alone or
by several processes. Reviews are compared by their bytes: findings, messages, notes, outcomes and fingerprint.
"""

from __future__ import annotations

import csv
import io
import json
import random
import runpy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payerpack import Claim, Engine, read_claims, review_file, review_table
from payerpack.formats.structure import structure_claim
from payerpack.formats.unstructure import encode_claim, unstructure_claim
from payerpack.formats.writers import encode_review

SYNTHETIC = Path(__file__).parents[1] / "bench" / "synthetic_837.py"
POLICY = "ncci-medicare"
CODES = ("76376", "76377", "72192", "74177", "70450", "99213", "99214", "36415", "93000", "0042T")
MODIFIERS = ("26", "TC", "59", "XS", "25", "LT", "RT", "50", "76", "ZZ")
ATTESTED = ("workstation", "supervision", "necessity")


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(edition=None)


@pytest.fixture(autouse=True, scope="module")
def _own_surroundings(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PAYERPACK_EDITION", raising=False)
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        yield


def chosen(values: tuple[str, ...], most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), max_size=most, unique=True)


@st.composite
def claims(draw: st.DrawFn, number: int = 1) -> dict[str, Any]:
    """A claim in the JSON shape, with what a table has columns for."""
    diagnoses = draw(chosen(("S32401A", "I10", "R1031"), 3))
    lines = []
    for place in range(1, draw(st.integers(1, 5)) + 1):
        line = {
            "number": place,
            "code": draw(st.sampled_from(CODES)),
            "modifiers": draw(chosen(MODIFIERS, 3)),
            "units": draw(st.sampled_from(["1", "2", "7", "0.5"])),
            "charge": draw(st.sampled_from(["100.00", "310.10", "0"])),
            "service_date": f"2024-08-{draw(st.integers(13, 16))}",
        }
        if diagnoses and draw(st.booleans()):
            line["diagnosis_pointers"] = [len(diagnoses)]
        if draw(st.booleans()):
            line["place_of_service"] = "22"
        lines.append(line)
    attested = [
        {"lines": [line["number"]], "facts": {name: draw(st.sampled_from(["independent", "concurrent", "weak"]))}}
        for line in lines
        if draw(st.booleans())
        for name in [draw(st.sampled_from(ATTESTED))]
    ]
    return {
        "id": f"C-{number}",
        "type": draw(st.sampled_from(["professional", "institutional"])),
        "payer": {"id": draw(st.sampled_from(["60054", "00590"]))},
        "line_of_business": draw(st.sampled_from(["commercial", "medicare", "medicaid"])),
        "state": "OR",
        "patient": {"id": f"P-{number % 7}", "birth_date": "1961-04-02", "sex": draw(st.sampled_from("FMU"))},
        "billing_provider": {"npi": "1234567893", "tax_id": "930000000"},
        "rendering_provider": {"npi": "1234567893", "specialty": draw(st.sampled_from(["30", "94"]))},
        "place_of_service": draw(st.sampled_from(["11", "21", "24"])),
        "diagnoses": diagnoses,
        "attestations": attested,
        "contract": {"pays_3d": draw(st.booleans())},
        "lines": lines,
    }


def batches(most: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.integers(1, most).flatmap(lambda count: st.tuples(*(claims(number) for number in range(count))).map(list))


def rows(claim: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the claim as rows of a table, each value as the JSON shape has it."""
    header = {
        "claim_id": claim["id"],
        "claim_place_of_service": claim["place_of_service"],
        "contract_pays_3d": claim["contract"]["pays_3d"],
        **{name: claim[name] for name in ("type", "line_of_business", "state", "diagnoses")},
        **{
            f"{'claim_' if whose == 'rendering_provider' else ''}{whose}_{name}": value
            for whose in ("payer", "patient", "billing_provider", "rendering_provider")
            for name, value in claim[whose].items()
        },
    }
    found = []
    for line in claim["lines"]:
        facts = [one["facts"] for one in claim["attestations"] if one["lines"] == [line["number"]]]
        attested = {f"report_{name}": value for one in facts for name, value in one.items()}
        optional = {
            "diagnosis_pointers": None,
            "place_of_service": None,
            **{f"report_{name}": None for name in ATTESTED},
        }
        found.append({**header, **optional, **line, **attested})
    return found


def as_csv(table: list[dict[str, Any]]) -> io.BytesIO:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(table[0]))
    writer.writeheader()
    for row in table:
        cells = {key: " ".join(map(str, cell)) if isinstance(cell, list) else cell for key, cell in row.items()}
        writer.writerow({key: str(cell).lower() if isinstance(cell, bool) else cell for key, cell in cells.items()})
    return io.BytesIO(out.getvalue().encode())


def lines_of(found: list[Claim]) -> bytes:
    return b"\n".join(map(encode_claim, found)) + b"\n"


def reviews(engine: Engine, found: Any) -> list[bytes]:
    return [encode_review(engine.review(claim, POLICY)) for claim in found]


@given(batches(4))
@settings(max_examples=40, deadline=None)
def test_a_claim_gets_the_same_review_by_every_road(engine, batch):
    expected = reviews(engine, map(structure_claim, batch))
    assert reviews(engine, batch) == expected
    assert reviews(engine, read_claims(io.BytesIO(json.dumps(batch).encode()))) == expected
    assert reviews(engine, read_claims(io.BytesIO(json.dumps({"claims": batch}, indent=1).encode()))) == expected
    assert reviews(engine, read_claims(io.BytesIO("\n".join(map(json.dumps, batch)).encode()))) == expected
    assert reviews(engine, read_claims(io.BytesIO(lines_of(list(map(structure_claim, batch)))))) == expected
    assert reviews(engine, read_claims(as_csv([row for claim in batch for row in rows(claim)]))) == expected


@given(batches(4))
@settings(max_examples=25, deadline=None)
def test_a_table_in_memory_or_in_a_file_gets_the_same_reviews(engine, batch):
    pa: Any = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    import pyarrow.parquet as pq

    expected = reviews(engine, map(structure_claim, batch))
    table = pa.Table.from_pylist([row for claim in batch for row in rows(claim)])
    file, out = io.BytesIO(), io.StringIO()
    pq.write_table(table, file, row_group_size=3)
    file.seek(0)
    assert reviews(engine, read_claims(file)) == expected
    review_table(table, engine, policy=POLICY, out=out)
    assert out.getvalue().encode().splitlines() == expected
    found = review_table(table, engine, policy=POLICY)
    assert found.findings.num_rows == sum(len(json.loads(review)["findings"]) for review in expected)


@pytest.mark.parametrize("seed", range(3))
def test_claims_of_an_837_get_the_reviews_of_the_same_claims_as_json(engine, seed):
    synthetic = runpy.run_path(str(SYNTHETIC))["Synthetic837"](200, 3, seed)
    found = list(read_claims(io.BytesIO("".join(synthetic.pieces()).encode())))
    assert len(found) == 200
    expected = reviews(engine, found)
    assert reviews(engine, read_claims(io.BytesIO(lines_of(found)))) == expected
    assert reviews(engine, map(structure_claim, map(unstructure_claim, found))) == expected


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_any_number_of_processes_gives_the_same_reviews_in_the_same_order(engine, workers, tmp_path):
    pick = random.Random(20261121)
    batch = [random_claim(pick, number) for number in range(400)]
    file = tmp_path / "claims.jsonl"
    file.write_text("\n".join(map(json.dumps, batch)), encoding="utf-8")
    out = io.StringIO()
    tally = review_file({}, [file], out, workers=workers, policy=POLICY)
    assert out.getvalue().encode().splitlines() == reviews(engine, batch)
    assert (tally.claims, tally.reviewed, tally.errors) == (400, 400, 0)


def random_claim(pick: random.Random, number: int) -> dict[str, Any]:
    return {
        "id": f"C-{number}",
        "type": "professional",
        "payer": {"id": "60054"},
        "patient": {"id": f"P-{pick.randrange(40)}"},
        "billing_provider": {"npi": "1234567893"},
        "lines": [
            {
                "number": place,
                "code": pick.choice(CODES),
                "modifiers": pick.sample(MODIFIERS, pick.randrange(3)),
                "service_date": f"2024-08-{pick.randint(13, 15)}",
            }
            for place in range(1, pick.randint(1, 5) + 1)
        ],
    }

"""Published samples, the shipped sample, and what other libraries read in the same file."""

from __future__ import annotations

import datetime as dt
import io
import os
import runpy
from decimal import Decimal
from importlib import resources
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from payerpack.claim import Claim
from payerpack.formats.structure import decode_claim

HERE = Path(__file__).parent
PUBLISHED = HERE.parents[1] / "data" / "x12" / "published"
x12: Any = SimpleNamespace(**runpy.run_path(str(HERE / "x12_files.py")))
Synthetic837: Any = runpy.run_path(str(HERE.parents[1] / "bench" / "synthetic_837.py"))["Synthetic837"]

READABLE = sorted(
    path.name for path in PUBLISHED.iterdir() if path.name[:2] in {"p-", "i-"} and "4010" not in path.name
)


def counted(data: bytes, *tags: str) -> int:
    """Count segments in the plainest way there is."""
    segments = [segment.strip() for segment in data.decode().split(chr(data[105]))]
    return sum(segment.split("*")[0] in tags for segment in segments)


def sample(name: str) -> Any:
    claims, _ = x12.read_with_faults((PUBLISHED / name).read_bytes())
    return claims


def assert_nothing_is_lost(data: bytes) -> None:
    claims, _ = x12.read_with_faults(data)

    assert all(isinstance(claim, Claim) for claim in claims)
    assert len(claims) == counted(data, "CLM")
    assert sum(len(claim.lines) for claim in claims) == counted(data, "SV1", "SV2")


@pytest.mark.parametrize("name", READABLE)
def test_every_claim_and_line_of_a_published_sample_is_read(name):
    assert_nothing_is_lost((PUBLISHED / name).read_bytes())


def test_every_readable_837_of_a_larger_collection_is_read():
    folder = os.environ.get("PAYERPACK_X12_DIR")
    if not folder:
        pytest.skip("PAYERPACK_X12_DIR names no folder of X12 files")
    files = [path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()]
    readable = [data for data in files if b"005010X222" in data or b"005010X223" in data]

    assert readable
    for data in readable:
        assert_nothing_is_lost(data)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("remittance.835", "this is an 835 remittance (005010X221A1)"),
        ("status.277", "this is a 277 claim status file (005010X212)"),
        ("p-4010.837", "an 837 professional claim file of a version that is not supported (004010X098A1)"),
    ],
)
def test_a_published_sample_of_another_kind_is_refused_by_name(name, words):
    claims, (problem,) = x12.read_with_faults((PUBLISHED / name).read_bytes())

    assert claims == []
    assert words in problem


def test_the_secondary_payer_sample_is_read_in_full():
    (claim,) = sample("p-secondary-payer.837")

    assert (claim.id, claim.place_of_service, claim.line_of_business) == ("26407789", "11", "commercial")
    assert claim.diagnoses == ("4779", "2724", "2780", "53081")
    assert (claim.payer.id, claim.billing_provider.npi, claim.state) == ("567890", "1999996666", "FL")
    assert claim.rendering_provider.taxonomy == "204C00000X"
    assert (claim.facility.npi, claim.patient.birth_date) == ("1581234567", dt.date(1973, 5, 1))
    assert [(line.code, line.charge) for line in claim.lines] == [
        ("99213", Decimal("43.00")),
        ("90782", Decimal("15.00")),
        ("J3301", Decimal("21.04")),
    ]
    assert [line["paid"] for line in claim.attributes["other_payer_lines"]] == ["40.00", "15.00", "21.04"]


def test_the_drug_sample_has_ranges_of_days_and_drug_codes():
    (claim,) = sample("p-drugs.837")

    assert claim.lines[1].service_date == dt.date(2004, 2, 1)
    assert claim.lines[1].service_date_end == dt.date(2004, 2, 7)
    assert [line.ndc for line in claim.lines][:3] == ["", "00004196501", "63323024910"]
    assert claim.lines[3].line_note == "Sod Chl 0.9%see NDC#"


def test_a_sample_whose_header_declares_another_separator_is_read_sensibly():
    (claim,) = sample("p-anesthesia-bent-separator.837")

    assert claim.lines[0].code == "00142"
    assert claim.lines[0].modifiers == ("QK", "QS", "P1")
    assert claim.lines[0].diagnosis_pointers == (1,)


# -- the shipped sample ------------------------------------------------------------------------------------------------


def test_the_shipped_samples_are_one_claim_but_for_what_an_837_cannot_say():
    folder = resources.files("payerpack") / "samples"
    (from_x12,) = x12.read_all((folder / "acetabular-fracture.837").read_bytes())
    from_json = decode_claim((folder / "acetabular-fracture.json").read_bytes())

    lines = tuple(attrs.evolve(line, base_line=None) for line in from_json.lines)

    assert from_x12 == attrs.evolve(from_json, attestations=(), lines=lines)
    assert from_json.attestations[0].facts["workstation"] == "independent"


# -- other libraries ---------------------------------------------------------------------------------------------------


def synthetic() -> str:
    return "".join(Synthetic837(60, 3).pieces())


def our_sums(text: str) -> tuple[int, int, Decimal]:
    claims = x12.read_all(text.encode())
    lines = [line for claim in claims for line in claim.lines]
    return len(claims), len(lines), sum((line.charge for line in lines), Decimal(0))


@pytest.mark.filterwarnings("ignore")
def test_pyx12_finds_the_same_claims_lines_and_charges():
    context = pytest.importorskip("pyx12.x12context", reason="pyx12 is not installed")
    import pyx12.error_handler
    import pyx12.params

    text = synthetic()
    reader = context.X12ContextReader(pyx12.params.params(), pyx12.error_handler.errh_null(), io.StringIO(text))

    claims = [loop for loop in reader.iter_segments("2300") if loop.id == "2300"]
    charges = [Decimal(line.get_value("SV102")) for claim in claims for line in claim.select("2400")]

    assert our_sums(text) == (len(claims), len(charges), sum(charges))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("shipped", [True, False], ids=["the shipped sample", "a synthetic file"])
def test_pyx12_finds_no_fault_in_what_we_write(shipped, tmp_path, monkeypatch):
    document = pytest.importorskip("pyx12.x12n_document", reason="pyx12 is not installed")
    import pyx12.params

    monkeypatch.chdir(tmp_path)
    folder = resources.files("payerpack") / "samples"
    text = (folder / "acetabular-fracture.837").read_text(encoding="ascii") if shipped else synthetic()

    assert document.x12n_document(pyx12.params.params(), io.StringIO(text), io.StringIO(), None, None)


@pytest.mark.filterwarnings("ignore")
def test_x12sdk_finds_the_same_claims_lines_and_charges(tmp_path):
    sdk = pytest.importorskip("x12sdk.io", reason="x12sdk is not installed")
    file = tmp_path / "claims.837"
    file.write_text(synthetic(), encoding="ascii")

    claims = []
    with sdk.X12ModelReader(str(file)) as reader:
        for model in reader.models():
            for billing in model.loop_2000a:
                for subscriber in billing.loop_2000b:
                    claims += subscriber.loop_2300 or []
                    for patient in subscriber.loop_2000c or []:
                        claims += patient.loop_2300 or []
    charges = [Decimal(str(line.sv1_segment.line_item_charge_amount)) for claim in claims for line in claim.loop_2400]

    assert our_sums(file.read_text(encoding="ascii")) == (len(claims), len(charges), sum(charges))

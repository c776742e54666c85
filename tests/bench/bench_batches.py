"""Files in, findings out: claims a second by format, stage by stage; several processes; memory."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import runpy
import subprocess
import sys
import time
from pathlib import Path

import by_hand
import claims_837
import pytest
import workload
from measured import each, in_a_process, race

from payerpack import Engine, read_claims, review_file, review_table
from payerpack.formats.structure import decode_claim
from payerpack.formats.unstructure import encode_claim
from payerpack.formats.writers import encode_review, write_texts
from payerpack.scale.loop import read_items, review_items, strides
from payerpack.scale.tally import Tally

HERE = Path(__file__).parent
CLAIMS = 3000
QUIET = "JSON Lines, of these the claims without a finding on any line"
REVIEW_A_FILE = """
import io, sys, payerpack
class Nowhere(io.TextIOBase):
    def write(self, text):
        return len(text)
tally = payerpack.review_file({"packs": [sys.argv[1]], "edition": sys.argv[2] or None}, [sys.argv[3]], Nowhere(), policy="bench")
print(tally.reviewed)
"""


class Nowhere(io.TextIOBase):
    """Takes text and keeps nothing."""

    def write(self, text: str) -> int:
        """Say that it was written."""
        return len(text)


class Everything:
    """A pack of 50 rules over the baseline, an edition, and claims in every format."""

    def __init__(self, edition, folder: Path) -> None:
        codes, uses = workload.edition_codes(edition)
        self.raw = workload.raw_claims(CLAIMS, codes, uses=uses)
        self.claims = [workload.claim(one) for one in self.raw]
        self.pack = workload.write_pack(
            folder / "pack", workload.rules(50, codes), workload.pairs(1000, codes), extends="ncci-medicare"
        )
        self.edition = edition
        self.engine = Engine([self.pack], edition=edition)
        self.folder = folder
        self.lines = [encode_claim(claim) for claim in self.claims]
        self.jsonl = self.write("claims.jsonl", b"\n".join(self.lines) + b"\n")
        self.rows = [row for claim in self.claims for row in rows(claim)]
        self.csv = self.write("lines.csv", as_csv(self.rows))
        synthetic = runpy.run_path(str(HERE / "synthetic_837.py"))["Synthetic837"]
        self.x12 = self.write("claims.837", claims_837.as_837(self.claims))
        self.other_x12 = self.write("others.837", "".join(synthetic(CLAIMS).pieces()).encode())
        # An inform about the whole claim says which release answered, where the tables are of several quarters.
        said = {claim.id: self.engine.review(claim, workload.PACK).findings for claim in self.claims}
        self.quiet = [claim for claim in self.claims if not any(one.lines for one in said[claim.id])]
        self.quiet_jsonl = self.write("quiet.jsonl", b"\n".join(map(encode_claim, self.quiet)) + b"\n")

    def write(self, name: str, data: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path

    def parquet(self) -> Path:
        pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
        import pyarrow.parquet as pq

        path = self.folder / "lines.parquet"
        pq.write_table(pa.Table.from_pylist(self.rows), path)
        return path


def rows(claim):
    """Return a claim as the rows of a table, one for each line."""
    attested = json.dumps([{"facts": {"attested": claim.attestations[0].facts["attested"]}}])
    header = {
        "claim_id": claim.id, "type": claim.type, "payer_id": claim.payer.id, "patient_id": claim.patient.id,
        "patient_birth_date": claim.patient.birth_date, "patient_sex": claim.patient.sex,
        "billing_provider_npi": claim.billing_provider.npi, "billing_provider_tax_id": claim.billing_provider.tax_id,
        "claim_rendering_provider_npi": claim.rendering_provider.npi,
        "claim_rendering_provider_taxonomy": claim.rendering_provider.taxonomy,
        "attestations": attested, "line_of_business": claim.line_of_business, "state": claim.state, "received_date": claim.received_date,
        "claim_place_of_service": claim.place_of_service, "diagnoses": list(claim.diagnoses),
    }  # fmt: skip
    for line in claim.lines:
        yield {
            **header, "number": line.number, "code": line.code, "modifiers": list(line.modifiers), "units": line.units,
            "charge": line.charge, "service_date": line.service_date,
        }  # fmt: skip


def as_csv(table) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(table[0]))
    writer.writeheader()
    for row in table:
        writer.writerow({key: " ".join(cell) if isinstance(cell, list) else cell for key, cell in row.items()})
    return out.getvalue().encode()


@pytest.fixture(scope="module", params=["starter", "full"])
def everything(request, tmp_path_factory):
    if request.param == "full":
        edition = request.getfixturevalue("full_edition")
    else:
        from payerpack.baseline.editions import starter_edition

        edition = starter_edition()
    made = Everything(edition, tmp_path_factory.mktemp(request.param))
    made.kind = request.param
    return made


def test_json_lines_stage_by_stage(everything, table):
    engine, policy = everything.engine, workload.PACK

    def review(claim):
        return engine.review(claim, policy)

    def in_strides(texts):
        for _ in map(encode_review, strides(map(review, strides(map(decode_claim, texts))))):
            pass

    reviews = list(map(review, everything.claims))
    steps = {
        "decode": each(decode_claim, everything.lines),
        "review": each(review, everything.claims),
        "fingerprint": each(lambda review: review.fingerprint, reviews),
        "encode, fingerprint and all": each(encode_review, reviews),
        "all of it, claim by claim": each(lambda text: encode_review(review(decode_claim(text))), everything.lines),
        "all of it, some at a time": lambda: in_strides(everything.lines),
    }
    best = race(steps)
    found = sum(len(review.findings) for review in reviews) / CLAIMS
    size = sum(map(len, map(encode_review, reviews))) / CLAIMS
    figures = table(
        f"JSON Lines in, findings out, stage by stage ({everything.kind} edition, 50 rules)",
        "stage",
        "us per claim",
        "share",
    )
    for name, took in best.items():
        figures.add(name, took / CLAIMS * 1e6, f"{took / best['all of it, some at a time']:.0%}")
    figures.notes.append(f"A claim has {found:.1f} findings and its review {size:,.0f} bytes.")


def test_files_by_format(everything, table, cms_files_or_none, tmp_path):
    engine, policy = everything.engine, workload.PACK

    def road(path):
        """Return what `payerpack.review_file` does with a file, by an engine that is there already."""

        def run():
            tally = Tally()
            items = read_items([str(path)], tally, print)
            reviewed = review_items(engine, items, tally, print, policy=policy)
            write_texts((encode_review(one.review) for one in reviewed), Nowhere())
            assert tally.claims == tally.reviewed > 0

        return run

    def findings_of(claims):
        counts = [len(engine.review(claim, policy).findings) for claim in claims]
        return f"{sum(counts) / len(counts):.1f}"

    ours = findings_of(everything.claims)
    contestants = {
        "JSON Lines": (ours, road(everything.jsonl)),
        QUIET: (findings_of(everything.quiet), road(everything.quiet_jsonl)),
        "claim objects": (ours, each(lambda claim: encode_review(engine.review(claim, policy)), everything.claims)),
        "837P (the same claims, without evidence)": (findings_of(read_claims(everything.x12)), road(everything.x12)),
        "837P (other claims, mostly 3D renderings)": (
            findings_of(read_claims(everything.other_x12)),
            road(everything.other_x12),
        ),
        "CSV": (ours, road(everything.csv)),
    }
    with contextlib.suppress(pytest.skip.Exception):
        contestants |= arrow_roads(everything, road, ours)
    if everything.kind == "full" and cms_files_or_none:
        contestants |= yardsticks(everything, cms_files_or_none, tmp_path)
    best = race({name: run for name, (_, run) in contestants.items()}, 5)
    figures = table(
        f"In and out, everything on ({everything.kind} edition, 50 rules, one process)",
        "road", "findings a claim", "claims/s", "us per claim", "times JSON Lines",
    )  # fmt: skip
    took = {name: seconds / (len(everything.quiet) if name == QUIET else CLAIMS) for name, seconds in best.items()}
    for name, each_took in took.items():
        figures.add(name, contestants[name][0], 1 / each_took, each_took * 1e6, each_took / took["JSON Lines"])


def arrow_roads(everything, road, found):
    path = everything.parquet()
    import pyarrow.parquet as pq

    arrow = pq.read_table(path)
    return {
        "Parquet": (found, road(path)),
        "Arrow in, Arrow out (review_table)": (
            found,
            lambda: review_table(arrow, everything.engine, policy=workload.PACK),
        ),
    }


def yardsticks(everything, files, folder):
    """Return PTP and MUE alone, as one writes them without an engine."""
    edits = by_hand.Edits(files)
    found = f"{sum(len(edits.review(raw)) for raw in everything.raw) / CLAIMS:.1f}"
    made = {
        "by hand: PTP and MUE alone, from plain dictionaries, nothing written": (
            found,
            each(edits.review, everything.raw),
        )
    }
    with contextlib.suppress(ModuleNotFoundError):
        import duckdb

        connection = by_hand.database(duckdb, files, everything.raw)
        made["DuckDB SQL, one thread: PTP and MUE alone, lines in memory, nothing written"] = (
            found,
            lambda: [connection.execute(sql).fetchall() for sql in (by_hand.PTP_SQL, by_hand.MUE_SQL)],
        )
        again = by_hand.database(duckdb, files, everything.raw)
        made["DuckDB SQL, one thread: PTP and MUE alone, JSON Lines in, JSON Lines out"] = (
            found,
            lambda: by_hand.from_json_lines(again, everything.jsonl, folder / "findings.jsonl"),
        )
    return made


@pytest.fixture(scope="module")
def cms_files_or_none(request):
    import os

    return request.getfixturevalue("cms_files") if os.environ.get("PAYERPACK_CMS_DIR") else None


def test_two_processes(everything, table, tmp_path):
    if everything.kind == "full":
        pytest.skip("the starter edition tells it")
    times = 30  # starting two processes takes as long as reviewing some thousands of claims
    many = everything.jsonl.read_bytes() * times
    file, half = tmp_path / "many.jsonl", tmp_path / "half.jsonl"
    file.write_bytes(many)
    half.write_bytes(everything.jsonl.read_bytes() * (times // 2))
    arguments = {"packs": [everything.pack]}

    def ours(workers):
        tally = review_file(arguments, [file], io.StringIO(), workers=workers, policy=workload.PACK)
        assert tally.claims == tally.reviewed == CLAIMS * times

    def ceiling():
        command = [sys.executable, "-c", REVIEW_A_FILE, str(everything.pack), "", str(half)]
        for one in [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(2)]:
            assert one.wait() == 0

    contestants = {
        "one process": lambda: ours(1),
        "--workers 2": lambda: ours(2),
        "two processes that know nothing of each other, half the file each": ceiling,
    }
    best = dict.fromkeys(contestants, float("inf"))
    for _ in range(3):
        for name, run in contestants.items():
            began = time.perf_counter()
            run()
            best[name] = min(best[name], time.perf_counter() - began)
    figures = table(
        f"Processes: {CLAIMS * times:,} claims of JSON Lines, wall time with the start of the processes",
        "what", "claims/s", "times one",
    )  # fmt: skip
    for name, took in best.items():
        figures.add(name, CLAIMS * times / took, best["one process"] / took)
    figures.notes.append("The last row is what the machine gives two processes at best while it does other work.")


def test_memory_is_flat_in_the_length_of_the_input(everything, table, tmp_path):
    figures = table(f"Peak memory by the length of the input ({everything.kind} edition)", "claims of JSON Lines", "MB")
    edition = getattr(everything.edition, "path", None) or ""
    peaks = []
    for times in (1, 10, 40):
        file = tmp_path / f"{times}.jsonl"
        file.write_bytes(everything.jsonl.read_bytes() * times)
        _, peak, count = in_a_process(REVIEW_A_FILE, everything.pack, edition, file)
        assert int(count) == CLAIMS * times
        peaks.append(peak)
        figures.add(CLAIMS * times, peak)
    assert peaks[-1] < peaks[0] * 1.5

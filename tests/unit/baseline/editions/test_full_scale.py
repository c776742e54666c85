"""The whole of CMS's files: the compiled edition against a plain scan of the source, and the starter against both."""

from __future__ import annotations

import csv
import datetime as dt
import os
import random
import zipfile
from pathlib import Path

import pytest

from payerpack.baseline.editions import import_files, open_edition, starter_edition, verify

CMS_DIR = os.environ.get("PAYERPACK_CMS_DIR")
pytestmark = pytest.mark.skipif(CMS_DIR is None, reason="PAYERPACK_CMS_DIR does not name a folder of CMS's files")


@pytest.fixture(scope="module")
def folder() -> Path:
    return Path(CMS_DIR or "")


@pytest.fixture(scope="module")
def full(folder, tmp_path_factory):
    root = tmp_path_factory.mktemp("full")
    import_files([*(folder / "as_published").iterdir(), folder / "rvu25d" / "PPRRVU2025_Oct.csv"], root)
    return open_edition(root)


@pytest.fixture(scope="module")
def source(folder):
    """Every PTP row of the source, by pair."""
    pairs: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for path in (folder / "as_published").glob("*ptp*.zip"):
        with zipfile.ZipFile(path) as archive:
            for line in archive.read(archive.namelist()[0]).decode("latin-1").split("\r\n")[6:]:
                if line:
                    column1, column2, _, effective, deletion, indicator, _ = line.split("\t")
                    pairs.setdefault((column1, column2), []).append((effective, deletion, indicator))
    return pairs


def test_the_counts_are_those_of_the_release(full):
    ptp = full.ptp("practitioner")
    assert len(ptp) == 2_546_017
    assert not full.partial
    assert verify(full) == ()


def test_random_claims_get_what_a_plain_scan_of_the_source_gives(full, source):
    ptp = full.ptp("practitioner")
    chance = random.Random(20240701)
    codes = list(ptp.codes)
    pairs = list(source)
    for _ in range(20_000):
        claim = list(dict.fromkeys([*chance.choice(pairs), *chance.sample(codes, 3)]))
        day = dt.date(1996, 1, 1) + dt.timedelta(days=chance.randrange(10_500))
        text = f"{day:%Y%m%d}"
        scanned = [
            (i, j, int(indicator))
            for i, column1 in enumerate(claim)
            for j, column2 in enumerate(claim)
            for effective, deletion, indicator in source.get((column1, column2), ())
            if i != j and indicator != "9" and effective <= text and (deletion == "*" or text <= deletion)
        ]
        assert [hit[:3] for hit in ptp.hits(claim, day.toordinal())] == scanned


def test_every_row_of_the_renderings_answers_on_its_first_and_last_day_and_not_after(full, source):
    ptp = full.ptp("practitioner")
    one = dt.timedelta(days=1)
    for pair, windows in source.items():
        if not {"76376", "76377"} & set(pair):
            continue
        held = ptp.windows(*pair)
        assert len(held) == len(windows)
        for row in held:
            if row.indicator == "9":
                assert ptp.lookup(*pair, row.effective) is None
                continue
            assert ptp.lookup(*pair, row.effective) == row
            assert ptp.lookup(*pair, row.effective - one) != row
            if row.deletion is not None:
                assert ptp.lookup(*pair, row.deletion) == row
                assert ptp.lookup(*pair, row.deletion + one) != row


def test_golden_pairs_answer_right_in_both_directions(full, folder):
    ptp = full.ptp("practitioner")
    day = dt.date(2024, 8, 15)
    with (folder / "derived" / "golden_ptp_pairs_v302.csv").open(newline="") as file:
        for pair in csv.DictReader(file):
            row = ptp.lookup(pair["column1"], pair["column2"], day)
            wanted = pair["practitioner_ccmi"]
            assert (row.indicator if row else "") == (wanted if wanted in {"0", "1"} else "")
            assert ptp.lookup(pair["column2"], pair["column1"], day) is None


def test_starter_and_full_agree_on_every_code_they_share(full):
    starter = starter_edition()
    day, listed = dt.date(2024, 8, 15), dt.date(2025, 11, 1)
    codes = [code for code in starter.pfs(listed).codes() if starter.holds(code)]
    small, large = starter.ptp("practitioner"), full.ptp("practitioner")
    for code in codes:
        assert starter.mue("practitioner", day).get(code) == full.mue("practitioner", day).get(code)
        assert starter.pfs(listed).rows(code) == full.pfs(listed).rows(code)
        assert starter.add_on.get(code) == full.add_on.get(code)
    held = set(codes)
    wanted = {
        (row.column1, row.column2, row.effective, row.deletion, row.indicator, row.rationale)
        for row in large.rows()
        if {row.column1, row.column2} & {"76376", "76377"}
        or (row.indicator != "9" and {row.column1, row.column2} <= held)
    }
    assert wanted == {
        (row.column1, row.column2, row.effective, row.deletion, row.indicator, row.rationale) for row in small.rows()
    }

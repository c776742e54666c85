"""How a file is laid out never shows: separators, line breaks, blanks and the pieces in which a stream comes."""

from __future__ import annotations

import io
import runpy
import tracemalloc
from collections import Counter
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payerpack.formats.x12 import read

HERE = Path(__file__).parent
x12: Any = SimpleNamespace(**runpy.run_path(str(HERE / "x12_files.py")))
Synthetic837: Any = runpy.run_path(str(HERE.parents[1] / "bench" / "synthetic_837.py"))["Synthetic837"]

SAMPLE = "".join(Synthetic837(12, 2).pieces()).encode()
EXPECTED = x12.read_all(SAMPLE)
MARKS = "|^!$%&;<=>?@[]{}#\x1c\x1d\x1e\x1f"


class Pieces(io.BytesIO):
    """A stream whose reads return as few bytes as the test says."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        super().__init__(data)
        self._sizes = sizes
        self._reads = 0

    def read(self, size: int | None = -1) -> bytes:
        self._reads += 1
        return super().read(min(size or 1, self._sizes[self._reads % len(self._sizes)]))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=30))
def test_the_pieces_in_which_a_stream_comes_change_nothing(sizes):
    assert list(read(Pieces(SAMPLE + SAMPLE, sizes), "x.837")) == EXPECTED * 2


def test_a_stream_may_come_byte_by_byte():
    assert list(read(Pieces(b"\xef\xbb\xbf\r\n" + SAMPLE, [1]), "x.837")) == EXPECTED


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(MARKS), min_size=4, max_size=4, unique=True))
def test_other_separators_change_nothing(marks):
    other = SAMPLE.decode().translate(str.maketrans("*:^~", "".join(marks))).encode()

    assert x12.read_all(other) == EXPECTED


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("nothing between segments", "~"),
        ("carriage returns and line feeds", "~\r\n"),
        ("line feeds as terminators", "\n"),
        ("carriage returns and line feeds as terminators", "\r\n"),
        ("blanks after terminators", "~   \n"),
        ("blanks before terminators", "   ~\n"),
        ("empty lines", "~\n\n \n"),
        ("doubled terminators", "~~"),
    ],
)
def test_what_stands_between_segments_changes_nothing(name, end):
    data = SAMPLE.replace(b"~\n", end.encode())

    assert x12.read_all(data) == EXPECTED, name


def test_blanks_at_the_end_of_elements_change_nothing():
    data = SAMPLE.replace(b"*UN*", b" *UN  *").replace(b"*PI*", b"  *PI *").replace(b"*D8*", b" *D8 *")

    assert x12.read_all(data) == EXPECTED


def test_lines_of_eighty_characters_are_joined():
    text = SAMPLE.replace(b"\n", b"")
    wrapped = b"\r\n".join(text[start : start + 80] for start in range(0, len(text), 80))

    assert x12.read_all(wrapped) == EXPECTED


@pytest.mark.parametrize("ending", [b"", b"~", b"\r\n\r\n", b"~\x1a", b"~  \n \x00"])
def test_what_follows_the_last_segment_changes_nothing(ending):
    assert x12.read_all(SAMPLE.removesuffix(b"~\n") + ending) == EXPECTED


def test_empty_elements_at_the_end_of_a_segment_change_nothing():
    assert x12.read_all(SAMPLE.replace(b"~\n", b"***~\n").replace(b":***~", b":~", 1)) == EXPECTED


@pytest.mark.parametrize("written", [">", "\\", "!"])
def test_a_component_separator_that_the_header_does_not_declare_is_told_by_clm05(written):
    parts = (x12.BILLING, x12.SUBSCRIBER, x12.CLAIM, x12.LINE.replace("***1", "***1:2"))

    bent = x12.claims_file(*(part.replace(":", written) for part in parts))

    assert x12.read_all(bent) == [x12.read_one(*parts)]


def test_a_bent_separator_ends_with_the_claims_that_use_it():
    bent = x12.CLAIM.replace(":", ">"), x12.LINE.replace(":", ">")

    first, second = x12.read_all(x12.claims_file(x12.BILLING, x12.SUBSCRIBER, *bent, x12.CLAIM, x12.LINE))

    assert first == second


# -- a whole file ------------------------------------------------------------------------------------------------------


def sums(claims: list[Any]) -> tuple[Counter[str], Decimal]:
    found: Counter[str] = Counter()
    charge = Decimal(0)
    for claim in claims:
        found.update(
            claims=1,
            lines=len(claim.lines),
            diagnoses=len(claim.diagnoses),
            documents=len(claim.documents),
            authorizations=len(claim.authorizations),
            notes="claim_note" in claim.attributes,
            dependents="-" in claim.patient.id,
            other_payers=len(claim.attributes.get("other_payers", ())),
            decided_lines=len(claim.attributes.get("other_payer_lines", ())),
        )
        for line in claim.lines:
            found.update(modifiers=len(line.modifiers), units=int(line.units), drugs=bool(line.ndc))
            charge += line.charge
    return found, charge


def test_every_sum_of_a_synthetic_file_is_found():
    synthetic = Synthetic837(1_000, 3)
    data = "".join(synthetic.pieces()).encode()

    assert sums(x12.read_all(data)) == (synthetic.truth, synthetic.charge)


def test_memory_does_not_grow_with_the_file():
    def peak(interchanges: int) -> int:
        data = "".join(Synthetic837(100, 1).pieces()).encode() * interchanges
        tracemalloc.start()
        for _ in read(io.BytesIO(data), "x.837"):
            pass
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    assert peak(30) < 1.5 * peak(6)

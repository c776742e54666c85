"""Choosing a format by content, and opening files, streams and standard input."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING

import pytest

from payerpack.claim import Claim
from payerpack.errors import DataError
from payerpack.finding import Format
from payerpack.formats import builtin_formats, read_claims

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CLAIM = {
    "id": "C-1",
    "type": "professional",
    "payer": {"id": "60054"},
    "patient": {"id": "P-1"},
    "billing_provider": {"npi": "1234567893"},
}
CONTENT = json.dumps([CLAIM]).encode()


def ids(found: Iterator[object]) -> list[str]:
    return [one.id for one in found if isinstance(one, Claim)]


def test_a_file_is_told_by_its_content_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "claims.837"
    path.write_bytes(CONTENT)
    assert ids(read_claims(path)) == ["C-1"]
    assert ids(read_claims(str(path))) == ["C-1"]


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(CONTENT), encoding="utf-8"))
    assert ids(read_claims("-")) == ["C-1"]


class _Pipe(io.RawIOBase):
    """A stream that cannot seek and hands over three bytes at a time."""

    def __init__(self, content: bytes) -> None:
        self._inner = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._inner.read(3 if size < 0 else min(size, 3))


def test_a_stream_need_not_seek_and_may_come_in_pieces() -> None:
    content = b"".join(json.dumps({**CLAIM, "id": f"C-{n}"}).encode() + b"\n" for n in range(2000))
    assert ids(read_claims(_Pipe(content))) == [f"C-{n}" for n in range(2000)]


def test_a_stream_that_was_given_stays_open() -> None:
    stream = io.BytesIO(CONTENT)
    list(read_claims(stream))
    assert not stream.closed


def test_the_first_format_that_fits_reads_the_file() -> None:
    def never(stream: object, name: str) -> Iterator[Claim]:
        raise AssertionError

    def one(stream: object, name: str) -> Iterator[Claim]:
        return iter((next(iter(read_claims(io.BytesIO(CONTENT)))),))

    formats = [
        Format("writer", write=lambda reviews, out: None),
        Format("no", lambda head: False, never),
        Format("yes", lambda head: head == b"strange", one),
        Format("late", lambda head: True, never),
    ]
    assert ids(read_claims(io.BytesIO(b"strange"), formats=formats)) == ["C-1"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7 ...", "is no claim file but a PDF"),
        (b"PK\x03\x04....", "is no claim file but a zip archive"),
        (b"<Bundle/>", "is no claim file but XML"),
        (b"id,code\n1,72192\n", "is no claim file; give one of these formats: json, x12-837"),
        (b"  \n", "is empty"),
        (b"", "is empty"),
    ],
)
def test_an_unknown_file_is_refused_by_name_in_one_sentence(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "input.dat"
    path.write_bytes(content)
    with pytest.raises(DataError) as found:
        list(read_claims(path))
    (problem,) = found.value.problems
    assert problem.location == str(path)
    assert words in problem.message


@pytest.mark.parametrize("name", ["missing.json", "."])
def test_a_file_that_cannot_be_opened_is_reported(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        list(read_claims(tmp_path / name))


def test_the_formats_that_come_with_the_core_have_different_names() -> None:
    names = [one.name for one in builtin_formats()]
    assert {"json", "jsonl", "x12-837"} <= set(names)
    assert len(names) == len(set(names))

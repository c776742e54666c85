"""X12 837 claim files, professional (005010X222) and institutional (005010X223), as a stream of claims.

A reader of our own over segments: several interchanges, groups, transactions and claims in one file, memory that does
not grow with it, and a bad claim that costs only itself. It reads what a review needs and checks what it reads; it is
no validator of the implementation guide.

Each module has one part: ``x12_segments`` cuts the stream into segments, ``x12_envelope`` follows interchanges,
groups and transactions, ``x12_loops`` says which handler reads which segment in which loop, ``x12_claim_loops`` and
``x12_line_loops`` hold the handlers, ``x12_draft`` makes records of what they gathered, ``x12_values`` reads elements.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Final

from payerpack.errors import DataError, Problem
from payerpack.finding import Format
from payerpack.formats.x12_loops import LOOPS
from payerpack.formats.x12_reader import Reader, Unread
from payerpack.formats.x12_segments import read_segments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payerpack.claim import Claim, RejectedClaim


def sniff(start: bytes) -> bool:
    """Say whether a file is X12, of whatever kind: `read` refuses by name what is no 837."""
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    return text.startswith(b"ISA") and not text[3:4].isalnum()


def read(stream: BinaryIO, name: str) -> Iterator[Claim | RejectedClaim]:
    """Yield every claim of an 837 file, in order; claims in are claims out.

    Args:
        stream: The file's bytes; read in pieces, never as a whole.
        name: The file's name, for messages.

    Yields:
        A claim, or for a claim with problems a rejected claim with all of them, each with its segment's position in
        the file (the first ISA segment is 1) and its element. Problems of a level above claims (a billing provider
        without an NPI) reject the claims below it.

    Raises:
        DataError: After the last claim, when the file holds what is no 837 that can be read, when it was cut, or when
            its envelope's counts or control numbers do not match. All of it at once.
    """
    reader = Reader(name, LOOPS)
    problems: tuple[Problem, ...] = ()
    out = 0
    try:
        for separators, raw_segments in read_segments(stream, name):
            reader.take(separators, raw_segments)
            for claim in reader.drain():
                out += 1
                yield claim
    except DataError as error:
        problems = error.problems
    reader.cut_claim()
    for claim in reader.drain():
        out += 1
        yield claim
    assert out == reader.claims, "every CLM segment becomes a claim or a rejected claim"
    if not problems:
        reader.envelope.finish(reader.position)
    if reader.claims or not reader.unread:  # counts do not matter in a file that is refused as a whole
        problems = (*reader.envelope.all_problems(), *problems)
    problems = (*(_not_read(name, *item) for item in reader.unread.items()), *problems)
    if problems:
        raise DataError(*problems)


def _not_read(name: str, sentence: str, what: Unread) -> Problem:
    where = name if what.first else f"{name}: segment {what.position}"
    lost = f" ({what.claims} claim{'s' if what.claims > 1 else ''} not read)" if what.claims else ""
    return Problem(where, sentence + lost)


FORMAT: Final = Format(name="x12-837", sniff=sniff, read=read)

"""Claims from JSON: one claim, a list of claims, ``{"claims": [...]}``, or JSON Lines with one claim per line."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import msgspec

from payerpack.claim import Claim, RejectedClaim
from payerpack.errors import ClaimError, DataError, Problem
from payerpack.finding import Format
from payerpack.formats.json_records import Record, looks_like_json, read_records
from payerpack.formats.structure import decode_claim
from payerpack.formats.writers import write_json, write_jsonl

if TYPE_CHECKING:
    from collections.abc import Iterator

_TELLING: Final = frozenset(("id", "type", "payer", "patient", "billing_provider"))
"""Keys that every claim has: an object with none of them is something else."""
_LOOK: Final = 2
"""So many records are looked at before a file is refused: one may be the bad one."""


def read_json(stream: BinaryIO, name: str) -> Iterator[Claim | RejectedClaim]:
    """Yield a claim or a rejected claim for every record of the stream, in order.

    JSON Lines are streamed; any other layout is read whole. A bad claim costs nothing but itself: it is yielded as a
    rejected claim with all its problems, each with its JSON path.

    Raises:
        DataError: The stream is not UTF-8 or not JSON, or what it holds first is no claim at all.
    """
    for record in read_texts(stream, name):
        yield _claim(record)


def read_texts(stream: BinaryIO, name: str) -> Iterator[Record]:
    """Yield the text of every record of the stream, in order, for one that decodes it elsewhere; see `read_json`."""
    records = read_records(stream, name, plural="claims")
    first = list(itertools.islice(records, _LOOK))
    foreign = [found for record in first if (found := _foreign(record))]
    if first and len(foreign) == len(first):
        raise DataError(Problem(name, f"is JSON but holds no claim ({foreign[0]}); give a claim or a list of claims"))
    yield from itertools.chain(first, records)


def _claim(record: Record) -> Claim | RejectedClaim:
    try:
        return decode_claim(record.data)
    except ClaimError as error:
        return RejectedClaim(record.location, error.problems, _claim_id(record))


def _foreign(record: Record) -> str:
    """Say what a record is that is no claim, not even a bad one; empty for a claim."""
    value = _plain(record)
    if value is None:
        return ""
    if not isinstance(value, dict):
        return "a value that is no object"
    if "resourceType" in value:
        return "a FHIR resource"
    return "an object without any key that tells a claim" if value and _TELLING.isdisjoint(value) else ""


def _claim_id(record: Record) -> str:
    value = _plain(record)
    found = value.get("id") if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def _plain(record: Record) -> Any:
    """Return the record as plain values, or ``None`` when it is not JSON."""
    try:
        return msgspec.json.decode(record.data)
    except (ValueError, RecursionError):
        return None


JSON: Final = Format(name="json", sniff=looks_like_json, read=read_json, write=write_json)
JSON_LINES: Final = Format(name="jsonl", read=read_json, write=write_jsonl)

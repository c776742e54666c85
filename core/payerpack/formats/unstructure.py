"""Claims and history lines back into the JSON shape that `payerpack.formats.structure` reads."""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import attrs
import msgspec

from payerpack.claim import Claim
from payerpack.formats.shapes import shape_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from payerpack.claim import HistoryLine, ServiceLine

_encode: Final = msgspec.json.Encoder(decimal_format="number").encode
_PLAIN: Final = frozenset((str, int, bool, type(None)))


def unstructure_claim(claim: Claim) -> dict[str, Any]:
    """Return the claim in the JSON shape, without the keys that say no more than their absence.

    ``structure_claim`` makes an equal claim of it. Free facts keep ``Decimal`` numbers.
    """
    return _plain_record(claim)


def encode_claim(claim: Claim) -> bytes:
    """Return the claim as one line of UTF-8 JSON, in the fewest steps: for a digest, or for another process to decode.

    Amounts and units are numbers with every digit. Equal claims give equal bytes but for the order of free facts.
    """
    try:  # measured for a claim of four lines: 6 us by way of its twin, 29 us key by key
        return _encode(msgspec.convert(claim, shape_of(Claim).twin, from_attributes=True))
    except (ValueError, TypeError):  # a host made it of other types than the reader would
        return _encode(_plain_record(claim))


def unstructure_line(line: ServiceLine) -> dict[str, Any]:
    """Return one line in the JSON shape, without the keys that say no more than their absence."""
    return _plain_record(line)


def unstructure_history(past: HistoryLine) -> dict[str, Any]:
    """Return the history line in its flat JSON shape; see `payerpack.formats.structure.structure_history`."""
    header = _plain_record(past.claim)
    header.pop("lines", None)
    claim_id = header.pop("id")
    flat = {**header, **_plain_record(past.line), "status": past.status}
    if claim_id:
        flat["claim_id"] = claim_id
    if past.paid_amount is not None:
        flat["paid_amount"] = str(past.paid_amount)
    if past.processed_date is not None:
        flat["processed_date"] = past.processed_date.isoformat()
    if past.facts:
        flat["facts"] = _plain(past.facts)
    return flat


def encode_plain(value: Mapping[str, Any]) -> bytes:
    """Return what the other functions of this module return as one line of UTF-8 JSON."""
    return _encode(value)


@cache
def _reader(kind: Any) -> tuple[Callable[[Any], tuple[Any, ...]], tuple[tuple[str, Any], ...]]:
    """Return what reads all attributes of a record at once, and each one's key and what says that it is absent.

    No value equals what stands for a key that is required, so that it is always written.
    """
    keys = shape_of(kind).keys.values()
    read = operator.attrgetter(*(key.attribute for key in keys))
    return read, tuple((key.name, object() if key.required else key.absent()) for key in keys)


def _plain_record(record: Any) -> dict[str, Any]:
    kind: Any = type(record)
    read, keys = _reader(kind)
    plain = {}
    for (name, absent), value in zip(keys, read(record), strict=True):
        if value is not absent and value != absent:
            plain[name] = str(value) if type(value) is Decimal else _plain(value)
    return plain


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is tuple or isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return _plain_record(value) if attrs.has(kind) else value

"""Claims and history lines back into the JSON shape that `payerpack.formats.structure` reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import attrs
import msgspec

from payerpack.formats.shapes import shape_of

if TYPE_CHECKING:
    from payerpack.claim import Claim, HistoryLine, ServiceLine

# Money and units are texts by then; the decimals left are numbers of free facts, and numbers they stay.
_encode: Final = msgspec.json.Encoder(decimal_format="number").encode


def unstructure_claim(claim: Claim) -> dict[str, Any]:
    """Return the claim in the JSON shape, without the keys that say no more than their absence.

    ``structure_claim`` makes an equal claim of it. Free facts keep ``Decimal`` numbers.
    """
    return _plain_record(claim)


def encode_claim(claim: Claim) -> bytes:
    """Return the claim as one line of UTF-8 JSON; equal claims give equal bytes but for the order of free facts."""
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


def _plain_record(record: Any) -> dict[str, Any]:
    plain = {}
    kind: Any = type(record)
    for key in shape_of(kind).keys.values():
        value = getattr(record, key.attribute)
        if key.required or value != key.absent():
            plain[key.name] = str(value) if isinstance(value, Decimal) else _plain(value)
    return plain


def _plain(value: Any) -> Any:
    if attrs.has(type(value)):
        return _plain_record(value)
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value.isoformat() if isinstance(value, dt.date) else value

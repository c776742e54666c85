"""Earlier lines from a JSON or JSON Lines file: history lines, or whole claims with a status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from payerpack.errors import ClaimError, DataError
from payerpack.formats.json_records import read_records
from payerpack.formats.shapes import history_shape
from payerpack.formats.soundness import amount_faults
from payerpack.formats.structure import claim_error, history_line, parse, sound, structure_claim, structure_history
from payerpack.formats.walk import Walk

if TYPE_CHECKING:
    from payerpack.claim import HistoryLine
    from payerpack.formats.structure import Bytes


def read_history(stream: BinaryIO, name: str) -> list[HistoryLine]:
    """Return the history lines of a stream: JSON Lines, a list, one object, or ``{"history": [...]}``.

    A record is a flat history line (see `payerpack.formats.structure.structure_history`), or a whole claim, told by
    its ``lines``: each of them becomes a history line. A claim's ``status`` (paid unless it says otherwise) counts for
    all of its lines; a line may have a ``status`` and a ``paid_amount`` of its own.

    Raises:
        DataError: Something cannot be read; holds every problem of the file. Half a history would change reviews
            silently, so unlike a bad claim a bad record fails the file.
    """
    records = read_records(stream, name, plural="history")
    found, problems = sound(_lines, ((record.data, record.location) for record in records))
    if problems:
        raise DataError(*problems)
    return [line for lines in found for line in lines]


def _lines(data: Bytes, where: str) -> list[HistoryLine]:
    value = parse(data, where)
    if isinstance(value, dict) and "lines" in value:
        return _whole_claim(value, where)
    return [structure_history(value, where)]


def _whole_claim(value: dict[str, Any], where: str) -> list[HistoryLine]:
    walk = Walk()
    fates = {name: history_shape().keys[name].kind for name in ("status", "paid_amount")}
    status = walk.value(value.pop("status", "paid"), fates["status"], "$.status")
    lines = value["lines"] if isinstance(value["lines"], list) else []
    own: list[dict[str, Any]] = []
    for index, line in enumerate(lines):
        path = f"$.lines[{index}]"
        held = [name for name in fates if isinstance(line, dict) and name in line]
        own.append({name: walk.value(line.pop(name), fates[name], f"{path}.{name}") for name in held})
        walk.faults.extend(amount_faults(own[-1].get("paid_amount"), f"{path}.paid_amount"))
    problems = claim_error(walk.faults, where).problems
    try:
        claim = structure_claim(value, where)
    except ClaimError as error:
        raise ClaimError(*problems, *error.problems) from None
    if problems:
        raise ClaimError(*problems)
    return [
        history_line(claim, line, processed_date=claim.processed_date, **{"status": status, **fate})
        for line, fate in zip(claim.lines, own, strict=True)
    ]

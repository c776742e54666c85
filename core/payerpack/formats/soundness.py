"""What a claim must satisfy beyond the type of each key: what is required, what points where, which range is possible.

The same functions check a claim that the fast reader decoded and one that the explaining reader put together as far as
it could; there ``None`` stands for what could not be read, and nothing is said about that twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from payerpack.claim import Claim, HistoryLine, ServiceLine

Fault = tuple[str, str]
"""A JSON path, and what is wrong there and what to do."""

_ZERO: Final = Decimal(0)
_LIMIT: Final = Decimal(10) ** 12
_LEAST: Final = -_LIMIT
"""No amount or count of a claim comes near it; a larger one is a slip, and costly to write out in full."""
_DEEPEST: Final = 20
_ATTACHMENTS: Final = ("attestations", "documents")
_SIMPLE: Final = frozenset((str, int, bool, type(None)))
_NOT_READ: Final[frozenset[int | None]] = frozenset((None,))
_NO_PATIENT: Final[Fault] = ("$.patient.id", "is empty; write the id that the payer knows the patient by")


def claim_faults(claim: Claim) -> list[Fault]:
    """Return everything that is wrong with a claim whose keys have the right types, in the order of its keys."""
    faults: list[Fault] = []
    if claim.id == "":
        faults.append(("$.id", "is empty; write the claim's id"))
    if claim.payer is not None and claim.payer.id == "":
        faults.append(("$.payer.id", "is empty; write the payer's id"))
    if claim.patient is not None and claim.patient.id == "":
        faults.append(_NO_PATIENT)
    if claim.billing_provider is not None and claim.billing_provider.npi == "":
        faults.append(("$.billing_provider.npi", "is required; write the billing provider's NPI"))
    lines = claim.lines or ()
    diagnoses = None if claim.diagnoses is None else len(claim.diagnoses)
    odd = [index for index, line in enumerate(lines) if not _is_plain(line, index + 1, diagnoses)]
    if odd or _asks(claim):
        numbers = frozenset(line.number for line in lines) if claim.lines is not None else _NOT_READ
        if len(numbers) < len(lines):
            faults.extend(_repeated(lines))
        for index in odd:
            line, path = lines[index], f"$.lines[{index}]"
            faults.extend(line_faults(line, path))
            faults.extend(_base_faults(line, path, numbers))
            faults.extend(_pointer_faults(line, path, diagnoses))
        faults.extend(_attachment_faults(claim, numbers))
    return faults


def history_faults(past: HistoryLine) -> list[Fault]:
    """Return everything that is wrong with a flat history line; what its claim's other lines say is not asked."""
    faults = list(line_faults(past.line, "$"))
    claim = past.claim
    if claim.patient is not None and claim.patient.id == "":
        faults.append(_NO_PATIENT)
    if claim.diagnoses:
        faults.extend(_pointer_faults(past.line, "$", len(claim.diagnoses)))
    faults.extend(_authorization_faults(claim))
    faults.extend(amount_faults(past.paid_amount, "$.paid_amount"))
    return faults


def _is_plain(line: ServiceLine, place: int, diagnoses: int | None) -> bool:
    """Say whether a line is one of the many about which there is nothing to ask: numbered by its place, one date."""
    pointers, charge = line.diagnosis_pointers, line.charge
    try:
        return (
            line.number == place
            and line.code != ""
            and line.service_date_end is None
            and line.base_line is None
            and _ZERO < line.units < _LIMIT
            and (charge is None or _LEAST < charge < _LIMIT)
            and (not pointers or (min(pointers) > 0 and max(pointers) <= (diagnoses or 0)))
        )
    except (TypeError, ArithmeticError):  # something could not be read, or is not a number
        return False


def line_faults(line: ServiceLine, path: str) -> Iterator[Fault]:
    """Yield what is wrong with one line on its own."""
    if line.number is not None and line.number < 1:
        yield f"{path}.number", "is below 1; number the lines from 1"
    if line.code == "" and line.revenue_code == "":
        yield f"{path}.code", "is required without a revenue_code; write the procedure code"
    yield from units_faults(line.units, f"{path}.units")
    yield from amount_faults(line.charge, f"{path}.charge")
    yield from _order_faults(line.service_date, line.service_date_end, f"{path}.service_date_end", "service_date")


def units_faults(units: Decimal | None, path: str) -> Iterator[Fault]:
    """Yield a fault when a count of units is not above zero, or impossibly large."""
    if units is not None and not (units.is_finite() and _ZERO < units < _LIMIT):
        yield path, "is not a possible count of units; write a number above 0, such as 1"


def amount_faults(amount: Decimal | None, path: str) -> Iterator[Fault]:
    """Yield a fault when an amount is not a number or impossibly large."""
    if amount is not None and not (amount.is_finite() and -_LIMIT < amount < _LIMIT):
        yield path, 'is not a possible amount; write US dollars, such as "178.10"'


def freeze_facts(facts: Mapping[str, Any], path: str, faults: list[Fault]) -> Any:
    """Return free facts as `freeze` does; almost all are texts, yes or no, and lists of these, and are known at once."""
    frozen = {}
    for key, value in facts.items():
        if type(key) is not str:
            return freeze(facts, path, faults)
        kind = type(value)
        if kind in _SIMPLE:
            frozen[key] = value
        elif kind is list and _SIMPLE.issuperset(map(type, value)):
            frozen[key] = tuple(value)
        else:
            frozen[key] = freeze(value, f"{path}.{key}", faults, 1)
    return frozen


def freeze(value: Any, path: str, faults: list[Fault], depth: int = 0) -> Any:
    """Return free facts with tuples for lists and exact decimals for numbers; note what no claim may hold."""
    if isinstance(value, (str, int, dt.date)) or value is None:
        return value
    if isinstance(value, (float, Decimal)):
        number = value if isinstance(value, Decimal) else Decimal(repr(value))
        if not isfinite(value) or not -_LIMIT < number < _LIMIT:
            faults.append((path, "is not a possible number; write one of at most 12 digits before the point"))
        return number
    if depth == _DEEPEST:
        faults.append((path, f"is nested deeper than {_DEEPEST} levels; flatten it"))
    elif isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            faults.append((path, "has a key that is not text; write every key in quotes"))
        return {key: freeze(item, f"{path}.{key}", faults, depth + 1) for key, item in value.items()}
    elif isinstance(value, (list, tuple)):
        return tuple(freeze(item, f"{path}[{index}]", faults, depth + 1) for index, item in enumerate(value))
    else:
        faults.append((path, f"holds a {type(value).__name__}; write text, a number, true or false, a list or a table"))
    return None


def _repeated(lines: Iterable[ServiceLine]) -> Iterator[Fault]:
    first: dict[int, int] = {}
    for index, line in enumerate(lines):
        if line.number is not None and first.setdefault(line.number, index) != index:
            yield (
                f"$.lines[{index}].number",
                (f"repeats {line.number}, the number of $.lines[{first[line.number]}]; give every line its own number"),
            )


def _base_faults(line: ServiceLine, path: str, numbers: frozenset[int | None]) -> Iterator[Fault]:
    if line.base_line is not None:
        yield from _unknown_lines((line.base_line,), f"{path}.base_line", numbers)
        if line.base_line == line.number:
            yield f"{path}.base_line", "is the line's own number; write the number of the line that it depends on"


def _pointer_faults(line: ServiceLine, path: str, diagnoses: int | None) -> Iterator[Fault]:
    for index, pointer in enumerate(line.diagnosis_pointers or ()):
        if pointer is not None and diagnoses is not None and not 1 <= pointer <= diagnoses:
            held = f"1 to {diagnoses}" if diagnoses else "none, as the claim has no diagnoses"
            yield (
                f"{path}.diagnosis_pointers[{index}]",
                f"is {pointer} and points at no diagnosis; write a position in the claim's diagnoses ({held})",
            )


def _authorization_faults(claim: Claim) -> Iterator[Fault]:
    for index, authorization in enumerate(claim.authorizations or ()):
        path = f"$.authorizations[{index}]"
        yield from _order_faults(authorization.from_, authorization.to, f"{path}.to", "from")
        yield from units_faults(authorization.units, f"{path}.units")


def _asks(claim: Claim) -> bool:
    """Say whether there is anything to ask about what is attached: lines that it points at, dates in order, units."""
    for authorization in claim.authorizations or ():
        if authorization.to is not None or authorization.units is not None:
            return True
    for attached in (claim.attestations, claim.documents):
        for attachment in attached or ():
            if attachment.lines != ():
                return True
    return False


def _attachment_faults(claim: Claim, numbers: frozenset[int | None]) -> Iterator[Fault]:
    yield from _authorization_faults(claim)
    for name in _ATTACHMENTS:
        for index, attachment in enumerate(getattr(claim, name) or ()):
            yield from _unknown_lines(attachment.lines or (), f"$.{name}[{index}].lines", numbers)


def _unknown_lines(pointed: Iterable[int | None], path: str, numbers: frozenset[int | None]) -> Iterator[Fault]:
    if None in numbers:  # a line's number could not be read: what points nowhere may point at it
        return
    for number in pointed:
        if number not in numbers and number is not None:
            yield path, f"is {number} and the claim has no such line; write the number of one of its lines"


def _order_faults(first: dt.date | None, last: dt.date | None, path: str, other: str) -> Iterator[Fault]:
    if first is not None and last is not None and last < first:
        yield path, f"is before {other}; write a date on or after it"

"""Claims and history lines from JSON: from bytes, or from a mapping that somebody parsed already.

Two roads lead to the same records. The fast road decodes into the shapes' twins, which msgspec checks key by key in
C. What it refuses goes down the slow road, which walks the same shapes, collects every problem with its JSON path, and
names the nearest key for an unknown one. No message repeats a value: it could be a patient's.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs
import msgspec

from payerpack.claim import Claim, HistoryLine, HistoryStatus, ServiceLine
from payerpack.errors import ClaimError, Problem
from payerpack.formats.shapes import history_shape, shape_of
from payerpack.formats.soundness import Fault, claim_faults, freeze, freeze_facts, history_faults
from payerpack.formats.walk import Walk, made

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable

T = TypeVar("T")
Bytes = bytes | bytearray | memoryview | msgspec.Raw

_NONE: Final = ()
_CLAIM_MAPS: Final = ("coverage", "contract", "attributes")


def structure_claim(mapping: Mapping[str, Any], where: str = "") -> Claim:
    """Return the claim that a mapping in the JSON shape describes.

    Money and units may be texts, integers, floats or ``Decimal``; dates may be ISO texts or ``datetime.date``; lists
    may be tuples. Codes and modifiers are kept as they are written, right or wrong: that is for rules to say.

    Args:
        mapping: The claim, with the keys of the JSON shape.
        where: The file and the claim's place in it; every problem's location begins with it.

    Raises:
        ClaimError: The mapping is no sound claim; holds every problem, each with its JSON path.
    """
    try:
        twin = msgspec.convert(mapping, shape_of(Claim).twin)
    except (ValueError, RecursionError):
        return _explain_claim(mapping, where)
    return _sound_claim(twin, where)


def decode_claim(data: Bytes, where: str = "") -> Claim:
    """Return the claim that UTF-8 JSON text describes; see `structure_claim`.

    Numbers keep every digit: ``178.10`` is ``Decimal("178.10")``, in quotes or not.

    Raises:
        ClaimError: The text is not JSON, or is no sound claim; holds every problem.
    """
    try:
        twin = _decoder(shape_of(Claim).twin).decode(data)
    except (ValueError, RecursionError):
        return _explain_claim(parse(data, where), where)
    return _sound_claim(twin, where)


def structure_history(mapping: Mapping[str, Any], where: str = "") -> HistoryLine:
    """Return the history line that a flat mapping describes: a line's keys, its claim's, and what became of it.

    Required are ``patient.id``, ``service_date`` and ``code`` (or ``revenue_code``). ``number`` is 1, ``type``
    professional and ``status`` paid unless they say otherwise; the claim's own id is ``claim_id``. Keys that line and
    claim share (``place_of_service``, ``rendering_provider``) are the line's.

    Raises:
        ClaimError: The mapping is no sound history line; holds every problem, each with its JSON path.
    """
    try:
        twin = msgspec.convert(mapping, history_shape().twin)
    except (ValueError, RecursionError):
        return _explain_history(mapping, where)
    return _sound_history(twin, where)


def decode_history(data: Bytes, where: str = "") -> HistoryLine:
    """Return the history line that UTF-8 JSON text describes; see `structure_history`.

    Raises:
        ClaimError: The text is not JSON, or is no sound history line; holds every problem.
    """
    try:
        twin = _decoder(history_shape().twin).decode(data)
    except (ValueError, RecursionError):
        return _explain_history(parse(data, where), where)
    return _sound_history(twin, where)


def parse(data: Bytes, where: str = "") -> Any:
    """Return UTF-8 JSON text as plain values, numbers with a point as ``Decimal``.

    Raises:
        ClaimError: The text is not JSON, or not UTF-8.
    """
    try:
        return _decoder(Any).decode(data)
    except UnicodeDecodeError as error:
        problem = f"is not UTF-8 text ({error.reason}); save the file as UTF-8"
    except RecursionError:
        problem = "is nested too deeply for a claim; check what wrote it"
    except ValueError as error:
        problem = f"is not valid JSON ({error}); check what wrote it"
    raise ClaimError(Problem(where or "$", problem))


@cache
def _decoder(wanted: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(wanted, float_hook=_exact)


def _exact(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:
        raise ValueError("a number is out of range") from None


def history_line(
    claim: Claim,
    line: ServiceLine,
    *,
    status: HistoryStatus = "paid",
    paid_amount: Decimal | None = None,
    processed_date: dt.date | None = None,
    facts: Mapping[str, Any] | None = None,
) -> HistoryLine:
    """Return a line of a claim as a history line, in the one form that every source gives it.

    What the line leaves to its claim (``place_of_service``, ``rendering_provider``) is written on the line, and the
    claim keeps only its header and this line.
    """
    line = attrs.evolve(
        line,
        place_of_service=line.place_of_service or claim.place_of_service,
        rendering_provider=line.rendering_provider or claim.rendering_provider,
    )
    header = attrs.evolve(claim, lines=(line,), place_of_service="", rendering_provider=None)
    return HistoryLine(header, line, status, paid_amount, processed_date, {} if facts is None else facts)


def sound(read: Callable[..., T], records: Iterable[tuple[Any, str]]) -> tuple[list[T], list[Problem]]:
    """Read every record, each given with its place, and return what could be read and all problems of the rest."""
    found: list[T] = []
    problems: list[Problem] = []
    for value, where in records:
        try:
            found.append(read(value, where))
        except ClaimError as error:
            problems.extend(error.problems)
    return found, problems


def claim_error(faults: list[Fault], where: str = "") -> ClaimError:
    """Return the error that says all these faults of what stands at ``where``."""
    return ClaimError(*(Problem(f"{where}: {path}" if where else path, message) for path, message in faults))


def _sound_claim(twin: Any, where: str) -> Claim:
    # Measured for a claim of four lines: a twin and its conversion 9.2 us; a twin and the classes' own constructors
    # 12.1 us; a twin as a mere check and msgspec's decoding into attrs classes 19.2 us.
    faults: list[Fault] = []
    for line in twin.lines:
        if not (line.tooth is line.oral_area is line.surfaces is _NONE):
            _listed(line)
    _freeze_facts(twin, faults)
    claim = msgspec.convert(twin, Claim, from_attributes=True)
    faults += claim_faults(claim)
    if faults:
        raise claim_error(faults, where)
    return claim


def _sound_history(twin: Any, where: str) -> HistoryLine:
    faults: list[Fault] = []
    _listed(twin)
    _freeze_facts(twin, faults)
    twin.facts = freeze(twin.facts, "$.facts", faults)
    line = msgspec.convert(twin, ServiceLine, from_attributes=True)
    header = msgspec.convert(twin, Claim, from_attributes=True)
    past = history_line(
        header,
        line,
        status=twin.status,
        paid_amount=twin.paid_amount,
        processed_date=twin.processed_date,
        facts=twin.facts,
    )
    faults += history_faults(past)
    if faults:
        raise claim_error(faults, where)
    return past


def _listed(line: Any) -> None:
    """Make the dental keys of a line's twin lists: one text stands for a list that holds just it."""
    for name in ("tooth", "oral_area", "surfaces"):
        value = getattr(line, name)
        if isinstance(value, str):
            setattr(line, name, (value,) if value else ())


def _freeze_facts(twin: Any, faults: list[Fault]) -> None:
    if twin.coverage or twin.contract or twin.attributes:
        for name in _CLAIM_MAPS:
            setattr(twin, name, freeze_facts(getattr(twin, name), f"$.{name}", faults))
    for index, attestation in enumerate(twin.attestations):
        attestation.facts = freeze_facts(attestation.facts, f"$.attestations[{index}].facts", faults)


def _explain_claim(value: Any, where: str) -> Claim:
    walk = Walk()
    claim: Claim = walk.record(value, shape_of(Claim), "$")
    if isinstance(value, Mapping):
        walk.faults += claim_faults(claim)
    if walk.faults:
        raise claim_error(walk.faults, where)
    return claim


def _explain_history(value: Any, where: str) -> HistoryLine:
    walk = Walk()
    found = walk.keys(value, history_shape(), "$")
    line = made(ServiceLine, found)
    header = made(Claim, found)
    fate = {name: found[name] for name in ("status", "paid_amount", "processed_date", "facts") if name in found}
    past = history_line(header, line, **fate)
    if isinstance(value, Mapping):
        walk.faults += history_faults(past)
    if walk.faults:
        raise claim_error(walk.faults, where)
    return past

"""Files of claims reviewed by several processes: the reviews and reports of one, in the same order."""

from __future__ import annotations

import zlib
from collections import deque
from typing import TYPE_CHECKING, Any, Final

import msgspec

from payerpack.claim import Claim, RejectedClaim
from payerpack.engine import Engine
from payerpack.errors import Problem
from payerpack.formats import open_claims
from payerpack.formats.json_claims import read_json, read_texts
from payerpack.formats.json_records import Record
from payerpack.formats.unstructure import encode_claim
from payerpack.formats.writers import encode_review, write_texts
from payerpack.scale.loop import Watched, place, read_items, reading, review_items
from payerpack.scale.processes import spread
from payerpack.scale.reviewing import Encoded, Fault, Unreadable, start, understood
from payerpack.scale.tally import Report, Tally

if TYPE_CHECKING:
    import datetime as dt
    import os
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import BinaryIO, TextIO

    from payerpack.finding import Format


def review_file(
    arguments: Mapping[str, Any],
    paths: Iterable[str | os.PathLike[str]],
    out: TextIO,
    *,
    workers: int = 1,
    policy: str | None = None,
    as_of: dt.date | None = None,
    report: Report | None = None,
) -> Tally:
    """Review every claim of some files and write each review as a line of JSON, in the order of the claims.

    Args:
        arguments: Those of `payerpack.Engine`; they must be picklable, for every process builds an engine of its own.
        paths: Files of claims in any format that `payerpack.read_claims` reads; ``-`` is standard input.
        out: Takes the lines.
        workers: How many processes review. All claims of a patient go to one of them, in order.
        policy: See `payerpack.Engine.review`.
        as_of: See `payerpack.Engine.review`.
        report: Takes what could not be read or reviewed; absent, it is only counted.

    Returns:
        The count. Claims in are reviews and errors together, always.

    Raises:
        DataError: The edition or the history cannot be opened.
        PackError: A pack cannot be used.
    """
    tally = Tally()
    sources = [path if isinstance(path, str) else str(path) for path in paths]
    say = report or _nothing
    if workers > 1:
        encoded = review_texts(arguments, sources, tally, say, workers=workers, policy=policy, as_of=as_of)
    else:
        items = read_items(sources, tally, say)
        reviewed = review_items(
            Engine(**arguments), items, tally, say, policy=policy, as_of=as_of, unexpected=_of_exception
        )
        encoded = (encode_review(one.review) for one in reviewed)
    write_texts(encoded, out)
    tally.check()
    return tally


def review_texts(
    arguments: Mapping[str, Any],
    sources: Sequence[str],
    tally: Tally,
    report: Report,
    *,
    workers: int,
    policy: str | None = None,
    as_of: dt.date | None = None,
    formats: Iterable[Format] | None = None,
    watched: Watched = str,
) -> Iterator[bytes]:
    """Yield the encoded review of every claim that can be reviewed; what becomes of the others is reported and counted.

    The claims are decoded where they are reviewed: this process only finds out whose they are and hands them on.
    """
    arguments = _shared(arguments)
    places: deque[tuple[str, int, Record | None]] = deque()
    known = None if formats is None else tuple(formats)

    def items() -> Iterator[tuple[int, bytes]]:
        for source in sources:
            with reading(tally, report):
                for position, found in enumerate(_texts(watched(source), known), start=1):
                    tally.claims += 1
                    if isinstance(found, RejectedClaim):
                        report(tally.reject(found))
                    elif isinstance(found, Claim):
                        places.append((source, position, None))
                        yield zlib.crc32(found.patient.id.encode()), encode_claim(found)
                    else:
                        places.append((source, position, found))
                        yield zlib.crc32(_patient(found)), bytes(found.data)

    for answer in spread(start, (arguments, policy, as_of), items(), workers):
        source, position, record = places.popleft()
        said = understood(answer)
        if isinstance(said, Encoded):
            tally.count(said.outcome)
            yield said.text
        elif isinstance(said, Unreadable):
            location = place(source, position) if record is None else record.location
            report(tally.reject(RejectedClaim(location, said.problems)))
        elif isinstance(said, Fault):
            tally.errors += 1
            report([_unexpected(said.what, place(source, position))])
        else:
            report(tally.refuse(place(source, position), said.problems))


class _HasId(msgspec.Struct):
    id: str


class _HasPatient(msgspec.Struct):
    patient: _HasId


_patient_of: Final = msgspec.json.Decoder(_HasPatient).decode


def _patient(record: Record) -> bytes:
    """Return what tells one patient from another; a text that does not say is nobody's."""
    try:
        return _patient_of(record.data).patient.id.encode()
    except (ValueError, RecursionError):
        return b""


def _texts(source: str | BinaryIO, formats: tuple[Format, ...] | None) -> Iterator[Record | Claim | RejectedClaim]:
    """Yield what a file holds: texts of claims where that is what it is made of, else claims."""
    with open_claims(source, formats=formats) as (chosen, stream, name):
        assert chosen.read is not None
        yield from read_texts(stream, name) if chosen.read is read_json else chosen.read(stream, name)


def _shared(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments with the edition that is the newest now: all processes map the same files.

    Raises:
        DataError: It cannot be opened.
    """
    edition = Engine(**arguments).open_edition()
    folder = getattr(edition, "path", None)
    return {**arguments, "edition": folder} if folder is not None else dict(arguments)


def _unexpected(what: str, location: str) -> Problem:
    advice = "review it by itself, with --workers 1 --debug, to see where"
    return Problem(location, f"unexpected {what}; {advice}")


def _of_exception(fault: Exception, location: str) -> Problem:
    return _unexpected(type(fault).__name__, location)


def _nothing(problems: Iterable[Problem]) -> None:
    for _ in problems:
        pass

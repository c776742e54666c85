"""Reviewing the texts of claims in another process: what it does with one, and what its answer says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from payerpack.engine import Engine
from payerpack.errors import ClaimError, DataError, PayerpackError, Problem
from payerpack.finding import ACTIONS, STRENGTH
from payerpack.formats.structure import decode_claim
from payerpack.formats.writers import encode_review
from payerpack.scale.loop import problems_of, strides
from payerpack.scale.processes import Lost

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from payerpack.claim import Claim
    from payerpack.finding import Review

_OUTCOMES: Final = (*ACTIONS, "accept")
_UNREADABLE: Final = len(_OUTCOMES)
_REFUSED: Final = _UNREADABLE + 1
_FAULT: Final = _REFUSED + 1
"""The first byte of an answer: the rank of the outcome, then the review; or one of these."""

_pack: Final = msgspec.msgpack.Encoder().encode
_unpack: Final = msgspec.msgpack.Decoder(list[tuple[str, str, str, str]]).decode


class Encoded(NamedTuple):
    """The outcome of a claim, and its review as `payerpack.formats.writers.encode_review` returns it."""

    outcome: str
    text: bytes


class Unreadable(NamedTuple):
    """A text that is no sound claim, and everything that is wrong with it."""

    problems: tuple[Problem, ...]


class Refused(NamedTuple):
    """A claim that could not be reviewed, and why."""

    problems: tuple[Problem, ...]


class Fault(NamedTuple):
    """A claim on which something failed that never should: what."""

    what: str


def start(
    arguments: Mapping[str, Any], policy: str | None, as_of: dt.date | None
) -> Callable[[Iterable[bytes]], Iterable[bytes]]:
    """Build an engine and return what reviews texts of claims by it; `understood` reads each answer.

    Args:
        arguments: Those of `payerpack.Engine`.
        policy: See `payerpack.Engine.review`.
        as_of: See `payerpack.Engine.review`.
    """
    review = Engine(**arguments).review

    def answers(texts: Iterable[bytes]) -> Iterator[bytes]:
        return map(encoded, strides(map(reviewed, strides(map(decoded, texts)))))

    def decoded(text: bytes) -> Claim | bytes:
        try:
            return decode_claim(text)
        except ClaimError as error:
            return _said(_UNREADABLE, error)

    def reviewed(claim: Claim | bytes) -> Review | bytes:
        if isinstance(claim, bytes):
            return claim
        try:
            return review(claim, policy, as_of=as_of)
        except DataError:
            raise  # the edition or the history fails every claim
        except PayerpackError as error:
            return _said(_REFUSED, error)
        except Exception as fault:  # noqa: BLE001 - one claim costs the others nothing, and its text may hold a patient's data
            return _failed(fault)

    def encoded(found: Review | bytes) -> bytes:
        if isinstance(found, bytes):
            return found
        try:
            return bytes((STRENGTH[found.outcome],)) + encode_review(found)
        except Exception as fault:  # noqa: BLE001 - as above: messages and facts are made when they are read
            return _failed(fault)

    return answers


def understood(answer: bytes | Lost) -> Encoded | Unreadable | Refused | Fault:
    """Return what an answer says."""
    if isinstance(answer, Lost):
        return Fault(f"end of two worker processes, the second with exit status {answer.status}")
    kind, rest = answer[0], answer[1:]
    if kind < _UNREADABLE:
        return Encoded(_OUTCOMES[kind], rest)
    if kind == _FAULT:
        return Fault(rest.decode())
    problems = tuple(Problem(*fields) for fields in _unpack(rest))
    return Unreadable(problems) if kind == _UNREADABLE else Refused(problems)


def _failed(fault: Exception) -> bytes:
    return bytes((_FAULT,)) + type(fault).__name__.encode()


def _said(kind: int, error: PayerpackError) -> bytes:
    return bytes((kind,)) + _pack([(p.location, p.message, p.code, p.excerpt) for p in problems_of(error)])

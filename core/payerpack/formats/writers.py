"""Reviews as JSON: a list that people can read, or one object per line for programs."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TextIO

import msgspec

from payerpack.finding import plain, plain_effect

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payerpack.finding import Finding, Review

_encode: Final = msgspec.json.Encoder().encode
_encode_sorted: Final = msgspec.json.Encoder(order="deterministic").encode
_PLAIN: Final = frozenset((str, int, bool, type(None)))
_KNOWN: Final = 4096
"""So many texts of each kind are kept that are the same for many reviews."""
_OUTCOMES: Final = 64
"""So many outcomes of one rule are kept as text; a plugin may think of a new adjustment for every claim."""

_REVIEW: Final = (
    b'{"claim_id":%b,"policy":%b,"packs":%b,"outcome":%b,"fingerprint":%b,"lines":[%b],"notes":%b,"findings":[%b]}'
)
_Frame = tuple[bytes, bytes, bytes, bytes]


def encode_review(review: Review) -> bytes:
    """Return the review as one line of UTF-8 JSON: the keys of `Review.to_dict`, in its order.

    Equal reviews give equal bytes.
    """
    lines = [_line(number, outcome, primary) for number, outcome, primary in review.decided()]
    return _REVIEW % (
        _encode(review.claim_id),
        _encode(review.policy),
        _encode_sorted(review.packs),
        _encode(review.outcome),
        _encode(review.fingerprint),
        b",".join(lines),
        _encode(review.notes),
        b",".join(map(_encode_finding, review.findings)),
    )


def _encode_finding(finding: Finding) -> bytes:
    """Return the finding with the keys of `Finding.to_dict`, in its order.

    What it shares with others is written once. Measured for three findings without a fingerprint: 29 us by way of
    `Finding.to_dict`, 24 us by way of a record of its keys, 10 us so.
    """
    begin, middle, end, last = _framed(finding)
    facts, effect = finding.facts, finding.effect
    for value in facts.values():
        if value.__class__ not in _PLAIN:
            facts = {str(name): fact if fact.__class__ in _PLAIN else plain(fact) for name, fact in facts.items()}
            break
    return b"".join(
        (
            begin,
            _numbers(finding.lines),
            b',"related_lines":',
            _numbers(finding.related_lines),
            middle,
            _encode(finding.message),
            end,
            _encode(facts),
            b',"effect":',
            b"null" if effect is None else _encode(plain_effect(effect)),
            last,
        )
    )


_frames: Final[dict[Any, _Frame]] = {}
"""Those of findings that are no pack rule's."""


def _framed(finding: Finding) -> _Frame:
    """Return the texts around what is the finding's own: they are the same wherever its frame is."""
    kept, key = finding.frame()
    frames = _frames if kept is None else kept
    try:
        found = frames.get(key)
    except TypeError:  # a host built it of lists, which cannot be looked up
        return _frame(finding)
    if found is None:
        if len(frames) >= (_KNOWN if kept is None else _OUTCOMES):
            frames.clear()
        found = frames[key] = _frame(finding)
    return found


def _frame(finding: Finding) -> _Frame:
    adjustment, source = finding.adjustment, finding.source
    return (
        b'{"rule":%b,"stage":%b,"action":%b,"lines":'
        % tuple(map(_encode, (finding.rule, finding.stage, finding.action))),
        b',"adjustment":%b,"message":' % _encode(adjustment and adjustment.to_dict()),
        b',"cure":%b,"source":%b,"facts":' % (_encode(finding.cure), _encode(source and source.to_dict())),
        b',"monitored":%b}' % _encode(finding.monitored),
    )


@lru_cache(_KNOWN)
def _numbers(numbers: tuple[int, ...]) -> bytes:
    return _encode([int(number) for number in numbers])


@lru_cache(_KNOWN)
def _line(number: int, outcome: str, primary: str | None) -> bytes:
    return b'{"number":%d,"outcome":%b,"primary":%b}' % (number, _encode(outcome), _encode(primary))


def write_jsonl(reviews: Iterable[Review], out: TextIO) -> None:
    """Write one object per review and line, and nothing else."""
    write_texts(map(encode_review, reviews), out)


def write_json(reviews: Iterable[Review], out: TextIO) -> None:
    """Write one indented JSON list of reviews; each is written as soon as it is there."""
    write_list(map(encode_review, reviews), out)


def write_texts(encoded: Iterable[bytes], out: TextIO) -> None:
    """Write what `encode_review` returned, one object per line."""
    out.writelines(text.decode() + "\n" for text in encoded)


def write_list(encoded: Iterable[bytes], out: TextIO) -> None:
    """Write what `encode_review` returned as one indented JSON list."""
    separator = "["
    for text in encoded:
        pretty = msgspec.json.format(text, indent=2).decode()
        out.write(separator + "\n  " + pretty.replace("\n", "\n  "))  # a JSON text holds no line break of its own
        separator = ","
    out.write("[]\n" if separator == "[" else "\n]\n")

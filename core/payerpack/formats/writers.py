"""Reviews as JSON: a list that people can read, or one object per line for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TextIO

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payerpack.finding import Review

_encode: Final = msgspec.json.Encoder().encode


def encode_review(review: Review) -> bytes:
    """Return the review as one line of UTF-8 JSON: the keys of `Review.to_dict`, in its order.

    Equal reviews give equal bytes.
    """
    return _encode(review.to_dict())


def write_jsonl(reviews: Iterable[Review], out: TextIO) -> None:
    """Write one object per review and line, and nothing else."""
    out.writelines(encode_review(review).decode() + "\n" for review in reviews)


def write_json(reviews: Iterable[Review], out: TextIO) -> None:
    """Write one indented JSON list of reviews; each is written as soon as it is there."""
    separator = "["
    for review in reviews:
        pretty = msgspec.json.format(encode_review(review), indent=2).decode()
        out.write(separator + "\n  " + pretty.replace("\n", "\n  "))  # a JSON text holds no line break of its own
        separator = ","
    out.write("[]\n" if separator == "[" else "\n]\n")

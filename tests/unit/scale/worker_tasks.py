"""What the processes of the tests do; they find it by its name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from payerpack.errors import DataError, Problem

Task = Callable[[Iterable[bytes]], Iterable[bytes]]


def echo() -> Task:
    return partial(map, bytes.upper)


def identify() -> Task:
    return partial(map, lambda item: b"%s %d" % (item, os.getpid()))


def grow(times: int) -> Task:
    return partial(map, lambda item: item * times)


def die_on(fatal: bytes) -> Task:
    def answer(item: bytes) -> bytes:
        if item == fatal:
            os._exit(7)
        return item

    return partial(map, answer)


def die_once(mark: str) -> Task:
    def answer(item: bytes) -> bytes:
        if not Path(mark).exists():
            Path(mark).touch()
            os._exit(7)
        return item

    return partial(map, answer)


def cannot_begin() -> Task:
    os._exit(3)


def cannot_answer() -> Task:
    def answer(item: bytes) -> bytes:
        raise DataError(Problem("history.db", "does not answer"), Problem("edition", "is damaged"))

    return partial(map, answer)

"""Building many long-lived objects at once, without the garbage collector looking at them again and again."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Let the garbage collector wait until the block is done.

    Reading and compiling packs makes objects that nearly all stay. The collector would trace all of them each time their
    number grows by a quarter: two thirds of the time of 2,000 rules. Reference counting goes on as ever. The collector
    is the process's: if several threads build at once, it wakes when the first of them is done.

    What was made counts as old at once. The collector would look at all of it when it wakes, and once more soon after: a
    tenth of the time to a first answer.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():  # else what the program, or Python 3.12 at its start, has frozen would thaw
            gc.freeze()
            gc.unfreeze()  # to the oldest generation, wherever it was before
        gc.enable()

"""A progress bar on standard error while large files are read, when somebody is there to see it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

WORTH: Final = 5_000_000
"""Bytes that take long enough to be watched."""

Watched = Callable[[str], "str | BinaryIO"]
"""Takes a source, gives what to read it from."""


@contextlib.contextmanager
def watching(sources: Sequence[str]) -> Iterator[Watched]:
    """Show how far reading is; what it yields turns each source into what `payerpack.read_claims` is to read.

    Small files, standard input, and a standard error that is no terminal are left alone.
    """
    size = sum(Path(source).stat().st_size for source in sources if Path(source).is_file())
    if size < WORTH or not sys.stderr.isatty():
        yield lambda source: source
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=size)

        def watched(source: str) -> str | BinaryIO:
            if not Path(source).is_file():
                return source
            return _Watched(source, lambda amount: bar.advance(task, amount))  # type: ignore[return-value]

        yield watched


class _Watched:
    """A file that tells how much of it was read."""

    def __init__(self, source: str, advance: Callable[[int], Any]) -> None:
        self.name = source
        self._stream = Path(source).open("rb")  # noqa: SIM115 - closed at its end, or with the process
        self._advance = advance

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._advance(len(data))
        if not data:
            self._stream.close()
        return data

"""A progress bar on standard error while large files are read, when somebody is there to see it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

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
    console = Console(stderr=True)
    with (
        Progress(*columns, console=console, transient=True, redirect_stdout=False) as bar,
        contextlib.ExitStack() as files,
    ):
        task = bar.add_task("reading", total=size)

        def watched(source: str) -> str | BinaryIO:
            if not Path(source).is_file():
                return source
            stream = files.enter_context(Path(source).open("rb"))
            return cast("BinaryIO", _Watched(source, stream, lambda amount: bar.advance(task, amount)))

        yield watched


class _Watched:
    """A file that tells how much of it is read."""

    def __init__(self, name: str, stream: BinaryIO, advance: Callable[[int], Any]) -> None:
        self.name = name
        self._stream = stream
        self._advance = advance

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._advance(len(data))
        return data

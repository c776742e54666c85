"""Where output goes: standard output, or a file that is replaced as a whole or not at all."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import stat
import sys
import threading
import unicodedata
from typing import TYPE_CHECKING, Any, TextIO, cast

from payerpack.errors import DataError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path


@contextlib.contextmanager
def opened(path: Path | None = None, *, machine: bool = False, lines: bool = False) -> Iterator[TextIO]:
    """Open the output.

    A file is written beside its place and moved there at the end, so that an interrupt, a full disk or an error leaves
    what was there before. What is no regular file (a device, a pipe) is written straight away.

    Args:
        path: The file, or ``None`` for standard output.
        machine: Whether a program will read it: UTF-8 and plain line feeds, whatever the platform.
        lines: Whether each line stands for itself. Then an interrupt never cuts one in two, and the lines written so
            far are left in a file beside the one asked for, and that is said.

    Raises:
        DataError: The file cannot be written.
    """
    if lines:
        with _in_whole_lines(path, machine=machine) as out:
            yield out
        return
    if path is None:
        _prepare(sys.stdout, machine=machine)
        yield sys.stdout
        return
    final = path.resolve()
    if final.exists() and not final.is_file():
        if final.is_dir():
            raise DataError(Problem(str(path), "is a folder; name a file to write to"))
        with final.open("w", encoding="utf-8", newline="\n") as out:
            yield out
        return
    beside = final.with_name(f".{final.name}.{os.getpid()}.partial")
    try:
        out = beside.open("w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise DataError(Problem(str(path), f"cannot be written ({error.strerror}); check its folder")) from None
    try:
        with out:
            yield out
        if final.exists():
            beside.chmod(stat.S_IMODE(final.stat().st_mode))
        beside.replace(final)
    finally:
        beside.unlink(missing_ok=True)


@contextlib.contextmanager
def _in_whole_lines(path: Path | None, *, machine: bool) -> Iterator[TextIO]:
    with opened(path, machine=machine) as out:
        try:
            with _uncut(out) as careful:
                yield careful
        except KeyboardInterrupt:
            kept = "what was written so far"
            if path is not None and path.resolve() != type(path)(out.name).resolve():
                out.flush()
                left = path.with_name(f"{path.name}.partial")
                type(path)(out.name).replace(left)
                kept = f"{left}"
            sys.stderr.write(f"payerpack: {kept} holds whole reviews only, those before the interrupt\n")
            raise


@contextlib.contextmanager
def _uncut(out: TextIO) -> Iterator[TextIO]:
    """Let an interrupt wait until the line that is being written is whole."""
    if threading.current_thread() is not threading.main_thread():
        yield out
        return
    careful = _Careful(out)
    before = signal.signal(signal.SIGINT, careful.interrupt)
    try:
        yield cast("TextIO", careful)
    finally:
        signal.signal(signal.SIGINT, before)


class _Careful:
    """Text output that an interrupt does not cut."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._writing = self._struck = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._out, name)

    def write(self, text: str) -> int:
        self._writing = True
        written = self._out.write(text)
        self._writing = False
        if self._struck:
            raise KeyboardInterrupt
        return written

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def interrupt(self, _signal: int, _frame: object) -> None:
        if not self._writing:
            raise KeyboardInterrupt
        self._struck = True


def _prepare(stream: TextIO, *, machine: bool) -> None:
    """Make a stream take every character: in UTF-8 for programs, else with a stand-in for what a terminal lacks."""
    if isinstance(stream, io.TextIOWrapper):
        if machine:
            stream.reconfigure(encoding="utf-8", newline="\n")
        else:
            stream.reconfigure(errors="replace")


def printable(text: str, also: str = "") -> str:
    """Return a text that no terminal obeys: control characters and marks of direction are written as escapes.

    Args:
        text: A text on one line; what a claim or a pack holds may be in it.
        also: Control characters that may stay.
    """
    if text.isprintable():
        return text
    return "".join(one if one in also or not _commands(one) else one.encode("unicode_escape").decode() for one in text)


def _commands(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def write_json(data: Any, path: Path | None = None) -> None:
    """Write plain data as indented JSON."""
    with opened(path, machine=True) as out:
        json.dump(data, out, indent=2, ensure_ascii=False)
        out.write("\n")


def write_table(rows: Iterable[Sequence[str]], header: Sequence[str], out: TextIO) -> None:
    """Write rows in columns as wide as what they hold: nothing is wrapped or cut."""
    table = [tuple(map(printable, row)) for row in (header, *rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(header))]
    for row in table:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        out.write("  ".join(cells).rstrip() + "\n")

"""The command ``payerpack``: each subcommand is a module of its own, imported when it is asked for."""

from __future__ import annotations

import argparse
import contextlib
import errno
import gc
import io
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final, NoReturn

from payerpack import __version__
from payerpack.errors import PayerpackError, Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_COMMANDS: Final = {
    "review": ("review", "review claims: what their payer will do with each line, and why"),
    "explain": ("explain", "explain one claim: every rule that looked at each line, matched or not"),
    "compare": ("compare", "review one claim by several policies, side by side"),
    "pack": ("packs", "make, list, show, test and check policy packs"),
    "plugin": ("plugins", "list, make and verify plugins"),
    "baseline": ("baseline", "import CMS's files, and ask what an edition holds"),
    "config": ("config", "show the settings in effect, and where each came from"),
    "facts": ("facts", "list the facts that a rule may ask about"),
    "codes": ("codes", "list the codes of a pack's code set"),
}
"""Every subcommand: its module and what it does."""
_EXAMPLE: Final = "example:\n  payerpack review claims.json\n\n`payerpack COMMAND --help` shows an example of each."
_DEBUG: Final = "PAYERPACK_DEBUG"

WRONG: Final = 2
"""The exit status of wrong use and of input that cannot be read."""
_INTERRUPTED: Final = 130
_GARBAGE: Final = 20_000
"""After how many new objects to look for garbage. What a start makes stays: at Python's 700, looking takes a tenth of it."""
_LAYOUT: Final = "\n\t"
"""Control characters of an excerpt."""
_NO_READER: Final = 141
"""What a shell reports for a program whose reader went away."""


class _Parser(argparse.ArgumentParser):
    """A parser whose mistakes read like all others, and whose help keeps its line breaks."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG, f"{self.prog}: {message}; see `{self.prog} --help`\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status.

    Args:
        argv: The arguments without the program's name; absent, those of the process.

    Returns:
        0: nothing stronger than asked for was found, and everything was done. 1: findings at or above ``--fail-on``,
        or tests that fail. 2: wrong use, or input that cannot be read.
    """
    _open_missing_streams()
    gc.set_threshold(_GARBAGE)
    arguments = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in arguments or os.environ.get(_DEBUG, "") not in {"", "0"}
    try:
        options = _parser(arguments).parse_args(arguments)
    except SystemExit as stop:  # how argparse ends after --help and after a mistake
        return stop.code if isinstance(stop.code, int) else 0
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except SystemExit:  # what was still to be done is not done, whatever status it was to end with
        if debug:
            raise
        report(
            (
                Problem(
                    "", "a plugin ended the process (SystemExit), so the work is not done; have it mended or block it"
                ),
            )
        )
    except KeyboardInterrupt:
        sys.stderr.write("payerpack: interrupted\n")
        return _INTERRUPTED
    except BrokenPipeError:
        _close_stdout()
        return _NO_READER
    except Exception as fault:
        if debug:
            raise
        report(problems_of(fault))
    else:
        return status
    return WRONG


def report(problems: Iterable[Problem]) -> None:
    """Write problems to standard error, each on lines of its own."""
    for problem in problems:
        from payerpack.cli.output import printable  # what goes well needs no report

        text = str(problem).removeprefix(": ")
        sys.stderr.write(f"payerpack: {printable(text, also=_LAYOUT)}\n")


def problems_of(fault: Exception) -> tuple[Problem, ...]:
    """Return what to tell of an exception that ends a task."""
    if isinstance(fault, UserError):
        return fault.problems
    if isinstance(fault, PayerpackError):
        return (Problem("", str(fault)),)
    if isinstance(fault, OSError):
        return (Problem(str(fault.filename or "output"), f"{fault.strerror or 'input or output error'}; check it"),)
    return (unexpected(fault),)


def unexpected(fault: BaseException, location: str = "") -> Problem:
    """Return the problem that a fault of ours is: its type only, for its text may hold a patient's data."""
    message = f"unexpected {type(fault).__name__}; run with --debug (or {_DEBUG}=1) to see where"
    return Problem(location, message)


def _open_missing_streams() -> None:
    """Put something in the place of streams that whoever started us has closed: Python has ``None`` there."""
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    if sys.stdout is None:
        sys.stdout = _Closed()
    if sys.stderr is None:
        sys.stderr = io.StringIO()


class _Closed(io.TextIOBase):
    """Standard output that is closed: whoever writes to it is told so."""

    def write(self, _text: str) -> NoReturn:
        raise OSError(errno.EBADF, "standard output is closed")


def _close_stdout() -> None:
    """Let nothing more be written: at exit Python flushes, and would complain again."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser with only the subcommand that is asked for in full."""
    parser = _Parser(
        prog="payerpack",
        description="What a given payer will do with a medical claim, why, and whether anything can fix it.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"payerpack {__version__}")
    parser.add_argument("--debug", action="store_true", help="show where an error comes from")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)
    wanted = next((argument for argument in arguments if not argument.startswith("-")), "")
    if wanted and wanted not in _COMMANDS:
        from difflib import get_close_matches

        close = get_close_matches(wanted, _COMMANDS, n=1)
        parser.error(f"there is no command {wanted}" + (f"; did you mean {close[0]}?" if close else ""))
    for name, (module, summary) in _COMMANDS.items():
        if name == wanted:
            import_module(f"{__name__}.{module}").configure(
                commands.add_parser(
                    name,
                    help=summary,
                    description=f"{summary[0].upper()}{summary[1:]}.",
                    formatter_class=argparse.RawDescriptionHelpFormatter,
                )
            )
        else:
            commands.add_parser(name, help=summary, add_help=False)
    return parser

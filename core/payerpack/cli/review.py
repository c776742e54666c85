"""``payerpack review``: claims in, reviews out, one by one or by several processes."""

from __future__ import annotations

import argparse
import itertools
import sys
from typing import TYPE_CHECKING, Final, TextIO

from payerpack.cli import WRONG, output, report, unexpected
from payerpack.cli.options import add_engine, add_output, engine_of, finish, settings_of
from payerpack.errors import DataError, Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from payerpack.engine import Engine
    from payerpack.finding import Format
    from payerpack.scale.loop import Reviewed

_MOST_WORKERS: Final = 256
_EXAMPLE: Final = """  payerpack review claims.json
  payerpack review claims.jsonl --workers 4 --format jsonl -o reviews.jsonl
  payerpack review *.837 --policy ncci-medicare --format jsonl -o reviews.jsonl"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.add_argument("claims", nargs="+", metavar="CLAIMS", help="files of claims (JSON, JSON Lines, X12 837), or -")
    parser.add_argument(
        "--policy", metavar="ID", help="review by this pack; absent: the pack that applies to the claim"
    )
    add_engine(parser)
    parser.add_argument("--fail-on", metavar="ACTION", help="exit with 1 from this action on (default: deny)")
    parser.add_argument(
        "--format", metavar="NAME", default="text", help="text (the default), json, jsonl, or a plugin's"
    )
    add_output(parser)
    parser.add_argument(
        "--workers", metavar="N", type=_count, default=1, help="review by so many processes (json and jsonl)"
    )
    finish(parser, run, _EXAMPLE)


def run(options: argparse.Namespace) -> int:
    """Review claims; return 1 for findings at or above ``--fail-on``, 2 when anything could not be read."""
    from payerpack.cli.progress import watching
    from payerpack.scale.loop import read_items, review_items
    from payerpack.scale.tally import Tally
    from payerpack.settings import engine_arguments

    if options.fail_on is not None:
        _check_action(options.fail_on)
    _check_files(options.claims, options.output)
    settings = settings_of(options)
    engine = engine_of(options, settings)
    registered = _registered(engine, options)
    written = _writer(options.format, registered)
    spread = _spread_writer(options)
    tally = Tally()
    with (
        output.opened(options.output, machine=written is not None, lines=options.format == "jsonl") as out,
        watching(options.claims) as watched,
    ):
        if spread is not None:
            from payerpack.scale.files import review_texts

            texts = review_texts(
                engine_arguments(settings),
                options.claims,
                tally,
                report,
                workers=options.workers,
                policy=options.policy,
                as_of=options.as_of,
                formats=_readers(registered),
                watched=watched,
            )
            spread(texts, out)
        else:
            items = read_items(options.claims, tally, report, _readers(registered), watched)
            reviewed = review_items(
                engine,
                items,
                tally,
                report,
                policy=options.policy,
                as_of=options.as_of,
                unexpected=None if getattr(options, "debug", False) else unexpected,
            )
            if written is None:
                _write_text(reviewed, out)
            else:
                assert written.write is not None
                written.write((one.review for one in reviewed), out)
    tally.check()
    if written is None or tally.failed:
        sys.stderr.write(f"{tally.summary()}\n")
    if tally.failed:
        return WRONG
    return int(tally.reaches(settings.get("fail_on")))


def _spread_writer(options: argparse.Namespace) -> Callable[[Iterable[bytes], TextIO], None] | None:
    """Return what writes the reviews of several processes; ``None`` where one is enough."""
    if options.workers == 1:
        return None
    from payerpack.formats.writers import write_list, write_texts

    writers: dict[str, Callable[[Iterable[bytes], TextIO], None]] = {"json": write_list, "jsonl": write_texts}
    if options.format not in writers:
        problem = (
            f"reviews of several processes are written as json or jsonl, not as {options.format}; add --format jsonl"
        )
        raise UserError(Problem("--workers", problem))
    return writers[options.format]


def _count(text: str) -> int:
    """Read a number of processes.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    if text.isdecimal() and 1 <= int(text) <= _MOST_WORKERS:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} is no number of processes; write one from 1 to {_MOST_WORKERS}")


def _check_action(action: str) -> None:
    from payerpack.finding import ACTIONS

    if action not in ACTIONS:
        raise UserError(Problem("--fail-on", f"{action} is no action; name one of {', '.join(ACTIONS)}"))


def _check_files(claims: Iterable[str], out: Path | None) -> None:
    """Refuse to replace what is to be read."""
    if out is not None and out.is_file():
        for source in claims:
            if source != "-" and out.resolve() == type(out)(source).resolve():
                raise DataError(Problem(str(out), "is also one of the claim files; write the reviews to another file"))


def _registered(engine: Engine, options: argparse.Namespace) -> dict[str, Format]:
    """Return the formats of the plugins of the policy that is asked for, which must be usable."""
    if options.policy is None:
        return {}
    return engine.policy(options.policy, options.as_of).plan.formats()


def _readers(registered: dict[str, Format]) -> Iterable[Format] | None:
    """Return the formats to read; ``None`` for those that come with payerpack."""
    readers = [one for one in registered.values() if one.read is not None]
    if not readers:
        return None
    from payerpack.formats import builtin_formats

    return itertools.chain(builtin_formats(), readers)


def _writer(name: str, registered: dict[str, Format]) -> Format | None:
    """Return the format to write; ``None`` for text."""
    if name == "text":
        return None
    from payerpack.formats import builtin_formats

    known = ["text"]
    for one in itertools.chain(builtin_formats(), registered.values()):
        if one.write is not None:
            if one.name == name:
                return one
            known.append(one.name)
    raise UserError(Problem("--format", f"{name} is no format that can be written; name one of {', '.join(known)}"))


def _write_text(reviewed: Iterator[Reviewed], out: TextIO) -> None:
    if out.isatty():
        from payerpack.cli.terminal import write_reviews
    else:
        from payerpack.cli.text import write_reviews
    write_reviews(reviewed, out)

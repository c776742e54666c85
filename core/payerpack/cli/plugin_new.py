"""``payerpack plugin new``: a distribution that builds, installs and passes its tests at once."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from payerpack import __version__
from payerpack.cli.options import finish, subcommand
from payerpack.errors import Problem, UserError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

_EXAMPLE: Final = "  payerpack plugin new acme\n  payerpack plugin new blue-sky --into plugins"
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_LONGEST: Final = 40
_TAKEN: Final = frozenset({"baseline", "evidence", "packs", "example"})
"""Names that the core and its example use."""
_TEMPLATE_RANGE: Final = "payerpack>=0.1,<1"
_LEFT_OUT: Final = ("__pycache__", ".*_cache", "*.pyc", "*.egg-info", ".tox", ".venv", "dist", "build")
_NEXT: Final = """{folder}: a pack, its tests, a hook and the contract, ready to run:

  cd {folder}
  python -m pip install -e . pytest
  pytest

README.md says what is where; RELEASING.md what to do before the first release.
"""


def configure(group: Any) -> None:
    """Describe the arguments."""
    new = subcommand(group, "new", "make a plugin's distribution from the template")
    new.add_argument("name", metavar="NAME", help="the payer's name in lower case, such as acme or blue-sky")
    new.add_argument(
        "--into", metavar="DIR", type=Path, default=Path(), help="the folder to make it in (default: here)"
    )
    finish(new, run, _EXAMPLE)


def run(options: argparse.Namespace) -> int:
    """Render the template."""
    folder = render(options.name, options.into)
    sys.stdout.write(_NEXT.format(folder=folder))
    return 0


def render(name: str, into: Path) -> Path:
    """Make the folder of a plugin's distribution and return it.

    Args:
        name: The payer's name, such as ``acme``; ``payerpack-`` before it is dropped.
        into: The folder to make it in.

    Raises:
        UserError: The name will not do, or something of that name is there already.
    """
    name = checked_name(name)
    folder = into / f"payerpack-{name}"
    if folder.exists():
        raise UserError(
            Problem(str(folder), "is there already, and nothing is overwritten; choose another name or place")
        )
    if not into.is_dir():
        raise UserError(Problem(str(into), "is no folder to make it in; make it first"))
    beside = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    try:
        shutil.copytree(template(), beside, ignore=shutil.ignore_patterns(*_LEFT_OUT), copy_function=shutil.copyfile)
        for path in _deepest_first(beside):
            if path.is_file():
                text = renamed(path.read_text("utf-8"), name)
                path.write_bytes(text.encode())
            path.rename(path.with_name(renamed(path.name, name)))
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return folder


def checked_name(name: str) -> str:
    """Return a name that can be a distribution's, a package's and a pack's.

    Raises:
        UserError: It cannot.
    """
    bare = name.removeprefix("payerpack-")
    if not _NAME.fullmatch(bare) or len(bare) > _LONGEST:
        near = "-".join(re.findall(r"[a-z0-9]+", bare.lower())).lstrip("0123456789-")[:_LONGEST]
        hint = f", such as {near}" if near else ""
        raise UserError(
            Problem("NAME", f"{name!r} cannot name a package; write lower-case words with hyphens between them{hint}")
        )
    if bare in _TAKEN:
        raise UserError(Problem("NAME", f"payerpack-{bare} is a name of payerpack's own; choose another"))
    return bare


def template() -> Path:
    """Return the template's folder: in the wheel, else in the repository."""
    package = Path(__file__).parent.parent
    inside = package / "plugin_template"
    return inside if inside.is_dir() else package.parent.parent / "plugins" / "_template"


def renamed(text: str, name: str) -> str:
    """Return a text or a file's name of the template with the payer's name in it, in each of the forms it takes."""
    major, minor, *_ = __version__.split(".")
    return (
        text.replace("payerpack_acme", f"payerpack_{name.replace('-', '_')}")
        .replace("ACME", name.upper())
        .replace("Acme", name.replace("-", " ").title())
        .replace("acme", name)
        .replace(_TEMPLATE_RANGE, f"payerpack>={major}.{minor},<{int(major) + 1}")
    )


def _deepest_first(folder: Path) -> Iterator[Path]:
    """Yield everything in a folder, what is in a folder before the folder itself."""
    yield from sorted(folder.rglob("*"), key=lambda path: len(path.parts), reverse=True)

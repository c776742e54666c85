"""What was found sound, kept for the next start: the trees of a pack's files, by the digest of the files.

Parsing and checking are nine tenths of loading a pack, and need modules that a review does without. A kept pack skips
both; whatever changes a byte of it, or a byte of the code that would check it, makes it be read again. What is kept is
only a shortcut: it may be lost, cut short or unwritable at any time, and nothing but time is lost.

One file for each pack folder holds three lines of JSON: what the other two belong to, the table ``[pack]``, and the trees.
Only plain data is read back, from a folder that nobody else may write to.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import hashlib
import json
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

from payerpack import __version__
from payerpack.packs.files import digest_of, read_files

FOLDER: Final = "PAYERPACK_CACHE"
"""The environment variable that names the folder, or says `OFF`."""
OFF: Final = "off"
"""What to write instead of a folder to keep nothing."""

_FORMAT: Final = 1
_TAG: Final = "\0"
"""The only key of a table that stands for what JSON has no word for; no table of a sound pack has it."""
_KINDS: Final[Mapping[str, Callable[[str], Any]]] = {
    "Decimal": Decimal,
    "date": dt.date.fromisoformat,
    "time": dt.time.fromisoformat,
    "datetime": dt.datetime.fromisoformat,
}
_OTHERS_WRITE: Final = 0o022
_MOST: Final = 5_000
"""So many files may lie in the folder; packs come and go, and what was kept of those that went is found by no name."""


class Kept(NamedTuple):
    """A pack that was found sound.

    Attributes:
        files: Its files with their contents.
        digest: Their digest.
        trees: What those in TOML hold, ``pack.toml`` first.
        tables: The names of the tables that it uses.
    """

    files: Mapping[Path, bytes | None]
    digest: str
    trees: Mapping[Path, Mapping[str, Any]]
    tables: Sequence[str]


class PackCache:
    """Packs found sound, in a folder.

    Args:
        folder: The folder, made when there is something to keep; `OFF`: nothing is kept; absent: that of the
            environment variable `FOLDER`, else ``payerpack`` in the user's folder for caches.
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        named = folder or os.environ.get(FOLDER) or default_folder()
        self.folder = None if named is None or named == OFF else Path(named).absolute()

    def head(self, folder: Path, content: bytes) -> Mapping[str, Any] | None:
        """Return the table ``[pack]`` that a ``pack.toml`` of this content was found to have."""
        lines = self._lines(folder)
        return self._part(lines, "head", _sha256(content)) if lines else None

    def keep_head(self, folder: Path, content: bytes, head: Mapping[str, Any]) -> None:
        """Keep the table ``[pack]`` of a ``pack.toml``."""
        self._write(folder, {"head": (_sha256(content), head)})

    def pack(self, folder: Path) -> Kept | None:
        """Return what the files of a pack were found to hold, if no byte of them has changed."""
        lines = self._lines(folder)
        if not lines:
            return None
        with contextlib.suppress(*_BROKEN):
            tables = json.loads(lines[0])["tables"]
            files = read_files(folder, tables)
            digest = digest_of(folder, files)
            trees = self._part(lines, "trees", digest)
            if trees is not None:
                return Kept(files, digest, {folder / name: tree for name, tree in trees.items()}, tables)
        return None

    def keep_pack(self, folder: Path, kept: Kept) -> None:
        """Keep a pack that was found sound."""
        main = folder / "pack.toml"
        trees = {file.relative_to(folder).as_posix(): tree for file, tree in kept.trees.items()}
        head = (_sha256(kept.files[main] or b""), kept.trees[main]["pack"])
        self._write(folder, {"head": head, "trees": (kept.digest, trees)}, kept.tables)

    def _lines(self, folder: Path) -> list[bytes]:
        """Return the lines of the file about a pack; none unless it is whole, and this code wrote it."""
        if self.folder is None or not self._is_ours:
            return []
        with contextlib.suppress(*_BROKEN):
            lines = self._file(folder).read_bytes().split(b"\n")
            if json.loads(lines[0])["by"] == written_by():
                return lines
        return []

    def _part(self, lines: list[bytes], part: str, digest: str) -> Any:
        """Return one part of a file, if it is of the content with that digest."""
        with contextlib.suppress(*_BROKEN):
            meant, number, checksum = json.loads(lines[0])[part]
            if meant == digest and _sha256(lines[number]) == checksum:
                return json.loads(lines[number], object_hook=_untagged)
        return None

    def _write(self, folder: Path, parts: Mapping[str, tuple[str, Any]], tables: Sequence[str] = ()) -> None:
        """Write the file about a pack, all of it or nothing; that it cannot be written matters to nobody."""
        if self.folder is None:
            return
        with contextlib.suppress(*_BROKEN):
            about: dict[str, Any] = {"by": written_by(), "tables": list(tables)}
            lines = [b""]
            for part, (digest, value) in parts.items():
                lines.append(json.dumps(value, default=_tagged, separators=(",", ":")).encode())
                if json.loads(lines[-1], object_hook=_untagged) != value:
                    return
                about[part] = (digest, len(lines) - 1, _sha256(lines[-1]))
            lines[0] = json.dumps(about).encode()
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._is_ours:
                return
            file = self._file(folder)
            beside = file.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
            beside.write_bytes(b"\n".join(lines))
            beside.replace(file)
            if file.name.startswith("00"):  # one name in 256: to look each time would take longer than to write
                self._prune()

    def _prune(self) -> None:
        """Take out the oldest half of too many files."""
        assert self.folder is not None
        files = sorted(self.folder.iterdir(), key=lambda file: file.stat().st_mtime_ns)
        for file in files[: len(files) // 2] if len(files) > _MOST else ():
            file.unlink()

    def _file(self, folder: Path) -> Path:
        assert self.folder is not None
        return self.folder / f"{_sha256(os.fsencode(folder.absolute()))[:32]}.json"

    @property
    def _is_ours(self) -> bool:
        """Whether nobody else may write to the folder: a pack from it passes for checked."""
        if self.folder is None or os.name == "nt":  # there, a user's folder for caches is the user's alone
            return self.folder is not None
        try:
            found = self.folder.stat()
        except OSError:
            return False
        return found.st_uid == os.geteuid() and not found.st_mode & _OTHERS_WRITE


_BROKEN: Final = (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, ArithmeticError, RecursionError)
"""What reading a file that anything may have happened to can raise."""


def default_folder() -> Path | None:
    """Return ``payerpack`` in the user's folder for caches; ``None`` for a user without a home."""
    try:
        if os.name == "nt":
            local = os.environ.get("LOCALAPPDATA")
            return Path(local, "payerpack", "cache") if local else None
        if sys.platform == "darwin":
            return Path.home() / "Library" / "Caches" / "payerpack"
        given = os.environ.get("XDG_CACHE_HOME", "")
        return (Path(given) if os.path.isabs(given) else Path.home() / ".cache") / "payerpack"  # noqa: PTH117
    except RuntimeError:
        return None


@functools.cache
def written_by() -> str:
    """Return what stands for the code that reads and checks packs: its version, and which files it is made of."""
    package = Path(__file__).parent
    state = hashlib.sha256(f"{_FORMAT} {__version__}".encode())
    for folder in (package.parent, package):
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.name.endswith((".py", ".csv")):
                    found = entry.stat()
                    state.update(f"\n{entry.name} {found.st_size} {found.st_mtime_ns}".encode())
    return state.hexdigest()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _tagged(value: Any) -> dict[str, Any]:
    kind = type(value).__name__
    if kind not in _KINDS:
        raise TypeError(kind)
    return {_TAG: [kind, str(value)]}


def _untagged(table: dict[str, Any]) -> Any:
    if _TAG in table:
        kind, text = table[_TAG]
        return _KINDS[kind](text)
    return table

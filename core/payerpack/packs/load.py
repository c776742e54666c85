"""Loading one pack from its folder: ``pack.toml``, further rule files ``rules/*.toml``, tables ``tables/*.csv``.

A pack that the cache knows to be sound is put together at once; any other is read and checked by ``reader``, which
reports everything that is wrong together.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from payerpack.errors import PackError
from payerpack.packs.assembly import assembled
from payerpack.packs.cache import Kept, PackCache
from payerpack.packs.diagnostics import problems
from payerpack.packs.files import digest_of, read_files
from payerpack.packs.model import Fault, Pack
from payerpack.packs.tables import parse_table


@attrs.frozen(slots=True, repr=False)
class Reading:
    """What came of reading a folder: the pack, as far as it could be read, and everything wrong with it.

    Attributes:
        pack: The pack; ``None`` when not even its id and version could be read.
        faults: What is wrong; a pack with faults may be looked at, never run.
        files: The content of its files.
        trees: What its TOML files hold.
    """

    pack: Pack | None
    faults: tuple[Fault, ...] = ()
    files: Mapping[Path, bytes | None] = attrs.field(factory=dict)
    trees: Mapping[Path, Mapping[str, Any]] = attrs.field(factory=dict)


def load_pack(folder: Path, distribution: str = "", cache: PackCache | None = None) -> Pack:
    """Read a pack from its folder.

    Args:
        folder: The folder, or the ``pack.toml`` in it.
        distribution: The distribution and version that installed it, or empty.
        cache: Packs that were found sound before; absent, the pack is checked.

    Raises:
        PackError: The pack cannot be used; it holds every problem of every file of the pack.
    """
    folder = folder.parent if folder.name == "pack.toml" else folder
    kept = cache and cache.pack(folder)
    pack = _from(kept, folder, distribution) if kept else None
    if pack is not None:
        return pack
    reading = read_pack(folder, distribution)
    if reading.faults or reading.pack is None:
        raise PackError(*problems(reading.faults))
    pack = reading.pack
    if cache is not None:
        names = [file.relative_to(folder).as_posix() for file in pack.tables]
        cache.keep_pack(folder, Kept(reading.files, pack.digest, reading.trees, names))
    return pack


def _from(kept: Kept, folder: Path, distribution: str) -> Pack | None:
    """Return the pack that was found sound."""
    tables = {}
    for file in (folder / name for name in kept.tables):
        table, faults = parse_table(file, kept.files[file])
        if table is None or faults:
            return None
        tables[file] = table
    return assembled(folder, kept.trees, tables, kept.digest, distribution)


def read_pack(folder: Path, distribution: str = "") -> Reading:
    """Read a pack as far as possible; see `load_pack`. Nothing that is wrong with a pack is an exception here."""
    from payerpack.packs.reader import Reader  # a pack from the cache does without the checks

    folder = folder.parent if folder.name == "pack.toml" else folder
    reader = Reader(folder)
    pack = reader.pack(distribution)
    return Reading(pack, tuple(reader.faults), reader.files, reader.trees)


def digest(folder: Path) -> str:
    """Return the SHA-256 of every file that decides a review: names and contents, in the order of the names."""
    return digest_of(folder, read_files(folder))

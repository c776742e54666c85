"""Where editions live: the folder of all imports, which of them is opened, and what is there."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from pathlib import Path

import attrs

from payerpack.baseline.editions.columns import Columns, map_file
from payerpack.baseline.editions.edition import Edition
from payerpack.baseline.editions.manifest import MANIFEST, Manifest, TableEntry, read_manifest
from payerpack.errors import DataError, Problem

VARIABLE = "PAYERPACK_EDITION"


@attrs.frozen(slots=True)
class EditionInfo:
    """An edition on disk: its folder and manifest, and whether it is the one that is opened."""

    path: Path
    manifest: Manifest
    current: bool


def default_root() -> Path:
    """Return the platform's folder for data of this user, where imports go unless told otherwise."""
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return base / "payerpack" / "editions"


def import_root(root: Path | str | None = None) -> Path:
    """Return the folder that an import writes to: the one given, else ``PAYERPACK_EDITION``, else the default."""
    given = root or os.environ.get(VARIABLE)
    return Path(given) if given else default_root()


def open_edition(path: Path | str | None = None) -> Edition:
    """Open an edition; its tables are mapped when they are first asked for.

    Args:
        path: The folder of one edition, or a folder of several, of which the newest by content is opened. None:
            ``PAYERPACK_EDITION``, else the newest import in the default folder, else the starter edition.

    Raises:
        DataError: If a folder was named and holds no edition, or the edition is damaged.
    """
    given = path or os.environ.get(VARIABLE)
    if given:
        folder = Path(given)
        if not (folder / MANIFEST).is_file():
            newest = newest_in(folder)
            if newest is None:
                message = "holds no edition; import CMS's files with `payerpack baseline import FILES --edition DIR`"
                raise DataError(Problem(str(given), message))
            folder = newest
    else:
        newest = newest_in(default_root())
        if newest is None:
            from payerpack.baseline.editions.starter import starter_edition

            return starter_edition()
        folder = newest
    return _open(folder.resolve())


def list_editions(root: Path | str | None = None) -> tuple[EditionInfo, ...]:
    """Return the editions in a folder, oldest content first; the last is the one that is opened.

    Args:
        root: A folder of editions or of one edition; None as in ``import_root``.
    """
    folder = import_root(root)
    if (folder / MANIFEST).is_file():
        return (EditionInfo(folder, read_manifest(folder), current=True),)
    found = _editions(folder)
    return tuple(EditionInfo(path, manifest, current=path == found[-1][0]) for path, manifest in found)


def newest_in(folder: Path) -> Path | None:
    """Return the edition with the newest content in a folder of editions, or None."""
    found = _editions(folder)
    return found[-1][0] if found else None


def _editions(folder: Path) -> list[tuple[Path, Manifest]]:
    try:
        children = sorted(child for child in folder.iterdir() if not child.name.startswith("."))
    except OSError:
        return []
    found = [(child, read_manifest(child)) for child in children if (child / MANIFEST).is_file()]
    # A corrected file of the same release leaves the dates as they are: the later import is then the newer.
    found.sort(key=lambda item: (item[1].recency, (item[0] / MANIFEST).stat().st_mtime_ns, item[0].name))
    return found


@lru_cache(maxsize=8)
def _open(folder: Path) -> Edition:
    manifest = read_manifest(folder)
    problems = []
    for entry in manifest.tables:
        try:
            size = (folder / entry.file).stat().st_size
        except OSError:
            size = -1
        if size != entry.bytes:
            state = "is missing" if size < 0 else f"holds {size} bytes where the manifest says {entry.bytes}"
            message = f"{state}, so the edition is damaged; import CMS's files again"
            problems.append(Problem(f"{folder.name}/{entry.file}", message))
    if problems:
        raise DataError(*problems)

    def load(entry: TableEntry) -> Columns:
        return map_file(folder / entry.file)

    return Edition(manifest, load, folder)

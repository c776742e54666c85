"""Put an edition on disk whole or not at all.

Everything is written and flushed in a hidden folder beside the editions, which is then renamed: a crash at any moment
leaves at most a hidden folder that no reader looks at and that a later import sweeps away.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from payerpack.baseline.editions.manifest import MANIFEST
from payerpack.errors import DataError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payerpack.baseline.editions.manifest import Manifest, TableEntry

_PREFIX = ".import-"
_STALE_SECONDS = 24 * 3600


def write_edition(root: Path, manifest: Manifest, payloads: Mapping[str, bytes], carried: Mapping[str, Path]) -> Path:
    """Write an edition into a folder of editions.

    Args:
        root: The folder of editions; made if missing.
        manifest: The edition's manifest.
        payloads: New table files, by name.
        carried: Table files of the edition before, by name; linked where the file system can.

    Returns:
        The edition's folder. An edition of the same content that is already there is kept and marked as the newest.

    Raises:
        DataError: If the folder cannot be written.
    """
    target = root / f"edition-{manifest.id}"
    try:
        root.mkdir(parents=True, exist_ok=True)
        _sweep(root)
        if (target / MANIFEST).is_file():
            os.utime(target / MANIFEST)
            return target
        draft = (
            root / Path(tempfile.mkdtemp(prefix=_PREFIX, dir=root)).name
        )  # until 3.12 its path repeats a relative root
        try:
            draft.chmod(0o755)
            _fill(draft, manifest, payloads, carried)
            _sync(draft)
            draft.rename(target)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        _sync(root)
    except OSError as error:
        message = f"cannot be written ({error.strerror}); name a folder of yours with --edition, or make room"
        raise DataError(Problem(str(root), message)) from error
    return target


def _fill(draft: Path, manifest: Manifest, payloads: Mapping[str, bytes], carried: Mapping[str, Path]) -> None:
    for name, payload in payloads.items():
        _write(draft / name, payload)
    for table in manifest.tables:
        if table.file not in payloads:
            _link(carried[table.file], draft / table.file, table)
    _write(draft / MANIFEST, manifest.to_json().encode())


def _link(source: Path, target: Path, table: TableEntry) -> None:
    try:
        os.link(source, target)
    except OSError:
        _write(target, source.read_bytes())
    if target.stat().st_size != table.bytes:
        message = "is damaged, so it cannot be carried over; import into another folder, or give its files again"
        raise DataError(Problem(f"{source.parent.name}/{source.name}", message))


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Make a rename durable where the system lets a folder be flushed."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sweep(root: Path) -> None:
    """Remove what crashed imports left; a younger folder may belong to an import that is running."""
    for draft in root.glob(f"{_PREFIX}*"):
        if time.time() - draft.stat().st_mtime > _STALE_SECONDS:
            shutil.rmtree(draft, ignore_errors=True)

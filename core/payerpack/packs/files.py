"""The files of a pack that decide a review, and the digest that stands for all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path


def read_files(folder: Path, named: Iterable[str] = ()) -> dict[Path, bytes | None]:
    """Return the content of every file of a pack that decides a review; see `content`.

    These are ``pack.toml``, further rule files, the tables in ``tables/``, and the tables that the pack names elsewhere.

    Args:
        folder: The pack's folder.
        named: Tables that the pack names, relative to its folder.
    """
    rules = toml_files(folder / "rules")
    tables = {*folder.glob("tables/**/*.csv"), *(folder / name for name in named)}
    return {file: content(file) for file in (folder / "pack.toml", *rules, *sorted(tables))}


def toml_files(folder: Path) -> tuple[Path, ...]:
    """Return the TOML files of a folder by name; the folder itself when it is there and does not tell what it holds."""
    try:
        return tuple(sorted(file for file in folder.iterdir() if file.suffix == ".toml"))
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except OSError:
        return (folder,)


def content(file: Path) -> bytes | None:
    """Return the content of a regular file; ``None`` when it cannot be read, or is a pipe, which may never end."""
    try:
        return file.read_bytes() if file.is_file() else None
    except OSError:
        return None


def digest_of(folder: Path, files: Mapping[Path, bytes | None]) -> str:
    """Return the SHA-256 of a pack's files: names and contents, ``pack.toml`` first, tables last, by name."""
    whole = hashlib.sha256()
    for file in sorted(files, key=lambda file: (file.suffix == ".csv", file.parent != folder, file)):
        held = hashlib.sha256(files[file] or b"").hexdigest()
        whole.update(f"{file.relative_to(folder).as_posix()}\0{held}\n".encode())
    return f"sha256:{whole.hexdigest()}"

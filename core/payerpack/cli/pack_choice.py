"""The packs that a command is asked to look at: by id, by folder, or every pack of a folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from payerpack.errors import PackError, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from payerpack.packs.library import Header, Library


def targets(wanted: Sequence[str]) -> list[Path | str]:
    """Return what is wanted, one pack each: folders of packs, and ids with or without ``==version``; none twice.

    Raises:
        PackError: A folder holds no pack, or a file is none.
    """
    found: list[Path | str] = []
    problems: list[Problem] = []
    for one in wanted:
        folders = folders_in(one)
        found += folders
        if not folders and Path(one).exists():
            what = (
                "holds no pack: there is no pack.toml in it or in its folders" if Path(one).is_dir() else "is no pack"
            )
            problems.append(Problem(one, f"{what}; name a pack's folder, its pack.toml, or the id of a pack"))
        elif not folders and {"/", os.sep} & set(one):
            problems.append(Problem(one, "there is no such folder; name a pack's folder, or the id of a pack"))
        elif not folders:
            found.append(one)
    if problems:
        raise PackError(*problems)
    return list(dict.fromkeys(found))


def library_of(wanted: Sequence[str], packs: Sequence[Path]) -> Library:
    """Return a library that holds what can be had, and by hand the folders given and those that are wanted."""
    from payerpack.packs.library import Library

    return Library(given(wanted, packs))


def given(wanted: Sequence[str], packs: Sequence[Path]) -> list[Path]:
    """Return the folders to look up by hand."""
    return [*packs, *(folder for one in wanted for folder in folders_in(one))]


def header_of(target: Path | str, library: Library) -> Header:
    """Return the header of a pack that is wanted.

    Raises:
        PackError: It is not there or cannot be read that far; every problem of it at once.
    """
    from payerpack.packs.discovery import Origin
    from payerpack.packs.library import read_header
    from payerpack.packs.load import load_pack

    if isinstance(target, str):
        pack_id, separator, version = target.partition("==")
        return library.header(pack_id, separator + version)
    header = read_header(Origin(target, by_hand=True))
    if header is None:
        load_pack(target)  # says what is wrong with it
        raise PackError(Problem(str(target), "has no [pack] that can be read; give it an id and a version"))
    return header


def folder_of(target: Path | str, library: Library) -> Path:
    """Return the folder of a pack that is wanted; what is wrong in it does not matter.

    Raises:
        PackError: There is no pack of that id.
    """
    return target if isinstance(target, Path) else header_of(target, library).folder


def folders_in(wanted: str) -> tuple[Path, ...]:
    """Return the pack folders that a folder is or holds; none for an id."""
    from payerpack.packs.discovery import pack_folders

    path = Path(wanted)
    if path.name == "pack.toml" and path.is_file():
        path = path.parent
    return pack_folders(path) if path.is_dir() else ()

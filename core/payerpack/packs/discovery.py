"""Where packs come from: the core's own folder, folders that distributions name, folders given by hand.

A distribution names a folder of packs by an entry point of the group ``payerpack.packs``; its value is the folder
written as a package (``payerpack_example.packs``). No code of a distribution is imported: the folder is found where the
distribution is installed, or, where an editable installation has its source elsewhere, by the search path of the
top-level package.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs

from payerpack import __version__
from payerpack.installed import EntryPoint, entry_points

GROUP: Final = "payerpack.packs"


@attrs.frozen(slots=True)
class Origin:
    """A folder of one pack, and who brought it.

    Attributes:
        folder: The folder that holds ``pack.toml``.
        distribution: The distribution and version, such as ``payerpack-example 1.0``; empty for a folder given by hand.
        by_hand: Whether it was given by hand and so hides installed packs of the same id and version.
    """

    folder: Path
    distribution: str = ""
    by_hand: bool = False


def shipped_folder() -> Path:
    """Return the folder of the packs that ship with the core: in the wheel, else in the repository."""
    package = Path(__file__).parent.parent
    inside = package / "policy_packs"
    return inside if inside.is_dir() else package.parent.parent / "policy_packs"


def pack_folders(folder: Path) -> tuple[Path, ...]:
    """Return the pack folders that a folder is or holds, in the order of their names."""
    if (folder / "pack.toml").is_file():
        return (folder,)
    return tuple(sorted(file.parent for file in folder.glob("*/pack.toml")))


def shipped() -> Iterator[Origin]:
    """Yield the packs that ship with the core."""
    for folder in pack_folders(shipped_folder()):
        yield Origin(folder, f"payerpack {__version__}")


def installed() -> Iterator[tuple[EntryPoint, str, Path | None]]:
    """Yield every entry point of the group, the distribution that has it, and its folder if that exists."""
    for entry in sorted(entry_points((GROUP,)), key=lambda entry: (entry.name, entry.value)):
        yield entry, f"{entry.distribution} {entry.version}", _folder(entry)


def _folder(entry: EntryPoint) -> Path | None:
    parts = entry.value.replace(":", ".").split(".")
    beside = entry.site.joinpath(*parts)
    if beside.is_dir():
        return beside
    spec = importlib.util.find_spec(parts[0])
    for location in (spec.submodule_search_locations or ()) if spec is not None else ():
        folder = Path(location).joinpath(*parts[1:])
        if folder.is_dir():
            return folder
    return None

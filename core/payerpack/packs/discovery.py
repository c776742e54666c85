"""Where packs come from: the core's own folder, folders that distributions name, folders given by hand.

A distribution names a folder of packs by an entry point of the group ``payerpack.packs``; its value is the folder
written as a package (``payerpack_example.packs``). No code of a distribution is imported: the folder is found in the
distribution's list of files, or, where an editable installation has no such list, by the search path of the top-level
package.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs

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
    name = f"payerpack {importlib.metadata.version('payerpack')}"
    for folder in pack_folders(shipped_folder()):
        yield Origin(folder, name)


def installed() -> Iterator[tuple[importlib.metadata.EntryPoint, str, Path | None]]:
    """Yield every entry point of the group, the distribution that has it, and its folder if that exists."""
    for entry in sorted(importlib.metadata.entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        distribution = entry.dist
        name = f"{distribution.name} {distribution.version}" if distribution is not None else "an unnamed distribution"
        yield entry, name, _folder(entry)


def _folder(entry: importlib.metadata.EntryPoint) -> Path | None:
    parts = entry.value.replace(":", ".").split(".")
    inside = "/".join(parts) + "/"
    distribution = entry.dist
    for file in (distribution.files or ()) if distribution is not None else ():
        if file.as_posix().startswith(inside):
            located = Path(str(file.locate()))
            return located.parents[file.as_posix().removeprefix(inside).count("/")]
    spec = importlib.util.find_spec(parts[0])
    for location in (spec.submodule_search_locations or ()) if spec is not None else ():
        folder = Path(location).joinpath(*parts[1:])
        if folder.is_dir():
            return folder
    return None

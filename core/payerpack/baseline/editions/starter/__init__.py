"""The edition that ships with the core, so that the first command works: the imaging family and what is billed with it.

It is an edition like any other, compiled by the importer's own readers (`compiling`) from small extracts in CMS's own
layouts: a review that needs it maps four small files. ``README.md`` beside them says what they hold;
``tools/build_starter.py`` makes them.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from payerpack.baseline.editions.columns import map_file
from payerpack.baseline.editions.edition import Edition
from payerpack.baseline.editions.manifest import read_manifest

if TYPE_CHECKING:
    from payerpack.baseline.editions.columns import Columns
    from payerpack.baseline.editions.manifest import TableEntry

COMPILED = Path(__file__).parent / "compiled"
"""The folder of the compiled edition."""


@cache
def starter_edition() -> Edition:
    """Return the starter edition; it is opened once per process.

    Raises:
        DataError: A file of it is missing or damaged.
    """

    def load(entry: TableEntry) -> Columns:
        return map_file(COMPILED / entry.file)

    return Edition(read_manifest(COMPILED), load)

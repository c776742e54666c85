"""The edition that ships with the core, so that the first command works: the imaging family and what is billed with it.

It is compiled in memory from small extracts in CMS's own layouts, by the readers that compile the full files.
``README.md`` beside them says what they hold; ``tools/build_starter.py`` makes them.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from payerpack.baseline.editions.columns import Columns
from payerpack.baseline.editions.edition import Edition
from payerpack.baseline.editions.importers.add_on import read_add_on
from payerpack.baseline.editions.importers.mue import read_mue
from payerpack.baseline.editions.importers.pfs import read_pfs
from payerpack.baseline.editions.importers.problems import Problems
from payerpack.baseline.editions.importers.ptp import PtpBuilder
from payerpack.baseline.editions.importers.recognise import recognise
from payerpack.baseline.editions.manifest import SourceFile, TableEntry, manifest_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payerpack.baseline.editions.importers.compiled import CompiledTable, Release

FILES = (
    "ccipra-v302r0-f1.txt",
    "MCR_MUE_PractitionerServices_Eff_07-01-2024.csv",
    "AOC_V2024Q2-MCR.txt",
    "PPRRVU2025_Oct.csv",
)
_READERS = {"mue": read_mue, "add-on": read_add_on, "pfs": read_pfs}


@cache
def starter_edition() -> Edition:
    """Return the starter edition; it is compiled once per process."""
    problems = Problems()
    tables = [_compile(name, problems) for name in FILES]
    problems.raise_if_any()
    payloads = {table.entry.file: table.payload for table in tables if table is not None}

    def load(entry: TableEntry) -> Columns:
        return Columns(memoryview(payloads[entry.file]), entry.file)

    return Edition(manifest_of([table.entry for table in tables if table is not None]), load)


def _compile(name: str, problems: Problems) -> CompiledTable | None:
    release: Release | None = recognise(name)
    assert release is not None
    text = Path(__file__).with_name(name).read_text("ascii")
    source = SourceFile(name, "", len(text))
    if release.kind == "ptp":
        builder = PtpBuilder(release, problems)
        builder.read(text.splitlines(keepends=True), name, release.part, source)
        return builder.compile(complete=False)
    separator = "," if name.endswith(".csv") else "\t"
    return _READERS[release.kind](_rows(text, separator), name, release, source, problems, complete=False)


def _rows(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Cut lines into cells; the extracts quote nothing."""
    for number, line in enumerate(text.splitlines(), 1):
        yield number, line.split(separator)

"""From the extracts to the compiled starter edition: ``tools/build_starter.py`` writes what this returns, tests compare it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from payerpack.baseline.editions.importers.add_on import read_add_on
from payerpack.baseline.editions.importers.mue import read_mue
from payerpack.baseline.editions.importers.pfs import read_pfs
from payerpack.baseline.editions.importers.problems import Problems
from payerpack.baseline.editions.importers.ptp import PtpBuilder
from payerpack.baseline.editions.importers.recognise import recognise
from payerpack.baseline.editions.manifest import MANIFEST, SourceFile, manifest_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payerpack.baseline.editions.importers.compiled import CompiledTable, Release

EXTRACTS = (
    "ccipra-v302r0-f1.txt",
    "MCR_MUE_PractitionerServices_Eff_07-01-2024.csv",
    "AOC_V2024Q2-MCR.txt",
    "PPRRVU2025_Oct.csv",
)
_READERS = {"mue": read_mue, "add-on": read_add_on, "pfs": read_pfs}


def compile_starter() -> dict[str, bytes]:
    """Return every file of the compiled edition, by name.

    Raises:
        DataError: An extract is malformed; every problem at once.
    """
    problems = Problems()
    tables = [_compile(name, problems) for name in EXTRACTS]
    problems.raise_if_any()
    sound = [table for table in tables if table is not None]
    manifest = manifest_of([table.entry for table in sound])
    return {MANIFEST: manifest.to_json().encode(), **{table.entry.file: table.payload for table in sound}}


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

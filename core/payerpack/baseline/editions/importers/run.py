"""Compile CMS's files, exactly as published, into a new edition; nothing is replaced unless everything is sound."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from payerpack.baseline.editions.importers.compiling import compile_sources
from payerpack.baseline.editions.importers.links import link_texts
from payerpack.baseline.editions.importers.problems import Problems
from payerpack.baseline.editions.importers.sources import find_sources
from payerpack.baseline.editions.importers.writing import write_edition
from payerpack.baseline.editions.manifest import MANIFEST, TableEntry, manifest_of, read_manifest
from payerpack.baseline.editions.store import import_root, newest_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from payerpack.baseline.editions.importers.compiled import CompiledTable
    from payerpack.baseline.editions.importers.links import LinkText

    Progress = Callable[[str, int, int], None]

_PAGES = (".html", ".htm")


@attrs.frozen(slots=True, kw_only=True)
class ImportSummary:
    """What an import did.

    Attributes:
        id: The new edition.
        path: Its folder.
        label: Its releases in one line.
        tables: The tables compiled now.
        carried: The tables taken over from the edition before.
        skipped: Members of zips that are no table we read, or the same table in another format.
        warnings: What a user should know although nothing is wrong.
        unchanged: Whether an edition of exactly this content was there already.
        seconds: How long it took.
    """

    id: str
    path: Path
    label: str
    tables: tuple[TableEntry, ...]
    carried: tuple[TableEntry, ...]
    skipped: tuple[str, ...]
    warnings: tuple[str, ...]
    unchanged: bool
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as plain data for JSON."""
        return {
            "id": self.id,
            "path": str(self.path),
            "label": self.label,
            "tables": [table_dict(table) for table in self.tables],
            "carried": [table_dict(table) for table in self.carried],
            "skipped": list(self.skipped),
            "warnings": list(self.warnings),
            "unchanged": self.unchanged,
            "seconds": round(self.seconds, 3),
        }


def import_files(
    paths: Iterable[Path | str],
    root: Path | str | None = None,
    progress: Progress | None = None,
) -> ImportSummary:
    """Compile CMS's files into a new edition.

    The tables of the newest edition in the folder that are not given again are carried over, so that quarters of MUE
    and of the fee schedule lie side by side; a PTP release holds all dates and takes the place of an older one.

    Args:
        paths: Zips, txt, csv or xlsx files as CMS publishes them, in any order; beside them the saved page (html) of
            the PTP files, whose link texts confirm their rows and ranges.
        root: The folder of editions; None as in ``store.import_root``.
        progress: Called with the file in hand, the bytes read of all files, and the bytes there are.

    Returns:
        What was done.

    Raises:
        DataError: With every problem of every file; the folder is then as it was.
    """
    began = time.perf_counter()
    folder = import_root(root)
    if (folder / MANIFEST).is_file():
        # The folder of one edition was named: its new version goes beside it.
        folder = folder.parent
    problems = Problems()
    files, links = _pages(list(dict.fromkeys(Path(path) for path in paths)), problems)
    sources, skipped = find_sources(files, problems)
    if not sources and not problems:
        problems.add("no file was given; name the files of CMS to import", "payerpack baseline import")
    base = newest_in(folder)
    held = read_manifest(base).tables if base else ()
    compiled = compile_sources(sources, links, problems, progress or (lambda _file, _done, _total: None))
    _refuse_older(compiled, held, problems)
    problems.raise_if_any()
    new = {table.entry.slot: table for table in compiled}
    carried = [table for table in held if table.slot not in new]
    manifest = manifest_of([*(table.entry for table in compiled), *carried])
    if newest_in(folder) != base:
        problems.add("another import finished meanwhile, and its tables would be lost; import again", folder.name)
        problems.raise_if_any()
    unchanged = (folder / f"edition-{manifest.id}" / MANIFEST).is_file()
    path = write_edition(
        folder,
        manifest,
        {table.entry.file: table.payload for table in compiled},
        {table.file: base / table.file for table in carried} if base else {},
    )
    tables = tuple(sorted((table.entry for table in compiled), key=lambda t: t.slot))
    return ImportSummary(
        id=manifest.id,
        path=path,
        label=manifest.label,
        tables=tables,
        carried=tuple(carried),
        skipped=tuple(skipped),
        warnings=tuple(_warnings(tables)),
        unchanged=unchanged,
        seconds=time.perf_counter() - began,
    )


def table_dict(table: TableEntry) -> dict[str, Any]:
    """Return an entry of a manifest as plain data for JSON."""
    return {
        "kind": table.kind,
        "program": table.program,
        "setting": table.setting,
        "version": table.version,
        "label": table.label,
        "first": table.first.isoformat(),
        "last": table.last.isoformat(),
        "rows": table.rows,
        "complete": table.complete,
        "bytes": table.bytes,
        "sha256": table.sha256,
        "sources": [{"name": s.name, "sha256": s.sha256, "bytes": s.bytes} for s in table.sources],
        "notes": dict(table.notes),
    }


def _pages(paths: list[Path], problems: Problems) -> tuple[list[Path], dict[str, LinkText]]:
    files = []
    links: dict[str, LinkText] = {}
    for path in paths:
        if path.suffix.lower() not in _PAGES:
            files.append(path)
            continue
        try:
            found = link_texts(path.read_text("utf-8", errors="replace"))
        except OSError as error:
            problems.add(f"cannot be read ({error.strerror}); check the path", path.name)
            continue
        if not found:
            message = (
                "names no PTP file with its number of records, so it confirms nothing; save CMS's page of PTP files"
            )
            problems.add(message, path.name)
        links.update(found)
    return files, links


def _refuse_older(compiled: list[CompiledTable], held: tuple[TableEntry, ...], problems: Problems) -> None:
    """An older release would take windows and codes away that later claims need."""
    versions = {table.slot: table for table in held}
    for table in compiled:
        before = versions.get(table.entry.slot)
        if before is not None and (table.entry.last, table.entry.version) < (before.last, before.version):
            message = (
                f"is older than {before.label}, which the edition holds and which has its rows too; leave it out, or "
                "import into another folder"
            )
            problems.add(message, table.entry.label)


def _warnings(tables: tuple[TableEntry, ...]) -> list[str]:
    return [
        f"{table.label}: {table.rows:,} rows are far fewer than CMS publishes, so reviews treat the table as an extract"
        for table in tables
        if not table.complete
    ]

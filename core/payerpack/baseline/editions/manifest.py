"""What an edition says of itself: its tables, where each came from, what each covers, and its name.

The name is a digest of the tables' contents, so that two machines that imported the same files have the same edition
and a review that names it can be replayed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import TYPE_CHECKING, Any

import attrs

from payerpack.errors import DataError, Problem

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = 1
MANIFEST = "manifest.json"
_ID_LENGTH = 16


@attrs.frozen(slots=True)
class SourceFile:
    """A file that was imported: its name (a member of a zip as ``name.zip/member``), digest and size in bytes."""

    name: str
    sha256: str
    bytes: int


@attrs.frozen(slots=True)
class TableEntry:
    """One table of an edition.

    Attributes:
        kind: ``ptp``, ``mue``, ``add-on``, ``pfs``, ``hcpcs`` or ``icd10``.
        program: ``medicare``, ``medicaid``, or empty where there is only one.
        setting: ``practitioner``, ``hospital``, ``dme``, or empty.
        version: The release in CMS's own terms, such as ``v302r0`` or ``2024Q3``; later sorts after earlier.
        label: The release as findings name it, such as ``NCCI-PTP-PRA v30.2``.
        first: First day covered, inclusive.
        last: Last day covered, inclusive.
        rows: Number of rows.
        complete: False where the table is an extract, so that a code it lacks means nothing.
        file: Name of the file in the edition's folder.
        sha256: Digest of that file.
        bytes: Size of that file.
        sources: The files it was compiled from.
        notes: Oddities of CMS's own that were counted rather than refused.
    """

    kind: str
    program: str
    setting: str
    version: str
    label: str
    first: dt.date
    last: dt.date
    rows: int
    complete: bool
    file: str
    sha256: str
    bytes: int
    sources: tuple[SourceFile, ...] = ()
    notes: tuple[tuple[str, int], ...] = ()

    @property
    def slot(self) -> tuple[str, str, str, str]:
        """The place in an edition that the table takes: one release of PTP, one MUE table per quarter."""
        dated = self.kind in ("mue", "pfs", "icd10")
        return (self.kind, self.program, self.setting, self.first.isoformat() if dated else "")


@attrs.frozen(slots=True)
class Manifest:
    """The tables of an edition, in order of their slots."""

    tables: tuple[TableEntry, ...]

    @property
    def id(self) -> str:
        """The edition's name: a short digest of what its tables hold and cover, not of how they were packaged."""
        content = [
            [t.kind, t.program, t.setting, t.version, t.first.isoformat(), t.last.isoformat(), t.complete, t.sha256]
            for t in self.tables
        ]
        digest = hashlib.sha256(json.dumps([FORMAT, content], separators=(",", ":")).encode())
        return digest.hexdigest()[:_ID_LENGTH]

    @property
    def partial(self) -> bool:
        """Whether any table is an extract."""
        return not all(t.complete for t in self.tables)

    @property
    def label(self) -> str:
        """The newest release of each kind of table, in one line."""
        newest: dict[tuple[str, str, str], str] = {}
        for table in sorted(self.tables, key=lambda t: t.last):
            newest[table.kind, table.program, table.setting] = table.label
        return ", ".join(newest[slot] for slot in sorted(newest))

    @property
    def recency(self) -> tuple[tuple[dt.date, str], ...]:
        """How new the content is: the ends of what the tables cover, latest first, then their versions.

        Of two editions, the one that adds a table or replaces one by a later release is the newer.
        """
        return tuple(sorted(((t.last, t.version) for t in self.tables), reverse=True))

    def to_json(self) -> str:
        """Return the text of ``manifest.json``."""
        tables = [attrs.asdict(table, value_serializer=_plain) for table in self.tables]
        body = {"format": FORMAT, "id": self.id, "partial": self.partial, "label": self.label, "tables": tables}
        return json.dumps(body, indent=1) + "\n"


def manifest_of(tables: list[TableEntry]) -> Manifest:
    """Return the manifest of tables given in any order."""
    return Manifest(tuple(sorted(tables, key=lambda t: t.slot)))


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of an edition's folder.

    Raises:
        DataError: If it is missing, damaged, or of another format.
    """
    location = f"{folder.name}/{MANIFEST}"
    try:
        body = json.loads((folder / MANIFEST).read_text("utf-8"))
        if body["format"] != FORMAT:
            message = f"is an edition of format {body['format']}, this version reads {FORMAT}; import CMS's files again"
            raise DataError(Problem(location, message))
        manifest = Manifest(tuple(_entry(table) for table in body["tables"]))
    except OSError as error:
        message = f"cannot be read ({error.strerror}); name a folder that `payerpack baseline import` wrote"
        raise DataError(Problem(location, message)) from error
    except (ValueError, KeyError, TypeError) as error:
        message = "is not the manifest of an edition, so the edition is damaged; import CMS's files again"
        raise DataError(Problem(location, message)) from error
    return manifest


def _plain(_instance: type, _attribute: Any, value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _entry(table: dict[str, Any]) -> TableEntry:
    file = table["file"]
    if "/" in file or "\\" in file or file.startswith("."):
        raise ValueError(file)
    return TableEntry(
        **{
            **table,
            "first": dt.date.fromisoformat(table["first"]),
            "last": dt.date.fromisoformat(table["last"]),
            "sources": tuple(SourceFile(**source) for source in table["sources"]),
            "notes": tuple((name, count) for name, count in table["notes"]),
        }
    )

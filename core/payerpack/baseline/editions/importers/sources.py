"""Find the tables among the files given: plain files, and members of zips read where they lie, never extracted.

A zip is input from elsewhere: the number of members, their declared sizes and their ratio of compression are bounded
before anything is read, reading stops at the declared size, and a member's name is only ever compared, never used as
a path.
"""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

import attrs

from payerpack.baseline.editions.importers.recognise import recognise, refusal
from payerpack.baseline.editions.manifest import SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from payerpack.baseline.editions.importers.compiled import Release
    from payerpack.baseline.editions.importers.problems import Problems

# The largest real member (one PTP file) is 55 MB, its ratio 25; a fee schedule zip has 19 members.
MOST_MEMBERS = 200
MOST_BYTES = 1 << 30
MOST_RATIO = 400
_CHUNK = 1 << 20

# Notices in CMS's files hold single bytes such as the registered sign, in Windows' encoding or in Latin-1. Everything
# we keep is ASCII, and Latin-1 reads any byte.
ENCODING = "latin-1"

# The formats of each table that are read, the one to prefer where a zip holds several first.
_READABLE = {
    "ptp": (".txt", ".xlsx", ".csv"),
    "mue": (".csv", ".txt", ".xlsx"),
    "add-on": (".txt", ".xlsx", ".csv"),
    # Not the fee schedule's spreadsheet: indicators such as 000 and 09 lose their zeros in it.
    "pfs": (".csv", ".txt"),
    "hcpcs": (".csv", ".xlsx"),
    "icd10": (".txt",),
}

_CODE_COLUMNS = {"ptp": (0, 1), "mue": (0,), "add-on": (1, 3), "hcpcs": (0,)}


@attrs.frozen(slots=True)
class Source:
    """One table file: a path, or a member of a zip.

    Attributes:
        path: The file given.
        member: Name of the member, or empty.
        release: Which release its name says it is.
        size: Bytes, uncompressed.
    """

    path: Path
    member: str
    release: Release
    size: int

    @property
    def name(self) -> str:
        """The name in messages and in the manifest."""
        return f"{self.path.name}/{PurePosixPath(self.member).name}" if self.member else self.path.name

    @property
    def suffix(self) -> str:
        """The format: ``.txt``, ``.csv`` or ``.xlsx``."""
        return PurePosixPath(self.member or self.path.name).suffix.lower()

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Open the bytes of the table."""
        if not self.member:
            with self.path.open("rb") as file:
                yield file
            return
        with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as file:
            yield file

    def digest(self) -> SourceFile:
        """Return what the manifest says of the file given; of a member, the zip is what can be checked."""
        digest = hashlib.sha256()
        size = 0
        with self.path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
        return SourceFile(self.name, digest.hexdigest(), size)

    def lines(self, progress: Callable[[int], None]) -> Iterator[str]:
        """Yield the lines of the table; a spreadsheet's cells are joined by tabs."""
        if self.suffix == ".xlsx":
            for _, cells in self.rows(progress):
                yield "\t".join(cells) + "\n"
            return
        with self.open() as file, io.TextIOWrapper(_counted(file, progress), encoding=ENCODING, newline=None) as text:
            yield from text

    def rows(self, progress: Callable[[int], None]) -> Iterator[tuple[int, list[str]]]:
        """Yield line numbers and cells; text files ending in ``.txt`` are separated by tabs, others by commas."""
        if self.suffix == ".xlsx":
            from payerpack.baseline.editions.importers.sheets import sheet_rows

            with self.open() as file:
                data = file.read()
            progress(len(data))
            yield from sheet_rows(data, self.name, _CODE_COLUMNS[self.release.kind])
            return
        with self.open() as file, io.TextIOWrapper(_counted(file, progress), encoding=ENCODING, newline="") as text:
            if self.suffix == ".txt":
                for number, line in enumerate(text, 1):
                    yield number, line.rstrip("\r\n").split("\t")
            else:
                reader = csv.reader(text)
                for cells in reader:
                    yield reader.line_num, cells


class _Counted(io.RawIOBase):
    """Bytes of a file that report how many were read."""

    def __init__(self, file: IO[bytes], progress: Callable[[int], None]) -> None:
        self._file = file
        self._progress = progress

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override] # io.RawIOBase types it as any buffer
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._progress(len(data))
        return len(data)


def _counted(file: IO[bytes], progress: Callable[[int], None]) -> io.BufferedReader:
    return io.BufferedReader(_Counted(file, progress), _CHUNK)


def find_sources(paths: list[Path], problems: Problems) -> tuple[list[Source], list[str]]:
    """Find the tables among files.

    Args:
        paths: Files as given.
        problems: Where to note files that are missing, damaged, unsafe or unknown.

    Returns:
        The tables, and the names of zip members that are none.
    """
    sources: list[Source] = []
    skipped: list[str] = []
    for path in paths:
        if path.is_dir():
            problems.add("is a folder; name the files in it, so that nothing is imported by accident", path.name)
        elif not path.is_file():
            problems.add("does not exist; check the path", path.name)
        elif path.suffix.lower() == ".zip":
            _in_zip(path, sources, skipped, problems)
        else:
            release = recognise(path.name)
            if release is None or path.suffix.lower() not in _READABLE[release.kind]:
                problems.add(refusal(path.name) if release is None else _format(release, path.name), path.name)
            else:
                sources.append(Source(path, "", release, path.stat().st_size))
    return sources, skipped


def _format(release: Release, name: str) -> str:
    formats = ", ".join(suffix.removeprefix(".") for suffix in _READABLE[release.kind])
    return f"is a {release.kind} table by its name but not in a format we read; give {formats} or the zip: {name}"


def _in_zip(path: Path, sources: list[Source], skipped: list[str], problems: Problems) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
    except (zipfile.BadZipFile, OSError, NotImplementedError):
        problems.add("is not a whole zip file: the download was cut off or is a web page; download it again", path.name)
        return
    if _unsafe(path, members, problems):
        return
    tables: dict[tuple[object, ...], list[Source]] = {}
    refused = []
    for member in members:
        base = PurePosixPath(member.filename.replace("\\", "/")).name
        release = recognise(base, path.name)
        source = release and Source(path, member.filename, release, member.file_size)
        if source and release and source.suffix in _READABLE[release.kind]:
            tables.setdefault(
                (release.kind, release.program, release.setting, release.version, release.part), []
            ).append(source)
        else:
            refused.append(base)
    if not tables:
        held = ", ".join(refused[:3]) or "nothing"
        message = refusal(path.name)
        problems.add(f"{message} (the zip holds {held})", path.name)
        return
    skipped.extend(f"{path.name}/{base}" for base in refused)
    for same in tables.values():
        # The txt, csv and xlsx of one zip hold the same rows.
        order = _READABLE[same[0].release.kind]
        best = min(same, key=lambda source: (order.index(source.suffix), source.member))
        twins = [source for source in same if source.suffix == best.suffix]
        if len(twins) > 1:
            message = f"holds {', '.join(PurePosixPath(t.member).name for t in twins)}, which say they are one table"
            problems.add(f"{message}; give the right one alone", path.name)
            continue
        sources.append(best)
        skipped.extend(source.name for source in same if source is not best)


def _unsafe(path: Path, members: list[zipfile.ZipInfo], problems: Problems) -> bool:
    """Note what makes a zip unfit to read: too many members, too large, a path out of it, a password."""
    if len(members) > MOST_MEMBERS:
        problems.add(f"holds {len(members)} files where CMS's hold at most {MOST_MEMBERS}; give CMS's zip", path.name)
        return True
    unsafe = False
    if sum(member.file_size for member in members) > MOST_BYTES:
        problems.add(f"unpacks to more than {MOST_BYTES >> 20} MB, as no CMS file does; give CMS's zip", path.name)
        unsafe = True
    for member in members:
        parts = PurePosixPath(member.filename.replace("\\", "/"))
        name = parts.name[:60]
        if parts.is_absolute() or ".." in parts.parts or (parts.parts and ":" in parts.parts[0]):
            problems.add(f"holds a file whose name leads out of the zip ({name}); give CMS's zip", path.name)
            unsafe = True
        if member.flag_bits & 0x1:
            problems.add(f"holds a file that needs a password ({name}); give CMS's zip", path.name)
            unsafe = True
        if member.file_size > _CHUNK and member.file_size > MOST_RATIO * max(member.compress_size, 1):
            message = f"unpacks {name} to more than {MOST_RATIO} times its size, as no CMS file does; give CMS's zip"
            problems.add(message, path.name)
            unsafe = True
    return unsafe


# What reading a damaged file raises, from the zip reader or the operating system.
READ_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, csv.Error)

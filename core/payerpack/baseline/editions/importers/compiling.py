"""Read every table that was found and compile it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payerpack.baseline.editions.importers import ptp_set
from payerpack.baseline.editions.importers.add_on import read_add_on
from payerpack.baseline.editions.importers.hcpcs import read_hcpcs
from payerpack.baseline.editions.importers.icd10 import read_icd10
from payerpack.baseline.editions.importers.mue import read_mue
from payerpack.baseline.editions.importers.pfs import fixed_width_rows, read_pfs
from payerpack.baseline.editions.importers.ptp import PtpBuilder
from payerpack.baseline.editions.importers.sources import READ_ERRORS
from payerpack.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from payerpack.baseline.editions.importers.compiled import CompiledTable
    from payerpack.baseline.editions.importers.links import LinkText
    from payerpack.baseline.editions.importers.problems import Problems
    from payerpack.baseline.editions.importers.run import Progress
    from payerpack.baseline.editions.importers.sources import Source

# Half of the rows that CMS published when its files were counted (v30.2, 2024Q3, RVU25D); HCPCS and ICD-10-CM by
# their usual size. Fewer is an extract: it is used, but what it lacks means nothing.
_WHOLE = {
    ("ptp", "practitioner"): 1_250_000,
    ("ptp", "hospital"): 880_000,
    ("ptp", "dme"): 1_000,
    ("mue", "practitioner"): 7_300,
    ("mue", "hospital"): 7_300,
    ("mue", "dme"): 1_400,
    ("add-on", ""): 3_700,
    ("pfs", ""): 9_500,
    ("hcpcs", ""): 4_000,
    ("icd10", ""): 48_000,
}

_READERS = {"mue": read_mue, "add-on": read_add_on, "pfs": read_pfs, "hcpcs": read_hcpcs}


def compile_sources(
    sources: list[Source], links: Mapping[str, LinkText], problems: Problems, progress: Progress
) -> list[CompiledTable]:
    """Compile tables.

    Args:
        sources: The tables found.
        links: What CMS's page says of the PTP files, where it was given.
        problems: Where to note what is wrong.
        progress: Told of every piece that was read.

    Returns:
        The compiled tables; incomplete where there are problems.
    """
    total = sum(source.size for source in sources)
    done = 0

    def counter(name: str) -> Callable[[int], None]:
        def count(size: int) -> None:
            nonlocal done
            done += size
            progress(name, done, total)

        return count

    sets: dict[tuple[str, str], list[Source]] = {}
    single: dict[tuple[str, ...], list[Source]] = {}
    for source in sources:
        release = source.release
        if release.kind == "ptp":
            sets.setdefault((release.program, release.setting), []).append(source)
        else:
            dated = release.first.isoformat() if release.kind in ("mue", "pfs", "icd10") else ""
            single.setdefault((release.kind, release.program, release.setting, dated), []).append(source)
    tables = [_single(group, problems, counter(group[0].name)) for group in single.values()]
    tables += [_ptp(group, links, problems, counter) for group in sets.values()]
    return [table for table in tables if table is not None]


def _single(group: list[Source], problems: Problems, count: Callable[[int], None]) -> CompiledTable | None:
    """Compile a table that is one file."""
    source, release = group[0], group[0].release
    if len(group) > 1:
        names = ", ".join(source.name for source in group)
        problems.add("are the same table, of which an edition holds one; give one of them", names)
        return None
    table: CompiledTable | None = None
    try:
        digest = source.digest()
        if release.kind == "icd10":
            table = read_icd10(source.lines(count), source.name, release, digest, problems, complete=True)
        else:
            fixed = release.kind == "pfs" and source.suffix == ".txt"
            rows = fixed_width_rows(source.lines(count)) if fixed else source.rows(count)
            table = _READERS[release.kind](rows, source.name, release, digest, problems, complete=True)
    except READ_ERRORS:
        problems.add(_DAMAGED, source.name)
    except DataError as error:
        _keep(error, problems)
    return table and _marked(table)


def _ptp(
    group: list[Source],
    links: Mapping[str, LinkText],
    problems: Problems,
    counter: Callable[[str], Callable[[int], None]],
) -> CompiledTable | None:
    """Compile a table that is a set of files."""
    if not ptp_set.check_names(group, problems):
        return None
    builder = PtpBuilder(group[0].release, problems)
    for source in sorted(group, key=lambda s: s.release.part):
        _read_part(builder, source, problems, counter(source.name))
    if len(builder.parts) < len(group):
        return None
    ptp_set.check_parts(builder.parts, links, problems)
    return _marked(builder.compile(complete=True))


def _read_part(builder: PtpBuilder, source: Source, problems: Problems, count: Callable[[int], None]) -> None:
    try:
        builder.read(source.lines(count), source.name, source.release.part, source.digest())
    except READ_ERRORS:
        problems.add(_DAMAGED, source.name)
    except DataError as error:
        _keep(error, problems)


_DAMAGED = "is damaged: it ends early or its check sum is wrong; download it again"


def _marked(table: CompiledTable) -> CompiledTable:
    """Mark a table that is far smaller than CMS's as an extract."""
    import attrs

    entry = table.entry
    complete = entry.rows >= _WHOLE[entry.kind, entry.setting]
    return attrs.evolve(table, entry=attrs.evolve(entry, complete=complete))


def _keep(error: DataError, problems: Problems) -> None:
    for problem in error.problems:
        problems.add(problem.message, problem.location)

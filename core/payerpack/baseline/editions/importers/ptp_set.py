"""Check that the files of a PTP release are one whole set before they are compiled."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payerpack.baseline.editions.importers.links import LinkText
    from payerpack.baseline.editions.importers.problems import Problems
    from payerpack.baseline.editions.importers.ptp import PartSummary
    from payerpack.baseline.editions.importers.sources import Source

_KEY = re.compile(r"cci(?:pra|oph)-v\d{3}r\d+-f\d", re.IGNORECASE)

# CMS cuts a release into files of equal length, the last one shorter. Far fewer rows than its equals is a file that
# was cut off at the end of a row. Sets too small to be CMS's whole release are not held to it.
_EVEN = 0.8
_WHOLE_RELEASE = 100_000


def check_names(sources: list[Source], problems: Problems) -> bool:
    """Check that the names of one setting's files make one release, each part once.

    Returns:
        Whether the set can be read.
    """
    versions = sorted({source.release.version for source in sources})
    title = sources[0].release.label.rsplit(" ", 1)[0]
    names = ", ".join(source.name for source in sources)
    if len(versions) > 1:
        message = f"are of different releases ({', '.join(versions)}), of which the newest holds all dates; give that one only"
        problems.add(message, names)
        return False
    parts = [source.release.part for source in sources]
    wanted = sources[0].release.parts or max(1, *parts)
    missing = [f"f{part}" for part in range(1, wanted + 1) if part not in parts and (parts != [0])]
    twice = sorted({f"f{part}" for part in parts if parts.count(part) > 1})
    if missing:
        release = sources[0].release.version
        message = (
            f"{', '.join(missing)} of {release} missing: a release is whole only with f1 to f{wanted}; give all of them"
        )
        problems.add(message, title)
    if twice:
        problems.add(f"{', '.join(twice)} given more than once ({names}); give each file once", title)
    extra = [f"f{part}" for part in parts if part > wanted]
    if extra:
        problems.add(f"{', '.join(extra)} is no file of a set of {wanted}; give CMS's files unchanged", title)
    return not (missing or twice or extra)


def check_parts(parts: list[PartSummary], links: Mapping[str, LinkText], problems: Problems) -> None:
    """Check counts and ranges of the files that were read."""
    parts = sorted(parts, key=lambda part: part.part)
    for part in parts:
        key = _KEY.search(part.file)
        link = links.get(key[0].lower()) if key else None
        if link is not None:
            _against_link(part, link, problems)
    for before, after in itertools.pairwise(parts):
        if after.first <= before.last and after.file != before.file:
            message = (
                f"begins with {'/'.join(after.first)} although {before.file} already ends with "
                f"{'/'.join(before.last)}; the files overlap, so download the release again"
            )
            problems.add(message, after.file)
    if sum(part.rows for part in parts) < _WHOLE_RELEASE:
        return
    most = max(part.rows for part in parts)
    for part in parts[:-1]:
        counted = (key := _KEY.search(part.file)) is not None and key[0].lower() in links
        if part.rows < _EVEN * most and not counted:
            message = (
                f"holds {part.rows:,} rows where a file of its set holds {most:,}, and CMS cuts a release into equal "
                "files: it is cut off; download it again, or give CMS's saved page to confirm the counts"
            )
            problems.add(message, part.file)


def _against_link(part: PartSummary, link: LinkText, problems: Problems) -> None:
    if part.rows != link.rows:
        message = f"holds {part.rows:,} rows where CMS's page says {link.rows:,}; download it again"
        problems.add(message, part.file)
    for name, wanted, found in (("begins", link.first, part.first), ("ends", link.last, part.last)):
        if wanted is not None and wanted != found:
            message = f"{name} with {'/'.join(found)} where CMS's page says {'/'.join(wanted)}; download it again"
            problems.add(message, part.file)

"""CMS's own page as a checksum: beside each PTP file its link prints the rows and the first and last pair."""

from __future__ import annotations

import re

import attrs

_LINK = re.compile(
    r"cci(?P<setting>pra|oph)-v(?P<version>\d{3})r(?P<revision>\d+)-f(?P<part>\d)"
    r"(?:(?!cci(?:pra|oph)-v\d).)*?"
    r"\((?P<rows>[\d,]+)\s+Records\)\s*"
    r"(?:(?P<c1>\w{5})/(?P<c2>\w{5})\s*(?:--?|\u2013|to)\s*(?P<d1>\w{5})/(?P<d2>\w{5}))?",
    re.IGNORECASE | re.DOTALL,
)
_TAG = re.compile(r"<(?!a\b)[^>]*>|&nbsp;", re.IGNORECASE)


@attrs.frozen(slots=True)
class LinkText:
    """What the page says of one PTP file; the pairs are None where it names none."""

    rows: int
    first: tuple[str, str] | None
    last: tuple[str, str] | None


def link_texts(page: str) -> dict[str, LinkText]:
    """Return what a saved page of CMS's says of each PTP file, by ``ccipra-v302r0-f1``."""
    found: dict[str, LinkText] = {}
    for match in _LINK.finditer(_TAG.sub(" ", page)):
        name = f"cci{match['setting']}-v{match['version']}r{match['revision']}-f{match['part']}".lower()
        ends = (match["c1"], match["c2"]), (match["d1"], match["d2"])
        pairs = ends if match["c1"] else (None, None)
        found[name] = LinkText(int(match["rows"].replace(",", "")), *pairs)
    return found

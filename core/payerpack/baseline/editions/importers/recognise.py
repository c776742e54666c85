"""Tell from its name which release of which table a file is; a name that says nothing is refused.

CMS puts what dates a table only into file names, and spells them in several ways, so each kind is keyed on the part
that does not vary.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from payerpack.baseline.editions.importers.compiled import Release
from payerpack.baseline.editions.quarters import quarter_end, quarter_name, quarter_start, release_start

if TYPE_CHECKING:
    from collections.abc import Callable

_PTP = re.compile(r"cci(pra|oph)-v(\d{3})r(\d+)-f(\d)", re.IGNORECASE)
_MUE = re.compile(r"MCR_MUE_(Practitioner|Outpatient|DME)\w*_Eff_(\d\d)-(\d\d)-(\d{4})", re.IGNORECASE)
_AOC = re.compile(r"AOC_V(\d{4})Q([1-4])(?:_?(\d+))?-MCR", re.IGNORECASE)
_PFS = re.compile(r"PPRRVU(\d{4}|\d{2})_?(JAN|APR|JUL|OCT)", re.IGNORECASE)
_QPP = re.compile(r"_QPP", re.IGNORECASE)
_HCPCS = re.compile(r"HCPC(\d{4})_(JAN|APR|JUL|OCT)_ANWEB", re.IGNORECASE)
_ICD10 = re.compile(r"icd10cm[_-]order[_-](\d{4})", re.IGNORECASE)
_MEDICAID = re.compile(r"medicaid|\bmcd[-_]", re.IGNORECASE)
_QUARTER = re.compile(
    r"(?P<year>20\d\d)[-_]?q(?P<quarter>[1-4])|q(?P<quarter2>[1-4])[-_]?(?P<year2>20\d\d)", re.IGNORECASE
)
_EFFECTIVE = re.compile(r"Eff[_-](\d\d)-(\d\d)-(\d{4})", re.IGNORECASE)
_CHANGES = re.compile(r"additions|deletions|revisions|changes", re.IGNORECASE)

_MONTHS = {"JAN": 1, "APR": 2, "JUL": 3, "OCT": 4}
_PTP_PARTS = 4
_MEDICAID_PART = re.compile(r"[-_]f([1-9])\b", re.IGNORECASE)
SETTINGS = {"practitioner": "PRA", "hospital": "OPH", "dme": "DME"}

KNOWN = (
    "PTP ccipra-v302r0-f1 or ccioph-..., MUE MCR_MUE_..._Eff_07-01-2024, add-on AOC_V2024Q2-MCR, fee schedule "
    "PPRRVU2025_Oct, HCPC2026_OCT_ANWEB, icd10cm_order_2026, medicaid-ncci-2026-q3-..., as zip, txt, csv or xlsx"
)


def recognise(name: str, container: str = "") -> Release | None:
    """Return which release a file is, or None.

    Args:
        name: The file's own name, without folders.
        container: The name of the zip it lies in; Medicaid's members are dated and named there.
    """
    for kind in (_ptp, _mue, _add_on, _pfs, _hcpcs, _icd10):
        release = kind(name)
        if release is not None:
            return release
    return _medicaid(name, container)


def refusal(name: str) -> str:
    """Say why a file of this name is not read, and what to give instead."""
    if _CHANGES.search(name):
        return "lists one quarter's changes only, from which no table can be built; give the full files f1 to f4"
    if _PFS.search(name) and _QPP.search(name):
        return "holds the QPP values; give the nonQPP file of the release, which is the default"
    if re.search(r"AOC_V\w*-MCD", name, re.IGNORECASE):
        return "is Medicaid's add-on table, which no edit uses; give Medicare's, AOC_V....-MCR"
    return f"is not a name that CMS gives to a table we read, so its release is unknown; we read: {KNOWN}"


def _ptp(name: str) -> Release | None:
    match = _PTP.search(name)
    if match is None:
        return None
    version = int(match[2])
    if version % 10 > 3:  # noqa: PLR2004 - four quarters, counted from 0
        return None
    setting = "practitioner" if match[1].lower() == "pra" else "hospital"
    first = release_start(version)
    revision = f"r{match[3]}" if int(match[3]) else ""
    return Release(
        kind="ptp",
        program="medicare",
        setting=setting,
        version=f"v{version}r{match[3]}",
        label=f"NCCI-PTP-{SETTINGS[setting]} v{version // 10}.{version % 10}{revision}",
        first=first,
        last=quarter_end(first),
        part=int(match[4]),
        parts=_PTP_PARTS,
    )


def _mue(name: str) -> Release | None:
    match = _MUE.search(name)
    if match is None:
        return None
    setting = {"practitioner": "practitioner", "outpatient": "hospital", "dme": "dme"}[match[1].lower()]
    first = _us_date(match[2], match[3], match[4])
    return None if first is None else _mue_release("medicare", setting, first)


def _mue_release(program: str, setting: str, first: dt.date) -> Release:
    suffix = "-MCD" if program == "medicaid" else ""
    return Release(
        kind="mue",
        program=program,
        setting=setting,
        version=quarter_name(first),
        label=f"NCCI-MUE-{SETTINGS[setting]}{suffix} {quarter_name(first)}",
        first=first,
        last=quarter_end(first),
    )


def _add_on(name: str) -> Release | None:
    match = _AOC.search(name)
    if match is None:
        return None
    first = quarter_start(int(match[1]), int(match[2]))
    revision = f"r{int(match[3])}" if match[3] else ""
    return Release(
        kind="add-on",
        program="medicare",
        version=quarter_name(first) + revision,
        label=f"NCCI-AOC {quarter_name(first)}{revision}",
        first=first,
        last=quarter_end(first),
    )


def _pfs(name: str) -> Release | None:
    match = _PFS.search(name)
    if match is None or _QPP.search(name):
        return None
    year = int(match[1]) if len(match[1]) > 2 else 2000 + int(match[1])  # noqa: PLR2004 - older names have two digits
    return _quarterly("pfs", "PFS", quarter_start(year, _MONTHS[match[2].upper()]))


def _hcpcs(name: str) -> Release | None:
    match = _HCPCS.search(name)
    return match and _quarterly("hcpcs", "HCPCS", quarter_start(int(match[1]), _MONTHS[match[2].upper()]))


def _quarterly(kind: str, title: str, first: dt.date) -> Release:
    version = quarter_name(first)
    return Release(kind=kind, version=version, label=f"{title} {version}", first=first, last=quarter_end(first))


def _icd10(name: str) -> Release | None:
    match = _ICD10.search(name)
    if match is None:
        return None
    year = int(match[1])
    return Release(
        kind="icd10",
        version=f"FY{year}",
        label=f"ICD-10-CM FY{year}",
        first=dt.date(year - 1, 10, 1),
        last=dt.date(year, 9, 30),
    )


def _medicaid(name: str, container: str) -> Release | None:
    """Recognise Medicaid's public files: only words of the names tell them, and quarter and year change places."""
    text = f"{container} {name}"
    if not _MEDICAID.search(text) or _CHANGES.search(text):
        return None
    first = _medicaid_quarter(name) or _medicaid_quarter(container)
    setting = _medicaid_setting(name) or _medicaid_setting(container)
    kinds = [kind for kind in ("ptp", "mue") if re.search(kind, name, re.IGNORECASE)]
    kinds = kinds or [kind for kind in ("ptp", "mue") if re.search(kind, container, re.IGNORECASE)]
    if first is None or not setting or len(kinds) != 1:
        return None
    if kinds == ["mue"]:
        return _mue_release("medicaid", setting, first)
    part = _MEDICAID_PART.search(name)
    version = quarter_name(first)
    return Release(
        kind="ptp",
        program="medicaid",
        setting=setting,
        version=version,
        label=f"NCCI-PTP-{SETTINGS[setting]}-MCD {version}",
        first=first,
        last=quarter_end(first),
        part=int(part[1]) if part else 0,
    )


def _medicaid_quarter(text: str) -> dt.date | None:
    effective = _EFFECTIVE.search(text)
    if effective is not None:
        return _us_date(*effective.groups())
    match = _QUARTER.search(text)
    if match is None:
        return None
    return quarter_start(int(match["year"] or match["year2"]), int(match["quarter"] or match["quarter2"]))


def _medicaid_setting(text: str) -> str:
    words: dict[str, Callable[[str], object]] = {
        "practitioner": re.compile(r"practitioner|[-_]pra\b", re.IGNORECASE).search,
        "hospital": re.compile(r"outpatient|hospital|[-_]oph\b", re.IGNORECASE).search,
        "dme": re.compile(r"dme|durable", re.IGNORECASE).search,
    }
    found = [setting for setting, matches in words.items() if matches(text)]
    return found[0] if len(found) == 1 else ""


def _us_date(month: str, day: str, year: str) -> dt.date | None:
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return None

"""The field's short vocabularies, as keys of our own.

CMS prints the reason for an edit as a phrase. We keep which reason it is, not the phrase: a key is stable when CMS
rewords, and the wording stays CMS's. Each phrase is recognised by the words that set it apart.
"""

from __future__ import annotations

UNKNOWN = "other"

# Vocabulary of the PTP files: twelve reasons, counted in v30.2. The manual's phrase is tried last because its words
# are the least distinctive.
_PTP = (
    ("misuse", "misuse-of-column-2"),
    ("mutually", "mutually-exclusive"),
    ("preparation", "anesthesia-preparation"),
    ("anesthesia service", "anesthesia-by-surgeon"),
    ("standards of", "standards-of-practice"),
    ("code definition", "code-definition"),
    ("more extensive", "more-extensive"),
    ("separate procedure", "separate-procedure"),
    ("sequential", "sequential"),
    ("laboratory panel", "lab-panel"),
    ("gender", "gender"),
    ("coding instruction", "manual-instruction"),
)

# Vocabulary of the MUE tables.
_MUE = (
    ("cms policy", "cms-policy"),
    ("code descriptor", "code-descriptor"),
    ("clinical: data", "clinical-data"),
    ("anatomic", "anatomic"),
    ("nature of service", "nature-of-service"),
    ("prescribing", "prescribing-information"),
    ("workgroup", "clinical-workgroup"),
    ("nature of analyte", "nature-of-analyte"),
    ("nature of equipment", "nature-of-equipment"),
    ("contractor policy", "contractor-policy"),
    ("discontinued", "drug-discontinued"),
    ("society", "clinical-society"),
    ("oral medication", "oral-medication"),
    ("compounded", "compounded-drug"),
)

PTP_RATIONALES = (*(key for _, key in _PTP), UNKNOWN)
MUE_RATIONALES = (*(key for _, key in _MUE), UNKNOWN)


def ptp_rationale(phrase: str) -> str:
    """Return the key of a PTP rationale: CMS's phrase, or a key of ours, in any case."""
    return _key(phrase, _PTP, PTP_RATIONALES)


def mue_rationale(phrase: str) -> str:
    """Return the key of an MUE rationale: CMS's phrase, or a key of ours, in any case."""
    return _key(phrase, _MUE, MUE_RATIONALES)


def _key(phrase: str, words: tuple[tuple[str, str], ...], keys: tuple[str, ...]) -> str:
    text = phrase.strip().lower()
    if text in keys:
        return text
    return next((key for word, key in words if word in text), UNKNOWN)

"""A finding in words: what it changes, what would fix it, what kind of denial it is, whether an appeal makes sense."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal

from payerpack.finding import STRENGTH, Adjustment, Finding, Source, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

DenialClass = Literal["documentation", "policy edit", "utilisation management"]

_CURES: Final[Mapping[str, str]] = {
    "none": "nothing: no document, modifier or correction changes it under this policy",
    "documentation": "documentation: send the record that shows what is missing",
    "modifier": "a modifier, if what was done and documented supports one",
    "authorization": "an authorization that covers the code and the date",
    "recode": "another code: bill the one that describes what was done",
    "correct_claim": "a corrected claim",
}
_UTILISATION: Final = frozenset({"15", "39", "50", "197", "198", "284", "296"})
"""CARCs of authorization and medical necessity: somebody judged, or has to judge, whether the service was needed."""
_NO_APPEAL: Final = "MA130"
"""The RARC that says a claim could not be processed, so that there is nothing to appeal."""
_ABSOLUTE: Final = "2"
"""The MUE adjudication indicator whose limit nobody may override (NCCI Policy Manual, introduction)."""
_BY_LINE: Final = "1"
"""The MUE adjudication indicator whose limit is each line's, so that modifiers may part the units (the same)."""
_LEAST: Final = STRENGTH["reduce"]


def adjustment_in_words(adjustment: Adjustment) -> str:
    """Return an adjustment as remittances name it: ``CO-97 N19``."""
    return " ".join([f"{adjustment.group}-{adjustment.carc}", *adjustment.rarc])


def cure_in_words(cure: str | None) -> str:
    """Return what can fix a finding; empty where the rule does not say."""
    return "" if cure is None else _CURES[cure]


def change_in_words(finding: Finding) -> str:
    """Return the change that a finding proposes; empty when it proposes none."""
    parts = []
    for key, value in (finding.effect or {}).items():
        text = str(plain(value))
        if key == "code":
            parts.append(f"bill {text} instead")
        elif key == "units":
            parts.append(f"at most {text} {'unit' if text == '1' else 'units'}")
        elif key == "amount":
            parts.append(f"at most {Decimal(text):.2f} US dollars")
        elif key == "percent":
            parts.append(f"{text} % stays payable")
        elif key == "of":
            parts.append(f"of the {text} component")
        elif key == "into":
            parts.append(f"bill the lines together as {text}")
        else:
            parts.append(f"{key} {text}")
    return ", ".join(parts)


def source_in_words(source: Source) -> str:
    """Return a source in a line: title, section, address, when it was reviewed, how sure it is."""
    reviewed = f"reviewed {source.reviewed}" if source.reviewed else ""
    confidence = f"confidence {source.confidence}" if source.confidence else ""
    section = f"section {source.section}" if source.section[:1].isdigit() else source.section
    return ", ".join(part for part in (source.title, section, source.url, reviewed, confidence) if part)


def is_denial(finding: Finding) -> bool:
    """Say whether a finding costs something: it denies, holds or changes a line, and not only on trial."""
    return STRENGTH[finding.action] <= _LEAST and not finding.monitored


def denial_class(finding: Finding) -> DenialClass | None:
    """Return the class of a denial, or ``None`` for what denies nothing.

    What can cure it tells the class; where nothing can, the CARC tells a judgement of need from an edit.
    """
    if not is_denial(finding):
        return None
    if finding.cure == "authorization" or (finding.adjustment is not None and finding.adjustment.carc in _UTILISATION):
        return "utilisation management"
    return "documentation" if finding.cure == "documentation" else "policy edit"


def appeal_in_words(finding: Finding) -> str:
    """Return whether an appeal of a denial makes sense, and what to do instead; empty for what denies nothing."""
    if not is_denial(finding):
        return ""
    advice = _appeal(finding)
    if finding.action == "pend":  # nothing to dispute yet
        return advice
    if finding.source is None:
        advice += "; the rule cites no source, so ask the payer for the written policy first"
    elif finding.source.confidence == "unverified":
        advice += "; the rule's source is unverified, so ask the payer for the written policy first"
    return advice


def _appeal(finding: Finding) -> str:
    mai = str(finding.facts.get("mai") or "")
    if mai == _ABSOLUTE:
        return "no: an MUE with adjudication indicator 2 is not overridden on appeal"
    if finding.action == "reject" or (finding.adjustment is not None and _NO_APPEAL in finding.adjustment.rarc):
        return "no: the claim is returned unprocessed; correct and resubmit it"
    if finding.action == "pend":
        return "not yet: nothing is denied; send what is asked for first"
    if mai and finding.cure != "none":
        lines = (
            "not first: where the record supports it, resubmit on lines of their own with modifiers; else "
            if mai == _BY_LINE
            else ""
        )
        return f"{lines}yes, with records that support the units: an MUE with adjudication indicator {mai} may be paid on appeal"
    return _APPEALS[finding.cure or ""]


_APPEALS: Final[Mapping[str, str]] = {
    "": "only if the payer's policy was misapplied: the rule does not say what would cure it",
    "none": "no: the record cannot change it; only the policy or the contract itself can be disputed",
    "documentation": "yes, with the missing documentation",
    "modifier": "no: correct the modifiers and resubmit, if the record supports it",
    "authorization": "only with an authorization: ask for a retrospective one, then resubmit",
    "recode": "no: bill the right code and resubmit",
    "correct_claim": "no: correct the claim and resubmit",
}

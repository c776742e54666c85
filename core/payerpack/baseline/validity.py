"""Codes and modifiers that exist, and were valid on the day of service.

Source:
    HCPCS Level II file, CMS physician fee schedule; CPT modifiers ship with the core.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import attrs

from payerpack.baseline import options as read
from payerpack.baseline.edit import Edit, Look, Looked, Subject, Verdict
from payerpack.baseline.view import EVERYWHERE, View, surgical_center
from payerpack.claim import ServiceLine
from payerpack.finding import Adjustment, Finding

_CODE: Final = re.compile(r"\d{4}[0-9A-Z]|[A-Z]\d{4}")
_MODIFIER: Final = re.compile(r"[0-9A-Z]{2}")


@attrs.frozen(slots=True, repr=False)
class CodeValidOptions:
    """Parameters of ``builtin = "code-valid"``.

    Attributes:
        malformed: The action for what cannot be a code; its adjustment is that of ``unknown``.
        not_held: The action where a partial edition does not hold the code.
        adjustments: ``unknown`` (malformed, or in no table); the rule's ``then`` is for a code that was not valid that day.
    """

    malformed: str = attrs.field(default="reject", metadata=read.ACTION)
    not_held: str = attrs.field(default="inform", metadata=read.ACTION)
    adjustments: dict[str, Adjustment] = attrs.field(default={}, metadata=read.ADJUSTMENT_BY_KEY)


class CodeValid(Edit[CodeValidOptions]):
    """Denies codes that were not valid on the day; says nothing where the tables held cannot tell."""

    builtin = "code-valid"
    options = CodeValidOptions
    settings = EVERYWHERE

    def judge(self, subject: Subject) -> Iterable[Verdict | Look]:
        """Judge one code on one day."""
        options = self.options_on(subject.day)
        code = subject.code
        unknown = options.adjustments.get("unknown")
        if not _CODE.fullmatch(code):
            message = (
                "the code of this line is not a procedure code: five characters, digits and capitals, without dots"
            )
            yield Verdict({"reason": "malformed"}, message, options.malformed, unknown, "correct_claim")
        elif self.edition is not None and self.edition.code_valid(code, subject.day) is False:
            facts = {"edition": self.edition.label}
            if self.edition.holds(code):
                yield Verdict({"reason": "not valid that day", **facts})
            else:
                message = "{code} is in no table of the edition"
                yield Verdict({"reason": "unknown", **facts}, message, adjustment=unknown)


class CodesHeld(Edit[CodeValidOptions]):
    """Says once which codes a partial edition does not hold, so that its silence is not taken for an answer."""

    builtin = "code-valid"
    options = CodeValidOptions

    def check(self, view: View, lines: Sequence[ServiceLine]) -> Iterable[Finding]:
        """Look for codes that no table holds."""
        edition = self.edition
        if edition is None or not edition.partial:
            return ()
        held: dict[str, bool] = {}
        for line in lines:
            if line.code not in held:
                held[line.code] = not _CODE.fullmatch(line.code) or edition.holds(line.code)
        missing = [line for line in lines if not held[line.code]]
        if not missing:
            return ()
        names = ", ".join(sorted({line.code for line in missing}))
        view.context.limit(f"partial edition ({edition.label}): it does not hold {names}")
        facts: dict[str, Any] = {"gap": "not held", "codes": names, "edition": edition.label}
        message = "the edition is partial and does not hold {codes}: no edit looked at it"
        verdict = Verdict(facts, message, self.options_on(missing[0].service_date).not_held, cure="none")
        return self.find(view, missing[0], verdict, lines=tuple(line.number for line in missing))


@attrs.frozen(slots=True, repr=False)
class ModifierValidOptions:
    """Parameters of ``builtin = "modifier-valid"``.

    Attributes:
        hospital_only: Modifiers that a practitioner's claim does not take.
        surgical_center: Those of them that an ambulatory surgical center takes.
        practitioner_only: Modifiers that a hospital's claim does not take.
        wrong_setting: The action for a modifier of the other setting.
    """

    hospital_only: frozenset[str] = attrs.field(default=frozenset(), metadata=read.NAMES)
    surgical_center: frozenset[str] = attrs.field(default=frozenset(), metadata=read.NAMES)
    practitioner_only: frozenset[str] = attrs.field(default=frozenset(), metadata=read.NAMES)
    wrong_setting: str = attrs.field(default="warn", metadata=read.ACTION)


class ModifierValid(Edit[ModifierValidOptions]):
    """Denies modifiers that are malformed or were not valid on the day."""

    builtin = "modifier-valid"
    options = ModifierValidOptions
    of_modifiers = True
    settings = EVERYWHERE

    def judge(self, subject: Subject) -> Iterable[Verdict | Look]:
        """Judge each modifier of a line."""
        options = self.options_on(subject.day)
        for modifier in dict.fromkeys(subject.modifiers):
            facts = {"modifier": modifier}
            if not _MODIFIER.fullmatch(modifier):
                yield Verdict({"modifier": "malformed"}, "a modifier of this line is not two digits or capitals")
            elif self.edition is not None and self.edition.modifier_valid(modifier, subject.day) is False:
                yield Verdict(facts)
            elif (subject.setting == "practitioner" and modifier in options.hospital_only) or (
                subject.setting == "hospital" and modifier in options.practitioner_only
            ):
                message = "modifier {modifier} is not for this kind of claim"
                verdict = Verdict(facts, message, options.wrong_setting)
                yield Look(verdict) if modifier in options.surgical_center else verdict

    def consider(self, view: View, looked: Looked) -> Iterator[Finding]:
        """Find what an ambulatory surgical center takes on lines that are no center's."""
        for line, verdict in looked:
            if not surgical_center(view, line):
                yield from self.find(view, line, verdict)

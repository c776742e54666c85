"""Modifiers that belong to visits, and those that visits never take.

Source:
    CMS NCCI Policy Manual, chapter I, section E.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import attrs

from payerpack.baseline import options as read
from payerpack.baseline.edit import Edit, Look, Subject, Verdict
from payerpack.baseline.options import NO_CODES
from payerpack.codes import CodeSet

_VISIT_MODIFIERS: Final = ("24", "25", "57")
_DISTINCT: Final = ("59", "XE", "XS", "XP", "XU")
_REPEATS: Final = ("76", "77")
_REPEAT_LABORATORY: Final = "91"


@attrs.frozen(slots=True, repr=False)
class VisitOptions:
    """Parameters of ``builtin = "modifier-em"`` and ``"modifier-59-x"``.

    Attributes:
        codes: The codes that take 24, 25 and 57; the codes that never take 59 or X{EPSU}.
    """

    codes: CodeSet = attrs.field(default=NO_CODES, metadata=read.CODES)


class ModifierVisit(Edit[VisitOptions]):
    """Denies 24, 25 and 57 on what is no visit."""

    builtin = "modifier-em"
    options = VisitOptions
    of_modifiers = True

    def judge(self, subject: Subject) -> Iterable[Verdict | Look]:
        """Judge 24, 25 and 57 of a line."""
        for modifier in _VISIT_MODIFIERS:
            if modifier in subject.modifiers and subject.code not in self.options_on(subject.day).codes:
                yield Verdict({"modifier": modifier})


class ModifierDistinct(Edit[VisitOptions]):
    """Denies 59 and X{EPSU} on codes that never take them."""

    builtin = "modifier-59-x"
    options = VisitOptions
    of_modifiers = True

    def judge(self, subject: Subject) -> Iterable[Verdict | Look]:
        """Judge 59 and X{EPSU} of a line."""
        for modifier in _DISTINCT:
            if modifier in subject.modifiers and subject.code in self.options_on(subject.day).codes:
                yield Verdict({"modifier": modifier})


@attrs.frozen(slots=True, repr=False)
class RepeatOptions:
    """Parameters of ``builtin = "modifier-repeat"``.

    Attributes:
        visit_codes: Codes that take neither 76 nor 77.
        laboratory_codes: Codes whose repeats are 91.
        laboratory: The action for 76 or 77 on a laboratory code.
        off_laboratory: The action for 91 on any other code.
    """

    visit_codes: CodeSet = attrs.field(default=NO_CODES, metadata=read.CODES)
    laboratory_codes: CodeSet = attrs.field(default=NO_CODES, metadata=read.CODES)
    laboratory: str = attrs.field(default="warn", metadata=read.ACTION)
    off_laboratory: str = attrs.field(default="warn", metadata=read.ACTION)


class ModifierRepeat(Edit[RepeatOptions]):
    """Denies 76 and 77 on visits, and warns where 91 and 76 or 77 are mixed up."""

    builtin = "modifier-repeat"
    options = RepeatOptions
    of_modifiers = True

    def judge(self, subject: Subject) -> Iterable[Verdict | Look]:
        """Judge the repeat modifiers of a line."""
        options = self.options_on(subject.day)
        for modifier in _REPEATS:
            if modifier in subject.modifiers:
                facts = {"modifier": modifier}
                if subject.code in options.visit_codes:
                    yield Verdict(facts)
                elif subject.code in options.laboratory_codes:
                    message = "a repeated laboratory test is reported with 91, not {modifier}"
                    yield Verdict(facts, message, options.laboratory)
        if _REPEAT_LABORATORY in subject.modifiers and subject.code not in options.laboratory_codes:
            ours = {"modifier": _REPEAT_LABORATORY}
            yield Verdict(ours, "{modifier} is for repeated laboratory tests, not for {code}", options.off_laboratory)

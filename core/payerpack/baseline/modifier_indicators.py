"""Modifiers against the indicators of the physician fee schedule.

Source:
    CMS physician fee schedule relative value file, record layout.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, Final

import attrs

from payerpack.baseline import options as read
from payerpack.baseline.edit import Edit, Look, Subject, Verdict
from payerpack.baseline.view import PRACTITIONER
from payerpack.finding import Cure

_OTHER_COMPONENT: Final = {"26": "TC", "TC": "26"}


@attrs.frozen(slots=True, repr=False)
class ComponentOptions:
    """Parameters of ``builtin = "modifier-26-tc"``.

    Attributes:
        professional: PC/TC indicators that take modifier 26.
        technical: PC/TC indicators that take modifier TC.
    """

    professional: frozenset[str] = attrs.field(default=frozenset(("1", "6")), metadata=read.NAMES)
    technical: frozenset[str] = attrs.field(default=frozenset(("1",)), metadata=read.NAMES)


class ModifierComponents(Edit[ComponentOptions]):
    """Denies 26 or TC on a code that has no such share.

    The indicator is read on the row of the modifier where there is one: laboratory codes carry 6 on their 26 row and 9
    on the other. A code whose only row is that of the other modifier has its indicator from there.
    """

    builtin = "modifier-26-tc"
    settings = PRACTITIONER
    options = ComponentOptions
    of_modifiers = True

    def judge(self, subject: Subject) -> Iterable[Verdict | Look]:
        """Judge 26 and TC of a line."""
        for modifier, other in _OTHER_COMPONENT.items():
            if modifier in subject.modifiers:
                row = subject.row(modifier) or subject.row() or subject.row(other)
                if row is None:
                    continue
                options = self.options_on(subject.day)
                if row.pctc not in (options.professional if modifier == "26" else options.technical):
                    assert subject.fees is not None
                    yield Verdict({"modifier": modifier, "indicator": row.pctc, "edition": subject.fees.label})


@attrs.frozen(slots=True, repr=False)
class IndicatorOptions:
    """Parameters of the edits that ask one indicator.

    Attributes:
        actions: The action for each indicator; what is not listed is fine.
    """

    actions: Mapping[str, str] = attrs.field(default={}, metadata=read.ACTION_BY_KEY)


class _Indicator(Edit[IndicatorOptions]):
    """A modifier whose meaning an indicator of the fee schedule allows or forbids."""

    settings = PRACTITIONER
    options = IndicatorOptions
    of_modifiers = True
    asks: ClassVar[Mapping[str, str]]
    """The attribute of a fee schedule row that each modifier asks."""
    messages: ClassVar[Mapping[str, str]] = {}
    """What to say of an indicator that the rule's own message does not fit."""

    def judge(self, subject: Subject) -> Iterable[Verdict | Look]:
        """Judge a line that has one of the modifiers."""
        for modifier in dict.fromkeys(subject.modifiers):
            attribute = self.asks.get(modifier)
            row = None if attribute is None else subject.row()
            if attribute is None or row is None:
                continue
            indicator = getattr(row, attribute)
            action = self.options_on(subject.day).actions.get(indicator)
            if action is not None:
                assert subject.fees is not None
                facts = {"modifier": modifier, "indicator": indicator, "edition": subject.fees.label}
                cure: Cure | None = "documentation" if indicator in self.messages else None
                yield Verdict(facts, self.messages.get(indicator, ""), action, cure=cure)


class ModifierBilateral(_Indicator):
    """Says what modifier 50 does where the indicator is not 1 or 3: CMS pays one side (0, 2); 9 has no sides."""

    builtin = "modifier-50"
    asks: ClassVar = {"50": "bilateral"}
    messages: ClassVar = dict.fromkeys(
        ("0", "2"),
        "modifier 50 adds nothing to {code}: bilateral indicator {indicator}, one service is paid ({edition})",
    )


class ModifierAssistant(_Indicator):
    """Denies an assistant at surgery where the indicator says never; asks for documentation where it says so."""

    builtin = "modifier-assistant"
    asks: ClassVar = dict.fromkeys(("80", "81", "82", "AS"), "assistant")
    messages: ClassVar = {
        "0": "an assistant for {code} needs documentation of medical necessity: indicator {indicator} ({edition})"
    }


class ModifierTeam(_Indicator):
    """Denies co-surgeons and surgical teams where the indicator says never; asks for documentation where it says so."""

    builtin = "modifier-co-team"
    asks: ClassVar = {"62": "co_surgeon", "66": "team_surgeon"}
    messages: ClassVar = {
        "1": "modifier {modifier} on {code} needs documentation of medical necessity: indicator {indicator} ({edition})"
    }

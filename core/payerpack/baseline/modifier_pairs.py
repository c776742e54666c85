"""What the modifiers of one line say together: contradictions, sites and order.

Source:
    CMS NCCI Policy Manual, chapter I, section E; payers' common conventions where CMS has no rule (order).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import attrs

from payerpack.baseline import options as read
from payerpack.baseline.edit import Edit, Look, Subject, Verdict
from payerpack.baseline.options import NO_CODES
from payerpack.codes import CodeSet

_LEFT: Final = frozenset(("LT", "E1", "E2", "FA", "F1", "F2", "F3", "F4", "TA", "T1", "T2", "T3", "T4"))
_RIGHT: Final = frozenset(("RT", "E3", "E4", "F5", "F6", "F7", "F8", "F9", "T5", "T6", "T7", "T8", "T9"))
_VESSELS: Final = frozenset(("LC", "LD", "RC", "LM", "RI"))
_SITES: Final = _LEFT | _RIGHT | _VESSELS
_SIDES: Final = frozenset(("LT", "RT"))


@attrs.frozen(slots=True, repr=False)
class ConflictOptions:
    """Parameters of ``builtin = "modifier-conflict"``.

    Attributes:
        exclusive: Groups of modifiers of which a line may have one at most.
    """

    exclusive: tuple[tuple[str, ...], ...] = attrs.field(default=(), metadata=read.GROUPS)


class ModifierConflict(Edit[ConflictOptions]):
    """Denies a line whose modifiers contradict each other."""

    builtin = "modifier-conflict"
    options = ConflictOptions
    of_modifiers = True

    def judge(self, subject: Subject) -> Iterable[Verdict | Look]:
        """Judge the modifiers of a line, one verdict for each group."""
        if len(subject.modifiers) < 2:  # noqa: PLR2004 - one modifier contradicts nothing
            return
        for group in self.options_on(subject.day).exclusive:
            both = [modifier for modifier in group if modifier in subject.modifiers]
            if len(both) > 1:
                yield Verdict({"conflict": " and ".join(both)})


@attrs.frozen(slots=True, repr=False)
class AnatomicOptions:
    """Parameters of ``builtin = "modifier-anatomic"``.

    Attributes:
        vessel_codes: The codes that take a coronary vessel's modifier.
        no_site_codes: Codes that have no side or site at all.
        several: The action for two sites of one kind on one line.
        misplaced: The action for a site that the code cannot have.
    """

    vessel_codes: CodeSet = attrs.field(default=NO_CODES, metadata=read.CODES)
    no_site_codes: CodeSet = attrs.field(default=NO_CODES, metadata=read.CODES)
    several: str = attrs.field(default="warn", metadata=read.ACTION)
    misplaced: str = attrs.field(default="warn", metadata=read.ACTION)


class ModifierAnatomic(Edit[AnatomicOptions]):
    """Denies a line that names both a left and a right site, and warns of sites that cannot be.

    A missing side is no finding: CMS has no table that says where one is required. LT with RT is a contradiction of
    ``modifier-conflict``.
    """

    builtin = "modifier-anatomic"
    options = AnatomicOptions
    of_modifiers = True

    def judge(self, subject: Subject) -> Iterable[Verdict | Look]:
        """Judge the sites that a line names."""
        sites = [modifier for modifier in dict.fromkeys(subject.modifiers) if modifier in _SITES]
        if not sites:
            return
        options = self.options_on(subject.day)
        facts = {"sites": ", ".join(sites)}
        named = set(sites)
        if named & _LEFT and named & _RIGHT and not named >= _SIDES:
            yield Verdict(facts)
        elif len(named - _SIDES) > 1:
            yield Verdict(facts, "one line names {sites}; report each site on a line of its own", options.several)
        if subject.code in options.no_site_codes:
            yield Verdict(facts, "{code} has no side or site, yet the line names {sites}", options.misplaced)
        elif named & _VESSELS and options.vessel_codes and subject.code not in options.vessel_codes:
            yield Verdict(facts, "{sites} name a coronary vessel, which {code} does not treat", options.misplaced)


@attrs.frozen(slots=True, repr=False)
class OrderOptions:
    """Parameters of ``builtin = "modifier-order"``.

    Attributes:
        order: Classes of modifiers, the first class first; a modifier in none may stand anywhere.
    """

    order: tuple[tuple[str, ...], ...] = attrs.field(default=(), metadata=read.GROUPS)


class ModifierOrder(Edit[OrderOptions]):
    """Warns when modifiers that decide the price stand behind others: a convention, never a reason to deny."""

    builtin = "modifier-order"
    options = OrderOptions
    of_modifiers = True

    def judge(self, subject: Subject) -> Iterable[Verdict | Look]:
        """Judge the order of a line's modifiers."""
        if len(subject.modifiers) < 2:  # noqa: PLR2004 - one modifier has no order
            return
        rank = {modifier: at for at, group in enumerate(self.options_on(subject.day).order) for modifier in group}
        ranked = [modifier for modifier in subject.modifiers if modifier in rank]
        usual = sorted(ranked, key=rank.__getitem__)
        if ranked != usual:
            yield Verdict({"order": ", ".join(usual)})

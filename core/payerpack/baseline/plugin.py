"""The baseline as a plugin: four hooks and a cascade over the builtin rules of the policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from payerpack.baseline.add_on import AddOnEdit
from payerpack.baseline.coverage import Coverage
from payerpack.baseline.duplicates import DuplicateLine
from payerpack.baseline.edit import Edit, implements
from payerpack.baseline.global_period import GlobalPeriod
from payerpack.baseline.modifier_indicators import (
    ModifierAssistant,
    ModifierBilateral,
    ModifierComponents,
    ModifierTeam,
)
from payerpack.baseline.modifier_pairs import ModifierAnatomic, ModifierConflict, ModifierOrder
from payerpack.baseline.modifier_visits import ModifierDistinct, ModifierRepeat, ModifierVisit
from payerpack.baseline.mue import MueEdit
from payerpack.baseline.packaged import Packaged
from payerpack.baseline.ptp import Ptp
from payerpack.baseline.screen import Screen
from payerpack.baseline.validity import CodesHeld, CodeValid, ModifierValid
from payerpack.baseline.view import EVERYWHERE, View
from payerpack.claim import Claim
from payerpack.context import Context, Setup
from payerpack.finding import STAGES, Finding, Stage
from payerpack.hookspecs import hookimpl

EDITS: Final[tuple[type[Edit[Any]], ...]] = (
    CodeValid,
    CodesHeld,
    Coverage,
    DuplicateLine,
    ModifierValid,
    ModifierComponents,
    ModifierBilateral,
    ModifierAnatomic,
    ModifierAssistant,
    ModifierTeam,
    ModifierVisit,
    ModifierDistinct,
    ModifierRepeat,
    ModifierConflict,
    ModifierOrder,
    Ptp,
    MueEdit,
    AddOnEdit,
    GlobalPeriod,
    Packaged,
)
"""Every edit, in the order of a review; cascades run in this order too, so packaging comes last."""
_DENIALS: Final = ("deny", "reject")


class Baseline:
    """The CPT/NCCI edits of one policy.

    It takes the policy's rules whose ``builtin`` it knows; a pack that names none of them gets no edit.
    """

    def __init__(self, setup: Setup) -> None:
        """Prepare the edits.

        Args:
            setup: The policy's builtin rules, code sets and edition.

        Raises:
            PackError: A rule has a parameter that its test does not know or cannot use.
        """
        edits = [edit(rule, setup) for edit in EDITS for rule in setup.rules if rule.builtin == edit.builtin]
        self._screen = Screen([edit for edit in edits if implements(edit, "judge")], setup.edition)
        self._considering = _by_stage(edits, "consider")
        self._checking = _by_stage(edits, "check")
        self._all_considering = tuple(edit for stage in STAGES for edit in self._considering[stage])
        self._all_checking = {
            setting: tuple(edit for stage in STAGES for edit in self._checking[stage] if setting in edit.settings)
            for setting in EVERYWHERE
        }
        self._cascading = tuple(edit for edit in edits if implements(edit, "cascade"))

    @hookimpl
    def check_eligibility(self, claim: Claim, context: Context) -> list[Finding]:
        """Codes that exist, duplicates, and what the edition does not cover."""
        return self._check("eligibility", claim, context)

    @hookimpl
    def check_modifiers(self, claim: Claim, context: Context) -> list[Finding]:
        """Modifiers against dates, indicators and each other."""
        return self._check("modifiers", claim, context)

    @hookimpl
    def check_bundling(self, claim: Claim, context: Context) -> list[Finding]:
        """Procedure-to-procedure edits, add-on codes, global periods, packaging."""
        return self._check("bundling", claim, context)

    @hookimpl
    def check_frequency(self, claim: Claim, context: Context) -> list[Finding]:
        """Medically unlikely edits."""
        return self._check("frequency", claim, context)

    def cascade(self, claim: Claim, context: Context) -> list[Finding]:
        """Judge again what depends on which lines stand; the engine asks until nothing new comes.

        Args:
            claim: Read-only.
            context: ``context.denied`` holds the numbers of the lines that something has denied or rejected so far.

        Returns:
            Findings, some of which the engine may have already. An edit is asked only when those before it deny nothing
            new, so that packaging sees what became of add-on codes.
        """
        view = self._look(claim, context)
        found: list[Finding] = []
        for edit in self._cascading:
            if edit not in view.looks:
                continue
            found += edit.cascade(view, view.looks[edit])
            if any(
                finding.action in _DENIALS and not finding.monitored and not context.denied.issuperset(finding.lines)
                for finding in found
            ):
                break
        return found

    def fused(self, claim: Claim, context: Context) -> list[Finding]:
        """Return what the four hooks find together: a review without wrappers asks once."""
        if not claim.lines:
            return []
        view = self._look(claim, context)
        found: list[Finding] = []
        for stage in view.verdicts:
            found += _reported(view, stage)
        looks, lines = view.looks, view.lines
        for edit in self._all_considering:
            if edit in looks:
                found += edit.consider(view, looks[edit])
        for edit in self._all_checking[view.setting]:
            found += edit.check(view, lines)
        return found

    def _check(self, stage: Stage, claim: Claim, context: Context) -> list[Finding]:
        if not claim.lines:
            return []
        view = self._look(claim, context)
        found = _reported(view, stage)
        for edit in self._considering[stage]:
            if edit in view.looks:
                found += edit.consider(view, view.looks[edit])
        for edit in self._checking[stage]:
            if view.setting in edit.settings:
                found += edit.check(view, view.lines)
        return found

    def _look(self, claim: Claim, context: Context) -> View:
        """Return the claim as the edits see it, looked at once a review."""
        view: View | None = context.cache.get(self)
        if view is None:
            view = context.cache[self] = self._screen.look(claim, context)
        return view


def _reported(view: View, stage: Stage) -> list[Finding]:
    """Return the findings of what the screen itself decided."""
    found: list[Finding] = []
    for edit, line, verdict in view.verdicts.get(stage, ()):
        found += edit.find(view, line, verdict)
    return found


def _by_stage(edits: Sequence[Edit[Any]], method: str) -> dict[Stage, tuple[Edit[Any], ...]]:
    having = [edit for edit in edits if implements(edit, method)]
    return {stage: tuple(edit for edit in having if edit.rule.stage == stage) for stage in STAGES}

"""The plugin contract: every hook, in the order of a review.

The verb says how results combine. ``register_*`` runs once when a policy is built, results are keyed, and a clash is an
error naming both distributions. ``supply_*`` results are merged by key. ``check_*`` findings are concatenated and
sorted. ``on_*`` observes: its result is ignored and a fault is logged.

Each hook is called once per claim with all its lines, never once per line. A hook may leave out arguments that it does
not need. A hook that raises makes its claim ``pend`` with a finding that names plugin, version and hook.

Overriding is pluggy's own way: ``@hookimpl(wrapper=True)`` on a ``check_*`` hook receives, from ``yield``, the flat
list of what the baseline and the packs found, and returns what stands; what it removed or changed stays in the trace.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pluggy

from payerpack.claim import Claim
from payerpack.context import Context, LineKey
from payerpack.finding import Finding, Format, Review

PROJECT: Final = "payerpack"
HOOK_API: Final = 1
"""Grows when a hook loses an argument or changes its meaning; a plugin may state the number it was written for."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def register_formats() -> Sequence[Format] | None:
    r"""Offer ways in and out: readers of claims and writers of reviews.

    Called once, when an engine or a command first needs a format; keyed by name, a name offered twice is an error.

    Returns:
        The formats, or ``None``.

    Example:
        >>> @hookimpl
        ... def register_formats():
        ...     return [Format("count", write=lambda reviews, out: out.write(f"{len(list(reviews))}\n"))]
    """


@hookspec
def supply_facts(claim: Claim, context: Context) -> Mapping[LineKey, Any] | None:
    """Supply facts about the claim or its lines: evidence, reference data, provider profiles.

    Called once per claim, before any check; results are merged by key. Two different values for one key make the fact
    ``"conflict"``, which matches nothing but itself.

    Args:
        claim: Read-only; ``claim.lines`` in the order submitted.
        context: The claim's surroundings; facts that other plugins supply are not visible yet.

    Returns:
        Values by ``(line number, fact name)``; ``None`` as line number means every line. Or ``None`` for nothing.

    Example:
        >>> @hookimpl
        ... def supply_facts(claim):
        ...     return {(None, "profile.share_3d"): 0.12}
    """


@hookspec
def check_eligibility(claim: Claim, context: Context) -> Sequence[Finding] | None:
    """Say which lines may not be billed at all: coverage, base study, evidence, authorization.

    Called once per claim; combined by concatenation, then sorted. May be wrapped.

    Args:
        claim: Read-only.
        context: Facts, history and edition.

    Returns:
        One finding per affected line or group of lines, or ``None`` when there is nothing to say.

    Example:
        >>> @hookimpl
        ... def check_eligibility(claim):
        ...     return [
        ...         Finding("acme:closed", "eligibility", "deny", (line.number,), "Acme pays nothing on Sundays")
        ...         for line in claim.lines
        ...         if line.service_date.weekday() == 6
        ...     ]
    """


@hookspec
def check_modifiers(claim: Claim, context: Context) -> Sequence[Finding] | None:
    """Say which modifiers are invalid, missing or contradictory, and how component shares (26, TC, global) overlap.

    Called once per claim; combined by concatenation, then sorted. May be wrapped.

    Args:
        claim: Read-only; modifiers in the order submitted, up to four per line on an 837.
        context: Facts, history and edition.

    Returns:
        Findings, or ``None``.

    Source:
        CMS physician fee schedule indicators; CMS NCCI Policy Manual, chapter I, section E.
    """


@hookspec
def check_bundling(claim: Claim, context: Context) -> Sequence[Finding] | None:
    """Say which lines are part of another: procedure-to-procedure pairs, integral services, add-ons, panels.

    Called once per claim; combined by concatenation, then sorted. May be wrapped.

    Args:
        claim: Read-only. Lines are judged as reported, whatever other rules make of them.
        context: Facts, history and edition.

    Returns:
        Findings on the line that loses, with the line it lost to in ``related_lines``; or ``None``.

    Source:
        CMS NCCI Policy Manual, introduction and chapter I.
    """


@hookspec
def check_frequency(claim: Claim, context: Context) -> Sequence[Finding] | None:
    """Say which lines exceed a limit: per line, day, session, period or lifetime.

    Called once per claim; combined by concatenation, then sorted. May be wrapped.

    Args:
        claim: Read-only; units of service as submitted.
        context: Facts, history (oldest first) and edition.

    Returns:
        Findings, or ``None``.

    Source:
        CMS NCCI Policy Manual, chapter I (medically unlikely edits).
    """


@hookspec
def on_review(review: Review, claim: Claim, context: Context) -> None:
    """Observe a finished review: count, log, audit.

    Called once per claim after everything else. The result is ignored; a fault is logged and changes nothing. A log
    must not hold patient data.

    Args:
        review: The review, complete.
        claim: The claim it is about.
        context: The claim's surroundings.
    """


CHECKS: Final = ("check_eligibility", "check_modifiers", "check_bundling", "check_frequency")
"""The hooks that find something, in the order they run."""
HOOKS: Final = ("register_formats", "supply_facts", *CHECKS, "on_review")
"""Every hook, in the order of a review."""

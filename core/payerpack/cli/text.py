"""Reviews and explanations as plain text, one fact per line, never wrapped: what a pipe or a file gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from payerpack.cli.output import printable
from payerpack.context import units
from payerpack.finding import STRENGTH, Finding, Review
from payerpack.words import (
    adjustment_in_words,
    appeal_in_words,
    change_in_words,
    cure_in_words,
    denial_class,
    is_denial,
    source_in_words,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from payerpack.claim import ServiceLine
    from payerpack.explain import Explanation, RuleStory
    from payerpack.scale.loop import Reviewed


def write_reviews(reviewed: Iterable[Reviewed], out: TextIO) -> None:
    """Write every review, with an empty line between two."""
    for number, (claim, review) in enumerate(reviewed):
        out.write("\n" if number else "")
        out.writelines(f"{printable(line)}\n" for line in _review(claim.lines, review))


def write_explanation(explanation: Explanation, out: TextIO) -> None:
    """Write what every rule made of every line."""
    out.writelines(f"{printable(line)}\n" for line in _explanation(explanation))


def _review(lines: Iterable[ServiceLine], review: Review) -> Iterator[str]:
    yield from heading(review)
    for finding in review.findings:
        if not finding.lines:
            yield f"  whole claim: {finding.action}{_marked(finding)}: {finding.rule}: {finding.message}"
            yield from (f"    {label}: {text}" for label, text in facts(finding))
    outcomes = {line.number: line for line in review.lines}
    for line in lines:
        outcome = outcomes[line.number]
        yield f"  line {line.number}: {outcome.outcome}: {', '.join(described(line))}"
        primary, others = deciding(review, line.number, outcome.primary)
        if primary is not None:
            yield from (f"    {text}" for text in _finding(primary))
        yield from (f"    also: {_brief(finding)}" for finding in others)
    yield from (f"  note: {note}" for note in review.notes)


def heading(review: Review) -> Iterator[str]:
    """Yield what a review says of the claim as a whole."""
    yield f"claim {review.claim_id}: {review.outcome}"
    yield f"  policy: {', '.join(f'{pack} {version}' for pack, version in review.packs.items())}"


def described(line: ServiceLine) -> Iterator[str]:
    """Yield what a line is: its code and modifiers, units, dates."""
    yield "-".join([line.code or f"revenue code {line.revenue_code}", *line.modifiers])
    many = units(line.units)
    yield f"{many} {'unit' if many == '1' else 'units'}"
    last = line.service_date_end
    yield f"{line.service_date} to {last}" if last and last != line.service_date else f"{line.service_date}"


def deciding(review: Review, number: int, rule: str | None) -> tuple[Finding | None, list[Finding]]:
    """Return the finding that decides a line, and the others on it; monitored ones come last."""
    found = [finding for finding in review.findings if number in finding.lines]
    found.sort(key=lambda finding: (finding.monitored, STRENGTH[finding.action], finding.rule))
    primary = next((finding for finding in found if finding.rule == rule and not finding.monitored), None)
    return primary, [finding for finding in found if finding is not primary]


def facts(finding: Finding) -> Iterator[tuple[str, str]]:
    """Yield what there is to say of a finding beside its rule and reason: a label and a text each."""
    if finding.related_lines:
        yield "related lines", ", ".join(map(str, finding.related_lines))
    if finding.adjustment is not None:
        yield "adjustment", adjustment_in_words(finding.adjustment)
    if change := change_in_words(finding):
        yield "change", change
    if cure := cure_of(finding):
        yield "cure", cure
    if finding.source is not None:
        yield "source", source_in_words(finding.source)


def cure_of(finding: Finding) -> str:
    """Return what would fix a finding in words; that nothing would is worth saying only of a denial."""
    return cure_in_words(finding.cure) if is_denial(finding) or finding.cure != "none" else ""


def remedies(finding: Finding | None) -> tuple[str, str, str]:
    """Return what follows from a finding: its adjustment, what would cure it, its source; empty where there is none."""
    if finding is None:
        return "", "", ""
    adjustment = adjustment_in_words(finding.adjustment) if finding.adjustment else ""
    return adjustment, cure_of(finding), source_in_words(finding.source) if finding.source else ""


def advice(finding: Finding) -> Iterator[tuple[str, str]]:
    """Yield the class of a denial and whether an appeal makes sense."""
    if (kind := denial_class(finding)) is not None:
        yield "class", kind
        yield "appeal", appeal_in_words(finding)


def _finding(finding: Finding) -> Iterator[str]:
    yield f"rule: {finding.rule}"
    yield f"reason: {finding.message}"
    yield from (f"{label}: {text}" for label, text in facts(finding))


def _marked(finding: Finding) -> str:
    return " (monitored)" if finding.monitored else ""


def _brief(finding: Finding) -> str:
    cure = cure_of(finding)
    return f"{finding.action}{_marked(finding)}: {finding.rule}: {finding.message}{cure and f'; cure: {cure}'}"


def _explanation(explanation: Explanation) -> Iterator[str]:
    yield from heading(explanation.review)
    if explanation.whole:
        yield "  whole claim"
    for story in explanation.whole:
        yield from (f"    {text}" for text in story_lines(story))
    for told in explanation.lines:
        yield f"  line {told.line.number}: {told.outcome.outcome}: {', '.join(described(told.line))}"
        for story in told.rules:
            yield from (f"    {text}" for text in story_lines(story))
        yield f"    rules about other codes: {told.others}"
    yield from (f"  disabled: {rule}: {reason}" for rule, reason in explanation.disabled)
    yield from (f"  note: {note}" for note in explanation.review.notes)


def story_lines(story: RuleStory) -> Iterator[str]:
    """Yield what a rule made of a line."""
    action = f" ({story.finding.action})" if story.finding else ""
    marked = " (monitored)" if story.monitored else ""
    yield f"{story.rule}: {story.result}{action}{marked}: {story.because}"
    yield from (f"  condition: {text}" for text in conditions(story))
    if story.unknown:
        yield f"  unknown: {', '.join(story.unknown)}"
    yield from (f"  overridden: {reason}" for reason in story.overridden)
    if story.finding is not None:
        yield from (f"  {label}: {text}" for label, text in (*facts(story.finding), *advice(story.finding)))
    elif story.source is not None:
        yield f"  source: {source_in_words(story.source)}"


def conditions(story: RuleStory) -> Iterator[str]:
    """Yield the conditions of a rule as they were seen."""
    for step in story.steps:
        if step.wanted:
            held = {True: "holds", False: "does not hold", None: "unknown"}[step.holds]
            yield f"{step.name} {held}: it is {step.observed or 'not shown'}, wanted {step.wanted}"
        else:  # something counted, or the other line
            yield f"{step.name}: {step.observed}" if step.observed else step.name

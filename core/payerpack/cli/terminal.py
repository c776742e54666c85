"""Reviews and explanations on a terminal: as wide as it is, in colour, and readable without colour."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final, TextIO

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from payerpack.cli.output import printable
from payerpack.cli.text import advice, conditions, cure_of, deciding, described, facts
from payerpack.words import is_denial, source_in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from payerpack.claim import ServiceLine
    from payerpack.cli.compare import Cell, Column
    from payerpack.explain import Explanation, RuleStory
    from payerpack.finding import Finding, Review
    from payerpack.scale.loop import Reviewed

LOOKS: Final = {
    "reject": ("✖", "bold red"),
    "deny": ("✗", "bold red"),
    "recode": ("↻", "bold magenta"),
    "combine": ("⊕", "bold magenta"),
    "pend": ("?", "bold yellow"),
    "cap": ("=", "bold magenta"),
    "reduce": ("↓", "bold magenta"),
    "warn": ("!", "yellow"),
    "inform": ("i", "cyan"),
    "accept": ("✓", "green"),
}
"""The symbol and style of every outcome."""
_WIDEST: Final = 110
"""Longer lines are hard to read, however wide the terminal."""
_QUIET: Final = frozenset({"not fired", "not in force", "not matched", "not run"})
"""What came of rules that have nothing to say."""


def write_reviews(reviewed: Iterable[Reviewed], out: TextIO) -> None:
    """Write every review as soon as it is there."""
    console = _console(out)
    for claim, review in reviewed:
        console.print(_review(claim.lines, review))


def write_explanation(explanation: Explanation, out: TextIO) -> None:
    """Write what every rule made of every line."""
    review = explanation.review
    parts: list[RenderableType] = [*_heading(review), *_stories(explanation.whole, indent=2)]
    for told in explanation.lines:
        parts.append(_line(told.line, told.outcome.outcome, told.outcome.primary))
        parts += _stories(told.rules, indent=5)
        if told.others:
            parts.append(_indented(Text(f"rules about other codes: {told.others}", "dim"), 5))
        parts.append(Text())
    disabled = [f"{rule}: {reason}" for rule, reason in explanation.disabled]
    parts += [*_notes("disabled", disabled), *_notes("note", review.notes)]
    _console(out).print(Group(*parts))


def write_comparison(columns: Sequence[Column], cells: Sequence[Cell], out: TextIO) -> None:
    """Write what several policies make of a claim, a table for each line."""
    console = _Console(file=out, highlight=False, emoji=False, markup=False)
    for line, of_line in itertools.groupby(cells, key=lambda cell: cell.line):
        console.print(
            Rule(
                Text.assemble(f"line {line.number}  ", (", ".join(described(line)), "bold")), align="left", style="dim"
            )
        )
        table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
        table.add_column(overflow="fold")
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold", ratio=1)
        for cell in of_line:
            symbol, style = LOOKS.get(cell.result, ("-", "red"))
            table.add_row(Text(cell.policy, "bold"), Text(f"{symbol} {cell.result}", style), _why(cell))
        console.print(table)
        console.print()
    notes = [(column.policy, column.out_of_scope) for column in columns if column.scope]
    if notes:
        console.print(_grid(notes, "dim"))


def _why(cell: Cell) -> RenderableType:
    """Return why a policy says what it says of a line, what follows from it, and what it would say but for a trial."""
    finding = cell.finding
    parts: list[RenderableType] = [Text(cell.reason)] if cell.reason or not cell.monitored else []
    if finding is not None:
        _, cure, source = cell.remedies
        said = [(label, text) for label, text in (("rule", finding.rule), ("cure", cure), ("source", source)) if text]
        parts.append(_grid(said, "dim"))
    trial = [("monitored", f"{other.action}: {other.rule}: {other.message}") for other in cell.monitored]
    return Group(*parts, *([_grid(trial, "dim")] if trial else ()))


class _Console(Console):
    """A console whose terminal obeys nothing that a claim or a pack says."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            text, style, control = segment
            yield segment if control or text.isprintable() else Segment(printable(text, also="\n"), style)


def _console(out: TextIO) -> Console:
    console = _Console(file=out, highlight=False, emoji=False, markup=False)
    console.width = min(console.width, _WIDEST)
    return console


def _review(lines: Iterable[ServiceLine], review: Review) -> RenderableType:
    parts: list[RenderableType] = list(_heading(review))
    whole = [finding for finding in review.findings if not finding.lines]
    parts += (_indented(_whole(finding), 2) for finding in whole if is_denial(finding))
    outcomes = {line.number: line for line in review.lines}
    told = False
    for line in lines:
        outcome = outcomes[line.number]
        primary, others = deciding(review, line.number, outcome.primary)
        parts.append(_line(line, outcome.outcome, outcome.primary))
        if primary is not None:
            parts.append(_indented(_deciding(primary), 5))
        if others:
            parts.append(_indented(_grid(map(_weaker, others), "dim"), 5))
        told = primary is not None or bool(others)
        if told:
            parts.append(Text())
    remarks = [*map(_weaker, (f for f in whole if not is_denial(f))), *(("note", note) for note in review.notes)]
    if remarks:
        parts += [*([] if told else [Text()]), _indented(_grid(remarks, "dim"), 2)]
    if remarks or not told:
        parts.append(Text())
    return Group(*parts)


def _indented(part: RenderableType, by: int) -> Padding:
    return Padding(part, (0, 0, 0, by), expand=False)


def _heading(review: Review) -> Iterator[RenderableType]:
    symbol, style = LOOKS[review.outcome]
    title = Text.assemble(("claim ", "dim"), (review.claim_id, "bold"), "  ", (f"{symbol} {review.outcome}", style))
    yield Rule(title, align="left", style="dim")
    packs = " > ".join(f"{pack} {version}" for pack, version in review.packs.items())
    yield Padding(Text(f"by {packs}", "dim"), (0, 0, 1, 2), expand=False)


def _line(line: ServiceLine, outcome: str, rule: str | None) -> RenderableType:
    symbol, style = LOOKS[outcome]
    code, count, dates = described(line)
    return Text.assemble(
        (f"{line.number:>3}  ", "bold"),
        (f"{code:<11} ", "bold"),
        f"{count:<8} {dates}  ",
        (f"{symbol} {outcome:<8}", style),
        ("" if rule is None else f" {rule}", "bold"),
    )


def _whole(finding: Finding) -> RenderableType:
    symbol, style = LOOKS[finding.action]
    head = (f"{symbol} {finding.action}{' (monitored)' if finding.monitored else ''}", style)
    return Group(Text.assemble(head, ("  whole claim  ", "dim"), (finding.rule, "bold")), _deciding(finding), Text())


def _deciding(finding: Finding) -> RenderableType:
    return Group(Text(finding.message), _grid(facts(finding)))


def _weaker(finding: Finding) -> tuple[str, str]:
    marked = " (monitored)" if finding.monitored else ""
    cure = cure_of(finding)
    said = f"{finding.rule}: {finding.message}{cure and f' (cure: {cure})'}"
    return f"{LOOKS[finding.action][0]} {finding.action}{marked}", said


def _grid(pairs: Iterable[tuple[str, str]], style: str = "") -> Table:
    """Return labels and texts in two columns; a label is not repeated below itself."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(style=style, overflow="fold")
    before = ""
    for label, text in pairs:
        grid.add_row("" if label == before else label, Text(text))
        before = label
    return grid


def _notes(label: str, notes: Sequence[str]) -> Iterator[RenderableType]:
    if notes:
        yield _indented(_grid((label, note) for note in notes), 2)


def _stories(stories: Sequence[RuleStory], indent: int) -> Iterator[RenderableType]:
    loud = [story for story in stories if story.result not in _QUIET or story.overridden]
    yield from (_indented(_story(story), indent) for story in loud)
    quiet: dict[str, list[str]] = {}
    for story in stories:
        if story not in loud:
            quiet.setdefault(f"{story.result}: {story.because}", []).append(story.rule)
    if quiet:
        yield _indented(_quiet(quiet.items()), indent)


def _quiet(told: Iterable[tuple[str, Sequence[str]]]) -> RenderableType:
    """Return the rules that have nothing to say, in few lines; a pipe or ``--format json`` gets all about them."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(overflow="fold", style="dim", ratio=1)
    grid.add_column(overflow="fold", style="dim", ratio=1)
    for because, rules in told:
        grid.add_row(", ".join(rules), because)
    return grid


def _story(story: RuleStory) -> RenderableType:
    if story.finding is not None:
        symbol, style = LOOKS[story.finding.action]
        result = Text(f"{symbol} {story.finding.action}{' (monitored)' if story.monitored else ''}", style)
    else:
        result = Text(story.result, "yellow")
    pairs = [("saw", text) for text in conditions(story)]
    if story.unknown:
        pairs.append(("unknown", ", ".join(story.unknown)))
    pairs += [("overridden", reason) for reason in story.overridden]
    if story.finding is not None:
        pairs += [*facts(story.finding), *advice(story.finding)]
    elif story.source is not None:
        pairs.append(("source", source_in_words(story.source)))
    return Group(Text.assemble(result, "  ", (story.rule, "bold")), Text(story.because), _grid(pairs), Text())

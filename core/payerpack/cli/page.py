"""A comparison as one page of HTML: nothing is loaded from elsewhere, nothing runs, every value is escaped."""

from __future__ import annotations

import itertools
from html import escape
from typing import TYPE_CHECKING, Final, TextIO

from payerpack import __version__
from payerpack.cli.compare import NOT_REVIEWED
from payerpack.cli.text import described
from payerpack.errors import Problem
from payerpack.words import change_in_words, source_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from payerpack.claim import Claim
    from payerpack.cli.compare import Cell, Column
    from payerpack.finding import Source

_STYLE: Final = """
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid #8885; padding: .35rem .6rem; text-align: left; vertical-align: top }
thead th { color: #777; font-weight: normal } tbody th { white-space: nowrap }
.outcome { border-radius: .25rem; font-weight: bold; padding: .05rem .4rem; white-space: nowrap }
.stops { background: #b3261e; color: #fff } .changes { background: #6b4fa3; color: #fff }
.holds { background: #8a6100; color: #fff } .notes { background: #4a6572; color: #fff }
.passes { background: #1e6b3a; color: #fff } .fails { background: none; outline: 1px dashed #b3261e }
.rule { font-family: ui-monospace, monospace; font-size: .85em; overflow-wrap: anywhere }
.dim, footer { color: #777; font-size: .85em }
@media print { body { margin: 0; max-width: none } a { color: inherit } }
"""
_CONTENT: Final = "default-src 'none'; style-src 'unsafe-inline'"
_LOOKS: Final = {
    **dict.fromkeys(("reject", "deny"), "stops"),
    **dict.fromkeys(("recode", "combine", "cap", "reduce"), "changes"),
    **dict.fromkeys(("pend", "warn"), "holds"),
    "inform": "notes",
    "accept": "passes",
    NOT_REVIEWED: "fails",
}
"""The style of every outcome; the word itself always stands beside the colour."""


def write_comparison(claim: Claim, columns: Sequence[Column], cells: Sequence[Cell], out: TextIO) -> None:
    """Write the page."""
    title = f"claim {escape(claim.id)} under {len(columns)} {'policy' if len(columns) == 1 else 'policies'}"
    out.write('<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n')
    # Should a value ever slip through unescaped, a browser still loads and runs nothing.
    out.write(f'<meta http-equiv="Content-Security-Policy" content="{_CONTENT}">\n')
    out.write('<meta name="viewport" content="width=device-width">\n')
    out.write(f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n")
    out.writelines(_overview(claim, columns, cells))
    for line, of_line in itertools.groupby(cells, key=lambda cell: cell.line):
        code, *rest = described(line)
        out.write(f'<h2>line {line.number}: {escape(code)}</h2>\n<p class="dim">{escape(", ".join(rest))}</p>\n')
        out.writelines(_line(of_line))
    out.writelines(_limits(columns))
    out.write(f"<footer>payerpack {escape(__version__)}</footer>\n</body>\n</html>\n")


def _overview(claim: Claim, columns: Sequence[Column], cells: Sequence[Cell]) -> Iterator[str]:
    """Yield the outcomes alone: a row for each policy, a column for each line."""
    numbers = [f"line {line.number}" for line in claim.lines]
    yield _open("policy", "packs", "claim", *numbers)
    for column in columns:
        packs = {} if column.review is None else column.review.packs
        outcomes = [column.outcome, *(cell.result for cell in cells if cell.policy == column.policy)]
        yield f'<tr><th scope="row">{escape(column.policy)}</th>'
        yield f'<td class="dim">{escape(", ".join(f"{pack} {version}" for pack, version in packs.items()))}</td>'
        yield from (f"<td>{_outcome(outcome)}</td>" for outcome in outcomes)
        yield "</tr>\n"
    yield "</tbody></table>\n"


def _line(cells: Iterator[Cell]) -> Iterator[str]:
    yield _open("policy", "outcome", "why", "adjustment", "what would cure it", "source")
    for cell in cells:
        finding = cell.finding
        adjustment, cure, _ = cell.remedies
        rule = f'<div class="rule">{escape(finding.rule)}</div>' if finding else ""
        change = f"<div>{escape(change_in_words(finding))}</div>" if finding else ""
        yield f'<tr><th scope="row">{escape(cell.policy)}</th><td>{_outcome(cell.result)}</td>'
        trial = "".join(
            f'<div class="dim">monitored: {escape(f"{f.action}: {f.rule}: {f.message}")}</div>' for f in cell.monitored
        )
        yield f"<td>{rule}<div>{escape(cell.reason)}</div>{change}{trial}</td><td>{escape(adjustment)}</td>"
        yield f"<td>{escape(cure)}</td><td>{_source(finding.source) if finding and finding.source else ''}</td></tr>\n"
    yield "</tbody></table>\n"


def _limits(columns: Sequence[Column]) -> Iterator[str]:
    """Yield what limits each review, and why a policy could not be used."""
    said = [
        (column.policy, text)
        for column in columns
        for text in (
            *filter(None, (column.out_of_scope,)),
            *(column.review.notes if column.review else ()),
            *(str(Problem(p.location, p.message, p.code)) for p in column.problems),
        )
    ]
    if said:
        yield "<h2>notes</h2>\n<ul>\n"
        yield from (f"<li>{escape(policy)}: {escape(text)}</li>\n" for policy, text in said)
        yield "</ul>\n"


def _open(*names: str) -> str:
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>\n"


def _outcome(outcome: str) -> str:
    return f'<span class="outcome {_LOOKS[outcome]}">{escape(outcome)}</span>'


def _source(source: Source) -> str:
    """Return a source, its address as a link where it is one of the web."""
    text = escape(source_in_words(source))
    address = escape(source.url or "")
    if not address.startswith(("https://", "http://")):
        return text
    return text.replace(address, f'<a href="{address}" rel="noreferrer">{address}</a>', 1)

"""Measuring on a machine that others use too: ratios of what ran side by side, never one figure alone.

What is compared takes turns, and of each the least processor time of all turns counts: another program can only add to
it. A latency is the least of several readings for each claim, so that percentiles tell slow claims, not busy moments.
"""

from __future__ import annotations

import gc
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import attrs

TURNS = 7


@attrs.frozen
class Table:
    """A table of figures, and what to know when reading it."""

    title: str
    header: tuple[str, ...]
    rows: list[tuple[str, ...]] = attrs.field(factory=list)
    notes: list[str] = attrs.field(factory=list)

    def add(self, *cells: object) -> None:
        """Add a row."""
        self.rows.append(tuple(cell if isinstance(cell, str) else figure(cell) for cell in cells))

    def markdown(self) -> str:
        """Return the table as Markdown, columns aligned for whoever reads it in a terminal."""
        cells = [self.header, *self.rows]
        widths = [max(len(row[column]) for row in cells) for column in range(len(self.header))]
        lines = [f"| {' | '.join(c.ljust(w) for c, w in zip(row, widths, strict=True))} |" for row in cells]
        lines.insert(1, f"|{'|'.join('-' * (width + 2) for width in widths)}|")
        return "\n".join([f"### {self.title}", "", *lines, "", *(f"{note}\n" for note in self.notes)])


def figure(value: Any) -> str:
    """Return a number with the digits that mean something."""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def race(contestants: dict[str, Callable[[], object]], turns: int = TURNS) -> dict[str, float]:
    """Return the least processor time of each, in seconds, of turns taken one after the other."""
    gc.collect()
    gc.freeze()
    best = dict.fromkeys(contestants, float("inf"))
    for _ in range(turns):
        for name, run in contestants.items():
            began = time.process_time()
            run()
            best[name] = min(best[name], time.process_time() - began)
    gc.unfreeze()
    return best


def latencies(review: Callable[[Any], object], claims: Sequence[Any], turns: int = TURNS) -> tuple[float, float]:
    """Return the median and the 99th percentile of the claims' latencies in microseconds."""
    gc.collect()
    gc.freeze()
    clock = time.perf_counter
    best = [float("inf")] * len(claims)
    for _ in range(turns):
        for number, claim in enumerate(claims):
            began = clock()
            review(claim)
            took = clock() - began
            best[number] = min(best[number], took)
    gc.unfreeze()
    best.sort()
    return best[len(best) // 2] * 1e6, best[int(len(best) * 0.99)] * 1e6


def each(run: Callable[[Any], object], items: Iterable[Any]) -> Callable[[], None]:
    """Return what runs over every item and keeps nothing."""

    def over_all() -> None:
        for item in items:
            run(item)

    return over_all


def in_a_process(code: str, *arguments: object) -> tuple[float, int, str]:
    """Run Python code in a process of its own; return its wall time in seconds, peak memory in MB, and what it wrote.

    The code's memory is its own high-water mark: a child's, as the parent sees it, would begin with the parent's.
    """
    tell = "\nimport re as _re, sys as _sys\nfrom pathlib import Path as _Path\n_status = _Path('/proc/self/status')\n"
    tell += "_sys.stderr.write(_re.search(r'VmHWM:\\s+(\\d+)', _status.read_text())[1] if _status.exists() else '0')\n"
    command = [sys.executable, "-c", code + tell, *map(str, arguments)]
    began = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=_plain_environment())
    return time.perf_counter() - began, int(done.stderr.split()[-1]) // 1024, done.stdout


def fastest(command: Sequence[str], turns: int = TURNS) -> float:
    """Return the least wall time of a command in seconds."""
    best = float("inf")
    for _ in range(turns):
        began = time.perf_counter()
        subprocess.run(command, check=False, capture_output=True, env=_plain_environment())
        best = min(best, time.perf_counter() - began)
    return best


def _plain_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("PAYERPACK_", "COV_"))}


def write_between(file: Path, name: str, text: str) -> None:
    """Replace what a page holds between the two comments of that name."""
    page = file.read_text(encoding="utf-8")
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    assert begin in page, f"{file.name} has no {begin}"
    assert end in page, f"{file.name} has no {end}"
    pattern = re.compile(f"{re.escape(begin)}.*{re.escape(end)}", re.DOTALL)
    file.write_text(pattern.sub(lambda _: f"{begin}\n\n{text}\n{end}", page), encoding="utf-8")

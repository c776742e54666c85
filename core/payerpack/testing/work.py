"""How much a plugin does for one claim, counted: calls of its hooks and lines of its code that ran, never time."""

from __future__ import annotations

import inspect
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

import attrs

from payerpack.plugins.registered import Registered, implementations

if TYPE_CHECKING:
    from payerpack.engine import Engine
    from payerpack.testing.subject import Sample


@attrs.frozen(slots=True)
class Work:
    """What plugins did for one claim.

    Attributes:
        calls: How often each hook ran, by its name.
        steps: How many lines of the plugins' code ran.
        size: How many lines and findings there were to work on.
    """

    calls: Mapping[str, int]
    steps: int
    size: int


def measured(sample: Sample, engine: Engine, plugins: Sequence[Registered], folders: tuple[str, ...]) -> Work:
    """Return what plugins did while a claim was reviewed.

    Args:
        sample: The claim.
        engine: Reviews it.
        plugins: The plugins.
        folders: Where their code is.
    """
    hooks = {_code(found.function): found.hook for one in plugins for found in implementations(one.plugin)}
    watch = _Watch(hooks, folders)
    sample.reviewed(engine)  # what happens only once, on first use, is no claim's work
    before = sys.gettrace()
    sys.settrace(watch.called)
    try:
        review = sample.reviewed(engine)
    finally:
        sys.settrace(before)
    calls = Counter(hooks[frame.f_code] for frame in watch.frames)
    return Work(calls, watch.steps, len(sample.claim.lines) + len(review.findings))


def _code(function: Any) -> CodeType:
    code: CodeType = inspect.unwrap(getattr(function, "__func__", function)).__code__
    return code


class _Watch:
    """Counts; a generator that goes on is the same frame again, so frames are counted and not calls."""

    def __init__(self, hooks: Mapping[CodeType, str], folders: tuple[str, ...]) -> None:
        self.hooks = hooks
        self.folders = folders
        self.frames: set[FrameType] = set()
        self.steps = 0

    def called(self, frame: FrameType, _event: str, _argument: object) -> Any:
        if not frame.f_code.co_filename.startswith(self.folders):
            return None
        if frame.f_code in self.hooks:
            self.frames.add(frame)
        return self.stepped

    def stepped(self, _frame: FrameType, event: str, _argument: object) -> Any:
        self.steps += event == "line"
        return self.stepped

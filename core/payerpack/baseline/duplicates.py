"""Lines that are the same service twice.

Source:
    CMS Medicare Claims Processing Manual, chapter 1, section 120 (exact duplicates).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import attrs

from payerpack.baseline import options as read
from payerpack.baseline.edit import Edit, Verdict
from payerpack.baseline.view import EVERYWHERE, View, last_day, provider_key
from payerpack.claim import ServiceLine
from payerpack.context import Context
from payerpack.finding import Finding


@attrs.frozen(slots=True, repr=False)
class DuplicateOptions:
    """Parameters of ``builtin = "duplicate-line"``.

    Attributes:
        provider_key: Who counts as one provider.
        repeat_modifiers: A line with one of these is a repeat on purpose, never a duplicate.
        history: Whether a line that an earlier claim paid counts too.
    """

    provider_key: str = attrs.field(default="rendering_npi", metadata=read.TEXT)
    repeat_modifiers: frozenset[str] = attrs.field(default=frozenset(), metadata=read.NAMES)
    history: bool = attrs.field(default=False, metadata=read.FLAG)


class DuplicateLine(Edit[DuplicateOptions]):
    """Denies a line that equals an earlier one in everything but its number."""

    builtin = "duplicate-line"
    options = DuplicateOptions
    settings = EVERYWHERE

    def check(self, view: View, lines: Sequence[ServiceLine]) -> Iterable[Finding]:
        """Compare the claim's lines, and where the pack says so those of earlier claims."""
        if not view.repeats and not self.options_on(lines[0].service_date).history:
            return ()
        return list(self._repeated(view, lines))

    def _repeated(self, view: View, lines: Sequence[ServiceLine]) -> Iterator[Finding]:
        seen: dict[tuple[Any, ...], int] = {}
        for line in lines:
            options = self.options_on(line.service_date)
            if not line.code or not options.repeat_modifiers.isdisjoint(line.modifiers):
                continue
            service = _service(line, view.context, options)
            first = seen.setdefault(service, line.number)
            if first != line.number:
                yield from self.find(view, line, Verdict({"where": "this claim"}), related_lines=(first,))
            elif options.history and self._paid_earlier(view, service, options):
                message = "{code} of this day was paid on an earlier claim"
                yield from self.find(view, line, Verdict({"where": "an earlier claim"}, message))

    def _paid_earlier(self, view: View, service: tuple[Any, ...], options: DuplicateOptions) -> bool:
        return any(
            context.status == "paid" and _service(line, context, options) == service
            for line, context in view.context.earlier() or ()
        )


def _service(line: ServiceLine, context: Context, options: DuplicateOptions) -> tuple[Any, ...]:
    """Return all that makes a line the service it is."""
    return (
        line.code,
        line.revenue_code,
        frozenset(line.modifiers),
        line.service_date,
        last_day(line),
        provider_key(options.provider_key)(line, context) or (line.number,),
        line.units,
        line.charge,
        line.place_of_service,
        line.ndc,
        line.tooth,
        line.oral_area,
        line.surfaces,
    )

"""``limit``: how many units, lines, services or dollars a group of lines may have within a window.

Lines are counted in one order: earlier claims first, oldest first; then this claim's by the ``order`` fact, service date
and number. Only this claim's lines fire: the line whose count crosses ``max`` and those after it (``over = "excess"``),
or every line of the group (``over = "all"``). A rolling window exceeds if any window of its length that contains the line
does. Earlier lines that were denied do not count, unless ``of`` asks about ``status``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple

import attrs

from payerpack.claim import ServiceLine
from payerpack.context import Context, Entry
from payerpack.facts import CONFLICT, UNKNOWN, Fact
from payerpack.packs.clauses import Excused, Verdict
from payerpack.packs.keys import Keys
from payerpack.packs.membership import listed
from payerpack.packs.truth import Test
from payerpack.packs.windows import Span, Window

COUNTS: Final = ("units", "lines", "services", "charge", "paid")
_ZERO, _ONE = Decimal(0), Decimal(1)
Value = Callable[[ServiceLine, Context], Any]
"""A number that may depend on the line's date or on a table; `UNKNOWN` when it cannot be known."""


class _Counted(NamedTuple):
    """A line that counts: when, how much, and for which service."""

    entry: Entry
    day: dt.date
    amount: Decimal

    @property
    def service(self) -> tuple[str, dt.date]:
        return self.entry[0].code, self.day


@attrs.frozen(slots=True, eq=False, repr=False)
class Limit:
    """A compiled limit.

    Attributes:
        maximum: What may not be exceeded.
        count: One of `COUNTS`.
        counts: Whether a line is among those that are counted (``of``, else the rule's ``when``).
        codes: Whether a line's code can be among them at all, asked first; ``None``: any can.
        keys: What the counted lines share (``per``).
        window: The time they lie in.
        order: The facts that order this claim's lines, each with whether the highest comes first.
        over: ``excess`` or ``all``.
        denied_count: Whether denied earlier lines count too, because ``of`` asks about ``status``.
    """

    maximum: Value
    count: Literal["units", "lines", "services", "charge", "paid"]
    counts: Test
    codes: Callable[[str], bool] | None
    keys: Keys
    window: Window
    order: tuple[tuple[Fact, bool], ...] = ()
    over: Literal["excess", "all"] = "excess"
    denied_count: bool = False

    def screen(self) -> Test:
        """Return a test that is true whenever the limit may be exceeded."""
        maximum, counted, codes, units = self.maximum, self._counted, listed(self.codes), self.count == "units"
        if codes is None or not self.window.claim_only or self.count not in {"units", "lines", "services"}:

            def may_exceed(line: ServiceLine, context: Context) -> bool:
                most = maximum(line, context)
                return most is not UNKNOWN and counted(context)[1] > most

            return may_exceed

        def may_exceed_by_code(line: ServiceLine, context: Context) -> bool:
            most = maximum(line, context)
            if most is UNKNOWN:
                return False
            for other in context.claim.lines:
                if other.code in codes:
                    most -= other.units if units else 1
            return bool(most < 0)

        return may_exceed_by_code

    def judge(self, line: ServiceLine, context: Context, excused: Excused) -> Verdict | None:
        """Fire when a window that contains the line exceeds the maximum."""
        maximum = self.maximum(line, context)
        if maximum is UNKNOWN:
            return None
        counted, total = self._counted(context)
        if total <= maximum:  # whatever the group and the window, they hold no more than everything
            return None
        for count, judged, ahead in self._sums(line, context, counted):
            if count > maximum:
                return (
                    None
                    if excused(line, context, None)
                    else self._verdict(line, context, judged, count, maximum, ahead)
                )
        return None

    def seen(self, line: ServiceLine, context: Context) -> dict[str, Any]:
        """Return the most that a window of the line holds, and the maximum: what a line that passes was judged by."""
        counted, _ = self._counted(context)
        most = max((count for count, _, _ in self._sums(line, context, counted)), default=_ZERO)
        return {"count": most, "max": self.maximum(line, context)}

    def _sums(
        self, line: ServiceLine, context: Context, counted: tuple[_Counted, ...]
    ) -> Iterator[tuple[Decimal, list[_Counted], list[_Counted]]]:
        """Yield for every window that contains the line what it holds, of which lines, and which come before the line."""
        group = [one for one in counted if one.entry[0] is line or self.keys.shared(line, context, *one.entry)]
        for first, last in self._spans(line, context, group):
            inside = group if self.window.claim_only else [one for one in group if first <= one.day <= last]
            ahead, through = self._through(line, context, inside)
            judged = inside if self.over == "all" else through
            yield self._sum(judged), judged, ahead

    def _verdict(
        self,
        line: ServiceLine,
        context: Context,
        judged: list[_Counted],
        count: Decimal,
        maximum: Decimal,
        ahead: list[_Counted],
    ) -> Verdict:
        own = (one.entry[0] for one in judged if one.entry[1] is context)
        return Verdict(
            related=tuple(other.number for other in own if other is not line),
            values={"count": count, "max": maximum},
            effect=self._allowed(max(_ZERO, maximum - self._sum(ahead))),
        )

    def _counted(self, context: Context) -> tuple[tuple[_Counted, ...], Decimal]:
        """Return every line that counts, in counting order, and the most they can sum to; made once per claim."""
        key = (self, context.denied)  # what counts may depend on which lines stand
        made: tuple[tuple[_Counted, ...], Decimal] | None = context.cache.get(key)
        if made is None:
            codes, counts = self.codes, self.counts
            earlier = () if self.window.claim_only else context.earlier() or ()
            entries = [
                entry
                for entry in earlier
                if (self.denied_count or entry[1].status != "denied")
                and (codes is None or codes(entry[0].code))
                and counts(*entry) is True
            ]
            own = [
                (line, context)
                for line in context.claim.lines
                if (codes is None or codes(line.code)) and counts(line, context) is True
            ]
            entries += sorted(own, key=self._place) if len(own) > 1 else own
            counted = tuple(_Counted(entry, entry[0].service_date, self._amount(entry)) for entry in entries)
            most = _ZERO
            for one in counted:
                if one.amount > 0:  # a reversal has a negative charge
                    most += one.amount
            made = context.cache[key] = counted, most
        return made

    def _place(self, entry: Entry) -> tuple[Any, ...]:
        line, context = entry
        ranks: list[Any] = []
        for fact, descending in self.order:
            value = fact.read(line, context)
            if value is UNKNOWN or value is None or value == CONFLICT:
                ranks.append((1, _ZERO))
            else:
                ranks.append((0, _Descending(value) if descending else value))
        return (*ranks, line.service_date, line.number)

    def _amount(self, entry: Entry) -> Decimal:
        line, context = entry
        if self.count == "units":
            return line.units
        if self.count == "charge":
            return line.charge or _ZERO
        if self.count == "paid":
            paid = context.fact("paid_amount", line)
            # What a line under review will be paid is not known yet; its charge is the most it can be.
            return Decimal(paid) if paid is not UNKNOWN and paid is not None else line.charge or _ZERO
        return _ONE

    def _spans(self, line: ServiceLine, context: Context, group: list[_Counted]) -> list[Span]:
        """Return every window that contains the line and may exceed: a rolling one may also end on a later line."""
        day = line.service_date
        if self.window.slide is None:
            # Of a year that is unknown, the day itself is all that surely belongs to it.
            span = self.window.around(day, line, context) or (day, day)
            return [span] if span[0] <= day <= span[1] else []
        later = sorted({one.day for one in group if one.day > day})
        return [span for span in map(self.window.slide, (day, *later)) if span[0] <= day]

    def _sum(self, counted: list[_Counted]) -> Decimal:
        if self.count == "services":
            return Decimal(len({one.service for one in counted}))
        total = _ZERO
        for one in counted:
            total += one.amount
        return total

    def _through(
        self, line: ServiceLine, context: Context, inside: list[_Counted]
    ) -> tuple[list[_Counted], list[_Counted]]:
        """Return what is counted before the line, and the same through it where it counts itself."""
        for place, one in enumerate(inside):
            if one.entry[0] is line:
                return inside[:place], inside[: place + 1]
        mine = self._place((line, context))
        ahead = [one for one in inside if one.entry[1] is not context or self._place(one.entry) < mine]
        return ahead, ahead

    def _allowed(self, left: Decimal) -> dict[str, Any] | None:
        if self.over == "all" or self.count in {"lines", "services"}:
            return None
        return {"units": left} if self.count == "units" else {"amount": left}


@attrs.frozen(slots=True, order=False, repr=False)
class _Descending:
    """Turns an order round."""

    value: Any

    def __lt__(self, other: _Descending) -> bool:
        return bool(other.value < self.value)

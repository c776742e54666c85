"""What must not change the edits of a claim does not, and the edits equal a plain reading of the tables."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from payerpack.baseline.editions import starter_edition
from payerpack.claim import Claim, HistoryLine, Patient, Payer, Provider, ServiceLine
from payerpack.context import Context
from payerpack.engine import Engine
from payerpack.finding import Finding
from payerpack.history import MemoryHistory
from payerpack.hookspecs import CHECKS

EDITION = starter_edition()
ENGINE = Engine(edition=EDITION)
PTP = EDITION.ptp("practitioner")
DAY = dt.date(2024, 8, 15)
MUE = EDITION.mue("practitioner", DAY)
CODES = sorted(code for code in PTP.codes if MUE.get(code) is not None)
ACTIVE = sorted(
    {(row.column1, row.column2) for row in PTP.rows() if row.in_force(DAY)} & {(a, b) for a in CODES for b in CODES}
)
VISITS = [code for code in CODES if "99201" <= code <= "99499"]
MODIFIERS = ["26", "59", "XS", "RT", "25", "76", "91", "24", "50", "GA"]
DAYS = st.sampled_from(
    [dt.date(2019, 3, 31), dt.date(2019, 6, 30), dt.date(2019, 12, 31), DAY, DAY + dt.timedelta(days=1)]
)


@st.composite
def lines(draw: st.DrawFn, days: st.SearchStrategy[dt.date] = DAYS) -> tuple[ServiceLine, ...]:
    pair = draw(st.sampled_from(ACTIVE))
    codes = [*pair, *draw(st.lists(st.sampled_from(CODES), max_size=3))]
    day = draw(days)
    return tuple(
        ServiceLine(
            number,
            code,
            draw(st.sampled_from([day, day, draw(days)])),
            tuple(draw(st.lists(st.sampled_from(MODIFIERS), max_size=2, unique=True))),
            Decimal(draw(st.integers(1, 4))),
            Decimal(number),
        )
        for number, code in enumerate(codes, 1)
    )


def claim(made: tuple[ServiceLine, ...], **fields: Any) -> Claim:
    provider = Provider("1234567893", "930000000")
    return Claim("C-1", "professional", Payer("MEDICARE"), Patient("P-1"), provider, made, **fields)


def found(made: Claim, *rules: str) -> list[tuple[Any, ...]]:
    """The baseline's findings, gaps left out, in the order of the review."""
    return [
        (f.rule, f.action, f.lines, f.related_lines, f.message)
        for f in ENGINE.review(made, "ncci-medicare").findings
        if f.rule.startswith("ncci-medicare:")
        and "gap" not in f.facts
        and (not rules or f.rule.partition(":")[2] in rules)
    ]


@given(lines(), st.randoms())
def test_the_order_of_lines_changes_nothing(made, random):
    shuffled = list(made)
    random.shuffle(shuffled)

    assert found(claim(tuple(shuffled))) == found(claim(made))


@given(lines())
def test_a_line_of_another_provider_changes_nothing_for_the_others(made):
    other = Provider("1245319599", "940000000")
    more = attrs.evolve(made[0], number=99, rendering_provider=other)

    assert [f for f in found(claim((*made, more))) if f[2] != (99,)] == found(claim(made))


@given(lines())
def test_a_line_of_another_season_changes_nothing_for_the_others(made):
    far = attrs.evolve(made[0], number=99, service_date=dt.date(2022, 1, 3))

    assert [f for f in found(claim((*made, far))) if f[2] != (99,)] == found(claim(made))


@given(lines(), lines())
def test_lines_of_two_seasons_may_as_well_be_two_claims(made, others):
    shifted = tuple(
        attrs.evolve(one, number=one.number + 50, service_date=one.service_date - dt.timedelta(days=3000))
        for one in others
    )

    assert sorted(found(claim((*made, *shifted)))) == sorted((*found(claim(made)), *found(claim(shifted))))


@given(st.sampled_from(list(MUE.codes)), st.integers(-1, 1))
def test_units_below_at_and_above_each_value(code, beside):
    units = MUE.get(code).value + beside
    if units < 1:
        return
    line = ServiceLine(1, code, DAY, units=Decimal(units))

    assert bool(found(claim((line,)), "mue")) == (beside > 0)


@given(st.sampled_from(list(MUE.codes)), st.integers(0, 1), st.data())
def test_units_of_a_day_are_summed_over_lines_for_mai_2_and_3(code, beside, data):
    total = MUE.get(code).value + beside
    if total < 2:
        return
    first = data.draw(st.integers(1, total - 1))
    made = (
        ServiceLine(1, code, DAY, units=Decimal(first)),
        ServiceLine(2, code, DAY, ("76",), units=Decimal(total - first)),
    )

    assert [f[2] for f in found(claim(made), "mue")] == ([(1,), (2,)] if beside else [])


@settings(max_examples=300)
@given(lines())
def test_pairs_equal_a_plain_reading_of_the_rows(made):
    assert sorted((f[1], f[2], f[3]) for f in found(claim(made), "ptp")) == sorted(plain_pairs(made))


@settings(max_examples=20, deadline=None)
@given(st.sets(st.sampled_from(list(PTP.codes)), min_size=70, max_size=90), DAYS)
def test_pairs_of_claims_with_many_codes_equal_a_plain_reading_of_the_rows(codes, day):
    made = tuple(ServiceLine(number, code, day) for number, code in enumerate(sorted(codes), 1))

    assert sorted((f[1], f[2], f[3]) for f in found(claim(made), "ptp")) == sorted(plain_pairs(made))


@st.composite
def any_lines(draw: st.DrawFn) -> tuple[ServiceLine, ...]:
    """Lines of which some repeat, some run over days, some have no code and some a provider of their own."""
    last = st.sampled_from([None, None, dt.timedelta(days=1), dt.timedelta(days=3)])
    own = st.sampled_from([None, None, Provider("1245319599", "930000000")])
    return tuple(
        attrs.evolve(
            line,
            number=number,
            code=draw(st.sampled_from([line.code, line.code, line.code, "", "0042T", "nonsense", "G0105"])),
            service_date_end=None if (days := draw(last)) is None else line.service_date + days,
            rendering_provider=draw(own),
        )
        for number, line in enumerate((*draw(lines()), *draw(lines())), 1)
    )


def earlier(data: st.DataObject) -> list[HistoryLine]:
    past = attrs.evolve(claim(data.draw(lines())), id="C-0")
    return [
        HistoryLine(
            past, attrs.evolve(line, service_date=line.service_date - dt.timedelta(days=data.draw(st.integers(0, 2))))
        )
        for line in past.lines
    ]


@settings(max_examples=200, deadline=None)
@given(any_lines(), st.sampled_from(["professional", "institutional", "dental"]), st.data())
def test_one_call_finds_what_the_four_hooks_find(made, kind, data):
    history = earlier(data) if data.draw(st.booleans()) else None
    policy = ENGINE.policy("ncci-medicare")
    environment = attrs.evolve(policy.environment, history=history and MemoryHistory(history))
    whole = attrs.evolve(claim(made), type=kind)
    context, apart = Context(whole, environment), Context(whole, environment)
    plugin = next(one for one in policy.plan.registered if one.name == "payerpack-baseline")
    assert plugin.fused is not None

    hooks = [found for hook in CHECKS for found in getattr(plugin.plugin, hook)(whole, apart)]
    assert sorted(map(reads, plugin.fused(whole, context))) == sorted(map(reads, hooks))
    assert context.limits == apart.limits


def reads(finding: Finding) -> str:
    return json.dumps(finding.to_dict())


def plain_pairs(made: tuple[ServiceLine, ...]) -> list[tuple[str, tuple[int, ...], tuple[int, ...]]]:
    """Every hit as a billing developer would read it from the rows of the table, one column 2 line at a time."""
    hits = []
    for second in made:
        for code in {one.code for one in made} - {second.code}:
            firsts = [one for one in made if one.code == code and one.service_date == second.service_date]
            row = PTP.lookup(code, second.code, second.service_date)
            if not firsts or row is None:
                continue
            if row.indicator == "0":
                standing = firsts
            elif bypasses(second, second.service_date, 2):
                standing = []
            else:
                standing = [one for one in firsts if not bypasses(one, second.service_date, 1)]
            action = "deny" if standing else "inform"
            hits.append((action, (second.number,), tuple(one.number for one in standing or firsts)))
    return hits


def bypasses(line: ServiceLine, day: dt.date, column: int) -> bool:
    visit = line.code in VISITS
    allowed = {"RT"} | ({"24", "25"} if visit else {"59", "XS", "91"})
    if column == 1 and day < dt.date(2019, 7, 1):
        allowed -= {"59", "XS"}
    return not allowed.isdisjoint(line.modifiers)

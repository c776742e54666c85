"""One rule's body as closures: the quick one decides, and the stepwise one in ``trace`` explains with the same tests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from payerpack.claim import ServiceLine
from payerpack.context import Context, Entry
from payerpack.dates import ALWAYS, DateRange
from payerpack.facts import Fact
from payerpack.finding import Finding
from payerpack.packs import outcomes
from payerpack.packs.clauses import FIRES, Clause, Combine, Components, Conflicts, Excused, Needs, Require, Verdict
from payerpack.packs.companions import compile_companion, compile_window
from payerpack.packs.conditions import Condition, Conditions, Excuse, Partners, Tables, holds, is_code_set, split_codes
from payerpack.packs.faults import Faults
from payerpack.packs.keys import compile_keys
from payerpack.packs.limits import COUNTS, Limit
from payerpack.packs.lookups import Lookup
from payerpack.packs.lookups import build as build_lookup
from payerpack.packs.matchers import Matchers
from payerpack.packs.membership import membership
from payerpack.packs.messages import placeholders
from payerpack.packs.model import ResolvedRule, Table
from payerpack.packs.truth import Test
from payerpack.packs.windows import parse

Path_ = tuple[str | int, ...]
CLAUSES = ("require", "needs", "conflicts_with", "limit", "combine", "components")
CLAIM_NAMES = "claim."


@attrs.frozen(slots=True, eq=False, repr=False)
class Clock:
    """When a rule is in force: its inclusive dates, and which of the three clocks they are on."""

    dates: DateRange
    by: str = "service_date"

    def day(self, line: ServiceLine, context: Context) -> dt.date | None:
        """Return the date that counts; ``None``, noted in the review, when the claim does not have it."""
        if self.by == "service_date":
            return line.service_date
        if self.by == "processed_date":
            return context.processed_date
        if context.claim.received_date is None:
            context.limit("no received date: rules dated by it were not applied")
        return context.claim.received_date

    def test(self) -> Test:
        """Return the test of whether the rule is in force for a line; unknown when the claim lacks the date."""
        if self.by == "service_date":
            first, last = self.dates.start or dt.date.min, self.dates.end or dt.date.max
            return lambda line, _context: first <= line.service_date <= last

        def in_force(line: ServiceLine, context: Context) -> bool | None:
            day = self.day(line, context)
            return None if day is None else day in self.dates

        return in_force


@attrs.frozen(slots=True, eq=False, repr=False)
class Body:
    """A rule's tree, compiled.

    Attributes:
        clock: When it is in force.
        when: What must hold of the line, in the order written.
        clause: The one further test, or ``None``.
        excuses: What excuses the line: the tables of ``unless``, and the exceptions of overrides.
        then: What follows.
        unknown: What follows when the clause cannot be decided, or ``None`` for nothing.
        stamp: What every finding carries.
        codes: Says of a code whether ``when`` can hold for it; ``None`` when any code can.
        cascades: Whether it asks for standing lines, so that it waits for what everything else denies.
    """

    clock: Clock
    when: Conditions
    clause: Clause | None
    excuses: tuple[Excuse, ...]
    then: outcomes.Outcome
    unknown: outcomes.Outcome | None
    stamp: outcomes.Stamp
    codes: Callable[[str], bool] | None = None
    cascades: bool = False

    def consequences(self) -> tuple[outcomes.Outcome, ...]:
        """Return everything that may follow."""
        return (self.then,) if self.unknown is None else (self.then, self.unknown)

    def excused(self, line: ServiceLine, context: Context, other: Entry | None) -> bool:
        """Say whether anything excuses the line."""
        for excuse in self.excuses:  # noqa: SIM110 - a generator costs more than most rules
            if excuse.excuses(line, context, other):
                return True
        return False

    def judge(self, line: ServiceLine, context: Context) -> Verdict | None:
        """Return why the rule fires on a line that its ``when`` describes, or ``None``."""
        judge = _no_clause if self.clause is None else self.clause.judge
        return judge(line, context, self.excused)

    def finding(self, line: ServiceLine, context: Context, verdict: Verdict) -> Finding | None:
        """Return the finding that a verdict makes, or ``None`` when the rule says nothing about the unknown."""
        outcome = self.unknown if verdict.unknown else self.then
        return None if outcome is None else outcomes.build(self.stamp, outcome, line, context, verdict)

    def left(self) -> Conditions:
        """Return the conditions of ``when`` that the index has not answered."""
        return tuple(c for c in self.when if self.codes is None or not is_code_set(c))


def _no_clause(line: ServiceLine, context: Context, excused: Excused) -> Verdict | None:
    return None if excused(line, context, None) else FIRES


@attrs.frozen(slots=True, eq=False, repr=False)
class BodyCompiler:
    """Compiles the trees of one rule.

    Attributes:
        rule: The rule.
        faults: Where everything wrong with it is collected.
        tables: The CSV tables of the policy, by file.
        pack_dates: The dates of the rule's pack, which bound its own.
    """

    rule: ResolvedRule
    faults: Faults
    tables: Mapping[Any, Table]
    pack_dates: DateRange = ALWAYS

    def table(self, spec: Any) -> Table | None:
        """Return the CSV table that a ``{ table = ... }`` names, or ``None``."""
        name = spec.get("table") if isinstance(spec, Mapping) else None
        return self.tables.get(self.rule.folder / name) if isinstance(name, str) else None

    def lookup(self, spec: Mapping[str, Any], path: Path_) -> Lookup | None:
        """Return a lookup, or ``None`` after reporting what is wrong."""
        return build_lookup(spec, self.table(spec), self.faults, path)

    def compile(self, data: Mapping[str, Any]) -> Body:
        """Return the body of a tree; what is wrong with it goes to the faults."""
        matchers = Matchers(self.faults, self.rule.sets, self.lookup)
        tables = Tables(self.faults, matchers, self._exists)
        when = self._claim_scope(data, tables) + tables.compile(data.get("when", {}), ("when",))
        codes, _ = split_codes(when, matchers, ("when",))
        clause = self._clause(data, tables, when, codes)
        then_data = data.get("then", {})
        asked = _asked(when, clause)
        # A builtin test brings values of its own; which ones only the plugin knows.
        values = placeholders(str(then_data.get("message", ""))) if "builtin" in data else ()
        default = _default_message(data, self.rule)
        then = outcomes.compile_then(then_data, self.faults, self.lookup, ("then",), default, values)
        return Body(
            _clock(data, self.pack_dates),
            when,
            clause,
            self._excuses(data, tables),
            then,
            outcomes.compile_unknown(data, then, _unsure(clause), self.faults, self.lookup),
            outcomes.Stamp(
                self.rule.id,
                data.get("stage", "eligibility"),
                self.rule.depth,
                outcomes.compile_source(data.get("source")),
                self.rule.monitored,
                asked,
            ),
            codes,
            _asks_for_standing(data) or any(_asks_for_standing(case.facts) for case in self.rule.exceptions),
        )

    def _claim_scope(self, data: Mapping[str, Any], tables: Tables) -> Conditions:
        """Return the conditions of a rule's own ``applies_to``, whose bare names are the claim's."""
        scope = claim_table(data.get("applies_to", {}), self.faults.catalogue.facts)
        return tables.compile(scope, ("applies_to",)) if scope else ()

    def _exists(self, spec: Mapping[str, Any], path: Path_) -> tuple[Test, Partners | None]:
        matchers = Matchers(self.faults, self.rule.sets, self.lookup)
        tables = Tables(self.faults, matchers, self._exists)
        companion = compile_companion(spec, path, tables, self.table(spec.get("pairs")))
        return companion.finder(), companion.partners

    def _excuses(self, data: Mapping[str, Any], tables: Tables) -> tuple[Excuse, ...]:
        raw = data.get("unless", ())
        listed = raw if isinstance(raw, (list, tuple)) else [raw]
        made = []
        for number, table in enumerate(listed):
            path: Path_ = ("unless", number) if listed is raw else ("unless",)
            made.append(Excuse(tables.compile(table, path, other=True), f"unless[{number}]"))
        for number, case in enumerate(self.rule.exceptions):
            conditions = tables.compile(case.facts, ("except", number), other=True)
            dates = case.scope.effective
            if dates != ALWAYS:
                clock = _clock(data, dates)
                conditions = (Condition(f"except[{number}].effective", clock.test(), dates), *conditions)
            made.append(Excuse(conditions, f"except[{number}]: {case.scope.reason}"))
        return tuple(made)

    def _clause(
        self, data: Mapping[str, Any], tables: Tables, when: Conditions, code_set: Callable[[str], bool] | None
    ) -> Clause | None:
        name = next((name for name in CLAUSES if name in data), None)
        if name is None:
            return None
        spec = data[name]
        if name == "components":
            return Components()
        if name == "require":
            required = tables.compile(spec, ("require",))
            return Require(required, holds(required))
        if name in {"needs", "conflicts_with"}:
            companion = compile_companion(spec, (name,), tables, self.table(spec.get("pairs")), code_set)
            if name == "needs":
                return Needs(companion, companion.finder())
            return Conflicts(companion, self._judges(data, when), spec.get("target") == "other")
        if name == "combine":
            return self._combine(spec, tables, when, code_set)
        return self._limit(spec, tables, when, code_set)

    def _judges(self, data: Mapping[str, Any], when: Conditions) -> Test:
        """Return the test of whether the rule is in force for a line and describes it."""
        clock, disabled = _clock(data, self.pack_dates), [scope.effective for scope in self.rule.disabled]
        described = holds(when)
        if clock.dates == ALWAYS and not disabled:
            return described

        def judges(line: ServiceLine, context: Context) -> bool | None:
            day = clock.day(line, context)
            if day is None or day not in clock.dates or any(day in dates for dates in disabled):
                return False
            return described(line, context)

        return judges

    def _combine(
        self, spec: Mapping[str, Any], tables: Tables, when: Conditions, code_set: Callable[[str], bool] | None
    ) -> Combine:
        if "n_of" in spec:
            entries, path = spec["n_of"].get("codes", ()), ("combine", "n_of", "codes")
            codes = tables.matchers.codes(entries, path)
            wanted = int(spec["n_of"].get("n", 1))
        else:
            codes = tables.matchers.codes(spec.get("all_of", ()), ("combine", "all_of"))
            if not codes.is_finite:
                self.faults.add("PP202", "all_of lists codes one by one; a prefix has no end", ("combine", "all_of"))
            wanted = len(list(codes)) if codes.is_finite else 1
        keys = compile_keys(spec.get("same", ()), self.faults, ("combine", "same"), code_set)
        return Combine(membership(codes), wanted, keys, holds(when), str(spec.get("into", "")))

    def _limit(
        self, spec: Mapping[str, Any], tables: Tables, when: Conditions, code_set: Callable[[str], bool] | None
    ) -> Limit:
        of = tables.compile(spec["of"], ("limit", "of")) if "of" in spec else when
        codes, rest = split_codes(of, tables.matchers, ("limit", "of"))
        window = compile_window(spec, ("limit",), self.faults) or parse("day")
        order = []
        listed = spec.get("order", ())
        for name in [listed] if isinstance(listed, str) else listed:
            fact = self.faults.fact(str(name).removeprefix("-"), ("limit", "order"))
            if fact is not None:
                order.append((fact, str(name).startswith("-")))
        return Limit(
            outcomes.compile_value(spec.get("max", 0), self.lookup, ("limit", "max")),
            spec.get("count", "lines") if spec.get("count", "lines") in COUNTS else "lines",
            holds(rest),
            codes,
            compile_keys(spec.get("per", ("patient", "code")), self.faults, ("limit", "per"), code_set),
            window,
            tuple(order),
            spec.get("over", "excess"),
            denied_count=any(fact.name == "status" for condition in of for fact in condition.facts()),
        )


def claim_table(table: Mapping[str, Any], known: Mapping[str, Fact]) -> dict[str, Any]:
    """Return a table of claim facts with full names: in ``applies_to`` a bare ``state`` is ``claim.state``."""
    return {
        key if key in {"any", "none"} or f"{CLAIM_NAMES}{key}" not in known else f"{CLAIM_NAMES}{key}": (
            [claim_table(entry, known) for entry in value] if key in {"any", "none"} else value
        )
        for key, value in table.items()
    }


def _asks_for_standing(tree: Any) -> bool:
    """Say whether a rule's tree has a ``{line}`` with ``standing = true``, in its clause or in any ``with``."""
    if isinstance(tree, dict):
        return tree.get("standing") is True or any(map(_asks_for_standing, tree.values()))
    return isinstance(tree, list) and any(map(_asks_for_standing, tree))


def _clock(data: Mapping[str, Any], bounds: DateRange) -> Clock:
    effective = data.get("effective", {})
    starts = [day for day in (effective.get("from"), bounds.start) if day is not None]
    ends = [day for day in (effective.get("to"), bounds.end) if day is not None]
    return Clock(DateRange(max(starts, default=None), min(ends, default=None)), effective.get("by", "service_date"))


def _unsure(clause: Clause | None) -> tuple[Fact, ...]:
    """Return the facts that may leave a clause undecided."""
    if isinstance(clause, Require):
        conditions: Conditions = clause.conditions
    elif isinstance(clause, Needs):
        conditions = clause.companion.conditions
    else:
        return ()
    return tuple(fact for condition in conditions for fact in condition.facts() if not fact.always_known)


def _asked(when: Conditions, clause: Clause | None) -> tuple[Fact, ...]:
    """Return the facts of the line that decide, once each, without any that could identify a patient."""
    conditions = when + (clause.conditions if isinstance(clause, Require) else ())
    facts = {fact.name: fact for condition in conditions for fact in condition.facts() if not fact.identifying}
    return tuple(facts.values())


def _default_message(data: Mapping[str, Any], rule: ResolvedRule) -> str:
    title = data.get("title")
    if isinstance(title, str):
        return title.replace("{", "(").replace("}", ")")
    return f"{{code}}: {rule.id.partition(':')[2].replace('-', ' ')}"

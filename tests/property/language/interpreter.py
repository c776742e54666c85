"""A slow, obvious interpreter of the pack language, written word by word from the specification.

It judges one resolved policy and one claim with history, and says which rules fire where. The engine's compiled rules
must agree with it; where they differ, the specification decides which one is wrong.
"""

import csv
import datetime as dt
from decimal import Decimal

import attrs

from payerpack.facts import CATALOGUE

from .matching import CONFLICT, LINE_KEYS, UNKNOWN, Matching, both, in_codes
from .reading import Seen, number
from .spans import looks_back, windows_with

ACTIONS = {"reject", "deny", "recode", "combine", "pend", "cap", "reduce", "warn", "inform"}
CLAUSES = ("require", "needs", "conflicts_with", "limit", "combine", "components")
SHARES = {"26": {"P"}, "TC": {"T"}}


@attrs.frozen
class Found:
    """What a rule found: which lines are affected, and to which lines of the claim they lost."""

    rule: str
    action: str
    lines: tuple
    related: tuple
    monitored: bool


def interpret(policy, claim, history=None, as_of=None, supplied=()):
    """Return everything that the rules of a policy find about a claim, with cascades run to their end."""
    return Interpreter(policy, claim, history, as_of, dict(supplied)).review()


class Interpreter:
    def __init__(self, policy, claim, history, as_of, supplied):
        self.policy = policy
        sets = {}
        for pack_rule in sorted(policy.rules, key=lambda rule: -rule.depth):
            sets |= pack_rule.sets
        base_studies = sets.get("base_study")
        self.lines = [
            Seen(
                line,
                claim,
                {name: v for (n, name), v in supplied.items() if n is None}
                | {name: v for (n, name), v in supplied.items() if n == line.number},
                as_of,
                None,
                base_studies,
            )
            for line in sorted(claim.lines, key=lambda line: line.number)
        ]
        self.history = None
        if history is not None:
            same_patient = [p for p in history if p.claim.patient.id == claim.patient.id and p.claim.id != claim.id]
            same_patient.sort(key=lambda past: (past.line.service_date, past.claim.id, past.line.number))
            self.history = [Seen(p.line, p.claim, dict(p.facts), as_of, p, base_studies) for p in same_patient]
        self.types = {fact.name: fact.type for fact in policy.facts}
        self.denied = set()

    # -- the review

    def review(self):
        found = []
        for rule in self.policy.rules:
            if not asks_for_standing(rule):
                found += self.judge(rule)
        while True:
            self.denied = {
                number
                for one in found
                if one.action in {"deny", "reject"} and not one.monitored
                for number in one.lines
            }
            added = []
            for rule in self.policy.rules:
                if asks_for_standing(rule):
                    known = {(one.rule, one.action, one.lines) for one in found}
                    added += [one for one in self.judge(rule) if (one.rule, one.action, one.lines) not in known]
            if not added:
                return frozenset(found)
            found += added

    def judge(self, rule):
        for seen in self.lines:
            tree = self.tree_on(rule, seen)
            if tree is not None:
                yield from self.fires(rule, tree, seen)

    def tree_on(self, rule, seen):
        """Return the rule as it is in force for a line, by the rule's own clock, or ``None``."""
        day = self.clock(rule.data, seen)
        if day is None or any(day in scope.effective for scope in rule.disabled):
            return None
        tree = next((tree for dates, tree in rule.variants if day in dates), rule.data)
        return tree if self.in_force(rule, tree, seen) else None

    def in_force(self, rule, tree, seen):
        """Say whether a version of a rule is in force for a line: its dates, its pack's dates, and no disabling."""
        day = self.clock(tree, seen)
        if day is None or any(day in scope.effective for scope in rule.disabled):
            return False
        effective = tree.get("effective", {})
        bounds = next(pack for pack in self.policy.chain if pack.id == rule.pack).effective
        starts = (effective.get("from", dt.date.min), bounds.start or dt.date.min)
        ends = (effective.get("to", dt.date.max), bounds.end or dt.date.max)
        return max(starts) <= day <= min(ends)

    def clock(self, tree, seen):
        by = tree.get("effective", {}).get("by", "service_date")
        if by == "service_date":
            return seen.date
        return seen.claim.received_date if by == "received_date" else seen.processed()

    def fires(self, rule, tree, seen):
        """Yield what one rule makes of one line."""
        judging = Judging(self, rule, tree)
        if judging.describes(seen) is not True:
            return
        clause = next((name for name in CLAUSES if name in tree), None)
        if clause is None:
            if not judging.excused(seen):
                yield self.found(rule, tree["then"], (seen,), ())
        elif clause == "conflicts_with":
            yield from self.conflicts(rule, tree, seen, judging)
        elif clause == "components":
            yield from self.components(rule, tree, seen, judging)
        else:
            held, related = getattr(judging, clause)(seen)
            if held is not True and not judging.excused(seen):
                if held is False:
                    yield self.found(rule, tree["then"], (seen,), related)
                else:
                    yield from self.undecided(rule, tree, seen)

    def undecided(self, rule, tree, seen):
        wanted = tree.get("on_unknown", "pend")
        if wanted == "skip":
            return
        then = tree["then"] if wanted == "fire" else wanted if isinstance(wanted, dict) else {"action": wanted}
        yield self.found(rule, then, (seen,), ())

    def found(self, rule, then, lines, related):
        numbers = (one.line.number for one in related if one.mine)
        return Found(
            rule.id, then["action"], tuple(one.line.number for one in lines), tuple(sorted(numbers)), rule.monitored
        )

    # -- conflicts and components, whose findings depend on the line that was matched

    def conflicts(self, rule, tree, seen, judging):
        spec = tree["conflicts_with"]
        on_other = spec.get("target") == "other"
        beaten = [other for other in self.others(spec, seen) if judging.beats(other, seen) is True]
        beaten = [other for other in beaten if not self.only_the_later(rule, judging, seen, other, on_other)]
        if on_other:
            losers = tuple(other for other in beaten if other.mine)
            if losers:
                yield self.found(rule, tree["then"], losers, (seen,))
        elif beaten:
            yield self.found(rule, tree["then"], (seen,), beaten[:1])

    def only_the_later(self, rule, judging, seen, other, on_other):
        """Say whether the two lines each beat the other and the one that would lose here is the earlier.

        Whether something excuses the other line is not asked: only the later of the two is judged at all.
        """
        if not other.mine:
            return False
        loser, winner = (other, seen) if on_other else (seen, other)
        if (loser.date, loser.line.number) > (winner.date, winner.line.number):
            return False
        if not self.in_force(rule, judging.data, other) or judging.describes(other) is not True:
            return False
        return judging.is_match(judging.data["conflicts_with"], seen, other) is True

    def components(self, rule, tree, seen, judging):
        for other in self.lines:
            later = other.line.number < seen.line.number
            if later and overlap(seen, other) and not judging.excused(seen, other):
                yield self.found(rule, tree["then"], (seen,), (other,))
                return
        for other in self.history or ():
            first = other.past.processed_date is None or other.past.processed_date <= seen.processed()
            if other.status == "paid" and first and overlap(seen, other) and not judging.excused(seen, other):
                yield self.found(rule, tree["then"], (seen,), ())
                return

    # -- other lines

    def others(self, spec, seen):
        """Return the other lines that a ``{line}`` may look at: this claim's by number, then earlier ones, oldest first."""
        found = [other for other in self.lines if other is not seen]
        if self.reads_history(spec):
            found += self.history or ()
        return found

    def reads_history(self, spec):
        return spec.get("window", "claim") != "claim"


def overlap(one, other):
    """Say whether two lines share a component of one service of one day."""
    same_service = one.line.code == other.line.code and one.date == other.date
    return same_service and bool(components(one.line) & components(other.line))


def components(line):
    billed = set().union(*(SHARES[m] for m in line.modifiers if m in SHARES))
    return billed or {"P", "T"}


def asks_for_standing(rule):
    return any(contains_standing(tree) for tree in (rule.data, *(tree for _, tree in rule.variants)))


def contains_standing(tree):
    if isinstance(tree, dict):
        return tree.get("standing") is True or any(contains_standing(value) for value in tree.values())
    return isinstance(tree, list) and any(contains_standing(value) for value in tree)


class Judging:
    """One rule's tree, for as long as one line is judged."""

    def __init__(self, world, rule, tree):
        self.world, self.rule, self.data = world, rule, tree
        self.matching = Matching(rule.sets, self.look_up, self.exists, self.known, self.is_code)

    def known(self, name):
        bare = name.removeprefix("other.")
        return bare in self.world.types or bare in CATALOGUE.facts

    def is_code(self, name):
        kind = self.world.types.get(name) or getattr(CATALOGUE.facts.get(name), "type", "text")
        return kind == "code"

    def describes(self, seen):
        scope = {f"claim.{key}" if f"claim.{key}" in CATALOGUE.facts else key: value
                 for key, value in self.data.get("applies_to", {}).items()}  # fmt: skip
        return both([self.matching.table(scope, seen), self.matching.table(self.data.get("when", {}), seen)])

    def excused(self, seen, other=None):
        tables = self.data.get("unless", [])
        tables = [tables] if isinstance(tables, dict) else tables
        if any(self.matching.table(table, seen, other) is True for table in tables):
            return True
        return any(self.excepted(case, seen, other) for case in self.rule.exceptions)

    def excepted(self, case, seen, other):
        day = self.world.clock(self.data, seen)
        return day in case.scope.effective and self.matching.table(case.facts, seen, other) is True

    def look_up(self, spec, seen):
        """Return the values that a table has for a line, or unknown when it has no row in force."""
        keys = [spec["key"]] if isinstance(spec["key"], str) else spec["key"]
        values = [seen.read(name) for name in keys]
        if any(value in {UNKNOWN, CONFLICT, None} or isinstance(value, tuple) for value in values):
            return UNKNOWN
        with (self.rule.folder / spec["table"]).open(encoding="utf-8") as file:
            rows = [
                row[spec["column"]]
                for row in csv.DictReader(file)
                if [row[name] for name in keys] == [str(value) for value in values] and in_force(row, seen.date)
            ]
        return rows or UNKNOWN

    def dated(self, raw, seen):
        """Return a value that may change by date: the entry in force; one without an end holds until the next begins."""
        if not isinstance(raw, list):
            return self.matching.value(raw, seen)
        begun = [entry for entry in raw if entry.get("from", dt.date.min) <= seen.date]
        if not begun:
            return UNKNOWN
        latest = max(begun, key=lambda entry: entry.get("from", dt.date.min))
        return latest["value"] if seen.date <= latest.get("to", dt.date.max) else UNKNOWN

    # -- clauses: whether what the clause asks for holds, and the lines that took part

    def require(self, seen):
        return self.matching.table(self.data["require"], seen), ()

    def needs(self, seen):
        spec = self.data["needs"]
        if "pairs" in spec and not any(row["column_2"] == seen.line.code for row in self.pairs(spec)):
            return True, ()  # the table does not speak of this code
        return self.exists(spec, seen), ()

    def exists(self, spec, seen):
        """Say whether another line matches; unknown when one may, or when history is asked about and there is none."""
        results = [self.is_match(spec, other, seen) for other in self.world.others(spec, seen)]
        if True in results:
            return True
        no_source = self.world.reads_history(spec) and self.world.history is None
        return None if None in results or no_source else False

    def is_match(self, spec, other, seen):
        """Say whether another line is the one that a ``{line}`` describes, for the line that is judged."""
        if spec.get("standing") and (
            other.line.number in self.world.denied if other.mine else other.status == "denied"
        ):
            return False
        results = []
        indicator = "1"
        if "pairs" in spec:
            indicator = self.indicator(spec, seen, other)
            if indicator is None:
                return False
        bypass = set(spec.get("bypass_modifiers", ()))
        if indicator != "0" and bypass & {*seen.line.modifiers, *other.line.modifiers}:
            return False
        results += [self.shares(key, seen, other) for key in spec.get("same", ())]
        if self.world.reads_history(spec):
            results.append(looks_back(spec["window"], seen.date, other.date, seen.read("coverage.year_start")))
        facts = {key: value for key, value in spec.items() if key not in LINE_KEYS}
        results.append(self.matching.table(facts, other))
        return both(results)

    def beats(self, other, seen):
        """Say whether the judged line conflicts with the other and nothing excuses it."""
        matched = self.is_match(self.data["conflicts_with"], other, seen)
        return matched is True and not self.excused(seen, other)

    def shares(self, key, one, other):
        if key == "side":
            return bool(one.sides() & other.sides()) or not (one.sides() or other.sides())
        mine, theirs = one.key(key, self.in_code_set), other.key(key, self.in_code_set)
        if mine is None or theirs is None:
            return False
        return None if UNKNOWN in (mine, theirs) else mine == theirs

    def in_code_set(self, code):
        entries = self.data.get("when", {}).get("code")
        entries = [entries] if isinstance(entries, str) else entries
        if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
            return True  # the rule has no code set of its own
        return in_codes(code, entries, self.rule.sets)

    def pairs(self, spec):
        with (self.rule.folder / spec["pairs"]["table"]).open(encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def indicator(self, spec, seen, other):
        codes = (other.line.code, seen.line.code)
        for row in self.pairs(spec):
            stands = (row["column_1"], row["column_2"]) == codes and row.get("indicator") != "9"
            if stands and in_force(row, seen.date):
                return row.get("indicator", "")
        return None

    def limit(self, seen):
        """Count history first, then this claim by order, service date and number, in every window with the line."""
        spec = self.data["limit"]
        maximum = self.dated(spec["max"], seen)
        if maximum == UNKNOWN:
            return True, ()
        window = spec.get("window", "day")
        counted = [s for s in self.counted(spec, window) if s is seen or self.together(spec, seen, s)]
        last = max([one.date for one in counted], default=seen.date)
        for end in windows_with(window, seen.date, last):
            inside = [s for s in counted if self.inside(window, end, seen, s)]
            ahead = [s for s in inside if self.comes_before(spec, s, seen)]
            mine = [seen] if seen in inside else []
            judged = inside if spec.get("over", "excess") == "all" else ahead + mine
            if self.total(spec, judged) > number(maximum):
                return False, [s for s in judged if s is not seen]
        return True, ()

    def counted(self, spec, window):
        denied_count = mentions(spec.get("of", self.data.get("when", {})), "status")
        found = []
        if window != "claim":
            found += [s for s in self.world.history or () if s.status != "denied" or denied_count]
        found += self.world.lines
        if "of" in spec:
            return [s for s in found if self.matching.table(spec["of"], s) is True]
        return [s for s in found if self.describes(s) is True]

    def together(self, spec, seen, other):
        return both(self.shares(key, seen, other) for key in spec.get("per", ("patient", "code"))) is True

    def inside(self, window, end, seen, other):
        from .spans import covers

        start = seen.read("coverage.year_start")
        held = covers(window, end, other.date, start)
        if isinstance(window, dict) and window.keys() & {"from", "to"}:
            held = held and covers(window, end, seen.date, start)
        return held is True

    def comes_before(self, spec, one, seen):
        if one is seen:
            return False
        return not one.mine or self.place(spec, one) < self.place(spec, seen)

    def place(self, spec, seen):
        order = spec.get("order", [])
        ranks = []
        for name in [order] if isinstance(order, str) else order:
            value = seen.read(name.removeprefix("-"))
            known = isinstance(value, Decimal)
            ranks += [not known, (-value if name.startswith("-") else value) if known else Decimal(0)]
        return (*ranks, seen.date, seen.line.number)

    def total(self, spec, lines):
        count = spec.get("count", "lines")
        if count == "lines":
            return len(lines)
        if count == "services":
            return len({(s.line.code, s.date) for s in lines})
        if count == "units":
            return sum(s.line.units for s in lines)
        charges = [s.line.charge or Decimal(0) for s in lines]
        if count == "charge":
            return sum(charges)
        paid = [s.read("paid_amount") for s in lines]
        return sum(c if p in {UNKNOWN, None} else number(p) for c, p in zip(charges, paid, strict=True))

    def combine(self, seen):
        """Say whether too few of the codes are there; if enough are, each of their lines gets the finding."""
        spec = self.data["combine"]
        listed = spec["n_of"]["codes"] if "n_of" in spec else spec["all_of"]
        listed = [listed] if isinstance(listed, str) else listed
        if not in_codes(seen.line.code, listed, self.rule.sets):
            return True, ()
        group = [
            s
            for s in self.world.lines
            if in_codes(s.line.code, listed, self.rule.sets)
            and self.describes(s) is True
            and (s is seen or both(self.shares(key, seen, s) for key in spec.get("same", ())) is True)
        ]
        present = {s.line.code for s in group}
        wanted = spec["n_of"]["n"] if "n_of" in spec else len(self.listed(listed))
        return len(present) < wanted, [s for s in group if s is not seen]

    def listed(self, entries):
        """Return every code that a list of codes and sets stands for."""
        codes = set()
        for entry in entries:
            codes |= set(self.rule.sets[entry[1:]]) if entry.startswith("@") else {entry}
        return codes


def mentions(table, name):
    if isinstance(table, list):
        return any(mentions(entry, name) for entry in table)
    return isinstance(table, dict) and (
        name in table or any(mentions(v, name) for k, v in table.items() if k in {"any", "none"})
    )


def in_force(row, day):
    first, last = row.get("from"), row.get("to")
    return (not first or dt.date.fromisoformat(first) <= day) and (not last or day <= dt.date.fromisoformat(last))

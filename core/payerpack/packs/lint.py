"""What is allowed and still unwise: rules nobody tests, sources nobody read, sets nobody names, recodes that disagree.

A pack with mistakes cannot be used (`check`); what is found here can be, and is advice.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from payerpack.dates import add_days
from payerpack.errors import Problem
from payerpack.packs.cases import Case
from payerpack.packs.diagnostics import problems
from payerpack.packs.edits import codes_of, value_at
from payerpack.packs.lint_pairs import at, bare, codes_in, disagreeing_recodes, superfluous
from payerpack.packs.model import Fault, Pack, Path_, ResolvedPolicy, ResolvedRule
from payerpack.packs.values import date_range

ADVICE: Final[Mapping[str, str]] = {
    "PP801": "no-source",
    "PP802": "source-not-reviewed",
    "PP803": "no-firing-test",
    "PP804": "unused-code-set",
    "PP805": "on-unknown-without-effect",
    "PP806": "recodes-disagree",
    "PP807": "meets-its-own-code",
    "PP808": "every-line-meets-it",
    "PP809": "code-twice",
    "PP810": "same-rule-twice",
    "PP811": "override-expired",
    "PP812": "date-edge-untested",
    "PP813": "never-in-force",
    "PP814": "no-code-left",
    "PP815": "covered-by-another-rule",
}
"""Every code of advice with its short name."""
_UNKNOWN_MATTERS: Final = ("require", "needs", "builtin")
_LINES: Final[tuple[Path_, ...]] = (("when",), ("when", "with"), ("conflicts_with",), ("needs",), ("limit", "of"))
"""Where a rule describes a line, by its code among others."""


def lint_pack(policy: ResolvedPolicy, cases: Sequence[Case] = (), today: dt.date | None = None) -> tuple[Problem, ...]:
    """Return advice about a policy's nearest pack, in the order of files and lines.

    Args:
        policy: The pack, resolved.
        cases: Its tests.
        today: The date that says what has expired; absent, nothing has.
    """
    pack = policy.pack
    own = [rule for rule in policy.rules if rule.pack == pack.id]
    faults = itertools.chain(
        (fault for rule in own for fault in _rule(rule, pack)),
        (fault for rule in own for fault in _dates(rule, pack, cases)),
        _untested(own, cases),
        _sets(pack),
        _expired(pack, today),
        disagreeing_recodes(policy.rules, pack.id),
        superfluous(own),
    )
    return problems(faults)


def _rule(rule: ResolvedRule, pack: Pack) -> Iterator[Fault]:
    source = rule.data.get("source")
    if source is None:
        yield at(rule, "PP801", "it cites nothing; say in source where the policy is written")
    elif "reviewed" not in source:
        yield at(rule, "PP802", "nobody says when its source was last read; write reviewed", ("source",))
    elif source.get("confidence") == "unverified" and not rule.monitored and pack.status != "draft":
        message = (
            "its source is unverified and it decides claims; keep it in draft or monitor until somebody has read it"
        )
        yield at(rule, "PP802", message, ("source", "confidence"))
    if "on_unknown" in rule.data and not any(key in rule.data for key in _UNKNOWN_MATTERS):
        message = "on_unknown has no effect without require or needs; drop it"
        yield at(rule, "PP805", message, ("on_unknown",))
    codes = codes_in(rule)
    if codes is None and "builtin" not in rule.data and not _narrow(rule.data.get("when", {})):
        yield at(
            rule, "PP808", "every line meets it, whatever its code; name codes in when if it is about some", ("when",)
        )
    for path in _LINES:
        entries = value_at(rule.data, (*path, "code"))
        left = codes_of(entries, rule.sets) if isinstance(entries, list) else None
        if left is not None and left.is_finite and not any(True for _ in left):
            yield at(rule, "PP814", "no code is left of this, so no line is ever described", (*path, "code"))
    then = rule.data.get("then", {})
    for key in ("to_code", "into"):
        target = then.get(key)
        if isinstance(target, str) and codes is not None and target in codes:
            message = f"{target} is itself among the codes it fires on, so a corrected claim meets it again; exclude it"
            yield at(rule, "PP807", message, ("then", key))


def _narrow(when: Mapping[str, Any]) -> bool:
    """Say whether ``when`` asks for something only some lines have: a revenue code, a modifier, evidence."""
    return any(key not in {"claim", "patient"} and not key.startswith(("claim.", "patient.")) for key in when)


def _dates(rule: ResolvedRule, pack: Pack, cases: Sequence[Case]) -> Iterator[Fault]:
    """Yield a rule whose dates its pack cuts away, and dates on whose edges no test stands."""
    written = rule.data.get("effective")
    span = date_range(written)
    if not span.overlaps(pack.effective):
        message = (
            f"it is never in force: the pack judges from {_end(pack.effective.start)} to {_end(pack.effective.end)}"
        )
        yield at(rule, "PP813", message, ("effective",))
    elif isinstance(written, dict) and "builtin" not in rule.data and not rule.monitored and cases:
        tried = {day for case in cases for day in _days(case, written.get("by", "service_date"))}
        for key, inside, outside, where in (
            ("from", span.start, span.start and add_days(span.start, -1), "before"),
            ("to", span.end, span.end and add_days(span.end, 1), "after"),
        ):
            missing = [day.isoformat() for day in (inside, outside) if day is not None and day not in tried]
            if missing:
                message = f"no test is dated {' or '.join(missing)}; test its {'first' if key == 'from' else 'last'} day and the day {where}"
                yield at(rule, "PP812", message, ("effective", key))


def _days(case: Case, clock: str) -> Iterator[dt.date]:
    """Yield the dates of a test's claim on a rule's clock."""
    dated = case.claim["lines"] if clock == "service_date" else (case.claim,)
    yield from (day for one in dated if isinstance(day := one.get(clock), dt.date))


def _end(day: dt.date | None) -> str:
    return "ever" if day is None else day.isoformat()


def _expired(pack: Pack, today: dt.date | None) -> Iterator[Fault]:
    """Yield overrides that changed something once and no longer do."""
    for entry, place in pack.overrides:
        ends = [
            end for end in (entry.get("expires"), date_range(entry.get("effective")).end) if isinstance(end, dt.date)
        ]
        if today is not None and ends and min(ends) < today:
            message = f"it ended on {min(ends)}; drop it once no claim of its dates is reviewed any more"
            key = "expires" if min(ends) == entry.get("expires") else "effective"
            yield Fault("PP811", f"override of {entry.get('rule')}: {message}", place.file, (*place.path, key), "key")


def _untested(rules: Iterable[ResolvedRule], cases: Sequence[Case]) -> Iterator[Fault]:
    tested = {expected.rule.rpartition(":")[2] for case in cases if not case.todo for expected in case.expect.values()}
    for rule in rules:
        if bare(rule) not in tested and not rule.monitored and "builtin" not in rule.data:
            yield at(rule, "PP803", "no test expects it to fire; add one that does, and one that just misses it")


def _sets(pack: Pack) -> Iterator[Fault]:
    named = set(_references([*(rule for rule, _ in pack.rules), *(o for o, _ in pack.overrides), *pack.sets.values()]))
    for name, place in pack.set_places.items():
        if name not in named and pack.applies_to:  # a library's sets are for those who extend it
            message = f'nothing names the code set "{name}"; drop it, or name it in a rule'
            yield Fault("PP804", message, place.file, place.path, "key")
        entries = pack.sets[name]
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            if entry in entries[:index]:
                message = f'{entry} stands in the code set "{name}" twice; drop one'
                yield Fault("PP809", message, place.file, (*place.path, index))


def _references(tree: Any) -> Iterator[str]:
    """Yield the name of every ``@set`` in a tree."""
    if isinstance(tree, Mapping):
        for value in tree.values():
            yield from _references(value)
    elif isinstance(tree, (list, tuple)):
        for value in tree:
            yield from _references(value)
    elif isinstance(tree, str) and tree.lstrip("!").startswith("@"):
        yield tree.lstrip("!@").rpartition(":")[2]

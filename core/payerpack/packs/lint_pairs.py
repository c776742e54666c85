"""Two rules of a policy beside each other: recodes that disagree, rules that do again what another one does."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, Final

import attrs

from payerpack.codes import CodeSet
from payerpack.dates import DateRange
from payerpack.packs.edits import codes_of
from payerpack.packs.model import Fault, Path_, ResolvedRule
from payerpack.packs.values import date_range

_ABOUT_IT: Final = frozenset({"id", "title", "source", "status"})
"""Keys that say something about a rule and nothing about claims."""


def at(rule: ResolvedRule, code: str, message: str, path: Path_ = ()) -> Fault:
    """Return advice about a key of a rule."""
    place = rule.locate(path)
    return Fault(code, f"rule {bare(rule)}: {message}", place.file, place.path, "key")


def bare(rule: ResolvedRule) -> str:
    """Return a rule's id without its pack's."""
    return rule.id.partition(":")[2]


def codes_in(rule: ResolvedRule) -> CodeSet | None:
    """Return the codes a rule is about, or ``None`` when it does not list them."""
    entries = rule.data.get("when", {}).get("code")
    if isinstance(entries, str):
        entries = [entries]
    return codes_of(entries, rule.sets) if isinstance(entries, list) else None


def disagreeing_recodes(rules: Sequence[ResolvedRule], pack: str) -> Iterator[Fault]:
    """Yield recodes of one code to different codes on the same dates: a line that meets both pends.

    Args:
        rules: The rules of a policy.
        pack: The pack that is looked at: one of the two is its own.
    """
    recodes = [rule for rule in rules if rule.data.get("then", {}).get("action") == "recode" and not rule.monitored]
    for code, one, other in _sharing([_looked_at(rule) for rule in recodes if "to_code" in rule.data["then"]]):
        if one.rule.pack != pack:
            one, other = other, one  # noqa: PLW2901 - advice stands in the pack that is looked at
        first, second = one.rule.data["then"]["to_code"], other.rule.data["then"]["to_code"]
        if one.rule.pack == pack and first != second and one.span.overlaps(other.span):
            message = f"it recodes {code} to {first}, and {other.rule.id} to {second}; a line that meets both pends"
            yield at(one.rule, "PP806", message, ("then", "to_code"))


def superfluous(rules: Sequence[ResolvedRule]) -> Iterator[Fault]:
    """Yield rules that ask and do what another one asks and does, on the same codes and dates or on more."""
    alike: dict[str, list[ResolvedRule]] = {}
    for rule in rules:
        alike.setdefault(_beside_codes_and_dates(rule), []).append(rule)
    for group in alike.values():
        firsts: dict[str, ResolvedRule] = {}
        for rule in group:
            key = repr([rule.data.get(key) for key in ("when", "effective")])
            if key in firsts:
                yield at(rule, "PP810", f"it asks and does what {bare(firsts[key])} does; drop one of the two")
            firsts.setdefault(key, rule)
        told: set[str] = set()
        for _, one, other in _sharing([_looked_at(rule) for rule in firsts.values()]) if len(firsts) > 1 else ():
            for wide, narrow in ((one, other), (other, one)):
                if not told & {wide.rule.id, narrow.rule.id} and _covers(wide, narrow):
                    told.add(narrow.rule.id)
                    message = f"{bare(wide.rule)} asks and does the same on all of its codes and dates; drop this one"
                    yield at(narrow.rule, "PP815", message)


@attrs.frozen(slots=True, eq=False, repr=False)
class _LookedAt:
    """A rule, the codes that it is about, as a list where they have an end, and its dates."""

    rule: ResolvedRule
    codes: CodeSet
    listed: frozenset[str] | None
    span: DateRange
    clock: Any


def _looked_at(rule: ResolvedRule) -> _LookedAt:
    codes, written = codes_in(rule), rule.data.get("effective")
    codes = CodeSet() if codes is None else codes
    listed = frozenset(codes) if codes.is_finite else None
    clock = written.get("by", "service_date") if isinstance(written, dict) else "service_date"
    return _LookedAt(rule, codes, listed, date_range(written), clock)


def _sharing(rules: Sequence[_LookedAt]) -> Iterator[tuple[str, _LookedAt, _LookedAt]]:
    """Yield every pair of rules that share a code, once, with the first such code; of two rules without an end of codes nothing is known.

    Rules are met code by code, so that thousands of them about different codes are no work.
    """
    by_code: dict[str, list[_LookedAt]] = {}
    for rule in rules:
        for code in sorted(rule.listed or ()):
            by_code.setdefault(code, []).append(rule)
    for code, group in by_code.items():
        group.extend(rule for rule in rules if rule.listed is None and code in rule.codes)
    met: set[tuple[str, str]] = set()
    for code, group in sorted(by_code.items()):
        for one, other in itertools.combinations(group, 2):
            pair = (one.rule.id, other.rule.id)
            if pair not in met and (one.listed or other.listed):
                met.add(pair)
                yield code, one, other


def _covers(wide: _LookedAt, narrow: _LookedAt) -> bool:
    """Say whether a rule is about all codes and dates of another one, whose codes can be listed."""
    outer, inner = wide.span, narrow.span
    return (
        narrow.listed is not None
        and wide.clock == narrow.clock
        and (outer.start is None or (inner.start is not None and outer.start <= inner.start))
        and (outer.end is None or (inner.end is not None and inner.end <= outer.end))
        and all(code in wide.codes for code in narrow.listed)
    )


def _beside_codes_and_dates(rule: ResolvedRule) -> str:
    """Return what a rule asks and does, whatever its codes and dates, as a key."""
    tree = {key: value for key, value in rule.data.items() if key not in {*_ABOUT_IT, "effective"}}
    tree["when"] = sorted((key, value) for key, value in rule.data.get("when", {}).items() if key != "code")
    return repr((rule.monitored, sorted(tree.items())))

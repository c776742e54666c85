"""What is allowed and still unwise: rules nobody tests, sources nobody read, sets nobody names, recodes that disagree.

A pack with mistakes cannot be used (`check`); what is found here can be, and is advice.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from payerpack.codes import CodeSet
from payerpack.errors import Problem
from payerpack.packs.cases import Case
from payerpack.packs.diagnostics import problems
from payerpack.packs.edits import codes_of
from payerpack.packs.model import Fault, Pack, Path_, ResolvedPolicy, ResolvedRule
from payerpack.packs.rule_checks import date_range

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
}
"""Every code of advice with its short name."""
_UNKNOWN_MATTERS: Final = ("require", "needs", "builtin")


def lint_pack(policy: ResolvedPolicy, cases: Sequence[Case] = ()) -> tuple[Problem, ...]:
    """Return advice about a policy's nearest pack, in the order of files and lines.

    Args:
        policy: The pack, resolved.
        cases: Its tests.
    """
    pack = policy.pack
    own = [rule for rule in policy.rules if rule.pack == pack.id]
    faults = itertools.chain(
        (fault for rule in own for fault in _rule(rule)),
        _untested(own, cases),
        _sets(pack),
        _recodes(policy.rules),
        _same(own),
    )
    return problems(faults)


def _at(rule: ResolvedRule, code: str, message: str, path: Path_ = ()) -> Fault:
    place = rule.locate(path)
    return Fault(code, f"rule {_bare(rule)}: {message}", place.file, place.path, "key")


def _bare(rule: ResolvedRule) -> str:
    return rule.id.partition(":")[2]


def _rule(rule: ResolvedRule) -> Iterator[Fault]:
    source = rule.data.get("source")
    if source is None:
        yield _at(rule, "PP801", "it cites nothing; say in source where the policy is written")
    elif "reviewed" not in source:
        yield _at(rule, "PP802", "nobody says when its source was last read; write reviewed", ("source",))
    elif source.get("confidence") == "unverified" and not rule.monitored:
        message = (
            "its source is unverified and it decides claims; keep it in draft or monitor until somebody has read it"
        )
        yield _at(rule, "PP802", message, ("source", "confidence"))
    if "on_unknown" in rule.data and not any(key in rule.data for key in _UNKNOWN_MATTERS):
        message = "on_unknown has no effect without require or needs; drop it"
        yield _at(rule, "PP805", message, ("on_unknown",))
    codes = _codes(rule)
    if codes is None and "builtin" not in rule.data and not _narrow(rule.data.get("when", {})):
        yield _at(
            rule, "PP808", "every line meets it, whatever its code; name codes in when if it is about some", ("when",)
        )
    then = rule.data.get("then", {})
    for key in ("to_code", "into"):
        target = then.get(key)
        if isinstance(target, str) and codes is not None and target in codes:
            message = f"{target} is itself among the codes it fires on, so a corrected claim meets it again; exclude it"
            yield _at(rule, "PP807", message, ("then", key))


def _narrow(when: Mapping[str, Any]) -> bool:
    """Say whether ``when`` asks for something only some lines have: a revenue code, a modifier, evidence."""
    return any(key not in {"claim", "patient"} and not key.startswith(("claim.", "patient.")) for key in when)


def _codes(rule: ResolvedRule) -> CodeSet | None:
    """Return the codes a rule is about, or ``None`` when it does not list them."""
    entries = rule.data.get("when", {}).get("code")
    if isinstance(entries, str):
        entries = [entries]
    return codes_of(entries, rule.sets) if isinstance(entries, list) else None


def _untested(rules: Iterable[ResolvedRule], cases: Sequence[Case]) -> Iterator[Fault]:
    tested = {expected.rule.rpartition(":")[2] for case in cases if not case.todo for expected in case.expect.values()}
    for rule in rules:
        if _bare(rule) not in tested and not rule.monitored and "builtin" not in rule.data:
            yield _at(rule, "PP803", "no test expects it to fire; add one that does, and one that just misses it")


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


def _recodes(rules: Sequence[ResolvedRule]) -> Iterator[Fault]:
    """Yield recodes of one code to different codes on the same dates: such a line would pend."""
    recodes = [rule for rule in rules if rule.data.get("then", {}).get("action") == "recode" and not rule.monitored]
    for one, other in itertools.combinations(recodes, 2):
        first, second = one.data["then"].get("to_code"), other.data["then"].get("to_code")
        mine, theirs = _codes(one), _codes(other)
        if (
            not (isinstance(first, str) and isinstance(second, str))
            or first == second
            or mine is None
            or theirs is None
        ):
            continue
        dates = date_range(one.data.get("effective")), date_range(other.data.get("effective"))
        finite = mine if mine.is_finite else theirs
        rest = theirs if mine.is_finite else mine
        shared = next((code for code in finite if code in rest), None) if finite.is_finite else None
        if shared is not None and dates[0].overlaps(dates[1]):
            message = f"it recodes {shared} to {first}, and {other.id} to {second}; a line that meets both pends"
            yield _at(one, "PP806", message, ("then", "to_code"))


def _same(rules: Sequence[ResolvedRule]) -> Iterator[Fault]:
    """Yield rules that ask and do what another one asks and does."""
    seen: list[tuple[dict[str, Any], ResolvedRule]] = []
    for rule in rules:
        what = {key: value for key, value in rule.data.items() if key not in {"id", "title", "source", "status"}}
        twin = next((other for found, other in seen if found == what), None)
        if twin is not None:
            yield _at(rule, "PP810", f"it asks and does what {_bare(twin)} does; drop one of the two")
        seen.append((what, rule))

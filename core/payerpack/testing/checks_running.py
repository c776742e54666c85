"""What the contract asks of a distribution at work: what it does to claims, to other payers, to logs, to time."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

import attrs

from payerpack.errors import PayerpackError
from payerpack.plugins.listing import source_file
from payerpack.testing.checks import NotApplicable
from payerpack.testing.samples import PATIENT
from payerpack.testing.subject import Sample, Subject
from payerpack.testing.work import Work, measured

if TYPE_CHECKING:
    from pathlib import Path

    from payerpack.claim import Claim
    from payerpack.engine import Engine
    from payerpack.finding import Review

_IMPORT_BUDGET: Final = 0.25
"""Seconds of processor time that importing a plugin may take beyond the contract's own modules."""
_FEW: Final = 8
_MANY: Final = 32
"""Lines of the two claims on which a plugin's work is compared."""
_SLACK: Final = 2
"""How much more than in proportion to lines and findings a plugin's work may grow; pairs of lines make it 4."""
_MEASURED: Final = 12
"""How many claims of each policy a plugin's work is counted on: counting takes a hundred times as long as reviewing."""
_MOST: Final = 5
"""How many claims a problem is shown on: one mistake often shows on all of them."""


def hooks_hold(subject: Subject) -> Iterator[str]:
    """No hook raises or returns what it must not, on any sample."""
    if not subject.plugins:
        raise NotApplicable("it brings packs only")
    names = {one.name for one in subject.plugins}
    faults = (
        finding.message
        for sample in subject.own_samples
        for finding in sample.reviewed(subject.engine).findings
        if finding.rule.endswith(":fault") and finding.rule.removesuffix(":fault") in names
    )
    yield from dict.fromkeys(faults)


def findings_bear_its_name(subject: Subject) -> Iterator[str]:
    """Each finding is under a rule id of a pack of its policy, or of the plugin that found it."""
    names = {one.name for one in subject.plugins} | {subject.name}
    seen: dict[str, None] = {}
    for sample in subject.own_samples:
        review = sample.reviewed(subject.engine)
        for finding in review.findings:
            prefix, colon, rule = finding.rule.partition(":")
            if not (colon and rule) or (prefix not in review.packs and prefix not in names):
                seen[finding.rule] = None
    for rule in seen:
        yield f"a finding is under the rule id {rule}, which is nobody's here; write pack-id:rule or plugin-name:rule"


def other_payers_are_unchanged(subject: Subject) -> Iterator[str]:
    """Claims of other payers are reviewed, to the byte, as if it were not installed."""
    mine = {pack.id for pack in subject.packs}
    shown = 0
    for sample in subject.foreign_samples():
        told = _changed(subject, sample, mine)
        if told:
            yield told
            shown += 1
        if shown == _MOST:
            return


def _changed(subject: Subject, sample: Sample, mine: set[str]) -> str:
    what = f"a claim of payer {sample.claim.payer.id} ({', '.join(sorted({line.code for line in sample.claim.lines}))})"
    before, trouble_before = _try(sample, subject.without)
    after, trouble = _try(sample, subject.beside_others)
    if trouble and not trouble_before:
        return f"{what} can no longer be reviewed: {trouble}"
    if before is None or after is None:
        return ""
    if mine & after.packs.keys():
        return f"{what} is reviewed by {after.policy}; narrow its applies_to"
    if _bytes(before) != _bytes(after):
        changed = {f.rule for f in (*before.findings, *after.findings)} - {
            f.rule for f in before.findings if f in after.findings
        }
        return f"{what} is reviewed otherwise than without it: {', '.join(sorted(changed)) or 'notes or fingerprint'}"
    return ""


def _try(sample: Sample, engine: Engine) -> tuple[Review | None, str]:
    try:
        return sample.reviewed(engine), ""
    except PayerpackError as error:
        return None, str(error)


def _bytes(review: Review) -> bytes:
    return json.dumps(review.to_dict(), sort_keys=True).encode()


def reviews_are_deterministic(subject: Subject) -> Iterator[str]:
    """The same claim gives the same bytes: again, in another engine, and with its lines in another order."""
    again = subject.fresh()
    shown = 0
    for sample in subject.own_samples:
        review = sample.reviewed(subject.engine)
        if _bytes(review) != _bytes(sample.reviewed(subject.engine)) or _bytes(review) != _bytes(
            sample.reviewed(again)
        ):
            yield f"{_about(sample.claim)} is reviewed otherwise the second time; keep nothing between claims"
            shown += 1
        turned = attrs.evolve(sample, claim=attrs.evolve(sample.claim, lines=sample.claim.lines[::-1]))
        if _unordered(review) != _unordered(turned.reviewed(subject.engine)):
            yield f"{_about(sample.claim)} is reviewed otherwise with its lines in another order; read context.lines"
            shown += 1
        if shown >= _MOST:
            return


def processes_agree(subject: Subject) -> Iterator[str]:
    """The same claims give the same bytes in processes that hash, and so iterate over sets, in other orders."""
    digests = set()
    for seed in ("1", "2"):
        ran = _python("-m", "payerpack.testing.digest", subject.name, env={"PYTHONHASHSEED": seed})
        if ran.returncode:
            yield f"its claims cannot be reviewed in another process: {ran.stderr.strip().splitlines()[-1:]}"
            return
        digests.add(ran.stdout)
    if len(digests) > 1:
        yield "its reviews differ from process to process; where it iterates over a set, sort"


def _about(claim: Claim) -> str:
    return f"a claim with {', '.join(sorted({line.code for line in claim.lines}))}"


def _unordered(review: Review) -> Any:
    told = review.to_dict()
    del told["fingerprint"]
    told["lines"].sort(key=lambda line: line["number"])
    return told


def nothing_of_a_patient_shows(subject: Subject) -> Iterator[str]:
    """No finding, note, log or output holds a patient's id, birth date, authorization or report."""
    shown = 0
    for sample in subject.own_samples:
        with _overheard() as heard:
            review = sample.reviewed(subject.engine)
            told = json.dumps(review.to_dict())
        for where, text in (("a review", told), ("a log or an output", heard())):
            marks = [mark for mark in PATIENT.marks if mark in text]
            if marks:
                rules = sorted({f.rule for f in review.findings if any(mark in str(f.to_dict()) for mark in marks)})
                yield f"{where} holds what is a patient's ({', '.join(rules) or 'by no rule'}); leave it out"
                shown += 1
        if shown >= _MOST:
            return


@contextlib.contextmanager
def _overheard() -> Iterator[Callable[[], str]]:
    """Catch everything that is logged or printed."""
    heard = io.StringIO()
    handler = logging.StreamHandler(heard)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with contextlib.redirect_stdout(heard), contextlib.redirect_stderr(heard):
            yield heard.getvalue
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def hooks_run_once_per_claim(subject: Subject) -> Iterator[str]:
    """Each hook runs once per claim, and its work grows with the lines, not with the pairs of lines."""
    if not subject.plugins:
        raise NotApplicable("it brings packs only")
    folders = tuple(str(_folder(one.value)) for one in subject.plugins if _folder(one.value) is not None)
    shown: dict[str, None] = {}
    for policy, names in subject.naming():
        plugins = [one for one in subject.engine.policy(policy).plan.registered if one.name in names]
        if not plugins:
            continue
        theirs = (sample for sample in subject.own_samples if sample.policy == policy and sample.claim.lines)
        for sample in itertools.islice(theirs, _MEASURED):
            few, many = (
                measured(attrs.evolve(sample, claim=repeated(sample.claim, count)), subject.engine, plugins, folders)
                for count in (_FEW, _MANY)
            )
            shown.update(dict.fromkeys(_too_much(few, many)))
    yield from shown


def _too_much(few: Work, many: Work) -> Iterator[str]:
    for hook, calls in many.calls.items():
        if calls > 1:
            yield f"{hook} ran {calls} times on one claim; let the engine call it, once"
    if many.steps > few.steps * _SLACK * many.size / few.size:
        yield (
            f"its work grows faster than claims: {few.steps} steps for {few.size} lines and findings, {many.steps} for "
            f"{many.size}; look each line up instead of comparing all pairs"
        )


def repeated(claim: Claim, count: int) -> Claim:
    """Return a claim of that many lines, made of a claim's own lines over and over."""
    lines = claim.lines
    return attrs.evolve(
        claim,
        lines=tuple(attrs.evolve(lines[i % len(lines)], number=i + 1, base_line=None) for i in range(count)),
    )


def _folder(value: str) -> Path | None:
    file = source_file(value.partition(":")[0])
    return None if file is None else file.parent


def imports_are_cheap(subject: Subject) -> Iterator[str]:
    """Importing a plugin is quick, silent, and starts nothing."""
    if not subject.plugins:
        raise NotApplicable("it brings packs only")
    for module in dict.fromkeys(one.value.partition(":")[0].strip() for one in subject.plugins):
        tries = [_python("-c", _IMPORT.format(module=module)) for _ in range(3)]
        failed = next((ran for ran in tries if ran.returncode or not ran.stdout), None)
        if failed is not None:
            yield f"{module} cannot be imported in a new process: {failed.stderr.strip().splitlines()[-1:]}"
            continue
        last = [json.loads(ran.stdout.splitlines()[-1]) for ran in tries]
        spent = min(one["seconds"] for one in last)
        if spent > _IMPORT_BUDGET:
            slow = ", ".join(last[0]["packages"]) or "its own modules"
            yield f"importing {module} takes {spent:.2f} s ({slow}); the budget is {_IMPORT_BUDGET} s: import where needed"
        if len(tries[0].stdout.splitlines()) > 1 or tries[0].stderr:
            yield f"importing {module} writes to the output; write nothing"
        if last[0]["threads"] > 1:
            yield f"importing {module} starts a thread; start nothing before a policy is built"


_IMPORT: Final = """
import json, sys, threading, time
import payerpack.context, payerpack.finding, payerpack.hookspecs
before, started = set(sys.modules), time.process_time()
import {module}
seconds = time.process_time() - started
packages = sorted({{name.partition(".")[0] for name in set(sys.modules) - before}} - sys.stdlib_module_names)
print(json.dumps({{"seconds": seconds, "threads": threading.active_count(), "packages": packages}}))
"""


def _python(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run Python as this process does: with the same path."""
    path = os.pathsep.join(filter(None, sys.path))
    surroundings = {**os.environ, "PYTHONWARNINGS": "ignore", **(env or {}), "PYTHONPATH": path}
    command = [sys.executable, *arguments]
    return subprocess.run(  # noqa: S603 - the commands are this module's own
        command, capture_output=True, encoding="utf-8", env=surroundings, check=False
    )

"""What the contract asks of a distribution as it stands: its metadata, its hooks, its packs, its settings."""

from __future__ import annotations

import datetime as dt
import inspect
import typing
from collections.abc import Iterator
from typing import Any, Final

from packaging.requirements import Requirement
from packaging.version import InvalidVersion, Version

from payerpack import __version__
from payerpack.context import Setup
from payerpack.errors import PackError
from payerpack.pack_tests import run_pack_tests
from payerpack.packs.check import examine_pack
from payerpack.packs.lint import lint_pack
from payerpack.packs.model import Fault, Pack, Place
from payerpack.plugins.facade import make
from payerpack.plugins.registered import CORE, Registered
from payerpack.plugins.validate import validate
from payerpack.testing.subject import Subject, named
from payerpack.versions import normalize

_UNVERIFIED: Final = "unverified"
_SOURCES: Final = frozenset({"PP801", "PP802"})
"""What the lint says of sources; `rules_cite_their_sources` asks for more."""
_ON_TRIAL: Final = frozenset({"draft", "monitor"})
"""The statuses in which a rule changes no outcome of a claim that is routed."""


class NotApplicable(Exception):  # noqa: N818 - it says that a check has nothing to look at
    """A check has nothing to look at in this distribution; the text says why."""


def is_declared(subject: Subject) -> Iterator[str]:
    """It offers plugins or packs by entry points, has a version, and states which cores it works with."""
    if not subject.plugins and not subject.folders and not subject.missing:
        yield "it has no entry point of the groups payerpack.plugins and payerpack.packs, so nobody finds what it brings"
    for value in subject.missing:
        yield f"the entry point for packs names {value}, and there is no such folder in it; ship the folder"
    try:
        Version(subject.version)
    except InvalidVersion:
        yield f"its version {subject.version} is none that PEP 440 knows, so no pack can ask for a range of it"
    needed = [one for one in map(Requirement, subject.requires) if normalize(one.name) == CORE and not one.marker]
    if not needed:
        yield f"it does not require payerpack; write dependencies = ['{_range()}']"
    for one in needed:
        if not one.specifier.contains(__version__, prereleases=True):
            yield f"it requires {one}, and payerpack {__version__} is installed; test it with a core that it supports"
        if not any(part.operator in {"<", "<=", "==", "~="} for part in one.specifier):
            yield f"it requires {one} without an upper bound, so a core with other hooks would take it; write {_range()}"


def _range() -> str:
    major, minor, *_ = __version__.split(".")
    return f"payerpack>={major}.{minor},<{int(major) + 1}"


def hooks_are_valid(subject: Subject) -> Iterator[str]:
    """Each plugin can be imported, made for a policy, and has hooks that keep to their specs."""
    if not subject.plugins:
        raise NotApplicable("it brings packs only")
    used: set[str] = set()
    for _, names in subject.naming():  # building the policies validates what they use
        used.update(names)
    for one in subject.plugins:
        if one.name not in used:
            validate([Registered(one.name, one.version, one.distribution, make(one, Setup("contract")))])
            if subject.packs:
                yield f'no pack of it names the plugin {one.name}; write plugins = ["{one.name} >=..."] in the pack it is for'


def packs_are_sound(subject: Subject) -> Iterator[str]:
    """Each pack can be read, checked and compiled, and `payerpack pack lint --strict` has nothing to say about it."""
    if not subject.folders:
        raise NotApplicable("it brings no pack")
    for folder in subject.folders:
        found = examine_pack(folder, subject.engine.library)
        yield from map(str, found.problems)
        if not found.problems and found.policy is not None:
            # What expires with the calendar must not break a suite that nobody changed.
            advice = lint_pack(found.policy, found.cases, dt.date.min)
            yield from (str(problem) for problem in advice if problem.code not in _SOURCES)


def tests_of_packs_pass(subject: Subject) -> Iterator[str]:
    """Each pack has tests, and they pass."""
    if not subject.folders:
        raise NotApplicable("it brings no pack")
    for pack in subject.packs:
        ran = 0
        for result in run_pack_tests(subject.engine, pack):
            ran += 1
            for failure in result.failures:
                yield f"{pack.name}: {result.case.place.file.name}: {result.case.name}: {failure}"
        if not ran:
            yield f"{pack.name} has no test, so nothing shows that it does what it should; add tests/*.toml"


def rules_cite_their_sources(subject: Subject) -> Iterator[str]:
    """Each rule and override says where it is written: document, where to find it, when somebody read it."""
    if not subject.folders:
        raise NotApplicable("it brings no pack")
    from payerpack.packs.diagnostics import problems

    for pack in subject.packs:
        faults = [
            Fault("", f"{what}: {missing}", place.file, place.path, "key")
            for what, written, place in _cited(pack)
            for missing in _missing(written, pack)
        ]
        yield from (f"{problem.location}: {problem.message}" for problem in problems(faults))


def _cited(pack: Pack) -> Iterator[tuple[str, Any, Place]]:
    for rule, place in pack.rules:
        yield f"rule {rule.get('id')}", rule, place
    for override, place in pack.overrides:
        yield f"override of {override.get('rule')}", override, place


def _missing(written: Any, pack: Pack) -> Iterator[str]:
    source = written.get("source")
    if not source:
        yield "it cites no source; add source = { title, url, section, reviewed }"
        return
    for one in source if isinstance(source, list) else [source]:
        if not one.get("url") and not one.get("section"):
            yield "its source gives no url and no section, so nobody can look it up; add one"
        if not one.get("reviewed"):
            yield "its source does not say when somebody read it; add reviewed = 2026-01-31"
        if one.get("confidence") == _UNVERIFIED and not _ON_TRIAL & {pack.status, written.get("status")}:
            yield 'its source is unverified and it decides claims; set status = "draft" until somebody has read it'


def scope_is_its_own(subject: Subject) -> Iterator[str]:
    """Each pack that applies to claims says whose, so that it takes no other payer's."""
    scoped = [pack for pack in subject.packs if pack.applies_to]
    if not scoped:
        raise NotApplicable("no pack of it applies to claims by itself")
    for pack in scoped:
        if not named(pack.applies_to, "payer"):
            yield f'{pack.name} applies to claims of every payer; name its own: applies_to = {{ payer = ["..."] }}'


def settings_are_typed(subject: Subject) -> Iterator[str]:
    """Each plugin with settings declares them with types, and a setting that it does not have is refused."""
    if not subject.plugins:
        raise NotApplicable("it brings packs only")
    for one in subject.plugins:
        record = getattr(one.load(), "Settings", None)
        if inspect.isclass(record):
            parameters = inspect.signature(record).parameters
            hints = typing.get_type_hints(record)
            for name in parameters:
                if name not in hints:
                    yield f"{one.name}: the setting {name} has no type, so a wrong value would pass; annotate it"
    strange = {one.name: {"no_such_setting": 1} for one in subject.plugins}
    for policy, names in subject.naming():
        if not names:
            continue
        try:
            subject.fresh(strange).policy(policy)
        except PackError:
            continue
        yield f"{policy}: {', '.join(names)} took a setting that it does not have; declare a record named Settings"

"""Everything that is wrong with a pack, at once: its shape, its place in its chain, the meaning of its facts, its tests.

Loading stops at the shape, resolving at the chain, compiling at the meaning: each needs what comes before to be sound.
Here the unsound parts of a rule are left out and the rest goes on, so that one run shows an author every mistake.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from payerpack.errors import PackError, Problem
from payerpack.facts import CATALOGUE, Catalogue
from payerpack.packs import schema
from payerpack.packs.bodies import claim_table
from payerpack.packs.cases import Case, try_read_cases
from payerpack.packs.compile import CompiledPolicy, declared_facts
from payerpack.packs.conditions import Tables, no_line
from payerpack.packs.diagnostics import problems
from payerpack.packs.faults import Faults
from payerpack.packs.layers import OF_A_PARENT, try_resolve
from payerpack.packs.library import Library
from payerpack.packs.load import read_pack
from payerpack.packs.matchers import Matchers
from payerpack.packs.model import Fault, Pack, Path_, Place, ResolvedPolicy, ResolvedRule
from payerpack.packs.shapes import Checker

_ASLEEP = ("draft", "suspended")
"""Statuses of what does not judge; it is looked at as if it were on trial."""
_FILLED = {"stage": "eligibility", "then": {"action": "inform"}}
"""What a rule needs to be compiled, where its own cannot be used."""


@attrs.frozen(slots=True, eq=False, repr=False)
class Examined:
    """A pack as far as it can be understood.

    Attributes:
        problems: Everything that is wrong, in the order of files and lines; nothing means it can be used.
        policy: The pack, resolved without what is wrong; ``None`` when it or a parent cannot be read.
        cases: Its tests.
    """

    problems: tuple[Problem, ...]
    policy: ResolvedPolicy | None = None
    cases: tuple[Case, ...] = ()


def check_pack(folder: Path, library: Library | None = None, catalogue: Catalogue = CATALOGUE) -> tuple[Problem, ...]:
    """Return everything that is wrong with a pack; see `examine_pack`."""
    return examine_pack(folder, library, catalogue).problems


def examine_pack(folder: Path, library: Library | None = None, catalogue: Catalogue = CATALOGUE) -> Examined:
    """Look at all of a pack, what is suspended or a draft included.

    Args:
        folder: The pack's folder, or the ``pack.toml`` in it.
        library: Where its parents are; absent, the shipped and installed packs.
        catalogue: The facts that packs may ask about, before those that the chain declares.
    """
    reading = read_pack(folder)
    if reading.pack is None:
        return Examined(_sorted(problems(reading.faults)))
    faults = list(reading.faults)
    pack = _sound(reading.pack, reading.faults)
    try:
        resolution = try_resolve(pack, Library() if library is None else library)
    except PackError as error:  # a parent that cannot be read; its own problems say why
        return Examined(_sorted([*problems(faults), *error.problems]))
    faults += resolution.faults
    facts = catalogue.with_facts(declared_facts(resolution.policy))
    faults += _applies_to(pack, facts)
    cases, case_faults = try_read_cases(pack, facts)
    faults += case_faults
    found: tuple[Problem, ...] = ()
    try:
        CompiledPolicy(resolution.policy, catalogue)
    except PackError as error:
        orphan = resolution.policy.chain[-1].extends is not None
        found = tuple(one for one in error.problems if not (orphan and one.code in OF_A_PARENT))
    return Examined(_sorted([*problems(faults), *found]), resolution.policy, cases)


def _sorted(found: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(dict.fromkeys(found), key=_order))


def _order(problem: Problem) -> tuple[str, int, int, str]:
    file, _, rest = problem.location.rpartition(":")[0].rpartition(":")
    column = problem.location.rpartition(":")[2]
    return (file, int(rest), int(column), problem.code) if rest.isdigit() else (problem.location, 0, 0, problem.code)


def _sound(pack: Pack, faults: Sequence[Fault]) -> Pack:
    """Return the pack with what its faults are about left out of its rules, and faulty overrides left out whole."""
    broken: dict[Place, list[Path_]] = {}
    for fault in faults:
        broken.setdefault(Place(fault.file, fault.path[:2]), []).append(fault.path[2:])
    rules = tuple(
        ({**rule, "status": "monitor"} if rule.get("status") in _ASLEEP else rule, place)
        for index, (written, place) in enumerate(pack.rules, start=1)
        if (rule := _sound_rule(written, index, broken.get(place, ()))) is not None
    )
    scoped = any(fault.path[:2] == ("pack", "applies_to") for fault in faults)
    return attrs.evolve(
        pack,
        status="monitor" if pack.status == "suspended" else pack.status,
        applies_to={} if scoped else pack.applies_to,
        rules=rules,
        overrides=tuple((entry, place) for entry, place in pack.overrides if place not in broken),
    )


def _sound_rule(rule: Mapping[str, Any], number: int, paths: Iterable[Path_]) -> Mapping[str, Any] | None:
    """Return a rule without what stands at the paths, or ``None`` when what is left is still no rule."""
    if not paths:
        return rule
    tree = copy.deepcopy(dict(rule))
    for path in sorted(paths, key=str, reverse=True):
        _take_out(tree, path)
    filled = {"id": f"{rule.get('id', 'rule')}-{number}", **_FILLED}
    tree = {**filled, **tree}
    for path in _wrong(tree):  # a clause or action that cannot do without what was taken out
        tree.pop(str(path[0]) if path else "", None)
    tree = {**filled, **tree}
    return None if _wrong(tree) else tree


def _wrong(tree: dict[str, Any]) -> list[Path_]:
    checker = Checker(Path())
    schema.RULE.check(tree, (), checker)
    return [fault.path for fault in checker.faults]


def _take_out(tree: Any, path: Path_) -> None:
    for part in path[:-1]:
        if isinstance(tree, dict) and part in tree:
            tree = tree[str(part)]
        elif isinstance(tree, list) and isinstance(part, int) and part < len(tree):
            tree = tree[part]
        else:
            return
    if path and isinstance(tree, dict):
        tree.pop(str(path[-1]), None)
    elif path and isinstance(tree, list) and isinstance(path[-1], int) and path[-1] < len(tree):
        del tree[path[-1]]


def _applies_to(pack: Pack, catalogue: Catalogue) -> list[Fault]:
    """Return what is wrong with the facts and matchers of the pack's ``applies_to``."""
    place = Place(pack.folder / "pack.toml", ("pack", "applies_to"))
    faults = Faults(ResolvedRule(f"{pack.id}:applies_to", pack.id, 0, {}, place, {}, pack.folder), catalogue)
    tables = Tables(faults, Matchers(faults, {}, lambda _spec, _path: None), no_line)
    tables.compile(claim_table(pack.applies_to, catalogue.facts), ())
    return [attrs.evolve(fault, message=fault.message.removeprefix("rule ")) for fault in faults.found]

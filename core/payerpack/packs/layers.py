"""From a pack to a policy: the chain of its parents, and every rule of the chain after every layer has spoken.

The chain runs from the payer's own pack to its parent and so on. Overrides apply parent first to the resolved rule, so
the nearest pack wins per key; the order of files and of overrides in a file never decides.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from payerpack.codes import CodeSet
from payerpack.errors import PackError
from payerpack.packs.diagnostics import problems
from payerpack.packs.library import Library, MissingPackError
from payerpack.packs.model import FactType, Fault, Pack, ResolvedPolicy, ResolvedRule, RuleInChain, Table
from payerpack.packs.sets import SetResolver

if TYPE_CHECKING:
    from payerpack.packs.overrides import Layer

_SILENT = ("draft", "suspended")
"""Statuses of rules that do not run."""

OF_A_PARENT: Final = frozenset({"PP204", "PP504"})
"""Code sets and rules that are missing: they may be those of a parent that cannot be had."""


@attrs.frozen(slots=True, repr=False)
class Resolution:
    """What came of resolving a pack: the policy as far as it could be resolved, and everything wrong with it."""

    policy: ResolvedPolicy
    faults: tuple[Fault, ...] = ()


def resolve(pack: Pack, library: Library, as_of: dt.date | None = None, on: dt.date | None = None) -> ResolvedPolicy:
    """Fold a pack and its parents into one policy.

    Args:
        pack: The pack nearest to the payer.
        library: Where its parents are.
        as_of: Only versions known on this date count.
        on: Versions that are effective on this date of service come first.

    Raises:
        PackError: A parent is missing, or an override or code set does not fit the chain; every problem at once.
    """
    resolution = try_resolve(pack, library, as_of, on)
    if resolution.faults:
        raise PackError(*problems(resolution.faults))
    return resolution.policy


def try_resolve(pack: Pack, library: Library, as_of: dt.date | None = None, on: dt.date | None = None) -> Resolution:
    """Resolve a pack as far as possible; see `resolve`.

    Raises:
        PackError: A parent of the pack cannot be read.
    """
    chain, faults = _chain(pack, library, as_of, on)
    sets = _sets(chain, faults)
    rules = {
        f"{member.id}:{rule['id']}": RuleInChain(member, depth, rule, place)
        for depth, member in enumerate(chain)
        for rule, place in member.rules
        if isinstance(rule.get("id"), str)
    }
    layers: dict[str, list[Layer]] = {}
    for depth in range(len(chain) - 1, -1, -1):
        if not chain[depth].overrides or not _runs(chain[depth], chain):
            continue
        from payerpack.packs.overrides import read_layers  # most policies have none

        for layer in read_layers(chain, depth, rules, faults):
            layers.setdefault(layer.rule, []).append(layer)
    resolved = [
        final
        for identifier, rule in sorted(rules.items())
        for final in _resolved(identifier, rule, sets[rule.depth], layers.get(identifier, ()), faults)
        if final.data.get("status") not in _SILENT and _runs(rule.pack, chain)
    ]
    if chain[-1].extends is not None:  # what the missing parent would have had is not missed again
        faults = [fault for fault in faults if fault.code not in OF_A_PARENT]
    faults = list(dict.fromkeys(faults))
    tables: dict[Path, Table] = {file: table for member in chain for file, table in member.tables.items()}
    return Resolution(ResolvedPolicy(pack, tuple(chain), tuple(resolved), tables, _facts(chain)), tuple(faults))


def _chain(pack: Pack, library: Library, as_of: dt.date | None, on: dt.date | None) -> tuple[list[Pack], list[Fault]]:
    """Return the pack, its parent and so on; a parent that cannot be had ends the chain and is a fault, or optional."""
    chain, faults = [pack], list[Fault]()
    while (wanted := chain[-1].extends) is not None:
        member, (name, spec) = chain[-1], wanted

        def fault(code: str, message: str, member: Pack, name: str = name) -> None:
            faults.append(Fault(code, message, member.folder / "pack.toml", ("pack", "extends"), within=name))

        if name in {link.id for link in chain}:
            ring = " > ".join([*(link.id for link in chain), name])
            fault("PP503", f"packs extend each other in a ring ({ring}); take one extends out", pack)
            break
        try:
            header = library.header(name, spec, as_of, on)
        except MissingPackError as error:
            if member.optional_parent and not library.versions(name):
                break
            fault("PP502" if library.versions(name) else "PP501", error.problems[0].message, member)
            break
        if header.status == "draft" and pack.status != "draft":
            message = f"{name} {header.version} is a draft, and only a draft may extend it; ask for another version"
            fault("PP502", message, member)
        chain.append(library.load(header))
    return chain, faults


def _sets(chain: Sequence[Pack], faults: list[Fault]) -> list[dict[str, CodeSet]]:
    """Return for each pack of the chain the sets its rules may name: its own, its parents', and ``pack-id:name``."""
    qualified: dict[str, CodeSet] = {}
    inherited: dict[str, CodeSet] = {}
    scopes: list[dict[str, CodeSet]] = []
    for member in reversed(chain):
        written = {name: (value, member.set_places[name]) for name, value in member.sets.items()}
        resolver = SetResolver(written, member.tables, member.folder, {**inherited, **qualified})
        own = resolver.all()
        faults += resolver.faults
        qualified.update({f"{member.id}:{name}": codes for name, codes in own.items()})
        inherited = {**inherited, **own}
        scopes.append(inherited)
    return [{**scope, **qualified} for scope in reversed(scopes)]


def _runs(pack: Pack, chain: Sequence[Pack]) -> bool:
    """Say whether a pack of the chain runs: it is neither suspended nor, unless a draft was asked for, a draft."""
    return pack.status != "suspended" and (pack.status != "draft" or chain[0].status == "draft")


def _resolved(
    identifier: str, rule: RuleInChain, sets: Mapping[str, CodeSet], layers: Sequence[Layer], faults: list[Fault]
) -> Iterator[ResolvedRule]:
    """Yield a rule after its overrides; and once more, monitored, as overrides of packs in ``monitor`` would have it."""
    base = ResolvedRule(
        id=identifier,
        pack=rule.pack.id,
        depth=rule.depth,
        data=rule.data,
        place=rule.place,
        sets=sets,
        folder=rule.pack.folder,
        monitored="monitor" in {rule.pack.status, rule.data.get("status")},
    )
    if not layers:
        yield base
        return
    from payerpack.packs.overrides import apply_layers

    enforced = [layer for layer in layers if not layer.trial]
    trials = [enforced, list(layers)] if len(enforced) < len(layers) else [enforced]
    for trial in trials:
        found: list[Fault] = []
        final = apply_layers(base, trial, found) if trial else base
        if found:  # the rule as written goes on, so that the compiler can look at the rest
            origins = {path: place for path, place in final.origins.items() if path[0] == "except"}
            final = attrs.evolve(final, data=base.data, variants=(), origins=origins)
            faults += found
        monitored = trial is not enforced or "monitor" in {rule.pack.status, final.data.get("status")}
        yield attrs.evolve(final, monitored=monitored)


def _facts(chain: Sequence[Pack]) -> tuple[FactType, ...]:
    """Return the facts that the chain declares; the nearest pack's declaration wins."""
    found = {fact.name: fact for member in reversed(chain) for fact in member.facts}
    return tuple(found[name] for name in sorted(found))

"""A distribution under the contract: what it brings, and engines with it and without it."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Final

import attrs

from payerpack.claim import Claim, HistoryLine
from payerpack.context import LineKey
from payerpack.engine import Engine
from payerpack.errors import Problem, UserError
from payerpack.finding import Review
from payerpack.formats.structure import structure_claim
from payerpack.pack_tests import case_history
from payerpack.packs.cases import try_read_cases
from payerpack.packs.discovery import installed, pack_folders, shipped_folder
from payerpack.packs.load import load_pack
from payerpack.packs.model import Pack
from payerpack.plugins.catalog import Catalog, Installed
from payerpack.plugins.use import PluginUse
from payerpack.testing import samples
from payerpack.versions import normalize

_MOST_CODES: Final = 60
"""How many codes of a pack's sets the samples draw from."""
_LONGEST_SET: Final = 2000
"""Longer sets are not listed: ranges such as all of radiology."""
_RANDOM: Final = 40
"""How many claims at random each check looks at, beside those of the packs' own tests."""
NOBODY: Final = "NO-SUCH-PAYER"
"""A payer id that no pack names."""


@attrs.frozen(slots=True, eq=False)
class Sample:
    """A claim that the checks review, with the facts and history that a test of a pack states for it."""

    claim: Claim
    policy: str = ""
    supplied: Mapping[LineKey, Any] = attrs.field(factory=dict)
    history: tuple[HistoryLine, ...] = ()

    def reviewed(self, engine: Engine) -> Review:
        """Return its review by its own policy, or by the one that it is routed to."""
        return engine.review(self.claim, self.policy or None, supplied=self.supplied, history=self.history)


@attrs.frozen(eq=False)
class Subject:
    """A distribution under the contract.

    Attributes:
        name: Its name.
        version: Its version.
        requires: Its requirements, as its metadata has them.
        plugins: Its plugins.
        folders: The folders of its packs.
        missing: Entry points for packs that name no folder.
        catalog: Every plugin that is installed.
        others: The folders of the packs of all other distributions, without the core's.
    """

    name: str
    version: str
    requires: tuple[str, ...]
    plugins: tuple[Installed, ...]
    folders: tuple[Path, ...]
    missing: tuple[str, ...]
    catalog: Catalog
    others: tuple[Path, ...]

    @classmethod
    def of(cls, name: str) -> Subject:
        """Return an installed distribution.

        Raises:
            UserError: Nothing of that name is installed.
        """
        found = _distribution(name)
        known = found.metadata["Name"]
        mine: list[Path] = []
        others: list[Path] = []
        missing: list[str] = []
        for entry, owner, folder in installed():
            own = normalize(owner.rpartition(" ")[0]) == normalize(known)
            if folder is not None:
                (mine if own else others).extend(pack_folders(folder))
            elif own:
                missing.append(entry.value)
        catalog = Catalog.scan()
        return cls(
            known,
            found.version,
            tuple(found.requires or ()),
            tuple(one for one in catalog.plugins if normalize(one.distribution) == normalize(known)),
            tuple(dict.fromkeys(mine)),
            tuple(missing),
            catalog,
            tuple(dict.fromkeys(others)),
        )

    @functools.cached_property
    def engine(self) -> Engine:
        """An engine with the core and this distribution alone."""
        return self._engine(self.folders, self.catalog)

    def fresh(self, settings: Mapping[str, Mapping[str, Any]] | None = None) -> Engine:
        """Return another engine like `engine`, that has built nothing yet."""
        return self._engine(self.folders, self.catalog, settings)

    @functools.cached_property
    def beside_others(self) -> Engine:
        """An engine with everything that is installed."""
        return self._engine((*self.others, *self.folders), self.catalog)

    @functools.cached_property
    def without(self) -> Engine:
        """An engine with everything that is installed but this distribution."""
        names = {one.name for one in self.plugins}
        left = Catalog(tuple(one for one in self.catalog.plugins if one.name not in names))
        return self._engine(self.others, left)

    def _engine(
        self, folders: tuple[Path, ...], catalog: Catalog, settings: Mapping[str, Mapping[str, Any]] | None = None
    ) -> Engine:
        use = PluginUse(catalog=catalog, settings=settings or {})
        return Engine([shipped_folder(), *folders], plugins=use, installed=False)

    @functools.cached_property
    def packs(self) -> tuple[Pack, ...]:
        """Its packs.

        Raises:
            PackError: One of them cannot be used.
        """
        return tuple(load_pack(folder) for folder in self.folders)

    @functools.cached_property
    def policies(self) -> tuple[str, ...]:
        """The names of the policies of its packs, each ``id==version``."""
        return tuple(f"{pack.id}=={pack.version}" for pack in self.packs)

    def naming(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield every policy of its packs with the names of this distribution's plugins that it uses."""
        names = {one.name for one in self.plugins}
        for policy in self.policies:
            used = [one.name for one in self.engine.policy(policy).plan.registered if one.name in names]
            yield policy, tuple(used)

    @functools.cached_property
    def payers(self) -> tuple[str, ...]:
        """The payer ids that its packs name in ``applies_to``, in order."""
        return tuple(dict.fromkeys(name for pack in self.packs for name in named(pack.applies_to, "payer")))

    @functools.cached_property
    def foreign_payers(self) -> tuple[str, ...]:
        """Payer ids that its packs do not name: one that nobody has, and those of other installed packs."""
        theirs = (name for header in self.without.library.all() for name in named(header.applies_to, "payer"))
        return tuple(name for name in dict.fromkeys((NOBODY, *theirs)) if name not in self.payers)

    @functools.cached_property
    def own_samples(self) -> tuple[Sample, ...]:
        """Claims for its own policies, all marked: those of the packs' tests, and others at random."""
        found = [*self._cases()]
        codes = self._codes(found)
        for policy in self.policies:
            found += (Sample(claim, policy) for claim in samples.samples(_RANDOM, codes, self.payers or (NOBODY,)))
        return tuple(attrs.evolve(sample, claim=samples.marked(sample.claim)) for sample in found)

    def foreign_samples(self) -> Iterator[Sample]:
        """Yield claims of payers that its packs do not name, about what its packs are about; all marked."""
        codes = self._codes(self._cases())
        states = tuple(state for pack in self.packs for state in named(pack.applies_to, "state"))
        for claim in samples.samples(_RANDOM * 2, codes, self.foreign_payers, (*states, *samples.STATES)):
            yield Sample(claim)
        for position, sample in enumerate(self._cases()):
            payer = attrs.evolve(sample.claim.payer, id=self.foreign_payers[position % len(self.foreign_payers)])
            yield attrs.evolve(sample, claim=samples.marked(attrs.evolve(sample.claim, payer=payer)), policy="")

    def _cases(self) -> Iterator[Sample]:
        """Yield the claims of the packs' tests, as far as they can be read; others tell what cannot."""
        for pack in self.packs:
            cases, _ = try_read_cases(pack, self.engine.policy(f"{pack.id}=={pack.version}").compiled.catalogue)
            for case in cases:
                try:
                    history = tuple(case_history(case))
                    yield Sample(structure_claim(case.claim), case.policy, case.supplied, history)
                except UserError:
                    continue

    def _codes(self, cases: Iterable[Sample]) -> tuple[str, ...]:
        """Return codes that its packs are about: those of their tests, of their sets, and a few others."""
        found = dict.fromkeys(line.code for sample in cases for line in sample.claim.lines if line.code)
        for pack, policy in zip(self.packs, self.policies, strict=True):
            sets = self.engine.policy(policy).compiled.sets
            for codes in (sets[name] for name in pack.sets if name in sets):
                if codes.is_finite and codes.size_hint() <= _LONGEST_SET:
                    found.update(dict.fromkeys(itertools.islice(codes, _MOST_CODES)))
        return (*found, *samples.CODES)


def named(applies_to: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Return the values that an ``applies_to`` lists for a claim's fact; none when it asks in another way."""
    values = applies_to.get(key, ())
    listed = [values] if isinstance(values, str) else values
    return tuple(value for value in listed if isinstance(value, str)) if isinstance(listed, (list, tuple)) else ()


def _distribution(name: str) -> Distribution:
    try:
        return distribution(name)
    except (PackageNotFoundError, ValueError):
        raise UserError(Problem(name, "is not installed; pip install it, or check the name")) from None

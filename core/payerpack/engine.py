"""The engine: packs, plugins and baseline become policies; each claim is reviewed by its own."""

from __future__ import annotations

import datetime as dt
import functools
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

from payerpack.claim import Claim, HistoryLine
from payerpack.collecting import uncollected
from payerpack.context import HistorySource, LineKey
from payerpack.errors import PackError
from payerpack.packs.cache import PackCache
from payerpack.packs.library import Header, Library
from payerpack.plugins.use import PluginUse
from payerpack.policy import Policy, build
from payerpack.routing import Router

if TYPE_CHECKING:
    from payerpack.finding import Review

_BASELINE: Final[Mapping[str, str]] = {"medicaid": "ncci-medicaid"}
_DEFAULT: Final = "ncci-medicare"


class Engine:
    """Reviews claims: build one, keep it, call `review` from as many threads as you like.

    Policies are built on first use and kept, so a batch never rebuilds anything. A claim is reviewed by the policy that
    is asked for, else by the pack whose ``applies_to`` describes it most closely, else by the baseline of its line of
    business; then the review says so.

    Args:
        packs: Folders of packs given by hand; they hide installed packs of the same id and version.
        edition: A CPT/NCCI edition, or the folder of one or several; absent: ``PAYERPACK_EDITION``, the newest imported
            one, or the starter edition.
        history: Where earlier claims come from: a source, lines, or a URL (see `payerpack.history.open_history`).
        cache: The folder where packs that were found sound are kept for the next start; ``"off"``: nowhere; absent:
            ``PAYERPACK_CACHE``, or ``payerpack`` in the user's folder for caches.
        blocked: Names of plugins that no policy may use; its reviews say so.
        plugins: What else a deployment decides about plugins: which may run, their order, their settings, a budget.
        installed: Whether shipped and installed packs are used; ``False`` leaves those given by hand.

    Raises:
        PackError: A folder holds no pack, or an ``applies_to`` cannot be understood.
        DataError: The edition or the history cannot be opened.
    """

    def __init__(
        self,
        packs: Iterable[str | os.PathLike[str]] = (),
        *,
        edition: Any = None,
        history: HistorySource | Iterable[HistoryLine] | str | None = None,
        blocked: Iterable[str] = (),
        plugins: PluginUse | None = None,
        installed: bool = True,
        cache: str | os.PathLike[str] | None = None,
    ) -> None:
        self.library = Library(map(Path, packs), installed=installed, cache=PackCache(cache))
        self.history = _history(history)
        use = PluginUse() if plugins is None else plugins
        self.plugins = attrs.evolve(use, blocked=(*use.blocked, *blocked))
        self.open_edition = functools.lru_cache(maxsize=1)(lambda: _edition(edition))
        self._router: Router | None = None
        self._policies: dict[tuple[tuple[tuple[str, str], ...], dt.date | None], Policy] = {}
        self._fixed: dict[str, bool] = {}
        self._only: dict[tuple[str, dt.date | None], Policy] = {}

    def policy(self, name: str, as_of: dt.date | None = None, on: dt.date | None = None) -> Policy:
        """Return the policy of a pack by its id, built on first use.

        Args:
            name: The pack's id; ``id==version`` picks one version.
            as_of: Use what was known on this date.
            on: Prefer the version in force on this service date.

        Raises:
            PackError: There is no such pack, or it cannot be used.
            PluginError: One of its plugins breaks the contract.
        """
        pack_id, separator, version = name.partition("==")
        return self._built(self.library.header(pack_id, separator + version, as_of, on), as_of, on)

    def policy_of(self, claim: Claim, as_of: dt.date | None = None) -> tuple[Policy, tuple[str, ...]]:
        """Return the policy that reviews a claim, and the notes that choosing it left.

        Raises:
            RoutingError: Two packs describe the claim equally closely.
        """
        if self._router is None:
            self._router = Router(self.library)
        header, notes = self._router.route(claim, as_of)
        on = first_day(claim)
        if header is not None:
            return self._built(header, as_of, on), notes
        name = baseline_of(claim)
        default = f"no payer's pack applies to payer {claim.payer.id}: reviewed by {name}"
        return self.policy(name, as_of, on), (default, *notes)

    def _named(self, name: str, as_of: dt.date | None, claim: Claim) -> Policy:
        """Return the policy of that name for a claim; one whose packs have one version each is remembered."""
        on = first_day(claim)
        policy = self.policy(name, as_of, on)
        if "==" in name or self._is_fixed(self.library.header(name, "", as_of, on), as_of, on):
            self._only[name, as_of] = policy
        return policy

    def _built(self, header: Header, as_of: dt.date | None, on: dt.date | None) -> Policy:
        chain = (header,) if self._is_fixed(header, as_of, on) else tuple(self._chain(header, as_of, on))
        key = (tuple((one.id, one.version) for one in chain), as_of)
        policy = self._policies.get(key)
        if policy is None:
            with uncollected():
                pack = self.library.load(header)
                policy = build(pack, self.library, as_of, self.open_edition, self.history, self.plugins, on)
            self._policies[key] = policy
        return policy

    def _is_fixed(self, header: Header, as_of: dt.date | None, on: dt.date | None) -> bool:
        """Say whether no pack of a chain has several versions to choose from, so that dates do not matter."""
        fixed = self._fixed.get(header.id)
        if fixed is None:
            ids = [one.id for one in self._chain(header, as_of, on)]
            fixed = self._fixed[header.id] = all(len(self.library.versions(name)) == 1 for name in ids)
        return fixed

    def _chain(self, header: Header, as_of: dt.date | None, on: dt.date | None) -> Iterator[Header]:
        """Yield a pack's header and those of its parents, as far as they are there; building it reports the rest."""
        seen: set[str] = set()
        while header.id not in seen:
            seen.add(header.id)
            yield header
            if header.extends is None:
                return
            try:
                header = self.library.header(*header.extends, as_of, on)
            except PackError:
                return

    def review(
        self,
        claim: Claim | Mapping[str, Any],
        policy: str | None = None,
        *,
        as_of: dt.date | None = None,
        supplied: Mapping[LineKey, Any] | None = None,
        history: HistorySource | Iterable[HistoryLine] | None = None,
    ) -> Review:
        """Review one claim.

        Args:
            claim: The claim, or the same as JSON has it.
            policy: The id of the pack to review it by; absent: routed.
            as_of: Use the pack versions that were known on this date; absent: the newest.
            supplied: Facts beyond the claim's own, by line number (``None``: every line) and name.
            history: Earlier lines for this review alone.

        Returns:
            The review; its findings are sorted, and the same inputs always give the same bytes.

        Raises:
            ClaimError: The claim cannot be read; every problem of it at once.
            PackError: The policy cannot be used.
            RoutingError: Two packs describe the claim equally closely.
        """
        if claim.__class__ is not Claim and not isinstance(claim, Claim):
            from payerpack.formats.structure import structure_claim

            claim = structure_claim(claim)
        notes: tuple[str, ...] = ()
        if policy is None:
            chosen, notes = self.policy_of(claim, as_of)
        else:
            chosen = self._only.get((policy, as_of)) or self._named(policy, as_of, claim)
        return chosen.review(claim, as_of, supplied, None if history is None else _history(history), notes)

    def review_all(
        self, claims: Iterable[Claim], policy: str | None = None, *, as_of: dt.date | None = None
    ) -> Iterator[Review]:
        """Yield the review of every claim, in order."""
        for claim in claims:
            yield self.review(claim, policy, as_of=as_of)


def baseline_of(claim: Claim) -> str:
    """Return the id of the baseline of a claim's line of business."""
    return _BASELINE.get(claim.line_of_business, _DEFAULT)


def first_day(claim: Claim) -> dt.date | None:
    """Return the first service date of a claim, which picks the versions of its policy's packs."""
    return min((line.service_date for line in claim.lines), default=None)


def _history(history: HistorySource | Iterable[HistoryLine] | str | None) -> HistorySource | None:
    if history is None:
        return None
    from payerpack.history import MemoryHistory, open_history

    if isinstance(history, str):
        return open_history(history)
    return MemoryHistory(history) if isinstance(history, Iterable) else history


def _edition(edition: Any) -> Any:
    if edition is not None and not isinstance(edition, (str, os.PathLike)):
        return edition
    from payerpack.baseline.editions import open_edition

    return open_edition(None if edition is None else Path(edition))

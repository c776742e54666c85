"""A policy ready to review: its packs compiled, its plugins in a plan, its surroundings fixed."""

from __future__ import annotations

import datetime as dt
import hashlib
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import attrs

import payerpack
from payerpack.claim import Claim, HistoryLine
from payerpack.context import Context, Environment, HistorySource, LineKey, Setup
from payerpack.evidence import Attestations
from payerpack.finding import STRENGTH, Finding, Review
from payerpack.packs.compile import CompiledPolicy
from payerpack.packs.layers import resolve
from payerpack.packs.library import Library
from payerpack.packs.model import Pack
from payerpack.plugins.catalog import Installed
from payerpack.plugins.facade import assemble
from payerpack.plugins.plan import CHANGES, Change, Plan, Registered, build_plan

_STOPS: Final = frozenset({"deny", "reject"})
_CHANGES_THE_SAME: Final[Mapping[str, str]] = {"recode": "recode", "combine": "recode", "cap": "cap", "reduce": "reduce"}
_NUMBER: Final = operator.attrgetter("number")
_EFFECT: Final = operator.attrgetter("effect")
BASE_STUDIES: Final = "base_study"
"""The code set that says which codes may be a base; see the fact ``base.code``."""


@attrs.frozen(slots=True, eq=False)
class Policy:
    """What reviews a claim: immutable, shared by threads.

    Attributes:
        id: The id of the nearest pack.
        compiled: The rules of its packs.
        plan: The hooks of its plugins.
        environment: What its reviews share.
        blocked: Plugins that its packs name and that are blocked.
        identity: The digests and versions of everything in it, for fingerprints.
        versions: The id and version of every pack of the chain.
    """

    id: str
    compiled: CompiledPolicy
    plan: Plan
    environment: Environment
    blocked: tuple[str, ...] = ()
    identity: tuple[str, ...] = ()
    versions: Mapping[str, str] = attrs.field(factory=dict)

    def review(
        self,
        claim: Claim,
        as_of: dt.date | None = None,
        *,
        supplied: Mapping[LineKey, Any] | None = None,
        history: HistorySource | None = None,
        notes: tuple[str, ...] = (),
    ) -> Review:
        """Review one claim; see `payerpack.Engine.review`."""
        environment = self.environment if history is None else attrs.evolve(self.environment, history=history)
        context = Context(claim, environment, as_of, supplied) if supplied else Context(claim, environment, as_of)
        return self._finish(claim, context, self.found(claim, context), notes)

    def found(self, claim: Claim, context: Context) -> list[Finding]:
        """Return everything found about a claim, with cascades run to their end, unsorted."""
        found = self.plan.check(claim, context)
        if self.plan.cascades:
            self._cascade(claim, context, found)
        return found

    def _cascade(self, claim: Claim, context: Context, found: list[Finding]) -> None:
        """Let rules that ask for standing lines look until nothing new appears; they only ever add."""
        seen = {finding.sort_key() for finding in found}
        while True:
            context.denied = frozenset(
                number
                for finding in found
                if finding.action in _STOPS and not finding.monitored
                for number in finding.lines or [line.number for line in claim.lines]
            )
            added = [f for f in self.plan.cascade(claim, context) if f.sort_key() not in seen]
            if not added:
                return
            found += added
            seen.update(finding.sort_key() for finding in added)
            if not any(finding.action in _STOPS for finding in added):
                return

    def _finish(self, claim: Claim, context: Context, found: list[Finding], notes: tuple[str, ...]) -> Review:
        if len(found) > 1:
            if any(map(_EFFECT, found)):
                found = settle(found)
            found.sort(key=Finding.sort_key)
        review = Review(
            claim.id,
            self.id,
            self.versions,
            tuple(found),
            self._notes(context, notes) if context.limits or context.cache or self.blocked else notes,
            tuple(map(_NUMBER, claim.lines)),
            lambda: self.fingerprint(context),
        )
        if self.plan.observed:
            self.plan.on_review(review, claim, context)
        return review

    def _notes(self, context: Context, notes: tuple[str, ...]) -> tuple[str, ...]:
        """Return what limits a review: what rules noted, plugins left out, and what wrappers changed."""
        left_out = (f"the plugin {name} is blocked: what it checks was not checked" for name in self.blocked)
        changes = map(explain_change, context.cache.get(CHANGES, ()))
        return (*notes, *sorted(context.limits or ()), *left_out, *changes)

    def fingerprint(self, context: Context) -> str:
        """Return the digest of everything that went into a review: claim, history used, dates, packs, code, edition."""
        from payerpack.formats.unstructure import encode_claim, encode_plain, unstructure_history

        digest = hashlib.sha256()
        digest.update(encode_claim(context.claim))
        for line, theirs in context.cache.get("earlier", ()):
            past = HistoryLine(theirs.claim, line, theirs.status, None, theirs.processed)
            digest.update(encode_plain(unstructure_history(past)))
        digest.update(repr((context.as_of, sorted(context.supplied.items(), key=repr))).encode())
        edition = context.edition
        digest.update(repr((*self.identity, edition and edition.id)).encode())
        return f"sha256:{digest.hexdigest()}"


def explain_change(change: Change) -> str:
    """Return in a sentence what a wrapper made of the findings it got."""
    removed = ", ".join(_brief(finding) for finding in change.removed)
    added = ", ".join(_brief(finding) for finding in change.added)
    did = f"removed {removed}" if removed and not added else f"added {added}" if added and not removed else ""
    return f"{change.plugin} {change.version} overrode {change.hook}: {did or f'replaced {removed} by {added}'}"


def _brief(finding: Finding) -> str:
    where = f" on line {', '.join(map(str, finding.lines))}" if finding.lines else ""
    return f"{finding.rule} ({finding.action}){where}"


def settle(found: list[Finding]) -> list[Finding]:
    """Let a change stand only where no other changes the same thing.

    Of several caps or reductions of one component of a line the lowest stands and the others propose nothing. Different
    recodes of one line cancel each other: both pend, because no order of files may decide.
    """
    rivals: dict[tuple[int, str, Any], list[Finding]] = {}
    for finding in found:
        kind = _CHANGES_THE_SAME.get(finding.action)
        if kind is None or finding.effect is None or finding.monitored:
            continue
        for number in finding.lines:
            rivals.setdefault((number, kind, finding.effect.get("of", "")), []).append(finding)
    replaced: dict[int, Finding] = {}
    for (_, kind, _), several in rivals.items():
        if len(several) < 2:  # noqa: PLR2004 - a change needs a rival
            continue
        if kind == "recode":
            if len({str(finding.effect) for finding in several}) > 1:
                replaced.update({id(f): attrs.evolve(f, action="pend", effect=None) for f in several})
        else:
            lowest = min(several, key=lambda f: (_amount(f), f.sort_key()))
            replaced.update({id(f): attrs.evolve(f, effect=None) for f in several if f is not lowest})
    return [replaced.get(id(finding), finding) for finding in found] if replaced else found


def _amount(finding: Finding) -> Any:
    effect = finding.effect or {}
    return next((effect[key] for key in ("percent", "units", "amount") if key in effect), STRENGTH[finding.action])


def build(
    pack: Pack,
    library: Library,
    as_of: dt.date | None,
    open_edition: Callable[[], Any],
    history: HistorySource | None,
    blocked: Iterable[str] = (),
) -> Policy:
    """Resolve, compile and assemble the policy of a pack.

    Raises:
        PackError: Its packs are wrong, or a plugin they name is missing.
        PluginError: A plugin breaks the contract.
    """
    resolved = resolve(pack, library, as_of)
    compiled = CompiledPolicy(resolved)
    chain = resolved.chain[::-1]  # parents first
    settings = {name: values for parent in chain for name, values in parent.settings.items()}

    def setup(plugin: Installed) -> Setup:
        return Setup(
            resolved.id, settings.get(plugin.name, {}), compiled.builtins, open_edition(), compiled.sets
        )

    wanted = [requirement for parent in chain for requirement in parent.plugins]
    plugins, left_out = assemble(wanted, setup, blocked)
    core = payerpack.__version__
    plan = build_plan(
        (
            Registered("payerpack-evidence", core, "payerpack", Attestations()),
            Registered(
                "payerpack-packs", core, "payerpack", compiled, compiled.fused, frozenset(rule.id for rule in compiled.rules)
            ),
            *plugins,
        )
    )
    environment = Environment(
        resolved.id, open_edition, history, plan.supply_facts, compiled.catalogue, compiled.sets.get(BASE_STUDIES)
    )
    identity = (
        core,
        *(f"{parent.id}={parent.digest}" for parent in resolved.chain),
        *sorted(f"{plugin.name}={plugin.version}" for plugin in plugins),
        repr(sorted((name, sorted(values.items(), key=repr)) for name, values in settings.items())),
    )
    return Policy(resolved.id, compiled, plan, environment, left_out, identity, resolved.versions)

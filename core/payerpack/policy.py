"""A policy ready to review: its packs compiled, its plugins in a plan, its surroundings fixed."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import attrs

import payerpack
from payerpack.claim import Claim
from payerpack.collecting import uncollected
from payerpack.context import Context, Environment, HistorySource, LineKey, Setup
from payerpack.evidence import Attestations
from payerpack.finding import STRENGTH, Finding, Review
from payerpack.packs.compile import CompiledPolicy
from payerpack.packs.discovery import shipped_folder
from payerpack.packs.layers import resolve
from payerpack.packs.library import Library
from payerpack.packs.messages import shown
from payerpack.packs.model import Pack
from payerpack.plugins.catalog import Installed
from payerpack.plugins.facade import assemble
from payerpack.plugins.plan import CHANGES, Change, Plan, Registered, build_plan
from payerpack.plugins.use import PluginUse, settings_of

_STOPS: Final = frozenset({"deny", "reject"})
_CHANGES_THE_SAME: Final[Mapping[str, str]] = {
    "recode": "recode",
    "combine": "recode",
    "cap": "cap",
    "reduce": "reduce",
}
_NUMBER: Final = operator.attrgetter("number")
_EFFECT: Final = operator.attrgetter("effect")
_SORT_KEY: Final = operator.methodcaller("sort_key")
_NO_LINES: Final[frozenset[int]] = frozenset()
BASE_STUDIES: Final = "base_study"
"""The code set that says which codes may be a base; see the fact ``base.code``."""


@attrs.frozen(slots=True, eq=False, repr=False)
class Policy:
    """What reviews a claim: immutable, shared by threads.

    Attributes:
        id: The id of the nearest pack.
        compiled: The rules of its packs.
        plan: The hooks of its plugins.
        environment: What its reviews share.
        lacks: What it does without, in sentences: blocked plugins, a parent that is not installed.
        digest: Returns a digest that has taken in all that is the same for every claim, for fingerprints; made once.
        versions: The id and version of every pack of the chain.
        proposes: Whether a finding may propose a change, so that changes of the same thing have to be settled.
        supplies: Whether a plugin supplies facts; without one, the claim itself states them all.
    """

    id: str
    compiled: CompiledPolicy
    plan: Plan
    environment: Environment
    lacks: tuple[str, ...] = ()
    digest: Callable[[], Any] = hashlib.sha256
    versions: Mapping[str, str] = attrs.field(factory=dict)
    proposes: bool = True
    supplies: bool = True

    def review(
        self,
        claim: Claim,
        as_of: dt.date | None = None,
        supplied: Mapping[LineKey, Any] | None = None,
        history: HistorySource | None = None,
        notes: tuple[str, ...] = (),
    ) -> Review:
        """Review one claim; see `payerpack.Engine.review`."""
        environment = self.environment if history is None else attrs.evolve(self.environment, history=history)
        context = Context(claim, environment, as_of, supplied)
        check = self.plan.check
        found = check(claim, context)
        if self.plan.cascades:
            self._cascade(claim, context, found)
        if len(found) > 1:
            if self.proposes and any(map(_EFFECT, found)):
                found = settle(found)
            found.sort(key=_SORT_KEY)
        if context.limits or self.lacks or (context.cache and CHANGES in context.cache):
            notes = self._notes(context, notes)
        if context.cache:
            context.forget()
        review = _new_review(PolicyReview)
        _set_parts(review, (self, context, tuple(found), notes))
        if self.plan.observers:
            self.plan.on_review(review, claim, context)
        return review

    def found(self, claim: Claim, context: Context) -> list[Finding]:
        """Return everything found about a claim, with cascades run to their end, unsorted."""
        found = self.plan.check(claim, context)
        self._cascade(claim, context, found)
        return found

    def _cascade(self, claim: Claim, context: Context, found: list[Finding]) -> None:
        """Let rules that ask for standing lines look until nothing new appears; they only ever add."""
        while True:
            context.denied = _denied(claim, found) if found else _NO_LINES
            added = self.plan.cascade(claim, context)
            if added:
                # A rule that has said its word on a line does not say it again because another line fell meanwhile.
                seen = {(finding.rule, finding.action, finding.lines) for finding in found}
                added = [one for one in added if (one.rule, one.action, one.lines) not in seen]
                found += added
            if not any(finding.action in _STOPS for finding in added):
                return

    def _notes(self, context: Context, notes: tuple[str, ...]) -> tuple[str, ...]:
        """Return what limits a review: what rules noted, what the policy lacks, and what wrappers changed."""
        changes = map(explain_change, context.cache.get(CHANGES, ()))
        return (*notes, *sorted(context.limits or ()), *self.lacks, *changes)

    def fingerprint(self, context: Context) -> str:
        """Return the digest of everything that went into a review: claim, history used, dates, packs, code, edition."""
        digest = self.digest().copy()
        encode = _encoder()
        digest.update(encode(context.claim))
        for line, theirs in context.cache.get("earlier", ()):
            past = (theirs.claim, line, theirs.status, shown(theirs.paid_amount), theirs.processed, repr(theirs.given))
            digest.update(encode(past))
        stated = context.supplied if self.supplies else context.given
        if stated or context.as_of:
            digest.update(repr((context.as_of, sorted(map(repr, stated.items())))).encode())
        return f"sha256:{digest.hexdigest()}"


@functools.cache
def _encoder() -> Callable[[Any], bytes]:
    """Return what encodes equal claims alike."""
    import msgspec  # a review whose fingerprint nobody reads does not pay for it

    return msgspec.json.Encoder(order="deterministic").encode


class PolicyReview(Review):
    """A review as a policy makes it: everything is read off the claim, its context and the findings when asked."""

    __slots__ = ("_parts",)
    _parts: tuple[Policy, Context, tuple[Finding, ...], tuple[str, ...]]

    def __new__(cls, *values: Any, **named: Any) -> Review:  # type: ignore[misc] # attrs.evolve calls the class
        """Return a plain review."""
        return Review(*values, **named)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as a plain review, with everything read."""
        names = ("claim_id", "policy", "packs", "findings", "notes", "numbers", "fingerprint")
        return Review, tuple(getattr(self, name) for name in names)

    @property
    def claim_id(self) -> str:
        """The claim's id."""
        return self._parts[1].claim.id

    @property
    def policy(self) -> str:
        """The id of the policy."""
        return self._parts[0].id

    @property
    def packs(self) -> Mapping[str, str]:
        """The id and version of every pack of the policy."""
        return self._parts[0].versions

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything found, sorted."""
        return self._parts[2]

    @property
    def notes(self) -> tuple[str, ...]:
        """What limits the review."""
        return self._parts[3]

    @property
    def numbers(self) -> tuple[int, ...]:
        """The claim's line numbers, in the order submitted."""
        return tuple([line.number for line in self._parts[1].claim.lines])

    @property
    def _fingerprint(self) -> str:
        return self._parts[0].fingerprint(self._parts[1])


_new_review: Final = object.__new__
_set_parts: Final = vars(PolicyReview)["_parts"].__set__  # the slot's own setter: the class is frozen to others


def _denied(claim: Claim, found: Iterable[Finding]) -> frozenset[int]:
    """Return the numbers of the lines that something denied or rejected."""
    return frozenset(
        number
        for finding in found
        if finding.action in _STOPS and not finding.monitored
        for number in finding.lines or map(_NUMBER, claim.lines)
    )


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
    rivals: dict[tuple[int, str, Any, Any], list[Finding]] = {}
    for finding in found:
        kind = _CHANGES_THE_SAME.get(finding.action)
        if kind is None or finding.effect is None or finding.monitored:
            continue
        for number in finding.lines:
            of_what = None if kind == "recode" else next(iter(finding.effect), None)  # units are not dollars
            rivals.setdefault((number, kind, finding.effect.get("of", ""), of_what), []).append(finding)
    replaced: dict[int, Finding] = {}
    for (_, kind, _, _), several in rivals.items():
        if len(several) < 2:  # noqa: PLR2004 - a change needs a rival
            continue
        if kind == "recode":
            if len({str(finding.effect) for finding in several}) > 1:
                replaced.update({id(f): attrs.evolve(f, action="pend", effect=None) for f in several})
        else:
            lowest = min(several, key=lambda f: (_amount(f), f.sort_key()))
            replaced.update({id(f): attrs.evolve(f, effect=None) for f in several if f is not lowest})
    return [replaced.get(id(finding), finding) for finding in found] if replaced else found


def _owned(compiled: CompiledPolicy) -> frozenset[str]:
    """Return the rules under whose ids no plugin may report: those of packs, and the edits of the core's own packs.

    A rule that a distribution's own plugin runs is that plugin's to report.
    """
    shipped = {pack.id for pack in compiled.policy.chain if pack.folder.parent == shipped_folder()}
    edits = (builtin.id for builtin in compiled.builtins)
    return frozenset(rule.id for rule in compiled.rules).union(
        rule for rule in edits if rule.partition(":")[0] in shipped
    )


def _amount(finding: Finding) -> Any:
    effect = finding.effect or {}
    return next((effect[key] for key in ("percent", "units", "amount") if key in effect), STRENGTH[finding.action])


def build(
    pack: Pack,
    library: Library,
    as_of: dt.date | None,
    open_edition: Callable[[], Any],
    history: HistorySource | None,
    use: PluginUse | None = None,
    on: dt.date | None = None,
) -> Policy:
    """Resolve, compile and assemble the policy of a pack, with the versions of its parents in force on a service date.

    A setting of a plugin is the nearest pack's, unless the deployment says otherwise.

    Raises:
        PackError: Its packs are wrong, or a plugin they name is missing.
        PluginError: A plugin breaks the contract.
    """
    with uncollected():
        resolved = resolve(pack, library, as_of, on)
        compiled = CompiledPolicy(resolved)
    chain = resolved.chain[::-1]  # parents first
    use = PluginUse() if use is None else use
    given: dict[str, Mapping[str, Any]] = {}

    def setup(plugin: Installed) -> Setup:
        given[plugin.name] = {
            key: value
            for tables in (*(parent.settings for parent in chain), use.settings)
            for key, value in settings_of(tables, plugin.name, plugin.distribution).items()
        }
        return Setup(resolved.id, given[plugin.name], compiled.builtins, open_edition(), compiled.sets)

    wanted = [requirement for parent in chain for requirement in parent.plugins]
    plugins, left_out = assemble(wanted, setup, use)
    core = payerpack.__version__
    plan = build_plan(
        (
            Registered("payerpack-evidence", core, "payerpack", Attestations()),
            Registered(
                "payerpack-packs",
                core,
                "payerpack",
                compiled,
                compiled.fused,
                _owned(compiled),
            ),
            *plugins,
        ),
        budget=use.budget,
    )
    environment = Environment(
        resolved.id, open_edition, history, plan.supply_facts, compiled.catalogue, compiled.sets.get(BASE_STUDIES)
    )
    identity = (
        core,
        *(f"{parent.id}={parent.digest}" for parent in resolved.chain),
        *(f"{plugin.name}={plugin.version}" for plugin in plugins),
        repr(sorted((name, sorted(values.items(), key=repr)) for name, values in given.items())),
    )

    @functools.cache
    def digest() -> Any:
        edition = open_edition()
        return hashlib.sha256(repr((*identity, edition and edition.id)).encode())

    proposes = compiled.proposes or bool(plugins)
    supplies = len(plan.manager.hook.supply_facts.get_hookimpls()) > 1  # attestations always do
    lacks = [f"the plugin {name} is blocked: what it checks was not checked" for name in left_out]
    farthest = resolved.chain[-1]
    if farthest.extends is not None:  # only an optional parent may be missing
        lacks.append(f"the pack {farthest.extends[0]} is not installed: its rules were not applied")
    return Policy(resolved.id, compiled, plan, environment, tuple(lacks), digest, resolved.versions, proposes, supplies)

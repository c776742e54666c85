"""Guards: a plugin's fault becomes a finding, and never takes another plugin's findings, or the claim, with it.

A guard takes a hook's full arguments whatever its implementation asks for, so guarded functions are alike. What goes
wrong is kept in ``context.cache[FAULTS]``, out of reach of wrappers, and is added to the findings last. Exceptions are
named by their type only: their text may hold a patient's data.
"""

from __future__ import annotations

import datetime as dt
import inspect
import itertools
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import attrs

from payerpack.claim import Claim
from payerpack.context import Context, LineKey
from payerpack.errors import PluginError
from payerpack.facts import UNKNOWN
from payerpack.finding import ACTIONS, CURES, STAGES, Finding, Format, Review, Stage
from payerpack.hookspecs import CHECKS
from payerpack.plugins.registered import CORE, Implementation, Registered

FAULTS: Final = "faults"
"""The key of ``context.cache`` under which faults are kept: findings by plugin and hook."""
CHANGES: Final = "changes"
"""The key of ``context.cache`` under which what wrappers changed is kept: a list of `Change`."""

_MOST: Final = 100_000
"""How many findings a hook may report; an iterator that never ends would fill the memory."""
_PLAIN: Final = (str, int, float, Decimal, dt.date, type(None))

Check = Callable[[Claim, Context], "list[Finding] | None"]
Supply = Callable[[Claim, Context], "Mapping[LineKey, Any] | None"]
Wrapper = Callable[[Claim, Context], "Generator[None, list[Finding], list[Finding]]"]


@attrs.frozen(slots=True, eq=False)
class Change:
    """What one wrapper made of the findings it received; nothing vanishes unexplained.

    A finding that was replaced is among both ``removed`` and ``added``.
    """

    plugin: str
    version: str
    distribution: str
    hook: str
    removed: tuple[Finding, ...]
    added: tuple[Finding, ...]


class Junk(Exception):  # noqa: N818 - it never leaves this module
    """A result that breaks the contract; its text is ours, so it holds no patient data."""


@attrs.frozen(slots=True, eq=False, repr=False)
class Guard:
    """Guards the hooks of one plugin in one policy.

    Attributes:
        registered: The plugin.
        foreign: Rule ids that belong to other plugins of the policy or to its packs, with their owners' names.
        budget: Seconds that a hook may take before its claim pends, or ``None``. A hook that never returns cannot be
            stopped from inside its process.
    """

    registered: Registered
    foreign: Mapping[str, str] = attrs.field(factory=dict)
    budget: float | None = None

    @property
    def trusted(self) -> bool:
        """Whether the plugin is the core's own, whose results are not examined."""
        return self.registered.distribution == CORE

    def implementation(self, found: Implementation) -> Callable[..., Any]:
        """Return an implementation of any hook, guarded as the hook needs it."""
        if found.options.get("wrapper"):
            return self.wrapper(found)
        if found.hook in CHECKS:
            return self.check(found)
        if found.hook == "supply_facts":
            return self.supply(found)
        return self.observe(found) if found.hook == "on_review" else self.register(found)

    def check(self, implementation: Implementation) -> Check:
        """Return a ``check_*`` implementation guarded: a list of findings, or ``None``, whatever happens."""
        call = self._watched(implementation)
        hook = implementation.hook

        def guarded(claim: Claim, context: Context) -> list[Finding] | None:
            try:
                result = call(claim, context)
                return None if result is None else self._findings(result, claim)
            except Exception as fault:  # noqa: BLE001 - whatever a plugin raises
                self.report(fault, hook, context)
                return None

        return guarded

    def supply(self, implementation: Implementation) -> Supply:
        """Return a ``supply_facts`` implementation guarded: facts by key, or ``None``, whatever happens."""
        call = self._watched(implementation)
        hook = implementation.hook
        trusted = self.trusted

        def guarded(claim: Claim, context: Context) -> Mapping[LineKey, Any] | None:
            try:
                result: Mapping[LineKey, Any] | None = call(claim, context)
                return result if result is None or trusted else _facts(result)
            except Exception as fault:  # noqa: BLE001 - whatever a plugin raises
                self.report(fault, hook, context)
                return None

        return guarded

    def wrapper(self, implementation: Implementation) -> Wrapper:
        """Return a wrapper guarded: when it fails, the findings it was to judge stand as they were."""
        start = self._watched(implementation)
        hook, registered = implementation.hook, self.registered

        def guarded(claim: Claim, context: Context) -> Generator[None, list[Finding], list[Finding]]:
            running: Generator[None, list[Finding], Any] | None = None
            try:
                running = start(claim, context)
                self._timed(hook, context, next, running)
            except StopIteration:
                self.report(Junk("did not yield"), hook, context)
                running = None
            except Exception as fault:  # noqa: BLE001 - whatever a plugin raises
                self.report(fault, hook, context)
                running = None
            try:
                before = yield
            except BaseException:
                # Only what no guard catches comes here, such as KeyboardInterrupt: the wrapper has nothing to judge.
                if running is not None:
                    running.close()
                raise
            if running is None:
                return before
            try:
                after = self._resume(running, before, hook, claim, context)
                # Counted by what they say: a wrapper may hand back an equal copy without having changed anything.
                removed = tuple((Counter(before) - Counter(after)).elements())
                added = tuple((Counter(after) - Counter(before)).elements())
            except Exception as fault:  # noqa: BLE001 - whatever a plugin raises
                self.report(fault, hook, context)
                return before
            if removed or added:
                change = Change(registered.name, registered.version, registered.distribution, hook, removed, added)
                context.cache.setdefault(CHANGES, []).append(change)
            return after

        return guarded

    def observe(self, implementation: Implementation) -> Callable[[Review, Claim, Context], None]:
        """Return an ``on_review`` implementation guarded: a fault is logged without the exception's text."""
        function, registered = implementation.function, self.registered
        wanted = _wanted(function)

        def guarded(review: Review, claim: Claim, context: Context) -> None:
            given = {"review": review, "claim": claim, "context": context}
            try:
                function(**{name: given[name] for name in wanted})
            except Exception as fault:  # noqa: BLE001 - an observer changes nothing, whatever it raises
                import logging  # with what it imports 4 ms, and most reviews have nothing to log

                logging.getLogger("payerpack.plugins").warning(
                    "plugin %s (%s) raised %s in on_review; the review stands as it is",
                    registered.name,
                    registered.origin,
                    type(fault).__name__,
                )

        return guarded

    def register(self, implementation: Implementation) -> Callable[[], list[Format]]:
        """Return a ``register_formats`` implementation guarded; it sees no claim, so its fault is a developer's error."""
        registered = self.registered

        def guarded() -> list[Format]:
            try:
                formats = list(implementation.function() or ())
            except Exception as fault:
                raise _developer_error(registered, f"raised {type(fault).__name__}: {fault}") from fault
            for offered in formats:
                if not isinstance(offered, Format):
                    raise _developer_error(registered, f"returned {_a(offered)} where a Format belongs")
            return formats

        return guarded

    def fused(self, hooks: Sequence[Check]) -> Check:
        """Return the plugin's fused function guarded; where it fails, its four hooks find what they can."""
        call = self.registered.fused
        assert call is not None

        def guarded(claim: Claim, context: Context) -> list[Finding] | None:
            try:
                return call(claim, context)
            except Exception as fault:  # noqa: BLE001 - a fault in one rule must not cost the others
                self.report(fault, "check_eligibility", context)
            return [finding for hook in hooks for finding in hook(claim, context) or ()]

        return guarded

    def report(self, fault: Exception, hook: str, context: Context) -> None:
        """Keep a fault as a finding that makes the claim pend; one for a plugin and hook is enough."""
        registered = self.registered
        what = str(fault) if isinstance(fault, Junk) else f"raised {type(fault).__name__}"
        context.cache.setdefault(FAULTS, {})[registered.name, hook] = Finding(
            f"{registered.name}:fault",
            stage_of(hook),
            "pend",
            message=f"plugin {registered.name} ({registered.origin}) {what} in {hook}, so its part of the review is "
            "missing; have the plugin mended and review the claim again",
            facts={
                "plugin": registered.name,
                "distribution": registered.distribution,
                "version": registered.version,
                "hook": hook,
                "exception": "" if isinstance(fault, Junk) else type(fault).__name__,
            },
        )

    def _resume(
        self,
        running: Generator[None, list[Finding], Any],
        before: list[Finding],
        hook: str,
        claim: Claim,
        context: Context,
    ) -> list[Finding]:
        try:
            # A copy: a wrapper that changes the list in place must not change what is compared with it.
            self._timed(hook, context, running.send, list(before))
        except StopIteration as stop:
            if stop.value is None:
                raise Junk("returned nothing where the list of findings that stand belongs") from None
            return self._findings(stop.value, claim, before)
        running.close()
        raise Junk("yielded twice")

    def _findings(self, result: Any, claim: Claim, before: Sequence[Finding] = ()) -> list[Finding]:
        """Return a result as a list of well-formed findings; those of ``before`` are known to be.

        Raises:
            Junk: It is something else.
        """
        if not isinstance(result, Iterable):
            raise Junk(f"returned {_a(result)} where a list of findings belongs")
        if self.trusted:
            return list(result)  # a list that the plugin keeps stays as it is
        found: list[Finding] = list(itertools.islice(result, _MOST + 1))
        if len(found) > _MOST:
            raise Junk(f"reported more than {_MOST:,} findings")
        for finding in found:
            if not isinstance(finding, Finding):
                raise Junk(f"returned {_a(finding)} where a finding belongs")
        known = {id(finding) for finding in before}
        replaced = {finding.rule for finding in before}
        for finding in found:
            if id(finding) in known:
                continue
            _examine(finding, claim)
            if finding.rule in self.foreign and finding.rule not in replaced:
                raise Junk(f"reported under the rule id {finding.rule} of {self.foreign[finding.rule]}")
        return found

    def _watched(self, implementation: Implementation) -> Callable[[Claim, Context], Any]:
        """Return an implementation that takes the hook's full arguments, timed when there is a budget."""
        call = adapt(implementation)
        if self.budget is None or implementation.options.get("wrapper"):
            return call
        hook = implementation.hook
        return lambda claim, context: self._timed(hook, context, call, claim, context)

    def _timed(self, hook: str, context: Context, call: Callable[..., Any], *arguments: Any) -> Any:
        """Call; report what took longer than the budget. What it found still counts."""
        if self.budget is None:
            return call(*arguments)
        started = time.perf_counter()
        try:
            return call(*arguments)
        finally:
            if time.perf_counter() - started > self.budget:
                self.report(Junk(f"took longer than its budget of {self.budget:g} s"), hook, context)


def adapt(implementation: Implementation) -> Callable[[Claim, Context], Any]:
    """Return an implementation as a function of claim and context, whichever of them it asks for."""
    function = implementation.function
    wanted = _wanted(function)
    if wanted == ("claim", "context"):
        return function
    if wanted == ("claim",):
        return lambda claim, _context: function(claim)
    if wanted == ("context",):
        return lambda _claim, context: function(context)
    if not wanted:
        return lambda _claim, _context: function()
    return lambda claim, context: function(context, claim)


def _wanted(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names of the arguments that an implementation asks for, in its own order."""
    return tuple(inspect.signature(function).parameters)


def stage_of(hook: str) -> Stage:
    """Return the stage a hook's findings belong to; what runs before the checks belongs to the first."""
    stage = hook.removeprefix("check_")
    return stage if stage in STAGES else STAGES[0]


def _a(value: object) -> str:
    """Name a value by its class alone: the value may be a patient's."""
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _developer_error(registered: Registered, message: str) -> PluginError:
    return PluginError(message, plugin=registered.name, distribution=registered.origin, hook="register_formats")


def _facts(result: Any) -> Mapping[LineKey, Any]:
    """Return supplied facts, lists as tuples; an unknown value supplies nothing.

    Raises:
        Junk: It is no mapping by line number and fact name, or a value is not plain data, which can be compared.
    """
    if not isinstance(result, Mapping):
        raise Junk(f"returned {_a(result)} where a mapping by (line number, fact) belongs")
    facts: dict[LineKey, Any] = {}
    for key, value in result.items():
        if not (
            isinstance(key, tuple)
            and len(key) == 2  # noqa: PLR2004 - a pair
            and (key[0] is None or isinstance(key[0], int))
            and isinstance(key[1], str)
        ):
            raise Junk("returned a key that is not (line number or None, fact name)")
        if value is UNKNOWN:
            continue
        many = isinstance(value, (list, tuple, set, frozenset))
        if not all(isinstance(item, _PLAIN) for item in (value if many else (value,))):
            raise Junk("supplied a value that is not text, a number, a date, true or false, or a list of them")
        facts[key] = tuple(sorted(value) if isinstance(value, (set, frozenset)) else value) if many else value
    return facts


def _examine(finding: Finding, claim: Claim) -> None:
    """Read a finding as a report will, so that what is wrong with it is its plugin's fault and not the report's.

    Raises:
        Junk: It names an action, stage, cure or line that does not exist, or no rule.
        UnicodeEncodeError: Its message holds half a character, which no report can be written with.
    """
    if finding.action not in ACTIONS or finding.stage not in STAGES or finding.cure not in {None, *CURES}:
        raise Junk("reported an action, stage or cure that does not exist")
    if not isinstance(finding.rule, str) or not finding.rule:
        raise Junk("reported without a rule id")
    numbers = {line.number for line in claim.lines}
    if not isinstance(finding.lines, tuple) or not numbers.issuperset(finding.lines):
        raise Junk("reported lines that are not a tuple of the claim's line numbers")
    finding.to_dict()
    finding.message.encode()
    hash(finding)

"""The compiled plan equals pluggy: whatever implementations a policy has, both call the same ones in the same order.

pluggy is asked with the raw implementations, not with the plan's guarded ones. It gives up at the first exception, so
for it an implementation that raises is replaced by one that returns what a fault becomes.
"""

import datetime as dt
from types import SimpleNamespace

import attrs
import pluggy
from hypothesis import given
from hypothesis import strategies as st

from payerpack import hookspecs
from payerpack.claim import Claim, Patient, Payer, Provider, ServiceLine
from payerpack.finding import Finding
from payerpack.hookspecs import CHECKS, hookimpl
from payerpack.plugins.plan import CHANGES, build_plan
from payerpack.plugins.registered import Registered

CLAIM = Claim(
    "C-1", "professional", Payer("X"), Patient("P"), Provider("1234567893"), (ServiceLine(1, "1", dt.date(2026, 1, 1)),)
)
SHAPES = {
    (): lambda body: lambda: body(),  # noqa: PLW0108 - the arguments are what is tested
    ("claim",): lambda body: lambda claim: body(claim=claim),
    ("context",): lambda body: lambda context: body(context=context),
    ("claim", "context"): lambda body: lambda claim, context: body(claim=claim, context=context),
    ("context", "claim"): lambda body: lambda context, claim: body(claim=claim, context=context),
    ("claim", "context="): lambda body: lambda claim, context="default": body(claim=claim, context=context),
    ("claim=", "context="): lambda body: lambda claim="default", context="default": body(claim=claim, context=context),
}


@attrs.frozen
class Made:
    """One random implementation: its arguments, options, and what it does."""

    hook: str
    shape: tuple
    options: dict
    outcome: object


@attrs.frozen
class MadeWrapper:
    """One random wrapper: what it drops, what it adds, whether it turns the list round, and where it fails."""

    hook: str
    options: dict
    drops: int
    adds: bool
    turns: bool
    fails: str


options = st.sampled_from([{}, {"tryfirst": True}, {"trylast": True}])
hooks = st.sampled_from(CHECKS)
outcomes = st.one_of(
    st.none(), st.just([]), st.integers(1, 3), st.sampled_from([ValueError, MemoryError, StopIteration])
)
made = st.builds(Made, hooks, st.sampled_from(sorted(SHAPES)), options, outcomes)
made_wrapper = st.builds(
    MadeWrapper,
    hooks,
    options,
    st.integers(0, 2),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["", "", "early", "late"]),
)
plugins = st.lists(st.lists(made, min_size=1, max_size=4, unique_by=lambda one: one.hook), max_size=4)
with_wrappers = st.lists(
    st.lists(st.one_of(made, made_wrapper), min_size=1, max_size=4, unique_by=lambda one: one.hook), max_size=5
)


def rules(findings):
    return [finding.rule for finding in findings]


def implementation(one, name, calls, *, faults):
    """Returns a random implementation; without ``faults`` it returns nothing where it would raise."""

    def body(**given):
        calls.append((name, one.hook, given))
        if isinstance(one.outcome, type):
            if faults:
                raise one.outcome
            return None
        if isinstance(one.outcome, int):
            return [Finding(f"{name}:{one.hook}{at}", "bundling", "deny", (1,)) for at in range(one.outcome)]
        return one.outcome

    return hookimpl(specname=one.hook, **one.options)(SHAPES[one.shape](body))


def wrapper(one, name, *, faults):
    """Returns a random wrapper; without ``faults`` it passes on what it got where it would fail."""
    calm = one.fails and not faults

    def wrap():
        if one.fails == "early" and faults:
            raise ValueError
        found = yield
        if one.fails == "late" and faults:
            raise ValueError
        # pluggy hands over a list of lists, the plan one flat list
        flat = [item for items in found for item in (items if isinstance(items, list) else [items])]
        if calm:
            return flat
        stands = flat[one.drops :]
        if one.adds:
            stands.append(Finding(f"{name}:added", "bundling", "warn", (1,)))
        return stands[::-1] if one.turns else stands

    return hookimpl(specname=one.hook, wrapper=True, **one.options)(wrap)


def plugin(parts, name, calls, *, faults):
    make = {
        f"f{at}": wrapper(one, name, faults=faults)
        if isinstance(one, MadeWrapper)
        else implementation(one, name, calls, faults=faults)
        for at, one in enumerate(parts)
    }
    return SimpleNamespace(**make)


def by_plan(policy):
    calls, context = [], SimpleNamespace(cache={})
    plan = build_plan(
        [Registered(f"p{at}", "1", "d", plugin(parts, f"p{at}", calls, faults=True)) for at, parts in enumerate(policy)]
    )
    return plan.check(CLAIM, context), calls, context, plan


def by_pluggy(policy, context):
    calls, found = [], []
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    for at, parts in enumerate(policy):
        manager.register(plugin(parts, f"p{at}", calls, faults=False), f"p{at}")
    for name in CHECKS:
        for items in getattr(manager.hook, name)(claim=CLAIM, context=context):
            found += items if isinstance(items, list) else [items]
    return found, calls


def faults_of(policy):
    return sorted(
        f"p{at}:fault"
        for at, parts in enumerate(policy)
        for one in parts
        if (one.fails if isinstance(one, MadeWrapper) else isinstance(one.outcome, type))
    )


@given(plugins)
def test_without_wrappers_the_plan_calls_what_pluggy_calls_in_its_order_with_its_arguments(policy):
    found, calls, context, _ = by_plan(policy)
    expected, expected_calls = by_pluggy(policy, context)

    assert calls == expected_calls
    assert rules(found)[: len(expected)] == rules(expected)
    assert sorted(rules(found)[len(expected) :]) == faults_of(policy)


@given(with_wrappers)
def test_with_wrappers_the_plan_finds_what_pluggy_finds(policy):
    found, calls, context, _ = by_plan(policy)
    expected, expected_calls = by_pluggy(policy, context)

    assert calls == expected_calls
    assert rules(found)[: len(expected)] == rules(expected)
    assert sorted(rules(found)[len(expected) :]) == faults_of(policy)


@given(with_wrappers)
def test_each_hook_alone_finds_its_part_of_the_whole(policy):
    whole, _, _, plan = by_plan(policy)
    parts = [finding for name in CHECKS for finding in plan.check_hook(name, CLAIM, SimpleNamespace(cache={}))]

    assert sorted(rules(parts)) == sorted(rules(whole))


@given(with_wrappers)
def test_what_stands_and_what_the_trace_says_add_up_to_what_was_found(policy):
    found, _, context, _ = by_plan(policy)
    inner = [[one for one in parts if isinstance(one, Made)] for parts in policy]
    expected, _ = by_pluggy([parts for parts in inner if parts], context)
    changes = context.cache.get(CHANGES, [])

    removed = [finding for change in changes for finding in change.removed]
    added = [finding for change in changes for finding in change.added]
    stands = [finding for finding in found if not finding.rule.endswith(":fault")]

    # Names differ where a plugin is only wrappers, so what counts is how many there are.
    assert len(stands) + len(removed) == len(expected) + len(added)


@given(plugins, st.data())
def test_a_fused_function_finds_what_its_four_hooks_find(policy, data):
    calls = []
    parts = data.draw(st.lists(made, min_size=1, max_size=4, unique_by=lambda one: one.hook).filter(calm))
    held = plugin(parts, "packs", calls, faults=True)
    alone = build_plan([Registered("packs", "1", "payerpack", held)])

    def fused(claim, _context):
        return alone.check(claim, SimpleNamespace(cache={}))

    others = [
        Registered(f"p{at}", "1", "d", plugin(some, f"p{at}", calls, faults=True)) for at, some in enumerate(policy)
    ]
    results = [
        sorted(rules(build_plan([packs, *others]).check(CLAIM, SimpleNamespace(cache={}))))
        for packs in (Registered("packs", "1", "payerpack", held), Registered("packs", "1", "payerpack", held, fused))
    ]

    assert results[0] == results[1]


def calm(parts):
    return not any(isinstance(one.outcome, type) for one in parts)

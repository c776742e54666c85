"""The engine's compiled rules equal the slow interpreter, and the stepwise closure equals the quick one."""

import attrs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payerpack.context import Context
from payerpack.history import MemoryHistory
from payerpack.packs.compile import CompiledPolicy
from payerpack.packs.layers import resolve
from payerpack.packs.trace import trace_line
from payerpack.policy import build

from .interpreter import Found, interpret
from .packs_and_claims import Made, Parents, Situation, pack_of, policies, situations

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
HARD = settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
EASY = settings(HARD, max_examples=40)


def reviewed(made, situation):
    """Return what the engine finds, as the interpreter says it."""
    claim, supplied, history, as_of = situation.claim, situation.supplied, situation.history, situation.as_of
    policy = build(made.pack, made.library, as_of, lambda: None, None if history is None else MemoryHistory(history))
    context = Context(claim, policy.environment, as_of, supplied)
    found = frozenset(map(said, policy.found(claim, context)))
    if any(one.rule.endswith(":fault") for one in found):  # the guard says no more than that something was raised
        again = Context(claim, policy.environment, as_of, supplied)
        policy.compiled.fused(claim, again)
        (policy.compiled.cascade or list)(*((claim, again) if policy.compiled.cascade else ()))
    return found


def said(finding):
    return Found(finding.rule, finding.action, finding.lines, tuple(sorted(finding.related_lines)), finding.monitored)


def interpreted(made, situation):
    claim, supplied, history, as_of = situation.claim, situation.supplied, situation.history, situation.as_of
    return interpret(resolve(made.pack, made.library, as_of), claim, history, as_of, supplied)


@HARD
@given(policies(), situations())
def test_the_compiled_rules_find_what_the_interpreter_finds(made, situation):
    assert reviewed(made, situation) == interpreted(made, situation)


@EASY
@given(policies(), situations())
def test_the_stepwise_closure_finds_what_the_quick_one_finds(made, situation):
    claim, supplied, history, as_of = situation.claim, situation.supplied, situation.history, situation.as_of
    policy = build(made.pack, made.library, as_of, lambda: None, None if history is None else MemoryHistory(history))
    compiled = policy.compiled
    context = Context(claim, policy.environment, as_of, supplied)
    for denied in (frozenset(), frozenset({1}), frozenset({2, 3})):
        context.denied = denied
        quick = compiled.fused(claim, context) + (compiled.cascade(claim, context) if compiled.cascade else [])
        steps = [t for line in context.lines for t in trace_line(compiled, line, context, every=True)]
        assert sorted(map(said, quick), key=repr) == sorted(
            (said(t.finding) for t in steps if t.finding is not None), key=repr
        )
        assert {said(t.finding) for t in steps if t.finding} == {
            said(t.finding) for line in context.lines for t in trace_line(compiled, line, context) if t.finding
        }


@EASY
@given(policies(), situations(), st.randoms(use_true_random=False))
def test_the_order_of_lines_history_and_rules_never_matters(made, situation, random):
    claim, supplied, history, as_of = situation.claim, situation.supplied, situation.history, situation.as_of

    def shuffled(items):
        mixed = list(items)
        random.shuffle(mixed)
        return tuple(mixed)

    other_claim = attrs.evolve(claim, lines=shuffled(claim.lines))
    other_history = None if history is None else list(shuffled(history))
    other_pack = attrs.evolve(made.pack, rules=shuffled(made.pack.rules), overrides=shuffled(made.pack.overrides))
    other_library = Parents(attrs.evolve(made.library.parent, rules=shuffled(made.library.parent.rules)))
    assert reviewed(made, situation) == reviewed(
        Made(other_pack, other_library), Situation(other_claim, supplied, other_history, as_of)
    )


def test_the_interpreter_and_the_engine_know_the_same_packs():
    assert CompiledPolicy(resolve(pack_of([]), Parents(pack_of([])))).rules == ()

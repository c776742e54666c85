import logging
import time
from types import SimpleNamespace

import pytest

from payerpack.finding import Finding, Review
from payerpack.hookspecs import hookimpl
from payerpack.plugins.plan import CHANGES, build_plan


def returning(result, **options):
    return hookimpl(**options)(lambda: result)


def raising(fault, **options):
    def fail(claim):
        raise fault

    return hookimpl(**options)(fail)


def rules(findings):
    return [finding.rule for finding in findings]


def test_an_exception_makes_the_claim_pend_and_names_plugin_version_hook_and_type(plan, claim, context):
    (fault,) = plan(check_frequency=raising(KeyError("P-SECRET"))).check(claim, context)

    assert (fault.rule, fault.action, fault.stage, fault.lines, fault.cure) == (
        "acme:fault", "pend", "frequency", (), None,
    )  # fmt: skip
    assert fault.message.startswith("plugin acme (payerpack-acme 1.2) raised KeyError in check_frequency")


def test_the_text_of_an_exception_never_reaches_a_finding(plan, claim, context):
    (fault,) = plan(check_bundling=raising(ValueError("patient P-SECRET"))).check(claim, context)

    assert "P-SECRET" not in str(fault.to_dict())


def test_one_fault_takes_nobody_elses_findings(register, claim, context, finding):
    plugins = [
        register("one", check_bundling=returning([finding("one")])),
        register("bad", check_bundling=raising(RuntimeError())),
        register("two", check_bundling=returning([finding("two")])),
    ]

    assert rules(build_plan(plugins).check(claim, context)) == ["acme:two", "acme:one", "bad:fault"]


@pytest.mark.parametrize("fault", [MemoryError(), RecursionError(), StopIteration(), AssertionError()])
def test_every_ordinary_exception_is_guarded(plan, claim, context, fault):
    assert rules(plan(check_bundling=raising(fault)).check(claim, context)) == ["acme:fault"]


@pytest.mark.parametrize("fault", [KeyboardInterrupt, SystemExit])
def test_what_ends_the_process_passes_through(plan, claim, context, fault):
    with pytest.raises(fault):
        plan(check_bundling=raising(fault())).check(claim, context)


def test_what_ends_the_process_passes_through_a_wrapper_and_closes_it(register, claim, context):
    closed = []

    @hookimpl(wrapper=True)
    def check_bundling():
        try:
            return (yield)
        finally:
            closed.append(True)

    made = build_plan(
        [register("a", check_bundling=raising(KeyboardInterrupt())), register("b", check_bundling=check_bundling)]
    )

    with pytest.raises(KeyboardInterrupt):
        made.check(claim, context)
    assert closed == [True]


@pytest.mark.parametrize(
    ("junk", "words"),
    [
        (True, "returned a bool where a list of findings belongs"),
        (7, "returned an int where a list of findings belongs"),
        ("deny", "returned a str where a finding belongs"),
        ([None], "returned a NoneType where a finding belongs"),
        ({"rule": "x"}, "returned a str where a finding belongs"),
        (Finding("a:b", "bundling", "deny"), "returned a Finding where a list of findings belongs"),
        ([Finding("a:b", "bundling", "dney")], "an action, stage or cure that does not exist"),
        ([Finding("a:b", "nowhere", "deny")], "an action, stage or cure that does not exist"),
        ([Finding("a:b", "bundling", "deny", cure="pray")], "an action, stage or cure that does not exist"),
        ([Finding("a:b", "bundling", "deny", [1])], "not a tuple of the claim's line numbers"),
        ([Finding("a:b", "bundling", "deny", (9,))], "not a tuple of the claim's line numbers"),
        ([Finding("a:b", "bundling", "deny", message=lambda: 1 / 0)], "raised ZeroDivisionError"),
    ],
)
def test_a_result_that_is_no_list_of_well_formed_findings_is_a_fault(plan, claim, context, junk, words):
    (fault,) = plan(check_bundling=returning(junk)).check(claim, context)

    assert fault.rule == "acme:fault"
    assert words in fault.message


@pytest.mark.parametrize(
    "junk",
    [["a"], {"a": 1}, {(1,): 1}, {("1", "a"): 1}, {(1, 2): 1}, {(1, "a"): object()}, {(1, "a"): [["nested"]]}, 0],
)
def test_supplied_facts_of_the_wrong_shape_are_a_fault_of_the_review(plan, claim, context, junk):
    made = plan(supply_facts=returning(junk))

    assert made.supply_facts(claim, context) is None
    (fault,) = made.check(claim, context)
    assert (fault.rule, fault.action, fault.facts["hook"]) == ("acme:fault", "pend", "supply_facts")


def test_a_fault_while_supplying_leaves_the_facts_of_others(register, claim, context):
    made = build_plan(
        [register("a", supply_facts=returning({(1, "x"): 1})), register("b", supply_facts=raising(OSError()))]
    )

    assert made.supply_facts(claim, context) == {(1, "x"): 1}
    assert rules(made.check(claim, context)) == ["b:fault"]


def test_asking_twice_reports_a_fault_once(plan, claim, context):
    made = plan(check_bundling=raising(OSError()))
    made.check(claim, context)

    assert rules(made.check(claim, context)) == ["acme:fault"]


def test_a_fault_of_one_hook_is_reported_when_that_hook_alone_is_asked(plan, claim, context):
    made = plan(check_bundling=raising(OSError()), check_frequency=returning([]))

    assert rules(made.check_hook("check_bundling", claim, context)) == ["acme:fault"]
    assert made.check_hook("check_frequency", claim, context) == []


def test_an_observers_fault_is_logged_without_its_text_and_changes_nothing(plan, claim, context, caplog):
    def on_review(review):
        raise ValueError("patient P-SECRET")

    with caplog.at_level(logging.WARNING, "payerpack.plugins"):
        plan(on_review=hookimpl(on_review)).on_review(Review("C-1", "example", {}), claim, context)

    assert "plugin acme (payerpack-acme 1.2) raised ValueError in on_review" in caplog.text
    assert "P-SECRET" not in caplog.text


def test_a_fault_of_a_fused_function_costs_only_itself(register, claim, context, finding):
    def fused(_claim, _context):
        raise ZeroDivisionError

    packs = register("packs", fused=fused, check_bundling=returning([finding("b")]))

    assert rules(build_plan([packs]).check(claim, context)) == ["acme:b", "packs:fault"]


def test_a_fault_of_a_cascade_makes_the_claim_pend(register, claim, context):
    def cascade(claim, context):
        raise IndexError

    made = build_plan([register(plugin=SimpleNamespace(cascade=cascade, check_bundling=returning(None)))])

    assert rules(made.cascade(claim, context)) == ["acme:fault"]


def test_a_rule_id_of_somebody_else_is_a_fault(register, claim, context):
    packs = register("packs", plugin=SimpleNamespace(rule_ids=["example:a"], check_bundling=returning([])))
    thief = register(check_bundling=returning([Finding("example:a", "bundling", "inform")]))

    (fault,) = build_plan([packs, thief]).check(claim, context)

    assert "reported under the rule id example:a of packs" in fault.message


class TestWrappers:
    @pytest.fixture
    def wrapped(self, register, claim, context, finding):
        """Runs a wrapper around one finding and returns what the plan finds."""

        def run(wrapper):
            inner = register("rules", check_bundling=returning([finding("a")]))
            outer = register("acme", check_bundling=hookimpl(wrapper=True)(wrapper))
            return build_plan([inner, outer]).check(claim, context)

        return run

    def test_one_that_raises_before_its_yield_leaves_the_findings(self, wrapped):
        def wrapper():
            raise KeyError
            yield

        found = wrapped(wrapper)

        assert rules(found) == ["acme:a", "acme:fault"]
        assert "raised KeyError in check_bundling" in found[1].message

    def test_one_that_raises_after_its_yield_leaves_the_findings(self, wrapped, context):
        def wrapper():
            found = yield
            found.clear()
            raise KeyError

        assert rules(wrapped(wrapper)) == ["acme:a", "acme:fault"]
        assert CHANGES not in context.cache

    def test_one_that_does_not_yield_leaves_the_findings(self, wrapped):
        def wrapper():
            if False:
                yield
            return []

        found = wrapped(wrapper)

        assert rules(found) == ["acme:a", "acme:fault"]
        assert "did not yield" in found[1].message

    def test_one_that_yields_twice_leaves_the_findings(self, wrapped):
        def wrapper():
            yield
            yield

        found = wrapped(wrapper)

        assert rules(found) == ["acme:a", "acme:fault"]
        assert "yielded twice" in found[1].message

    @pytest.mark.parametrize(
        ("junk", "words"), [(None, "returned nothing"), (3, "returned an int"), (["x"], "returned a str")]
    )
    def test_one_that_returns_junk_leaves_the_findings(self, wrapped, junk, words):
        def wrapper():
            yield
            return junk

        found = wrapped(wrapper)

        assert rules(found) == ["acme:a", "acme:fault"]
        assert words in found[1].message

    def test_none_can_take_away_the_fault_of_another_plugin(self, register, claim, context):
        def wrapper():
            yield
            return []

        plugins = [
            register("bad", check_bundling=raising(OSError())),
            register("acme", check_bundling=hookimpl(wrapper=True)(wrapper)),
        ]

        assert rules(build_plan(plugins).check(claim, context)) == ["bad:fault"]

    def test_one_may_change_a_packs_finding_but_not_invent_one(self, register, claim, context):
        ours = Finding("example:a", "bundling", "deny", (1,))
        packs = SimpleNamespace(rule_ids=["example:a", "example:b"], check_bundling=returning([ours]))

        def softened():
            yield
            return [Finding("example:a", "bundling", "warn", (1,))]

        def invented():
            yield
            return [Finding("example:b", "bundling", "warn", (1,))]

        outcomes = [
            rules(
                build_plan(
                    [register("packs", plugin=packs), register(check_bundling=hookimpl(wrapper=True)(wrapper))]
                ).check(claim, SimpleNamespace(cache={}))
            )
            for wrapper in (softened, invented)
        ]

        assert outcomes == [["example:a"], ["example:a", "acme:fault"]]


class TestBudget:
    @staticmethod
    def slow(clock, seconds):
        def check_bundling(claim):
            clock.advance(seconds)
            return [Finding("acme:late", "bundling", "deny", (1,))]

        return hookimpl(check_bundling)

    @pytest.fixture
    def clock(self, monkeypatch):
        now = SimpleNamespace(seconds=0.0)
        now.advance = lambda seconds: setattr(now, "seconds", now.seconds + seconds)
        monkeypatch.setattr(time, "perf_counter", lambda: now.seconds)
        return now

    def test_a_late_hook_makes_the_claim_pend_and_keeps_its_findings(self, register, clock, claim, context):
        made = build_plan([register(check_bundling=self.slow(clock, 0.3))], budget=0.2)

        found = made.check(claim, context)

        assert rules(found) == ["acme:late", "acme:fault"]
        assert "took longer than its budget of 0.2 s in check_bundling" in found[1].message

    def test_a_hook_within_its_budget_is_left_alone(self, register, clock, claim, context):
        made = build_plan([register(check_bundling=self.slow(clock, 0.2))], budget=0.2)

        assert rules(made.check(claim, context)) == ["acme:late"]

    def test_a_wrapper_is_not_charged_for_what_it_wraps(self, register, clock, claim, context):
        @hookimpl(wrapper=True)
        def check_bundling():
            return (yield)

        inner = register("slow", distribution="payerpack", check_bundling=self.slow(clock, 9))

        assert rules(build_plan([inner, register(check_bundling=check_bundling)], budget=0.2).check(claim, context)) == [
            "acme:late", "slow:fault",
        ]  # fmt: skip

    def test_a_late_wrapper_makes_the_claim_pend(self, register, clock, claim, context):
        @hookimpl(wrapper=True)
        def check_bundling():
            found = yield
            clock.advance(1)
            return found

        assert rules(build_plan([register(check_bundling=check_bundling)], budget=0.2).check(claim, context)) == [
            "acme:fault"
        ]

    def test_late_facts_still_count(self, register, clock, claim, context):
        def supply_facts():
            clock.advance(1)
            return {(1, "a"): 1}

        made = build_plan([register(supply_facts=hookimpl(supply_facts))], budget=0.2)

        assert made.supply_facts(claim, context) == {(1, "a"): 1}
        assert rules(made.check(claim, context)) == ["acme:fault"]


def test_the_findings_of_the_core_itself_are_not_examined_again(register, claim, context):
    core = register(
        "packs", distribution="payerpack", check_bundling=returning([Finding("a:b", "bundling", "deny", (9,))])
    )

    assert rules(build_plan([core]).check(claim, context)) == ["a:b"]

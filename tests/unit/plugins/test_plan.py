import datetime as dt
from types import SimpleNamespace

import pytest

from payerpack.context import Context, Environment
from payerpack.errors import PluginError
from payerpack.facts import CONFLICT, UNKNOWN
from payerpack.finding import Format, Review
from payerpack.hookspecs import CHECKS, hookimpl
from payerpack.plugins.plan import CHANGES, build_plan


def rules(findings):
    return [finding.rule for finding in findings]


def returning(result, **options):
    return hookimpl(**options)(lambda: result)


def test_checks_run_in_the_order_of_a_review_whatever_the_order_of_the_attributes(plan, claim, context, finding):
    hooks = {name: returning([finding(name)]) for name in reversed(CHECKS)}

    assert rules(plan(**hooks).check(claim, context)) == [f"acme:{name}" for name in CHECKS]


def test_the_plugin_registered_last_runs_first(register, claim, context, finding):
    parent = register("parent", check_bundling=returning([finding("parent")]))
    child = register("child", check_bundling=returning([finding("child")]))

    assert rules(build_plan([parent, child]).check(claim, context)) == ["acme:child", "acme:parent"]


def test_tryfirst_and_trylast_change_the_order_as_in_pluggy(register, claim, context, finding):
    first = register("first", check_bundling=returning([finding("first")], tryfirst=True))
    middle = register("middle", check_bundling=returning([finding("middle")]))
    last = register("last", check_bundling=returning([finding("last")], trylast=True))

    assert rules(build_plan([first, middle, last]).check(claim, context)) == ["acme:first", "acme:middle", "acme:last"]


def test_an_implementation_gets_the_arguments_it_names_and_no_others(plan, claim, context):
    seen = {}

    @hookimpl
    def check_eligibility():
        seen["none"] = True

    @hookimpl
    def check_modifiers(claim):
        seen["claim"] = claim

    @hookimpl
    def check_bundling(context):
        seen["context"] = context

    @hookimpl
    def check_frequency(context, claim=None):
        seen["swapped"] = (claim, context)

    plan(
        check_eligibility=check_eligibility,
        check_modifiers=check_modifiers,
        check_bundling=check_bundling,
        check_frequency=check_frequency,
    ).check(claim, context)

    assert seen == {"none": True, "claim": claim, "context": context, "swapped": (claim, context)}


def test_one_hook_alone_can_be_asked(plan, claim, context, finding):
    made = plan(check_bundling=returning([finding("b")]), check_frequency=returning([finding("f")]))

    assert rules(made.check_hook("check_frequency", claim, context)) == ["acme:f"]


def test_specname_names_the_hook_of_a_function_of_another_name(plan, claim, context, finding):
    made = plan(same_day=returning([finding("same-day")], specname="check_bundling"))

    assert rules(made.check(claim, context)) == ["acme:same-day"]


@pytest.mark.parametrize("result", [None, [], (), iter(())])
def test_nothing_found_may_be_said_in_any_empty_way(plan, claim, context, result):
    assert plan(check_bundling=returning(result)).check(claim, context) == []


def test_a_generator_expression_is_an_iterable_of_findings(plan, claim, context, finding):
    made = plan(check_bundling=hookimpl(lambda claim: (finding(str(line.number)) for line in claim.lines)))

    assert rules(made.check(claim, context)) == ["acme:1", "acme:2"]


def test_a_plan_keeps_nothing_of_a_claim(plan, claim, finding):
    made = plan(check_bundling=returning([finding("b")]))
    contexts = [SimpleNamespace(cache={}), SimpleNamespace(cache={})]

    assert [len(made.check(claim, context)) for context in contexts] == [1, 1]


def test_a_fused_function_is_called_once_instead_of_its_four_hooks(register, claim, context, finding):
    packs = register(
        "packs", fused=lambda _claim, _context: [finding("fused")], check_bundling=returning([finding("b")])
    )
    other = register("other", check_bundling=returning([finding("other")]))

    made = build_plan([packs, other])

    assert sorted(rules(made.check(claim, context))) == ["acme:fused", "acme:other"]
    assert rules(made.check_hook("check_bundling", claim, context)) == ["acme:other", "acme:b"]


def test_a_fused_function_is_not_used_where_a_wrapper_must_see_each_hook(register, claim, context, finding):
    @hookimpl(wrapper=True)
    def check_bundling():
        found = yield
        return [one for one in found if one.rule != "acme:b"]

    packs = register(
        "packs",
        fused=lambda _claim, _context: [finding("fused")],
        check_bundling=returning([finding("b")]),
        check_frequency=returning([finding("f")]),
    )

    made = build_plan([packs, register("acme", check_bundling=check_bundling)])

    assert rules(made.check(claim, context)) == ["acme:f"]


@pytest.mark.parametrize(
    ("distribution", "budget", "found"),
    [("payerpack", None, "acme:fused"), ("payerpack-acme", None, "acme:b"), ("payerpack", 60.0, "acme:b")],
)
def test_only_a_plugin_of_the_core_offers_its_own_fused_function_and_only_where_no_budget_is_measured(
    register, claim, context, finding, distribution, budget, found
):
    class Offering:
        def fused(self, _claim, _context):
            return [finding("fused")]

        @hookimpl
        def check_bundling(self):
            return [finding("b")]

    made = build_plan([register("own", Offering(), distribution=distribution)], budget=budget)

    assert rules(made.check(claim, context)) == [found]


def test_supplied_facts_are_merged_by_key(register, claim, context):
    one = register("one", supply_facts=returning({(1, "report.mapping"): True, (None, "a"): 1}))
    two = register("two", supply_facts=returning({(2, "report.mapping"): False}))

    assert build_plan([one, two]).supply_facts(claim, context) == {
        (1, "report.mapping"): True,
        (2, "report.mapping"): False,
        (None, "a"): 1,
    }


@pytest.mark.parametrize(
    ("values", "merged"),
    [
        (("independent", "pacs"), CONFLICT),
        (("pacs", "pacs"), "pacs"),
        ((["mip"], ("mip",)), ("mip",)),
        ((UNKNOWN, "pacs"), "pacs"),
        (("pacs", UNKNOWN), "pacs"),
        ((dt.date(2026, 1, 1), dt.date(2026, 1, 2)), CONFLICT),
        (({"b", "a"}, ["a", "b"]), ("a", "b")),
        ((["mip", "volume"], ["volume", "mip"]), ("volume", "mip")),
        (("one", "two", "three"), CONFLICT),
    ],
)
def test_values_for_one_fact_conflict_only_when_they_differ(register, claim, context, values, merged):
    key = (1, "report.workstation")
    plugins = [register(f"p{at}", supply_facts=returning({key: value})) for at, value in enumerate(values)]

    assert build_plan(plugins).supply_facts(claim, context) == {key: merged}


def test_a_hook_that_supplies_facts_may_read_those_of_the_claim_itself(plan, claim):
    seen = []

    @hookimpl
    def supply_facts(claim, context):
        seen.extend(context.fact("code", line) for line in claim.lines)
        return {(1, "report.workstation"): "pacs"}

    context = Context(claim, Environment(supply=plan(supply_facts=supply_facts).supply_facts))

    assert context.fact("report.workstation", claim.lines[0]) == "pacs"
    assert seen == ["76377", "76377"]


def test_supplying_nothing_allocates_no_facts(plan, claim, context):
    assert plan(supply_facts=returning(None)).supply_facts(claim, context) is None


def test_every_observer_sees_the_review(register, claim, context):
    seen = []
    review = Review("C-1", "example", {})
    one = register("one", on_review=hookimpl(lambda review: seen.append((review,))))
    two = register("two", on_review=hookimpl(lambda context, review, claim: seen.append((review, claim, context))))

    build_plan([one, two]).on_review(review, claim, context)

    assert seen == [(review, claim, context), (review,)]


def test_cascades_are_asked_with_the_lines_that_stand(register, claim, context, finding):
    def cascade(claim, context):
        return [finding("add-on")] if 1 in context.denied else []

    baseline = SimpleNamespace(cascade=cascade, check_bundling=returning(None))
    made = build_plan([register(plugin=baseline)])

    before = made.cascade(claim, context)
    context.denied = frozenset({1})

    assert (before, rules(made.cascade(claim, context))) == ([], ["acme:add-on"])


def test_formats_are_keyed_by_name(plan):
    csv, xml = Format("csv"), Format("xml")

    assert plan(register_formats=returning([csv, xml])).formats() == {"csv": csv, "xml": xml}


def test_a_format_of_two_plugins_is_an_error_that_names_both_distributions(register):
    one = register("one", distribution="payerpack-one", register_formats=returning([Format("csv")]))
    two = register("two", distribution="payerpack-two", register_formats=returning([Format("csv")]))

    with pytest.raises(PluginError, match=r"payerpack-one 1\.2.*format csv.*payerpack-two 1\.2"):
        build_plan([one, two]).formats()


def test_a_format_that_cannot_be_registered_is_an_error_that_names_the_plugin(plan):
    def register_formats():
        raise OSError("no codec")

    with pytest.raises(PluginError, match=r"acme \(payerpack-acme 1\.2\): register_formats: raised OSError: no codec"):
        plan(register_formats=hookimpl(register_formats)).formats()


class TestWrappers:
    def test_it_gets_one_flat_list_and_what_it_returns_stands(self, register, claim, context, finding):
        received = []

        @hookimpl(wrapper=True)
        def check_bundling(claim, context):
            found = yield
            received.extend(found)
            return [one for one in found if one.rule != "acme:gone"]

        inner = [
            register("one", check_bundling=returning([finding("a"), finding("gone")])),
            register("two", check_bundling=returning([finding("b")])),
        ]

        made = build_plan([*inner, register("acme", check_bundling=check_bundling)])

        assert rules(made.check(claim, context)) == ["acme:b", "acme:a"]
        assert rules(received) == ["acme:b", "acme:a", "acme:gone"]

    @pytest.mark.parametrize("option", [{}, {"tryfirst": True}, {"trylast": True}])
    def test_every_wrapper_gets_a_flat_list_wherever_it_stands(self, register, claim, context, finding, option):
        received = []

        def wrap():
            found = yield
            received.append(rules(found))
            return found

        plugins = [
            register("rules", check_bundling=returning([finding("a")])),
            register("one", check_bundling=hookimpl(wrapper=True)(wrap)),
            register("two", check_bundling=hookimpl(wrapper=True, **option)(wrap)),
        ]

        assert rules(build_plan(plugins).check(claim, context)) == ["acme:a"]
        assert received == [["acme:a"], ["acme:a"]]

    def test_what_it_removed_and_added_is_kept_with_its_name_and_version(self, register, claim, context, finding):
        @hookimpl(wrapper=True)
        def check_bundling():
            found = yield
            found.pop(0)
            found.append(finding("b", "warn"))
            return found

        made = build_plan(
            [register("rules", check_bundling=returning([finding("a"), finding("c")])),
             register("acme", check_bundling=check_bundling)]
        )  # fmt: skip
        made.check(claim, context)

        (change,) = context.cache[CHANGES]
        assert (change.plugin, change.version, change.distribution, change.hook) == (
            "acme", "1.2", "payerpack-acme", "check_bundling",
        )  # fmt: skip
        assert (rules(change.removed), rules(change.added)) == (["acme:a"], ["acme:b"])

    def test_one_that_changes_nothing_leaves_no_trace(self, register, claim, context, finding):
        @hookimpl(wrapper=True)
        def check_bundling():
            return list(reversed((yield)))

        made = build_plan(
            [register("rules", check_bundling=returning([finding("a"), finding("b")])),
             register("acme", check_bundling=check_bundling)]
        )  # fmt: skip
        made.check(claim, context)

        assert CHANGES not in context.cache

    def test_a_finding_given_twice_where_there_was_one_is_added(self, register, claim, context, finding):
        @hookimpl(wrapper=True)
        def check_bundling():
            found = yield
            return found * 2

        made = build_plan(
            [
                register("rules", check_bundling=returning([finding("a")])),
                register("acme", check_bundling=check_bundling),
            ]
        )
        made.check(claim, context)

        assert rules(context.cache[CHANGES][0].added) == ["acme:a"]

import functools
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from payerpack import hookspecs
from payerpack.claim import Claim, ServiceLine
from payerpack.context import Context, LineKey
from payerpack.errors import PluginError
from payerpack.finding import Finding, Format, Review
from payerpack.hookspecs import hookimpl
from payerpack.plugins.validate import validate


@pytest.fixture
def complaint(register):
    """Returns what validation says about a plugin with these hooks; empty when it is well formed."""

    def complaint(plugin=None, **hooks):
        try:
            validate([register(plugin=plugin, **hooks)])
        except PluginError as error:
            return str(error)
        return ""

    return complaint


def test_a_message_names_plugin_distribution_and_version(complaint):
    assert complaint(check_bundling=hookimpl(lambda lines: None)).startswith("plugin acme (payerpack-acme 1.2): ")


def test_everything_wrong_with_a_plugin_is_said_at_once(complaint):
    said = complaint(check_bundlin=hookimpl(lambda: None), check_modifiers=hookimpl(lambda klaim: None))

    assert "check_bundlin is no hook; did you mean check_bundling?" in said
    assert "check_modifiers: the hook has no argument klaim; did you mean claim?" in said


def test_a_plugin_whose_attributes_cannot_be_read_is_named(complaint):
    class Plugin:
        def __getattr__(self, name):
            raise RuntimeError(name)

    assert "its attributes cannot be read (RuntimeError: HOOK_API)" in complaint(Plugin())


def test_an_undecorated_function_with_a_hooks_name_is_refused(complaint):
    said = complaint(check_bundling=hookimpl(lambda: None), check_modifiers=lambda: None)

    assert "check_modifiers has a hook's name but no @hookimpl" in said


def test_an_undecorated_method_with_a_hooks_name_is_refused(complaint):
    class Plugin:
        @hookimpl
        def check_bundling(self, claim): ...

        def on_review(self, review): ...

    assert "on_review has a hook's name but no @hookimpl" in complaint(Plugin())


def test_a_spec_that_a_module_imported_is_not_taken_for_an_implementation(complaint):
    module = ModuleType("acme")
    module.check_bundling = hookspecs.check_bundling
    module.check_modifiers = hookimpl(lambda claim: None)

    assert complaint(module) == ""


def test_an_unknown_hook_that_says_it_is_optional_may_be_one_of_a_newer_core(complaint):
    assert complaint(check_bundling=hookimpl(lambda: None), check_fees=hookimpl(optionalhook=True)(lambda: None)) == ""


def test_an_unknown_hook_like_no_other_is_answered_with_the_list(complaint):
    assert "zap is no hook; the hooks are register_formats, " in complaint(zap=hookimpl(lambda: None))


def test_a_plugin_without_a_hook_is_refused(complaint):
    assert "it implements no hook" in complaint(helper=lambda: None)


async def asynchronous(claim): ...


async def asynchronous_generator(claim):
    yield


@pytest.mark.parametrize("function", [asynchronous, asynchronous_generator])
def test_an_async_implementation_is_refused(complaint, function):
    assert "check_bundling is async" in complaint(check_bundling=hookimpl(function))


def test_a_decorated_async_implementation_is_refused(complaint):
    @functools.wraps(asynchronous)
    def decorated(claim):
        return asynchronous(claim)

    assert "check_bundling is async" in complaint(check_bundling=hookimpl(decorated))


def generator(claim):
    yield


def test_a_generator_is_refused_unless_it_is_a_wrapper(complaint):
    assert "check_bundling is a generator but no wrapper" in complaint(check_bundling=hookimpl(generator))


def test_a_wrapper_without_a_yield_is_refused(complaint):
    said = complaint(check_bundling=hookimpl(wrapper=True)(lambda claim: None))

    assert "check_bundling is a wrapper without a yield" in said


def test_an_old_style_wrapper_is_refused(complaint):
    said = complaint(check_bundling=hookimpl(hookwrapper=True)(lambda claim: (yield)))

    assert "check_bundling is an old-style wrapper (hookwrapper=True)" in said


@pytest.mark.parametrize("hook", ["register_formats", "supply_facts", "on_review"])
def test_only_checks_may_be_wrapped(complaint, hook):
    assert f"{hook} may not be wrapped; only check_eligibility, " in complaint(
        **{hook: hookimpl(wrapper=True)(lambda: (yield))}
    )


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda claim, pack=None: None, "the hook has no argument pack; it offers claim, context"),
        (lambda *claims: None, "*claims is never passed"),
        (lambda **facts: None, "**facts is never passed"),
        (lambda *, claim: None, "claim is never passed"),
        (lambda claim, /: None, "claim is never passed"),
    ],
)
def test_an_argument_that_no_call_passes_is_refused(complaint, function, words):
    assert words in complaint(check_bundling=hookimpl(function))


def wrong_claim(claim: ServiceLine): ...


def wrong_claims(claim: list[Claim]): ...


def wrong_context(claim: Claim, context: dict[str, Any]): ...


def wrong_return(claim: Claim) -> bool: ...


def wrong_items(claim: Claim) -> list[str]: ...


def wrong_text(claim: Claim) -> str: ...


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (wrong_claim, "claim is annotated ServiceLine, but it gets a Claim"),
        (wrong_claims, "claim is annotated list[payerpack.claim.Claim], but it gets a Claim"),
        (wrong_context, "context is annotated dict[str, Any], but it gets a Context"),
        (wrong_return, "annotated to return bool; the hook returns a list of Finding, or None"),
        (wrong_items, "annotated to return list[str]; the hook returns a list of Finding, or None"),
        (wrong_text, "annotated to return str; the hook returns a list of Finding, or None"),
    ],
)
def test_an_annotation_that_differs_from_the_spec_is_refused(complaint, function, words):
    assert words in complaint(check_bundling=hookimpl(function))


def returns_list(claim: Claim, context: Context) -> list[Finding]: ...


def returns_tuple(claim: object) -> tuple[Finding, ...]: ...


def returns_optional(claim: Claim | None) -> Sequence[Finding] | None: ...


def returns_iterator(claim: Any) -> Iterator[Finding]: ...


def returns_bare(claim: Claim) -> Iterable: ...


def returns_never(claim: Claim) -> None: ...


def unresolvable(claim: "OnlyForTypeCheckers") -> "OnlyForTypeCheckers": ...  # noqa: F821 - what it names is nowhere


@pytest.mark.parametrize(
    "function",
    [returns_list, returns_tuple, returns_optional, returns_iterator, returns_bare, returns_never, unresolvable],
)
def test_an_annotation_that_says_the_same_as_the_spec_is_accepted(complaint, function):
    assert complaint(check_bundling=hookimpl(function)) == ""


def test_names_that_only_a_type_checker_imports_are_still_compared(complaint):

    function = hookimpl(lambda claim, context: None)
    function.__annotations__ = {"claim": "Context", "context": "Context"}

    assert "claim is annotated Context, but it gets a Claim" in complaint(check_bundling=function)


def right_wrapper(claim: Claim) -> Generator[None, list[Finding], list[Finding]]:
    return (yield)


def loose_wrapper() -> Iterator[None]:
    return (yield)


def wrong_wrapper() -> list[Finding]:
    return (yield)


def wrong_wrapped_result() -> Generator[None, list[Finding], bool]:
    return (yield)


@pytest.mark.parametrize("function", [right_wrapper, loose_wrapper])
def test_a_wrapper_may_be_annotated_as_the_generator_it_is(complaint, function):
    assert complaint(check_bundling=hookimpl(wrapper=True)(function)) == ""


def test_a_wrapper_that_promises_junk_is_refused(complaint):
    said = complaint(check_bundling=hookimpl(wrapper=True)(wrong_wrapped_result))

    assert "annotated to return bool" in said


def supplies(claim: Claim) -> Mapping[LineKey, Any] | None: ...


def supplies_wrongly(claim: Claim) -> list[Finding]: ...


def observes(review: Review) -> None: ...


def observes_wrongly(review: Review) -> list[Finding]: ...


def registers() -> list[Format]: ...


def registers_wrongly() -> dict[str, Format]: ...


@pytest.mark.parametrize(
    ("hook", "right", "wrong"),
    [
        ("supply_facts", supplies, supplies_wrongly),
        ("on_review", observes, observes_wrongly),
        ("register_formats", registers, registers_wrongly),
    ],
)
def test_every_hook_has_a_return_type_of_its_own(complaint, hook, right, wrong):
    assert complaint(**{hook: hookimpl(right)}) == ""
    assert f"{hook}: it is annotated to return" in complaint(**{hook: hookimpl(wrong)})


def test_a_property_of_a_plugin_is_not_run(complaint):
    class Plugin:
        @property
        def dangerous(self):
            raise AssertionError

        @hookimpl
        def check_bundling(self, claim): ...

    assert complaint(Plugin()) == ""


def test_static_and_class_methods_may_be_hooks(complaint):
    class Plugin:
        @staticmethod
        @hookimpl
        def check_bundling(claim): ...

        @classmethod
        @hookimpl
        def check_modifiers(cls, claim): ...

    assert complaint(Plugin()) == ""


def test_a_plugin_for_another_hook_api_is_refused(complaint):
    plugin = SimpleNamespace(HOOK_API=hookspecs.HOOK_API + 1, check_bundling=hookimpl(lambda: None))

    assert f"written for hook API {hookspecs.HOOK_API + 1} and this core has {hookspecs.HOOK_API}" in complaint(plugin)


def test_two_plugins_of_one_name_are_refused_naming_both_distributions(register):
    one = register("acme", distribution="payerpack-one", check_bundling=hookimpl(lambda: None))
    two = register("acme", distribution="payerpack-two", check_bundling=hookimpl(lambda: None))

    with pytest.raises(PluginError, match=r"payerpack-two 1\.2.*payerpack-one 1\.2 has a plugin of this name too"):
        validate([one, two])


def test_a_rule_id_of_two_plugins_is_refused_naming_both(register):
    hooks = {"rule_ids": ["acme:a"], "check_bundling": hookimpl(lambda: None)}
    one = register("one", distribution="payerpack-one", **hooks)
    two = register("two", distribution="payerpack-two", **hooks)

    with pytest.raises(PluginError, match=r"payerpack-two 1\.2.*rule acme:a belongs to one \(payerpack-one 1\.2\) too"):
        validate([one, two])

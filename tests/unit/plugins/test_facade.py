import datetime as dt
import sys
from decimal import Decimal
from types import ModuleType

import attrs
import pytest

from payerpack.context import Setup
from payerpack.errors import PackError, PluginError
from payerpack.hookspecs import hookimpl
from payerpack.plugins.catalog import Catalog, Installed
from payerpack.plugins.facade import assemble, make
from payerpack.plugins.use import PluginUse


class Plain:
    @hookimpl
    def check_bundling(self, claim): ...


class WithSetup(Plain):
    def __init__(self, setup):
        self.setup = setup


class Typed(WithSetup):
    @attrs.frozen
    class Settings:
        share: Decimal
        since: dt.date = dt.date(2026, 1, 1)
        codes: list[str] = attrs.field(factory=list, validator=attrs.validators.max_len(2))


class Broken:
    def __init__(self, setup):
        raise RuntimeError("no table")


def factory(setup):
    return WithSetup(setup)


@pytest.fixture
def installed(monkeypatch):
    """Returns a catalog of plugins, each with an object for its entry point."""

    def installed(**objects):
        module = ModuleType("payerpack_facade_test")
        for name, value in objects.items():
            setattr(module, name, value)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        return Catalog(
            tuple(
                Installed(name, f"{module.__name__}:{name}", "payerpack.plugins", f"payerpack-{name}", "1.2")
                for name in objects
            )
        )

    return installed


def setup(_installed):
    return Setup("example")


def test_plugins_come_in_the_order_the_packs_name_them(installed):
    found = installed(a=Plain, b=Plain, c=Plain)

    registered, blocked = assemble(["c", "payerpack-a >=1"], setup, PluginUse(catalog=found))

    assert [(one.name, one.version, one.distribution) for one in registered] == [
        ("c", "1.2", "payerpack-c"), ("a", "1.2", "payerpack-a"),
    ]  # fmt: skip
    assert blocked == ()


def test_what_a_child_asks_for_again_is_made_once_at_its_parents_place(installed):
    found = installed(a=Plain, b=Plain)

    registered, _ = assemble(["a >=1", "b", "payerpack-a <2"], setup, PluginUse(catalog=found))

    assert [one.name for one in registered] == ["a", "b"]


def test_a_class_that_takes_an_argument_gets_the_setup(installed):
    given = Setup("example", edition="2024Q3")

    ((one,), _) = assemble(["a"], lambda _: given, PluginUse(catalog=installed(a=WithSetup)))

    assert one.plugin.setup is given


def test_a_factory_function_gets_the_setup(installed):
    ((one,), _) = assemble(["a"], setup, PluginUse(catalog=installed(a=factory)))

    assert one.plugin.setup == Setup("example")


def test_every_policy_gets_an_object_of_its_own(installed):
    found = installed(a=Plain)

    ((one,), _), ((other,), _) = (
        assemble(["a"], setup, PluginUse(catalog=found)),
        assemble(["a"], setup, PluginUse(catalog=found)),
    )

    assert one.plugin is not other.plugin


def test_a_module_or_an_instance_is_used_as_it_is(installed):
    module, instance = ModuleType("acme"), Plain()

    registered, _ = assemble(["a", "b"], setup, PluginUse(catalog=installed(a=module, b=instance)))

    assert [one.plugin for one in registered] == [module, instance]


@pytest.mark.parametrize("name", ["a", "payerpack-a", "Payerpack_A"])
def test_a_blocked_plugin_is_left_out_and_named(installed, name):
    registered, blocked = assemble(["a >=1", "b"], setup, PluginUse((name,), catalog=installed(a=Plain, b=Plain)))

    assert ([one.name for one in registered], len(blocked)) == (["b"], 1)


def test_a_blocked_plugin_is_not_imported(installed):
    catalog = Catalog((Installed("a", "no_such_module", "payerpack.plugins", "payerpack-a", "1"),))

    assert assemble(["a"], setup, PluginUse(("a",), catalog=catalog)) == ((), ("a",))


def test_a_blocked_plugin_need_not_be_installed(installed):
    assert assemble(["a >=1"], setup, PluginUse(("a",), catalog=Catalog())) == ((), ("a",))


def test_every_requirement_that_nothing_meets_is_said_at_once(installed):
    with pytest.raises(PackError) as caught:
        assemble(["x", "a >=3", "a"], setup, PluginUse(catalog=installed(a=Plain)))

    assert [problem.location for problem in caught.value.problems] == ["plugins = ['x']", "plugins = ['a >=3']"]


def test_a_plugin_that_cannot_be_made_is_an_error_that_names_the_distribution(installed):
    with pytest.raises(PluginError, match=r"plugin a \(payerpack-a 1\.2\): .*cannot be made.*RuntimeError: no table"):
        assemble(["a"], setup, PluginUse(catalog=installed(a=Broken)))


@pytest.mark.parametrize("plugin", [Plain, Plain(), ModuleType("acme")])
def test_settings_for_a_plugin_that_takes_none_are_refused(installed, plugin):
    (one,) = installed(a=plugin).plugins

    with pytest.raises(PackError, match=r"settings\.a: the plugin \(payerpack-a 1\.2\) takes no settings"):
        make(one, Setup("example", {"share": 1}))


def test_settings_become_the_record_that_the_class_declares(installed):
    (one,) = installed(a=Typed).plugins

    made = make(one, Setup("example", {"share": "0.5", "codes": ["76377"]}))

    assert made.setup.settings == Typed.Settings(Decimal("0.5"), dt.date(2026, 1, 1), ["76377"])


def test_settings_stay_as_written_for_a_class_that_declares_none(installed):
    (one,) = installed(a=WithSetup).plugins

    assert make(one, Setup("example", {"share": 1})).setup.settings == {"share": 1}


def test_every_problem_of_the_settings_is_said_at_once(installed):
    (one,) = installed(a=Typed).plugins

    with pytest.raises(PackError) as caught:
        make(one, Setup("example", {"since": 7, "code": ["76377"]}))

    assert [str(problem) for problem in caught.value.problems] == [
        "settings.a.since: expected `date`, got `int`",
        "settings.a.code: the plugin has no setting code; did you mean codes?",
        "settings.a: the setting share is missing; the plugin needs it",
    ]


def test_settings_that_the_record_itself_refuses_are_the_users_mistake(installed):
    (one,) = installed(a=Typed).plugins

    with pytest.raises(PackError, match=r"settings\.a: the plugin refuses them"):
        make(one, Setup("example", {"share": 1, "codes": ["1", "2", "3"]}))

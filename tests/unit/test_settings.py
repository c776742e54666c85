"""The settings of a deployment: where they are found, what may be in them, what wins, and what an engine makes of them."""

import json
import pickle
from pathlib import Path

import attrs
import pytest

from payerpack import Engine, PackError, UserError, hookimpl
from payerpack.cli import main
from payerpack.plugins.catalog import Catalog
from payerpack.plugins.use import PluginUse
from payerpack.settings import as_rows, engine_arguments, read_settings, settings_file
from payerpack.settings_file import SHAPE
from payerpack.testing import claim, plugin

FULL = """
schema = 1
packs = ["packs", "/elsewhere/packs"]
edition = "editions"
history = "history.jsonl"
fail_on = "pend"
plugin_budget = 0.5

[plugins]
enable = ["payerpack-baseline"]
order = ["payerpack-baseline"]
block = ["payerpack-baseline"]

[settings.payerpack-baseline]
share = 0.2
"""


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """A folder without settings, and an environment without any."""
    monkeypatch.chdir(tmp_path)
    for name in ("PAYERPACK_CONFIG", "PAYERPACK_EDITION", "PAYERPACK_BLOCK", "PAYERPACK_CACHE"):
        monkeypatch.delenv(name, raising=False)


def write(text, name="payerpack.toml"):
    file = Path(name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return file


def test_without_a_file_the_defaults_are_in_effect():
    settings = read_settings()

    assert settings.file is None
    assert {(one.value, one.origin) for one in settings.effective()} == {(None, "default"), ("deny", "default")}


def test_the_file_of_the_current_folder_is_found():
    file = write("")

    assert settings_file() == file


def test_the_environment_names_another_file(monkeypatch):
    write('fail_on = "warn"')
    monkeypatch.setenv("PAYERPACK_CONFIG", str(write('fail_on = "pend"', "other/settings.toml")))

    assert read_settings().get("fail_on") == "pend"


def test_the_file_that_is_named_wins_over_the_environments(monkeypatch):
    monkeypatch.setenv("PAYERPACK_CONFIG", str(write('fail_on = "pend"', "other.toml")))

    assert read_settings(write('fail_on = "cap"', "named.toml")).get("fail_on") == "cap"


@pytest.mark.parametrize("named", ["nowhere.toml", None])
def test_a_file_that_is_named_must_be_there(monkeypatch, named):
    monkeypatch.setenv("PAYERPACK_CONFIG", "nowhere.toml")

    with pytest.raises(UserError, match=r"nowhere\.toml is no file"):
        read_settings(named)


def test_every_value_says_where_it_is_written():
    write(FULL, "deployment/payerpack.toml")

    rows = as_rows(read_settings("deployment/payerpack.toml").effective())

    assert [(row["key"], row["value"], row["origin"]) for row in rows] == [
        ("packs", "deployment/packs", "deployment/payerpack.toml:3:10"),
        ("packs", "/elsewhere/packs", "deployment/payerpack.toml:3:19"),
        ("edition", "deployment/editions", "deployment/payerpack.toml:4:1"),
        ("cache", None, "default"),
        ("history", "deployment/history.jsonl", "deployment/payerpack.toml:5:1"),
        ("fail_on", "pend", "deployment/payerpack.toml:6:1"),
        ("plugin_budget", "0.5", "deployment/payerpack.toml:7:1"),
        ("plugins.enable", "payerpack-baseline", "deployment/payerpack.toml:10:11"),
        ("plugins.order", "payerpack-baseline", "deployment/payerpack.toml:11:10"),
        ("plugins.block", "payerpack-baseline", "deployment/payerpack.toml:12:10"),
        ("settings.payerpack-baseline.share", "0.2", "deployment/payerpack.toml:15:1"),
    ]


@pytest.mark.parametrize(("written", "meant"), [("cache", "deployment/cache"), ("off", "off")])
def test_the_folder_of_packs_found_sound_is_beside_the_file_or_none(written, meant):
    write(f'cache = "{written}"', "deployment/payerpack.toml")

    settings = read_settings("deployment/payerpack.toml")

    assert engine_arguments(settings)["cache"] == meant


def test_the_environment_says_where_packs_found_sound_are_kept(monkeypatch):
    write('cache = "cache"')
    monkeypatch.setenv("PAYERPACK_CACHE", "elsewhere")

    settings = read_settings()

    assert [(one.value, one.origin) for one in settings.effective() if one.key == "cache"] == [
        ("elsewhere", "PAYERPACK_CACHE")
    ]


def test_a_database_is_no_path():
    write('history = "sqlite:///history.db"', "deployment/payerpack.toml")

    assert read_settings("deployment/payerpack.toml").get("history") == "sqlite:///history.db"


def test_the_environment_wins_over_the_file_and_blocks_more(monkeypatch):
    write('edition = "editions"\nplugins = { block = ["payerpack-baseline"] }')
    monkeypatch.setenv("PAYERPACK_EDITION", "2026q1")
    monkeypatch.setenv("PAYERPACK_BLOCK", "payerpack-acme, ")

    settings = read_settings()

    assert settings.get("edition") == "2026q1"
    assert settings.each("plugins.block") == ("payerpack-baseline", "payerpack-acme")


def test_options_win_over_everything_and_packs_add_up(monkeypatch):
    write('edition = "editions"\npacks = ["packs"]')
    monkeypatch.setenv("PAYERPACK_EDITION", "2026q1")

    settings = read_settings().over(edition="2026q2", packs=[Path("more")], history=None, fail_on=None)

    assert (settings.get("edition"), settings.get("history"), settings.get("fail_on")) == ("2026q2", None, "deny")
    assert settings.each("packs") == (Path("packs"), Path("more"))
    assert {one.key: one.origin for one in settings.values}["edition"] == "--edition"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('editon = "x"', 'payerpack.toml:1:1: PP101 payerpack.toml has no key "editon"; did you mean "edition"?'),
        ("edition = 4", "payerpack.toml:1:11: PP102 edition is a number; write a folder"),
        ('fail_on = "denny"', 'PP104 fail_on is "denny"'),
        ("plugin_budget = -1", "PP115 plugin_budget is -1"),
        ("schema = 2", "PP115 schema is 2"),
        ("[plugins]\nenabled = []", 'plugins has no key "enabled"; did you mean "enable"?'),
        ("[plugins]\nenable = []", "plugins.enable is empty"),
        ('[plugins]\nblock = ["payerpack-basline"]', '2:10: PP105 no plugin "payerpack-basline" is installed; did you mean "payerpack-baseline"?'),
        ("[settings.payerpack-nobody]\nx = 1", 'payerpack.toml:1:11: PP105 no plugin "payerpack-nobody" is installed'),
        ("[settings]\nacme = 1", "acme is a number; write a table of settings"),
        ("x = ", "PP001 this is not TOML"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_place(text, what):
    write(text)

    with pytest.raises(UserError) as caught:
        read_settings()

    assert what in str(caught.value)


def test_everything_that_is_wrong_is_said_at_once():
    write('editon = "x"\nfail_on = 4\n')

    with pytest.raises(UserError) as caught:
        read_settings()

    assert [problem.code for problem in caught.value.problems] == ["PP101", "PP102"]


def test_every_key_has_an_example_and_says_what_it_means():
    assert [key.name for key in SHAPE.keys if not key.example or not key.doc.endswith(".")] == []


PACK = 'schema = 1\n[pack]\nid = "acme"\ntitle = "t"\nversion = "1"\nplugins = {plugins}\napplies_to = {{ payer = ["ACME"] }}\n'


def pack(*plugins, more=""):
    write(PACK.format(plugins=json.dumps(plugins)) + more, "packs/acme/pack.toml")


class Says:
    """Reports its name and its setting."""

    @attrs.frozen
    class Settings:
        share: float = 0.1
        word: str = "default"

    def __init__(self, setup):
        self.setup = setup

    @hookimpl
    def check_bundling(self):
        from payerpack.testing import finding

        settings = self.setup.settings
        return [finding("acme:said", "inform", message=f"{settings.word} {settings.share}")]


def use(plugins, **decided):
    return PluginUse(catalog=Catalog(tuple(plugins)), **decided)


def said(made):
    return [finding.message for finding in made.review(claim("72192", payer="ACME")).findings]


def test_the_arguments_make_an_engine_that_finds_the_packs():
    pack()
    write('packs = ["packs"]')

    made = Engine(**engine_arguments(read_settings()))

    assert made.review(claim("72192", payer="ACME")).policy == "acme"


def test_a_deployments_setting_wins_over_a_packs_and_leaves_the_others():
    pack("acme", more='[settings.acme]\nshare = 0.3\nword = "pack"\n')

    made = Engine(["packs"], plugins=use([plugin("acme", Says)], settings={"acme": {"share": 0.4}}))

    assert said(made) == ["pack 0.4"]


def test_a_setting_counts_in_the_fingerprint():
    pack("acme")
    reviews = [
        Engine(["packs"], plugins=use([plugin("acme", Says)], settings=settings)).review(claim("72192", payer="ACME"))
        for settings in ({}, {"acme": {"share": 0.4}}, {"acme": {"share": 0.4}})
    ]

    assert reviews[0].fingerprint != reviews[1].fingerprint == reviews[2].fingerprint


def test_a_setting_may_be_given_by_the_distributions_name():
    pack("acme")
    given = plugin("acme", Says, distribution="payerpack_acme")

    made = Engine(["packs"], plugins=use([given], settings={"payerpack-acme": {"word": "by distribution"}}))

    assert said(made) == ["by distribution 0.1"]


def test_a_wrong_setting_of_the_file_is_said_at_its_place(monkeypatch):
    pack("acme")
    write('packs = ["packs"]\n[settings.acme]\nshare = "much"\nwrod = "x"\n')
    there = Catalog((plugin("acme", Says),))
    monkeypatch.setattr("payerpack.settings_file.catalog", lambda: there)
    arguments = engine_arguments(read_settings())
    arguments["plugins"] = attrs.evolve(arguments["plugins"], catalog=there)

    with pytest.raises(PackError) as caught:
        Engine(**arguments).policy("acme")

    assert "payerpack.toml:3:1: settings.acme.share: expected `float`, got `str`" in str(caught.value)
    assert "payerpack.toml:4:1: settings.acme.wrod: the plugin has no setting wrod; did you mean word?" in str(
        caught.value
    )


def named(name):
    class Named:
        @hookimpl
        def check_bundling(self):
            from payerpack.testing import finding

            return [finding(f"{name}:here", "inform", message=name)]

    return plugin(name, Named)


def registered(made):
    return [one.name for one in made.policy("acme").plan.registered if one.distribution != "payerpack"]


def test_plugins_are_registered_in_the_packs_order_unless_the_deployment_orders_them():
    pack("a", "b", "c")
    plugins = [named(name) for name in "abc"]

    assert registered(Engine(["packs"], plugins=use(plugins))) == ["a", "b", "c"]
    assert registered(Engine(["packs"], plugins=use(plugins, order=("c", "a")))) == ["c", "b", "a"]


def test_what_is_not_enabled_does_not_run_and_the_review_says_so():
    pack("a", "b")
    made = Engine(["packs"], plugins=use([named("a"), named("b")], enabled=("b",)))

    assert said(made) == ["b"]
    assert any("the plugin a is blocked" in note for note in made.review(claim("72192", payer="ACME")).notes)


def test_what_is_not_enabled_need_not_be_installed():
    pack("a", "b")

    assert registered(Engine(["packs"], plugins=use([named("b")], enabled=("b",)))) == ["b"]


def test_blocking_wins_over_enabling():
    pack("a")

    assert registered(Engine(["packs"], plugins=use([named("a")], enabled=("a",), blocked=("a",)))) == []


def test_the_cores_own_plugins_are_enabled_without_being_named():
    held = [one.name for one in Engine(plugins=PluginUse(enabled=("a",))).policy("ncci-medicare").plan.registered]

    assert "payerpack-baseline" in held


def test_settings_travel_to_other_processes():
    write(FULL)

    arguments = engine_arguments(read_settings())

    again = pickle.loads(pickle.dumps(arguments))
    assert again["plugins"].settings == arguments["plugins"].settings


CLAIM = {
    "id": "C-1", "type": "professional", "payer": {"id": "ACME"}, "patient": {"id": "P-1"},
    "billing_provider": {"npi": "1234567893"},
    "lines": [{"number": 1, "code": "72192", "service_date": "2024-08-15"}],
}  # fmt: skip
DENIES = '[[rule]]\nid = "no"\nstage = "eligibility"\nwhen = { code = "72192" }\nthen = { action = "pend", message = "no" }\n'


def test_the_command_reviews_with_the_settings_of_the_folder(capsys):
    pack(more=DENIES)
    write(json.dumps(CLAIM), "claim.json")
    write('packs = ["packs"]\nfail_on = "pend"')

    assert main(["review", "claim.json"]) == 1
    assert "acme:no" in capsys.readouterr().out


def test_an_option_wins_over_the_settings_of_the_folder(capsys):
    pack(more=DENIES)
    write(json.dumps(CLAIM), "claim.json")
    write('packs = ["packs"]\nfail_on = "pend"')

    assert main(["review", "claim.json", "--fail-on", "deny"]) == 0


def test_the_command_explains_with_the_settings_it_is_given(capsys):
    pack(more=DENIES)
    write(json.dumps(CLAIM), "claim.json")
    write('packs = ["../packs"]', "deployment/settings.toml")

    assert main(["explain", "claim.json", "--config", "deployment/settings.toml"]) == 0
    assert "acme:no" in capsys.readouterr().out


def test_the_command_shows_every_setting_and_where_it_came_from(capsys):
    write('fail_on = "pend"')

    assert main(["config", "show", "--edition", "2026q1"]) == 0

    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["setting", "value", "from"]
    assert ["fail_on", "pend", "payerpack.toml:1:1"] in lines
    assert ["edition", "2026q1", "--edition"] in lines
    assert ["packs", "default"] in lines


def test_the_command_shows_settings_as_json(capsys):
    write("plugin_budget = 1.5")

    assert main(["config", "show", "--format", "json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert told["file"] == "payerpack.toml"
    assert {"key": "plugin_budget", "value": "1.5", "origin": "payerpack.toml:1:1"} in told["settings"]


def test_a_mistake_in_the_settings_stops_the_command_with_2(capsys):
    write('editon = "x"')
    write(json.dumps(CLAIM), "claim.json")

    assert main(["review", "claim.json"]) == 2
    assert 'payerpack.toml:1:1: PP101 payerpack.toml has no key "editon"' in capsys.readouterr().err

"""What ``payerpack plugin new`` makes is a whole distribution: sound, typed, installed and tested as it is."""

import importlib.util
import os
import re
import subprocess
import sys
from importlib import import_module

import pytest
import tomli
from packaging.version import Version

from payerpack.cli import main
from payerpack.packs.check import check_pack
from payerpack.plugins.catalog import catalog
from payerpack.testing import verify


@pytest.fixture
def made(tmp_path, monkeypatch, capsys):
    """Renders the template for a payer, in the current folder, as the command does."""
    monkeypatch.chdir(tmp_path)

    def made(name):
        status = main(["plugin", "new", name])
        said = capsys.readouterr()
        return status, tmp_path / f"payerpack-{name}", said.out + said.err

    return made


def texts(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()
    }


def test_it_has_everything_that_a_distribution_needs(made):
    status, folder, said = made("acme")

    assert status == 0
    assert set(texts(folder)) == {
        ".gitignore", "README.md", "RELEASING.md", "pyproject.toml", "tox.ini",
        "payerpack_acme/__init__.py", "payerpack_acme/plugin.py", "payerpack_acme/py.typed",
        "payerpack_acme/packs/acme/pack.toml",
        "payerpack_acme/packs/acme/tests/after-hours.toml", "payerpack_acme/packs/acme/tests/authorization.toml",
        "tests/test_contract.py", "tests/test_plugin.py",
    }  # fmt: skip
    assert "pytest" in said


def test_the_payers_name_stands_wherever_the_templates_stood(made):
    _, folder, _ = made("blue-sky")

    found = texts(folder)

    assert not [name for name, text in found.items() if "acme" in (name + text).lower()]
    assert tomli.loads(found["pyproject.toml"])["project"]["name"] == "payerpack-blue-sky"
    pack = tomli.loads(found["payerpack_blue_sky/packs/blue-sky/pack.toml"])["pack"]
    assert (pack["id"], pack["applies_to"]["payer"]) == ("blue-sky", ["BLUE-SKY"])
    assert found["README.md"].startswith("# payerpack-blue-sky\n\nBlue Sky's payment policy")


def test_the_oldest_core_that_it_promises_is_the_one_it_is_tested_with(made):
    _, folder, _ = made("acme")

    (promised,) = tomli.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    (tested,) = re.findall(r"^deps = payerpack==(.*)$", (folder / "tox.ini").read_text("utf-8"), re.MULTILINE)
    assert promised.startswith("payerpack>=")
    assert Version(promised.removeprefix("payerpack>=").partition(",")[0]) == Version(tested)


def test_a_new_pack_is_sound_and_judges_no_claim_until_somebody_says_so(made):
    _, folder, _ = made("acme")
    pack = folder / "payerpack_acme" / "packs" / "acme"

    assert [str(problem) for problem in check_pack(pack) if problem.code != "PP113"] == []
    assert tomli.loads((pack / "pack.toml").read_text("utf-8"))["pack"]["status"] == "draft"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Blue_Sky", "such as blue-sky"),
        ("9lives", "such as lives"),
        ("../evil", "such as evil"),
        ("", "lower-case words"),
        ("a" * 41, ""),
    ],
)
def test_a_name_that_cannot_name_a_package_is_refused_with_one_that_can(made, tmp_path, name, hint):
    status, _, said = made(name)

    assert status == 2
    assert "cannot name a package" in said
    assert hint in said
    assert list(tmp_path.iterdir()) == []


def test_names_of_the_core_are_refused(made):
    assert made("baseline")[0] == 2


def test_the_prefix_may_be_written(made, tmp_path):
    assert made("payerpack-acme")[0] == 0
    assert (tmp_path / "payerpack-acme").is_dir()


def test_nothing_is_overwritten(made, tmp_path):
    (tmp_path / "payerpack-acme").mkdir()
    (tmp_path / "payerpack-acme" / "mine.txt").write_text("mine", "utf-8")

    status, folder, said = made("acme")

    assert status == 2
    assert "is there already" in said
    assert texts(folder) == {"mine.txt": "mine"}


def test_a_folder_that_is_not_there_is_named(tmp_path, capsys):
    assert main(["plugin", "new", "acme", "--into", str(tmp_path / "nowhere")]) == 2
    assert "is no folder to make it in" in capsys.readouterr().err


@pytest.fixture
def on_path(made, monkeypatch):
    """Renders it and puts it on the path, with the metadata that an editable installation has."""
    _, folder, _ = made("acme")
    project = tomli.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    info = folder / "payerpack_acme-0.1.0.dist-info"
    info.mkdir()
    needs = "".join(f"Requires-Dist: {one}\n" for one in project["dependencies"])
    metadata = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n{needs}"
    (info / "METADATA").write_text(metadata, "utf-8")
    groups = project["entry-points"].items()
    listed = [f"[{group}]\n" + "".join(f"{n} = {v}\n" for n, v in entries.items()) for group, entries in groups]
    (info / "entry_points.txt").write_text("\n".join(listed), "utf-8")
    monkeypatch.syspath_prepend(str(folder))
    catalog.cache_clear()
    yield folder
    catalog.cache_clear()
    for module in [name for name in sys.modules if name.partition(".")[0] == "payerpack_acme"]:
        del sys.modules[module]


def test_it_keeps_every_clause_of_the_contract(on_path):
    report = verify("payerpack-acme")

    assert {result.name: result.problems for result in report.results if result.outcome != "passed"} == {}


def test_its_own_tests_pass(on_path, monkeypatch):
    """Without a second pytest: the functions of its test module, called as pytest would."""
    spec = importlib.util.spec_from_file_location("payerpack_acme_tests", on_path / "tests" / "test_plugin.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    module.test_every_line_is_judged_by_its_own_day()
    module.test_a_holiday_is_no_working_day()
    module.test_a_claim_of_another_payer_does_not_meet_the_plugin()


def test_its_command_reviews_by_the_draft_when_asked_for_by_name(on_path, tmp_path, capsys):
    file = tmp_path / "claim.json"
    file.write_text(
        '{"id": "C-1", "type": "professional", "payer": {"id": "ACME"}, "patient": {"id": "P-1"}, '
        '"billing_provider": {"npi": "1234567893"}, '
        '"lines": [{"number": 1, "code": "76377", "service_date": "2026-03-02"}]}',
        "utf-8",
    )

    assert main(["review", str(file), "--policy", "acme", "--format", "jsonl"]) == 1
    assert '"acme:authorization"' in capsys.readouterr().out


def test_it_builds_installs_and_passes_its_tests_in_a_process_of_its_own(made, tmp_path):
    for needed in ("hatchling", "pip"):
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"{needed} is not installed, and a test may not fetch it")
    _, folder, _ = made("acme")
    site = tmp_path / "site"
    offline = ["--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "--quiet"]
    run = python("-m", "pip", "install", *offline, "--target", str(site), str(folder))
    assert run.returncode == 0, run.stderr

    run = python("-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=folder, site=site)

    assert run.returncode == 0, run.stdout + run.stderr
    assert "passed" in run.stdout
    assert import_module("payerpack").__version__  # and this process has learnt nothing of it


def python(*arguments, cwd=None, site=None):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [site and str(site), *sys.path]))}
    environment.pop("PYTHONWARNDEFAULTENCODING", None)  # pip's own warnings are none of ours
    environment.pop("PYTEST_ADDOPTS", None)
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, encoding="utf-8", check=False
    )

"""The command as a whole: help, mistakes, interrupts, and how little it imports."""

import json
import os
import subprocess
import sys

import pytest

import payerpack
from payerpack import cli
from payerpack.cli import facts

COMMANDS = [
    ("review",), ("explain",), ("compare",), ("facts",), ("codes",), ("plugin", "list"), ("pack", "list"), ("pack", "show"),
    ("pack", "test"), ("pack", "lint"), ("baseline", "import"), ("baseline", "list"), ("baseline", "show"),
    ("baseline", "verify"),
]  # fmt: skip


def python(code, *arguments, **more):
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, env=environment, check=False, **more
    )


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(run, command):
    done = run(*command, "--help")
    assert done.status == 0
    assert f"example:\n  payerpack {' '.join(command)}" in done.out
    assert "--debug" in done.out


def test_help_names_every_command(run):
    done = run("--help")
    assert done.status == 0
    for command in COMMANDS:
        assert f"\n    {command[0]} " in done.out


def test_the_version_is_that_of_the_package(run):
    assert run("--version").out == f"payerpack {payerpack.__version__}\n"


@pytest.mark.parametrize(
    "arguments", [(), ("pack",), ("review",), ("review", "x", "--as-of", "tomorrow"), ("--wrong",)]
)
def test_wrong_use_is_one_line_that_names_the_help(run, arguments):
    done = run(*arguments)
    assert done.status == 2
    assert done.out == ""
    assert done.err.count("\n") == 1
    assert "--help`" in done.err


def test_a_misspelt_command_is_answered_with_the_nearest(run):
    assert "there is no command revew; did you mean review?" in run("revew").err


def test_an_unexpected_fault_is_one_line_without_its_text(run, monkeypatch):
    monkeypatch.setattr(facts, "run", lambda _options: {}["P-SECRET"])
    done = run("facts")
    assert done.status == 2
    assert done.err == "payerpack: unexpected KeyError; run with --debug (or PAYERPACK_DEBUG=1) to see where\n"


@pytest.mark.parametrize("setting", ["1", "yes"])
def test_debug_may_be_asked_for_by_the_environment(run, monkeypatch, setting):
    monkeypatch.setenv("PAYERPACK_DEBUG", setting)
    monkeypatch.setattr(facts, "run", lambda _options: {}["gone"])
    with pytest.raises(KeyError):
        run("facts")


def test_a_full_disk_is_said_without_a_traceback(run, monkeypatch):
    def full(_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(facts, "run", full)
    assert run("facts").err == "payerpack: output: No space left on device; check it\n"


def test_an_interrupt_is_said_quietly(run, monkeypatch):
    def interrupted(_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(facts, "run", interrupted)
    done = run("facts")
    assert (done.status, done.err) == (130, "payerpack: interrupted\n")


def test_a_reader_that_goes_away_ends_the_command_quietly(claim, claims):
    file = claims(*(claim("72192", id=f"C-{number}") for number in range(2000)))
    command = [
        sys.executable,
        "-m",
        "payerpack",
        "review",
        str(file),
        "--policy",
        "cpt-imaging-3d",
        "--format",
        "jsonl",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["claim_id"] == "C-0"
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (141, b"")


def test_help_imports_neither_the_engine_nor_rich():
    code = (
        "import sys; from payerpack.cli import main; main(['--help'])\n"
        "sys.exit(sorted(name for name in sys.modules if name.startswith(('rich', 'msgspec', 'pluggy', 'payerpack.engine'))))"
    )
    done = python(code)
    assert (done.returncode, done.stderr) == (1, b"[]\n")


def test_reviewing_json_for_a_program_imports_no_rich_and_no_x12(claim, claims):
    code = (
        "import sys; from payerpack.cli import main\n"
        "main(['review', sys.argv[1], '--policy', 'cpt-imaging-3d', '--format', 'jsonl'])\n"
        "sys.exit(sorted(name for name in sys.modules if name.startswith(('rich', 'payerpack.formats.x12', 'sqlalchemy'))))"
    )
    done = python(code, claims(claim("72192")))
    assert done.stderr == b"[]\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_text_is_written_whatever_a_terminal_can_show(claim, claims, encoding):
    file = claims(claim("72192", id="C-\u2713"))
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "payerpack", "review", str(file), "--policy", "cpt-imaging-3d"]
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert done.returncode == 0
    shown = "\u2713" if encoding == "utf-8" else "?"
    assert done.stdout.decode(encoding).startswith(f"claim C-{shown}: accept")


def test_json_is_utf_8_whatever_the_terminal_is(claim, claims):
    file = claims(claim("72192", id="C-\u2713"))
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [
        sys.executable,
        "-m",
        "payerpack",
        "review",
        str(file),
        "--policy",
        "cpt-imaging-3d",
        "--format",
        "jsonl",
    ]
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert json.loads(done.stdout.decode())["claim_id"] == "C-\u2713"


def test_options_given_to_main_are_not_those_of_the_process(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["payerpack", "--version"])
    assert cli.main() == 0
    assert capsys.readouterr().out.startswith("payerpack ")


def test_a_closed_standard_output_is_said(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "stdout", None)
    assert cli.main(["facts"]) == 2
    assert cli.main(["facts", "-o", str(tmp_path / "facts.txt")]) == 0
    monkeypatch.undo()
    assert capsys.readouterr().err == "payerpack: output: standard output is closed; check it\n"
    assert "place_of_service" in (tmp_path / "facts.txt").read_text("utf-8")


def test_a_closed_standard_error_or_input_changes_no_status(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(sys, "stdin", None)
    assert cli.main(["review", "-"]) == 2


def test_a_plugin_that_ends_the_process_is_no_success(run, claim, claims, monkeypatch):
    def ends(*_, **__):
        raise SystemExit(0)

    monkeypatch.setattr("payerpack.engine.Engine.policy_of", ends)
    done = run("explain", claims(claim("72192")))
    assert done.status == 2
    assert "a plugin ended the process" in done.err

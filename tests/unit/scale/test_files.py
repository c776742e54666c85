"""Files of claims reviewed by several processes: what one does, in the same order, with the same count."""

from __future__ import annotations

import io
import json
import os
import select
import signal
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from payerpack import review_file
from payerpack.cli import main
from payerpack.cli.output import opened
from payerpack.errors import DataError
from payerpack.scale.files import review_texts
from payerpack.scale.loop import STRIDE, strides
from payerpack.scale.tally import Tally

POLICY = "ncci-medicare"


@pytest.fixture(autouse=True)
def _own_surroundings(tmp_path, monkeypatch):
    for name in ("PAYERPACK_EDITION", "PAYERPACK_BLOCK", "PAYERPACK_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def claim(number: int, **header: Any) -> dict[str, Any]:
    codes = (("76377", "74177"), ("72192",), ("76377",), ("99213", "99214", "74177"))[number % 4]
    return {
        "id": f"C-{number}",
        "type": "professional",
        "payer": {"id": "60054"},
        "patient": {"id": f"P-{number % 17}"},
        "billing_provider": {"npi": "1234567893"},
        "lines": [
            {"number": place, "code": code, "service_date": "2024-08-15", "charge": f"{100 + place}.10"}
            for place, code in enumerate(codes, 1)
        ],
        **header,
    }


@pytest.fixture
def file(tmp_path):
    """A file of JSON Lines: 150 claims, one of them unknown to JSON, one without a patient."""
    texts = [json.dumps(claim(number)) for number in range(148)]
    texts.insert(40, '{"id": "C-bad", oops}')
    texts.insert(90, json.dumps({**claim(1000), "patient": {}}))
    path = tmp_path / "claims.jsonl"
    path.write_text("\n".join(texts), encoding="utf-8")
    return path


def reviewed(path: Path | str, workers: int) -> tuple[str, list[str], Tally]:
    out, said = io.StringIO(), []
    tally = review_file(
        {}, [path], out, workers=workers, policy=POLICY, report=lambda problems: said.extend(map(str, problems))
    )
    return out.getvalue(), said, tally


def test_two_processes_write_and_report_what_one_does(file):
    one, two = reviewed(file, 1), reviewed(file, 2)
    assert one[0] == two[0]
    assert one[1] == two[1]
    assert one[2].summary() == two[2].summary()
    assert (two[2].claims, two[2].reviewed, two[2].errors) == (150, 148, 2)


def test_claims_of_an_837_are_reviewed_by_two_processes_as_by_one():
    with resources.as_file(resources.files("payerpack") / "samples" / "acetabular-fracture.837") as path:
        assert reviewed(path, 1)[0] == reviewed(path, 2)[0] != ""


def test_a_file_that_is_not_there_is_counted_and_stops_no_other(file, tmp_path):
    out, said = io.StringIO(), []
    tally = review_file({}, [tmp_path / "absent", file], out, workers=2, policy=POLICY, report=said.extend)
    assert (tally.unread, tally.claims, tally.reviewed) == (1, 150, 148)
    assert "absent" in str(said[0])


@pytest.mark.parametrize("workers", [1, 2])
def test_a_claim_that_no_policy_can_review_is_reported_once_in_full_and_then_in_short(file, workers):
    out, said = io.StringIO(), []
    tally = review_file(
        {"blocked": []}, [file], out, workers=workers, policy="no-such-pack", report=lambda p: said.extend(map(str, p))
    )
    assert (tally.claims, tally.reviewed, tally.errors, out.getvalue()) == (150, 0, 150, "")
    assert f"{file}: claim 1: " in said[0]
    assert said[1] == f"{file}: claim 2: is not reviewed, for the same reason as a claim before it"


@pytest.mark.parametrize("workers", [1, 2])
def test_an_edition_that_cannot_be_opened_is_an_error_before_anything_is_read(file, tmp_path, workers):
    with pytest.raises(DataError, match="holds no edition"):
        review_file({"edition": tmp_path}, [file], io.StringIO(), workers=workers, policy=POLICY)


def test_a_claim_whose_process_dies_twice_is_an_error_of_its_own(file, monkeypatch):
    def dying(_start, _arguments, items, _workers):
        from payerpack.scale.processes import Lost
        from payerpack.scale.reviewing import start

        answers = start({}, POLICY, None)
        for number, answer in enumerate(answers(text for _, text in items)):
            yield Lost(-9) if number == 3 else answer

    monkeypatch.setattr("payerpack.scale.files.spread", dying)
    tally, said = Tally(), []
    list(review_texts({}, [str(file)], tally, lambda p: said.extend(map(str, p)), workers=2, policy=POLICY))
    assert (tally.claims, tally.reviewed, tally.errors) == (150, 147, 3)
    assert said[0].startswith(f"{file}: claim 4: unexpected end of two worker processes")


def test_a_fault_of_one_claim_costs_the_others_nothing(file, monkeypatch):
    from payerpack.scale import reviewing

    class Engine:
        def __init__(self, **_arguments):
            pass

        def review(self, claim, _policy, *, as_of):
            raise KeyError(claim.patient.id)

    monkeypatch.setattr(reviewing, "Engine", Engine)
    (answer,) = reviewing.start({}, None, None)([json.dumps(claim(1)).encode()])
    assert reviewing.understood(answer) == reviewing.Fault("KeyError")


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def test_the_command_reviews_by_two_processes(file, capsys, tmp_path):
    status = run("review", file, "--policy", POLICY, "--format", "jsonl", "--workers", 2, "-o", tmp_path / "two.jsonl")
    assert status == 2
    assert "150 claims: 148 reviewed, 2 not read" in capsys.readouterr().err
    assert (tmp_path / "two.jsonl").read_text(encoding="utf-8") == reviewed(file, 1)[0]


def test_the_command_writes_one_list_by_two_processes(file, capsys):
    run("review", file, "--policy", POLICY, "--format", "json", "--workers", 2)
    two = capsys.readouterr().out
    run("review", file, "--policy", POLICY, "--format", "json")
    assert two == capsys.readouterr().out
    assert len(json.loads(two)) == 148


@pytest.mark.parametrize("workers", ["0", "-1", "two", "1000"])
def test_a_number_of_processes_is_a_number(file, capsys, workers):
    assert run("review", file, f"--workers={workers}", "--format", "jsonl") == 2
    assert f"{workers} is no number of processes; write one from 1 to 256" in capsys.readouterr().err


def test_text_is_not_written_by_several_processes(file, capsys):
    assert run("review", file, "--workers", "2") == 2
    assert (
        "--workers: reviews of several processes are written as json or jsonl, not as text" in capsys.readouterr().err
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send to one process")
@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupt_leaves_whole_lines_and_says_so(workers):
    command = [sys.executable, "-m", "payerpack", "review", "-", "--policy", POLICY, "--format", "jsonl"]
    piped = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*command, "--workers", str(workers)], **piped) as process:
        lines, said = _interrupted(process)
    assert process.returncode == 130
    assert all(line.endswith("\n") and json.loads(line)["policy"] == POLICY for line in lines)
    assert said == (
        "payerpack: what was written so far holds whole reviews only, those before the interrupt\n"
        "payerpack: interrupted\n"
    )


def _interrupted(process: subprocess.Popen[bytes]) -> tuple[list[str], str]:
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    text = whole = "".join(json.dumps(claim(number)) + "\n" for number in range(200)).encode()
    os.set_blocking(process.stdin.fileno(), False)
    first = b""
    while not first:  # the input never ends, so that the command is at work when it is interrupted
        readable, writable, _ = select.select([process.stdout], [process.stdin], [])
        if readable:
            first = os.read(process.stdout.fileno(), 1)
        elif writable:
            text = text[os.write(process.stdin.fileno(), text) :] or whole
    process.send_signal(signal.SIGINT)
    rest = process.stdout.read()
    return (first + rest).decode().splitlines(keepends=True), process.stderr.read().decode()


def test_an_interrupt_leaves_the_lines_so_far_beside_the_file_and_the_file_as_it_was(tmp_path, capsys):
    path = tmp_path / "reviews.jsonl"
    path.write_text("before\n", encoding="utf-8")

    def lines():
        yield from (f"line {number}\n" for number in range(3))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), opened(path, machine=True, lines=True) as out:
        out.writelines(lines())
    assert path.read_text(encoding="utf-8") == "before\n"
    assert (tmp_path / "reviews.jsonl.partial").read_text(encoding="utf-8") == "line 0\nline 1\nline 2\n"
    assert f"{path}.partial holds whole reviews only" in capsys.readouterr().err
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["reviews.jsonl", "reviews.jsonl.partial"]


def test_a_line_that_is_being_written_is_finished_before_an_interrupt():
    class Interrupted(io.StringIO):
        def write(self, text):
            if text == "second\n":
                signal.raise_signal(signal.SIGINT)
            return super().write(text)

    from payerpack.cli.output import _uncut

    out = Interrupted()
    with pytest.raises(KeyboardInterrupt), _uncut(out) as careful:
        careful.writelines(["first\n", "second\n", "third\n"])
    assert out.getvalue() == "first\nsecond\n"


def test_what_was_made_comes_before_the_error_in_making_the_next():
    def made():
        yield from range(STRIDE + 3)
        raise KeyError("next")

    found = []
    with pytest.raises(KeyError):
        found.extend(strides(made()))
    assert found == list(range(STRIDE + 3))


def test_strides_are_made_before_what_becomes_of_them():
    order = []

    def made():
        for number in range(STRIDE + 1):
            order.append(number)
            yield number

    order.extend(-number for number in strides(made()))
    assert order[:STRIDE] == list(range(STRIDE))
    assert order[STRIDE : STRIDE * 2] == [-number for number in range(STRIDE)]
    assert order[-2:] == [STRIDE, -STRIDE]

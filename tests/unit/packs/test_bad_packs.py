"""Every mistake of ``tests/golden/bad-packs`` is reported: its code, its line and column, and words that say what it is."""

import re
from pathlib import Path

import pytest

from payerpack.packs.check import check_pack
from payerpack.packs.diagnostics import CODES
from payerpack.packs.library import Library
from payerpack.packs.lint import ADVICE

FOLDER = Path(__file__).parents[2] / "golden" / "bad-packs"
BAD = sorted(folder for folder in FOLDER.iterdir() if folder.is_dir() and not folder.name.startswith("_"))


def test_at_least_sixty_distinct_mistakes_are_held() -> None:
    assert len(BAD) >= 60


@pytest.mark.parametrize("folder", BAD, ids=lambda folder: folder.name)
def test_a_bad_pack_gets_exactly_the_problems_it_has(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    found = check_pack(folder, Library([FOLDER / "_parents"], installed=False))
    expected = (folder / "expect.txt").read_text("utf-8").splitlines()
    assert expected, "expect.txt names no problem"
    reported = [f"{problem.location}: {problem.code} {problem.message}" for problem in found]
    assert [text[: len(start)] for text, start in zip(reported, expected, strict=True)] == expected


@pytest.mark.parametrize("folder", BAD, ids=lambda folder: folder.name)
def test_a_problem_is_one_sentence_with_the_line_and_a_caret_under_it(folder: Path) -> None:
    for problem in check_pack(folder, Library([FOLDER / "_parents"], installed=False)):
        assert "\n" not in problem.message
        file, line, column = problem.location.rsplit(":", 2)
        if not Path(file).is_file() or b"\xe9" in Path(file).read_bytes() or not Path(file).read_bytes():
            continue
        source, caret = problem.excerpt.splitlines()[1:]
        text = Path(file).read_text("utf-8").splitlines()[int(line) - 1]
        assert source == f"{line} | {text}"
        assert caret.index("^") - caret.index("|") - 2 == int(column) - 1


def test_every_code_that_is_reported_has_a_name() -> None:
    sources = (Path(__file__).parents[3] / "core" / "payerpack" / "packs").glob("*.py")
    used = {code for file in sources for code in re.findall(r'"(PP\d{3})"', file.read_text("utf-8"))}
    assert used <= CODES.keys() | ADVICE.keys()


def test_names_of_codes_are_unique() -> None:
    names = [*CODES.values(), *ADVICE.values()]
    assert len(set(names)) == len(names)

"""The generated parts of the reference are current, and nothing that exists is missing from it."""

from __future__ import annotations

import inspect
import re

import generate
import pytest

from payerpack import hookspecs
from payerpack.facts import CATALOGUE
from payerpack.packs.diagnostics import CODES

REFERENCE = generate.DOCS / "reference"


@pytest.mark.parametrize("page", generate.pages(), ids=lambda page: page.stem)
def test_generated_parts_are_what_the_code_says_now(page):
    text = page.read_text(encoding="utf-8")

    assert generate.current(text) == text, "run python docs/_tools/generate.py"


def test_hook_headings_are_the_signatures_in_the_order_of_a_review():
    page = (REFERENCE / "hooks.md").read_text(encoding="utf-8")

    headings = re.findall(r"^## `(\w+\(.*?\))`$", page, re.MULTILINE)

    wanted = [
        f"{name}({', '.join(inspect.signature(getattr(hookspecs, name)).parameters)})" for name in hookspecs.HOOKS
    ]
    assert headings == wanted


def test_every_hookspec_is_listed_as_a_hook():
    marked = [name for name, value in vars(hookspecs).items() if hasattr(value, "payerpack_spec")]

    assert sorted(marked) == sorted(hookspecs.HOOKS)


def test_every_fact_has_its_row():
    page = (REFERENCE / "facts.md").read_text(encoding="utf-8")

    missing = [name for name in CATALOGUE.facts if f"| `{name}` |" not in page]

    assert missing == []


def test_every_code_of_a_fault_has_its_row():
    page = (REFERENCE / "errors.md").read_text(encoding="utf-8")

    assert [code for code in CODES if f"| `{code}` |" not in page] == []


def test_every_table_of_the_language_is_on_its_page():
    page = (REFERENCE / "pack-language.md").read_text(encoding="utf-8")

    assert [name for name in generate.records() if f"<!-- begin: keys {name} -->" not in page] == []


def test_every_public_name_is_on_the_page():
    import payerpack

    pages = "".join((REFERENCE / name).read_text(encoding="utf-8") for name in ("python.md", "errors.md", "hooks.md"))

    names = [name for name in payerpack.__all__ if not name.startswith("__")]
    assert [name for name in names if f"`{name}`" not in pages and f"`{name}(" not in pages] == []

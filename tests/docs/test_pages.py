"""The pages outside ``docs`` run too, and no page leads nowhere."""

from __future__ import annotations

import re

import generate
import pytest

PAGES = [
    generate.ROOT / name
    for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
    if (generate.ROOT / name).exists()
]
ALL = [*PAGES, *sorted(generate.DOCS.rglob("*.md"))]


def test_every_block_of_the_readme_runs_and_shows_what_it_prints():
    pytest.importorskip("sybil", reason="the documentation's blocks run where sybil is installed: tox -e docs")
    pytest.importorskip("payerpack_example", reason="the README installs payerpack-example: tox -e docs")
    import blocks
    from sybil import Document

    document = Document.parse(str(generate.ROOT / "README.md"), blocks.parse)
    try:
        examples = list(document.examples())
        for example in examples:
            example.evaluate()
    finally:
        blocks.leave(document.namespace)

    assert len(examples) >= 4


@pytest.mark.parametrize("page", ALL, ids=lambda page: str(page.relative_to(generate.ROOT)))
def test_links_to_files_lead_somewhere(page):
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)

    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]

    assert [target for target in targets if target and not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", ALL, ids=lambda page: str(page.relative_to(generate.ROOT)))
def test_a_page_names_no_folder_of_the_machine_it_was_written_on(page):
    assert str(generate.ROOT) not in page.read_text(encoding="utf-8")

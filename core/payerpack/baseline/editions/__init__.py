"""Editions of CMS's tables: imported once, content-addressed, mapped read-only by every process.

``open_edition`` answers; ``import_files`` compiles CMS's files as published; ``list_editions``, ``verify`` and
``describe_code`` are what the command ``payerpack baseline`` shows. Importers load only when something is imported.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from payerpack.baseline.editions.checking import verify
    from payerpack.baseline.editions.describe import describe_code
    from payerpack.baseline.editions.edition import Edition
    from payerpack.baseline.editions.importers.run import ImportSummary, import_files
    from payerpack.baseline.editions.starter import starter_edition
    from payerpack.baseline.editions.store import EditionInfo, default_root, list_editions, open_edition

_HOME = {
    "Edition": "edition",
    "EditionInfo": "store",
    "ImportSummary": "importers.run",
    "default_root": "store",
    "describe_code": "describe",
    "import_files": "importers.run",
    "list_editions": "store",
    "open_edition": "store",
    "starter_edition": "starter",
    "verify": "checking",
}

__all__ = [
    "Edition",
    "EditionInfo",
    "ImportSummary",
    "default_root",
    "describe_code",
    "import_files",
    "list_editions",
    "open_edition",
    "starter_edition",
    "verify",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, which keeps start-up short."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)

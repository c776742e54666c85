"""Many claims: files by several processes, and tables of lines; findings are those of one claim at a time."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from payerpack.scale.files import review_file
    from payerpack.scale.tables import TableReview, review_table
    from payerpack.scale.tally import Tally

_HOME = {"TableReview": "tables", "Tally": "tally", "review_file": "files", "review_table": "tables"}

__all__ = ["TableReview", "Tally", "review_file", "review_table"]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, which keeps start-up short."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)

"""The kit for authors of packs and plugins: builders, engines that see only what they are given, and the contract.

pytest loads the kit's fixtures by itself, and runs the tests of packs (``tests/*.toml``) like all others. Names resolve
when they are first used: pytest imports this package in every project, and must not pay for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from payerpack.testing.builders import DATE, claim, earlier, engine, finding, plugin
    from payerpack.testing.report import Report, verify

_HOME: Final = {
    **dict.fromkeys(("DATE", "claim", "earlier", "engine", "finding", "plugin"), "builders"),
    **dict.fromkeys(("Report", "verify"), "report"),
}

__all__ = ["DATE", "Report", "claim", "earlier", "engine", "finding", "plugin", "verify"]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    return value

"""The CPT/NCCI baseline: CMS's tables (``editions``) and the edits that they feed, as an ordinary plugin.

The edits use what any payer's plugin may use, so they prove that the public contract is enough: taking this plugin
away takes every baseline finding away and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from payerpack.baseline.plugin import Baseline

__all__ = ["Baseline"]


def __getattr__(name: str) -> Any:
    """Import the plugin when it is first asked for: whoever only opens an edition does not pay for the edits."""
    if name == "Baseline":
        from payerpack.baseline.plugin import Baseline

        return Baseline
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

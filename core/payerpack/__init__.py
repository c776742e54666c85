"""payerpack: what a given payer will do with a medical claim, why, and whether anything can fix it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from payerpack.claim import (
        Attestation,
        Authorization,
        Claim,
        Document,
        HistoryLine,
        Patient,
        Payer,
        Provider,
        RejectedClaim,
        ServiceLine,
    )
    from payerpack.context import Context, HistorySource, Setup
    from payerpack.engine import Engine
    from payerpack.errors import ClaimError, DataError, PackError, PayerpackError, PluginError, RoutingError, UserError
    from payerpack.facts import UNKNOWN
    from payerpack.finding import Adjustment, Finding, Format, LineOutcome, Review, Source
    from payerpack.formats import read_claims
    from payerpack.hookspecs import hookimpl
    from payerpack.scale import review_file, review_table

__version__: Final = "0.1.0"

# Names resolve when they are first used: `import payerpack` must cost next to nothing.
_HOME: Final = {
    **dict.fromkeys(
        (
            "Attestation", "Authorization", "Claim", "Document", "HistoryLine", "Patient", "Payer", "Provider",
            "RejectedClaim", "ServiceLine",
        ),
        "claim",
    ),
    **dict.fromkeys(("Context", "HistorySource", "Setup"), "context"),
    **dict.fromkeys(
        ("ClaimError", "DataError", "PackError", "PayerpackError", "PluginError", "RoutingError", "UserError"), "errors"
    ),
    **dict.fromkeys(("Adjustment", "Finding", "Format", "LineOutcome", "Review", "Source"), "finding"),
    "Engine": "engine",
    "UNKNOWN": "facts",
    "hookimpl": "hookspecs",
    "read_claims": "formats",
    "review_file": "scale",
    "review_table": "scale",
}  # fmt: skip

__all__ = [
    "UNKNOWN",
    "Adjustment",
    "Attestation",
    "Authorization",
    "Claim",
    "ClaimError",
    "Context",
    "DataError",
    "Document",
    "Engine",
    "Finding",
    "Format",
    "HistoryLine",
    "HistorySource",
    "LineOutcome",
    "PackError",
    "Patient",
    "Payer",
    "PayerpackError",
    "PluginError",
    "Provider",
    "RejectedClaim",
    "Review",
    "RoutingError",
    "ServiceLine",
    "Setup",
    "Source",
    "UserError",
    "__version__",
    "hookimpl",
    "read_claims",
    "review_file",
    "review_table",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from payerpack.collecting import uncollected

    with uncollected():  # of what an import makes nothing is garbage, and looking for it takes a tenth of the time
        value = globals()[name] = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    return value

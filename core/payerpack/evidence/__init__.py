"""Evidence: what people attest, as ``report.*`` facts of the lines it is about."""

from __future__ import annotations

from payerpack.evidence.attestations import Attestations

__all__ = ["Attestations"]

"""The contract with payerpack: hooks, packs and their tests, sources, isolation, determinism, privacy, speed."""

from payerpack.testing.contract import test_the_contract

__all__ = ["test_the_contract"]

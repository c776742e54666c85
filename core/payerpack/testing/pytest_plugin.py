"""The pytest plugin: the tests of packs, and the kit's fixtures.

The tests of a pack (``tests/*.toml`` beside its ``pack.toml``) are tests like all others. pytest loads this module in
every project of an environment that has payerpack, so it imports nothing until something of it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from payerpack.claim import Claim
    from payerpack.engine import Engine
    from payerpack.finding import Review
    from payerpack.testing.subject import Subject

_DISTRIBUTION = "payerpack_distribution"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names the distribution under the contract."""
    parser.addini(
        _DISTRIBUTION, "the distribution that payerpack.testing.contract is about; absent, the project's own name"
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the tests of a pack."""
    if file_path.suffix != ".toml" or file_path.parent.name != "tests":
        return None
    pack = file_path.parent.parent
    if not (pack / "pack.toml").is_file():
        return None
    from payerpack.testing.pack_items import PackTests

    tests: pytest.Collector = PackTests.from_parent(parent, path=file_path)
    return tests


@pytest.fixture(scope="session")
def payerpack_engine() -> Engine:
    """Return an engine that sees everything installed; `payerpack.testing.engine` makes one that sees less."""
    from payerpack.engine import Engine

    return Engine()


@pytest.fixture
def claim() -> Callable[..., Claim]:
    """Return the builder of claims: ``claim("72192 76377-26 @2026-03-02", payer="ACME")``."""
    from payerpack.testing.builders import claim

    return claim


@pytest.fixture
def review(payerpack_engine: Engine) -> Callable[..., Review]:
    """Return what reviews a claim, or the shorthand of one: ``review("72192 76377-26", policy="acme")``."""
    from payerpack.testing.builders import claim

    def review(text: str | Claim, policy: str | None = None, **overrides: Any) -> Review:
        built = claim(text, **overrides) if isinstance(text, str) else text
        return payerpack_engine.review(built, policy)

    return review


@pytest.fixture(scope="module")
def payerpack_distribution(request: pytest.FixtureRequest) -> str:
    """Return the name of the distribution under the contract: of the ini option, else of the nearest project."""
    named = str(request.config.getini(_DISTRIBUTION))
    if named:
        return named
    import tomli

    for folder in request.path.parents:
        file = folder / "pyproject.toml"
        try:
            return str(tomli.loads(file.read_text("utf-8"))["project"]["name"])
        except (OSError, KeyError, ValueError):
            continue
    raise pytest.UsageError(
        f"which distribution? no pyproject.toml gives a project name; set {_DISTRIBUTION} in pytest's configuration"
    )


@pytest.fixture(scope="module")
def payerpack_subject(payerpack_distribution: str) -> Subject:
    """Return the distribution under the contract."""
    from payerpack.errors import UserError
    from payerpack.testing.subject import Subject

    try:
        return Subject.of(payerpack_distribution)
    except UserError as error:
        raise pytest.UsageError(str(error)) from None

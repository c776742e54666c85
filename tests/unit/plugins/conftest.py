import datetime as dt
from types import SimpleNamespace

import pytest

from payerpack.claim import Claim, Patient, Payer, Provider, ServiceLine
from payerpack.context import Context, Environment
from payerpack.finding import Finding
from payerpack.plugins.plan import build_plan
from payerpack.plugins.registered import Registered


@pytest.fixture
def claim():
    lines = tuple(ServiceLine(number, "76377", dt.date(2026, 2, 3)) for number in (1, 2))
    return Claim("C-1", "professional", Payer("EXAMPLE"), Patient("P-SECRET"), Provider("1234567893"), lines)


@pytest.fixture
def context(claim):
    return Context(claim, Environment("example"))


@pytest.fixture
def finding():
    """Makes a finding from a short rule id."""
    return lambda rule, action="deny", lines=(1,): Finding(f"acme:{rule}", "bundling", action, lines, rule)


@pytest.fixture
def register():
    """Registers hooks, given by name, as the plugin of a payer's distribution."""

    def register(name="acme", plugin=None, *, version="1.2", distribution="payerpack-acme", fused=None, **hooks):
        held = SimpleNamespace(**hooks) if plugin is None else plugin
        return Registered(name, version, distribution, held, fused)

    return register


@pytest.fixture
def plan(register):
    """Builds a plan of one plugin that has these hooks."""
    return lambda **hooks: build_plan([register(**hooks)])

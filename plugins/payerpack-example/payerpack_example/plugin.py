"""One explanation for each line: what no pack can say, because it depends on what other rules found.

Once Example Health takes a rendering for a part of its study, no other bundling finding on that line matters any more:
neither a pair of codes that a modifier would cure nor a recode from 76377 to 76376. Each of them would send the biller
to mend a line that stays denied. They are withdrawn, and the review keeps them in its trace.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

from payerpack import Finding, hookimpl
from payerpack.finding import STRENGTH

INTEGRAL: Final = "example-health:3d-integral"


@hookimpl(wrapper=True)
def check_bundling() -> Generator[None, list[Finding], list[Finding]]:
    """Withdraw what is weaker than, or as strong as, the integral denial of the same lines."""
    found = yield
    integral = {number for finding in found if is_integral(finding) for number in finding.lines}
    return [finding for finding in found if is_integral(finding) or not is_settled(finding, integral)]


def is_integral(finding: Finding) -> bool:
    """Say whether a finding is the denial that counts; one that is only monitored is not."""
    return finding.rule == INTEGRAL and not finding.monitored


def is_settled(finding: Finding, integral: set[int]) -> bool:
    """Say whether a finding concerns only lines that are integral, and says nothing stronger about them."""
    concerned = bool(finding.lines) and integral.issuperset(finding.lines)
    return concerned and STRENGTH[finding.action] >= STRENGTH["deny"]

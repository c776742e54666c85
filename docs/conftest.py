"""Every code block of the documentation is a test."""

from __future__ import annotations

import sys
from pathlib import Path

from sybil import Sybil

sys.path.insert(0, str(Path(__file__).parent / "_tools"))
import blocks

pytest_collect_file = Sybil(
    parsers=[blocks.parse], pattern="*.md", excludes=["changes/*"], teardown=blocks.leave
).pytest()

"""Speed and memory of the 837 reader: ``pytest tests/bench/bench_x12.py``; promised: 20,000 claims/s, under 50 MB."""

from __future__ import annotations

import io
import runpy
import subprocess
import sys
import time
from pathlib import Path

import pytest

from payerpack.formats.x12 import read

SYNTHETIC = Path(__file__).with_name("synthetic_837.py")
CLAIMS = 10_000
# The high-water mark of the process itself; getrusage would count the test process that it was forked from.
READ_AND_MEASURE = """
import re, sys
from pathlib import Path
from payerpack.formats.x12 import read
with open(sys.argv[1], "rb") as stream:
    count = sum(1 for _ in read(stream, "claims.837"))
print(count, int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text(encoding="ascii"))[1]) // 1024)
"""


@pytest.fixture(scope="module")
def synthetic() -> bytes:
    return "".join(runpy.run_path(str(SYNTHETIC))["Synthetic837"](CLAIMS).pieces()).encode()


@pytest.mark.benchmark(timer=time.process_time, min_rounds=12)  # other work on the machine is not our speed
def test_ten_thousand_claims_are_read_in_half_a_second(benchmark, synthetic):
    count = benchmark(lambda: sum(1 for _ in read(io.BytesIO(synthetic), "claims.837")))

    assert count == CLAIMS
    assert benchmark.stats["min"] < CLAIMS / 20_000


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's high-water mark")
@pytest.mark.parametrize("interchanges", [1, 10])
def test_memory_stays_under_fifty_megabytes_at_any_size(synthetic, interchanges, tmp_path):
    file = tmp_path / "claims.837"
    file.write_bytes(synthetic * interchanges)

    result = subprocess.run(
        [sys.executable, "-c", READ_AND_MEASURE, str(file)], check=True, capture_output=True, text=True
    )

    count, megabytes = map(int, result.stdout.split())
    assert count == CLAIMS * interchanges
    assert megabytes < 50

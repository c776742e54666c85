"""Start-up: importing, the first answer, and the command, each in a process of its own."""

from __future__ import annotations

import sys
from importlib import resources

from measured import fastest

FIRST_ANSWER = """
import json, sys
from payerpack import Engine
with open(sys.argv[1], encoding="utf-8") as file:
    print(Engine(cache=sys.argv[2] or None).review(json.load(file), "ncci-medicare").outcome)
"""


def test_start_up(table):
    with resources.as_file(resources.files("payerpack") / "samples" / "acetabular-fracture.json") as path:
        command = [sys.executable, "-m", "payerpack", "review", str(path)]
        rows = {
            "python -c pass (the yardstick)": [sys.executable, "-c", "pass"],
            "import payerpack": [sys.executable, "-c", "import payerpack"],
            "import json, argparse, csv, decimal, pathlib": [
                sys.executable,
                "-c",
                "import json, argparse, csv, decimal, pathlib",
            ],
            "import to first answer": [sys.executable, "-c", FIRST_ANSWER, str(path), ""],
            "import to first answer, without a cache": [sys.executable, "-c", FIRST_ANSWER, str(path), "off"],
            "payerpack review, text": command,
            "payerpack review, jsonl": [*command, "--format", "jsonl"],
        }
        best = {name: fastest(arguments, 9) for name, arguments in rows.items()}
    yardstick = best["python -c pass (the yardstick)"]
    figures = table("Start-up, wall time on a warm disk", "what", "ms", "ms above the bare interpreter")
    for name, took in best.items():
        figures.add(name, took * 1000, (took - yardstick) * 1000)

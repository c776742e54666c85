"""Install or test every plugin distribution under ``plugins/``, each in a process of its own.

    python tools/each_plugin.py install
    python tools/each_plugin.py test [pytest arguments]
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def distributions() -> list[Path]:
    """Return the folder of every plugin distribution; ``_template`` is none until it is rendered."""
    return sorted(path.parent for path in (ROOT / "plugins").glob("payerpack-*/pyproject.toml"))


def main() -> int:
    """Do what the first argument says, for all of them; the status is that of the worst."""
    what, *rest = sys.argv[1:] or ["install"]
    if what == "install":
        folders = [str(path) for path in distributions()]
        return subprocess.call([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", *folders])
    worst = 0
    for folder in distributions():
        print(f"== {folder.name}", flush=True)
        status = subprocess.call([sys.executable, "-m", "pytest", "-q", "-c", str(ROOT / "pyproject.toml"), *rest, str(folder)])
        worst = max(worst, status)
    return worst


if __name__ == "__main__":
    raise SystemExit(main())

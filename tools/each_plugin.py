"""Install or test every plugin distribution under ``plugins/``, each in a process of its own.

Usage: python tools/each_plugin.py install
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
        return python("pip", "install", "--quiet", "--no-deps", *map(str, distributions()))
    worst = 0
    for folder in distributions():
        print(f"== {folder.name}", flush=True)
        worst = max(worst, python("pytest", "-q", "-c", str(ROOT / "pyproject.toml"), *rest, str(folder)))
    return worst


def python(module: str, *arguments: str) -> int:
    """Run a module as this interpreter runs it, and return its exit status."""
    return subprocess.call([sys.executable, "-m", module, *arguments])  # noqa: S603 - the commands are this module's own


if __name__ == "__main__":
    raise SystemExit(main())

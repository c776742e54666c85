"""What pytest leaves alone here: packs that are wrong on purpose."""

from __future__ import annotations

collect_ignore_glob = ["bad-packs/*"]

"""Bundling Guidelines of Blue Cross NC as a payerpack pack in draft; no code."""

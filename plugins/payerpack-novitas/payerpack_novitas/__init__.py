"""LCD L35408 of a Medicare contractor as a payerpack pack; no code."""

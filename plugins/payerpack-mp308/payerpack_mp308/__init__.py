"""Medical policy MP-308 as a payerpack pack; no code."""

"""Clinical review MCR-124 of Molina as a payerpack pack; no code."""

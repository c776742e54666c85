"""Medicare Advantage policy M-57-002 of Highmark West Virginia as a payerpack pack; no code."""

"""A medical guideline of Arise Health Plan as a payerpack pack; no code."""

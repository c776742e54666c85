"""Many claims: batches, tables and processes."""

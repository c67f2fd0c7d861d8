"""A report comes in: what was handed in, what would become of it, and the one transaction that files it."""

"""Proof that time works exactly once through crashes: real processes, killed and cut off at random, then counted."""

"""The work queue: which requests are wanted, pages of them, figures beside them, and what is done to many."""

"""Silence climbs: ladders, what is due on them, whom it tells, and who answers for it."""

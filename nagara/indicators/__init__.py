"""Figures about how well cities answer, computed from the event log by published definitions."""

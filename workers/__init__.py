"""The time door: what happens because time passes. Timers in ``schedule``, what they call in ``tasks``."""

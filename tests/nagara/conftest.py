"""What holds for the tests of the rules."""

from __future__ import annotations

from hypothesis import settings

# A first example loads a country's holidays or works out a year: how long one takes says nothing.
settings.register_profile("rules", deadline=None)
settings.load_profile("rules")

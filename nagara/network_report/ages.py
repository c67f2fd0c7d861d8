"""How the ages of a city's open issues are drawn, in the page and on paper. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

ENOUGH_OPEN = 20
"""Open issues of which the ages are drawn."""


def open_in_all(city: Mapping[str, Any]) -> int:
    """A city's open issues as its report tells them; 0 where it tells none."""
    return int(city["figures"]["N7b.median"]["n"] or 0)


def ages_drawn(counts: Sequence[int | None], total: int) -> list[float]:
    """How large each class of age is drawn: what is not told are equal parts of the rest, as any reader could say."""
    rest = max(0, total - sum(count or 0 for count in counts))
    hidden_classes = counts.count(None)
    return [rest / hidden_classes if count is None else count for count in counts]

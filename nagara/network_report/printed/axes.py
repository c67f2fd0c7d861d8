"""Where values lie on a printed axis, as fractions of it. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from nagara.network_report.texts import Texts

SHORTEST_HOURS = 24.0
"""The shortest scale of an axis of hours."""


def whole_days(values: Sequence[float]) -> float:
    """The end of an axis that holds all these hours: whole days, one at least."""
    return math.ceil(max([SHORTEST_HOURS, *values]) / 24) * 24.0


def place(
    now: Mapping[str, Any],
    before: Mapping[str, Any] | None,
    values: Sequence[float],
    top: float,
    *,
    hollow: bool,
) -> dict[str, Any]:
    """A figure, the one before it, and other cities' as fractions of an axis from 0 to ``top``."""

    def at(value: float | None) -> float | None:
        return None if value is None else round(min(1.0, max(0.0, value / top)), 4)

    bounded = now["low"] is not None and now["high"] is not None
    return {
        "value": at(now["value"]),
        "low": at(now["low"]) if bounded else None,
        "high": at(now["high"]) if bounded else None,
        "before": at(before["value"]) if before else None,
        "others": [at(value) for value in values],
        "hollow": hollow,
    }


def axis(texts: Texts) -> list[tuple[float, str]]:
    """The marks of an axis of shares."""
    return [(at, texts.share(at)) for at in (0.0, 0.5, 1.0)]

"""Many comparisons at once, and what a rank is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from nagara.indicators.counts import REPLICATES, SEED

_NORMAL = NormalDist()


def two_sided_p(z: float) -> float:
    """Probability of a standard normal value at least so far from 0."""
    return 2 * _NORMAL.cdf(-abs(z))


def benjamini_hochberg(p_values: Sequence[float], rate: float = 0.05) -> list[bool]:
    """Which findings stand when at most this share of them may be false (Benjamini and Hochberg, 1995).

    The largest k with p_(k) <= k rate / m decides; every p up to p_(k) stands.
    """
    if not all(0 <= p <= 1 for p in p_values):
        raise ValueError("p values lie between 0 and 1")
    number = len(p_values)
    in_order = sorted(p_values)
    threshold = max((p for k, p in enumerate(in_order, 1) if p <= k * rate / number), default=-1.0)
    return [p <= threshold for p in p_values]


@dataclass(frozen=True)
class RankInterval:
    """Within which ranks 95 % of the replicates put a city; 1 is the smallest value."""

    low: int
    high: int


def rank_intervals(values: Sequence[float], errors: Sequence[float]) -> list[RankInterval]:
    """Bootstrap interval of each city's rank: 1,000 seeded draws of every figure within its standard error.

    For those who ask for a ranking: it is never shown without its interval, and never as a single number.
    """
    if len(values) != len(errors) or any(error < 0 for error in errors):
        raise ValueError("each value needs a standard error that is not negative")
    random = np.random.default_rng(SEED)
    drawn = random.normal(values, errors, (REPLICATES, len(values)))
    ranks = drawn.argsort(axis=1, kind="stable").argsort(axis=1, kind="stable") + 1
    low, high = np.quantile(ranks, (0.025, 0.975), axis=0, method="inverted_cdf")
    return [RankInterval(int(a), int(b)) for a, b in zip(low, high, strict=True)]

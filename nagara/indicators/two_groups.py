"""Two groups' times held against each other: the difference of restricted means, and the log-rank test.

For a city against its own past, or one group of districts against another; between cities use standardised figures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from nagara.indicators.proportions import Estimate, Z
from nagara.indicators.survival import RestrictedMean, RiskTable


def difference(one: RestrictedMean, other: RestrictedMean) -> Estimate:
    """Hours by which the first mean exceeds the second, value +- 1.96 sqrt(V1 + V2)."""
    value, half = one.value - other.value, Z * math.sqrt(one.variance + other.variance)
    return Estimate(value, value - half, value + half)


@dataclass(frozen=True)
class LogRank:
    """Whether two groups end at the same pace: chi-squared with one degree of freedom, and its p value."""

    chi_squared: float
    p_value: float


def log_rank(one: RiskTable, other: RiskTable) -> LogRank | None:
    """The log-rank test of two groups (Mantel, 1966), ties by the hypergeometric variance.

    None where nothing ended while both were watched: there is nothing to compare.
    """
    times = np.union1d(one.times[one.events() > 0], other.times[other.events() > 0])
    observed = expected = variance = 0.0
    for time in times.tolist():
        n1, n2 = one.at_risk_at(time), other.at_risk_at(time)
        d1, d2 = _events_at(one, time), _events_at(other, time)
        n, d = n1 + n2, d1 + d2
        observed += d1
        expected += d * n1 / n
        if n > 1:
            variance += d * (n1 / n) * (n2 / n) * (n - d) / (n - 1)
    if variance <= 0:
        return None
    chi = (observed - expected) ** 2 / variance
    return LogRank(chi, math.erfc(math.sqrt(chi / 2)))


def _events_at(table: RiskTable, time: float) -> float:
    index = int(np.searchsorted(table.times, time))
    found = index < len(table.times) and table.times[index] == time
    return float(table.events()[index]) if found else 0.0

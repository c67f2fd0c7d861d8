"""Counts per exposure: exact Poisson limits, observed against expected, weighted rates, ratios. All 95 %."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nagara.indicators.distributions import chi_squared_quantile
from nagara.indicators.proportions import NOTHING, Estimate, Z

ALPHA = 0.05
REPLICATES = 1000
SEED = 20_260_101
"""Every bootstrap starts here, so that a figure computed again is the same figure."""


def exact_poisson(count: int, exposure: float = 1.0) -> Estimate:
    """Events per unit of exposure with Garwood's exact limits (F. Garwood, 1936).

    Low chi2(2.5 %, 2x) / 2, high chi2(97.5 %, 2x + 2) / 2, both over the exposure; low is 0 for no event.
    NOTHING without exposure. Raises ValueError for a negative count.
    """
    if count < 0:
        raise ValueError(f"a count is not negative: {count}")
    if exposure <= 0:
        return NOTHING
    low = chi_squared_quantile(ALPHA / 2, 2 * count) / 2 if count else 0.0
    high = chi_squared_quantile(1 - ALPHA / 2, 2 * count + 2) / 2
    return Estimate(count / exposure, low / exposure, high / exposure)


def byar(observed: int, expected: float) -> Estimate:
    """Observed over expected with Byar's approximate limits: O (1 - 1/9O -+ z/3 sqrt O)^3 / E, high with O + 1."""
    if expected <= 0:
        return NOTHING
    low = observed * (1 - 1 / (9 * observed) - Z / (3 * math.sqrt(observed))) ** 3 if observed else 0.0
    upper = observed + 1
    high = upper * (1 - 1 / (9 * upper) + Z / (3 * math.sqrt(upper))) ** 3
    return Estimate(observed / expected, max(0.0, low) / expected, high / expected)


def weighted_rate(counts: Sequence[int], exposures: Sequence[float], weights: Sequence[float]) -> Estimate:
    """Directly standardised rate with gamma limits (Fay and Feuer, 1997), right for counts below 100.

    Rate = sum w x / n with weights that sum to 1. Variance v = sum (w / n)^2 x. Low = v / 2r chi2(2.5 %, 2 r^2 / v);
    high the same after adding one event in the stratum where it would weigh most.
    """
    total = sum(weights)
    if total <= 0 or min(exposures, default=0.0) <= 0:
        return NOTHING
    parts = [weight / total / exposure for weight, exposure in zip(weights, exposures, strict=True)]
    rate = sum(part * count for part, count in zip(parts, counts, strict=True))
    variance = sum(part**2 * count for part, count in zip(parts, counts, strict=True))
    heaviest = max(parts)
    low = 0.0
    if rate > 0:
        low = variance / (2 * rate) * chi_squared_quantile(ALPHA / 2, 2 * rate**2 / variance)
    more, spread = rate + heaviest, variance + heaviest**2
    high = spread / (2 * more) * chi_squared_quantile(1 - ALPHA / 2, 2 * more**2 / spread)
    return Estimate(rate, low, high)


@dataclass(frozen=True)
class ObservedExpected:
    """A city held against the network's rates on its own mix of codes; comparable with 1 alone."""

    observed: float
    expected: float
    variance: float

    @property
    def ratio(self) -> float:
        """Observed over expected."""
        return self.observed / self.expected

    @property
    def z(self) -> float:
        """How many standard deviations the observed number lies from the expected; 0 where nothing varies."""
        return (self.observed - self.expected) / math.sqrt(self.variance) if self.variance > 0 else 0.0


def observed_expected(
    observed: Sequence[int], totals: Sequence[int], network_shares: Sequence[float]
) -> ObservedExpected | None:
    """Indirect standardisation: E = sum n_s p_s, variance sum n_s p_s (1 - p_s). None where nothing is expected.

    For funnels only: two cities' ratios weigh the codes differently and must not be held against each other.
    """
    pairs = list(zip(totals, network_shares, strict=True))
    expected = sum(n * p for n, p in pairs)
    if expected <= 0:
        return None
    return ObservedExpected(float(sum(observed)), expected, sum(n * p * (1 - p) for n, p in pairs))


def quantiles(values: npt.NDArray[np.float64], shares: Sequence[float]) -> list[float]:
    """Quantiles of values, interpolated linearly between neighbours: to the last digit ``numpy.quantile``, sooner."""
    ordered, found = np.sort(values), []
    for share in shares:
        place = (len(ordered) - 1) * share
        below = math.floor(place)
        part = place - below
        lower, upper = float(ordered[below]), float(ordered[min(below + 1, len(ordered) - 1)])
        gap = upper - lower
        found.append(lower + gap * part if part < 0.5 else upper - gap * (1 - part))
    return found


def ratio_of_counts(above: int, below: int) -> Estimate:
    """One count over another, limits by a seeded bootstrap of 1,000 pairs of Poisson counts (percentiles)."""
    if below <= 0:
        return NOTHING
    random = np.random.default_rng(SEED)
    top = random.poisson(above, REPLICATES)
    bottom = np.maximum(1, random.poisson(below, REPLICATES))
    low, high = quantiles(top / bottom, (ALPHA / 2, 1 - ALPHA / 2))
    return Estimate(above / below, low, high)


def mean_of_counted(values: npt.ArrayLike, counts: npt.ArrayLike) -> Estimate:
    """Mean of values that each occurred so often, limits by a seeded bootstrap of 1,000 samples of the same size."""
    value, count = np.asarray(values, dtype=np.float64), np.asarray(counts, dtype=np.int64)
    total = int(count.sum())
    if total == 0:
        return NOTHING
    drawn = np.random.default_rng(SEED).multinomial(total, count / total, REPLICATES)
    low, high = quantiles(drawn @ value / total, (ALPHA / 2, 1 - ALPHA / 2))
    return Estimate(float(value @ count / total), low, high)

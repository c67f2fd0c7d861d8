"""One figure from many codes: weighted, with an interval, so that a city's mix does not decide its figure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from nagara.indicators.proportions import NOTHING, Estimate, Z

FEWEST_STRATA = 3


class Stratum(NamedTuple):
    """The figure of one code (a share, or hours), the variance of that estimate, and the code's weight."""

    share: float
    variance: float
    weight: float


def proportion_variance(successes: float, total: float) -> float:
    """Variance of an observed share; at 0 and 1 of (x + .5) / (n + 1) instead, which is not 0."""
    share = successes / total
    if share in (0.0, 1.0):
        share = (successes + 0.5) / (total + 1)
    return share * (1 - share) / total


def weighted_share(strata: Sequence[Stratum]) -> tuple[Estimate, float]:
    """Weighted mean share with limits on the logit scale, and its standard error.

    theta = sum w p / sum w; variance sum w^2 V / (sum w)^2; se on the logit scale se / (theta (1 - theta)).
    At theta 0 or 1 there are no limits.
    """
    weights, theta, error = _weighted(strata)
    if weights <= 0:
        return NOTHING, 0.0
    if not 1e-12 < theta < 1 - 1e-12:
        return Estimate(min(1.0, max(0.0, theta)), None, None), error
    logit, half = math.log(theta / (1 - theta)), Z * error / (theta * (1 - theta))
    return Estimate(theta, _expit(logit - half), _expit(logit + half)), error


def weighted_mean(strata: Sequence[Stratum], most: float) -> tuple[Estimate, float]:
    """Weighted mean of restricted means in hours, value +- 1.96 standard errors within 0 and ``most``.

    theta = sum w mu / sum w, variance sum w^2 V / (sum w)^2.
    """
    weights, theta, error = _weighted(strata)
    if weights <= 0:
        return NOTHING, 0.0
    return Estimate(theta, max(0.0, theta - Z * error), min(most, theta + Z * error)), error


def _weighted(strata: Sequence[Stratum]) -> tuple[float, float, float]:
    """The sum of the weights, the weighted mean, and its standard error; nothing but 0 where nothing weighs."""
    weights = total = squares = 0.0
    for share, variance, weight in strata:
        weights += weight
        total += weight * share
        squares += weight**2 * variance
    return (weights, total / weights, math.sqrt(squares) / weights) if weights > 0 else (0.0, 0.0, 0.0)


def strata_of(
    counts: Mapping[str, int], classes: Mapping[str, str], smallest: int
) -> dict[str, tuple[str, ...]]:
    """Which codes stand for themselves and which are merged into their class: code -> class before dropping.

    A code with fewer than ``smallest`` is merged with the other small ones of its class; a class that is still too
    small is left out. Keys are codes, or ``class:NAME``.
    """
    own = {code: (code,) for code, count in counts.items() if count >= smallest}
    small: dict[str, list[str]] = {}
    for code in sorted(counts):
        if code not in own and counts[code] > 0 and code in classes:
            small.setdefault(classes[code], []).append(code)
    merged = {
        f"class:{name}": tuple(codes)
        for name, codes in small.items()
        if sum(counts[code] for code in codes) >= smallest
    }
    return own | merged


def _expit(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))

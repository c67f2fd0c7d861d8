"""One share from many codes: weighted, with an interval, so that a city's mix does not decide its figure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nagara.indicators.proportions import NOTHING, Estimate, Z


@dataclass(frozen=True)
class Stratum:
    """The share within one code, the variance of that estimate, and the code's weight."""

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
    weights = sum(stratum.weight for stratum in strata)
    if weights <= 0:
        return NOTHING, 0.0
    theta = sum(stratum.weight * stratum.share for stratum in strata) / weights
    error = math.sqrt(sum(stratum.weight**2 * stratum.variance for stratum in strata)) / weights
    if not 1e-12 < theta < 1 - 1e-12:
        return Estimate(min(1.0, max(0.0, theta)), None, None), error
    logit, half = math.log(theta / (1 - theta)), Z * error / (theta * (1 - theta))
    return Estimate(theta, _expit(logit - half), _expit(logit + half)), error


def _expit(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))

"""Cities around a common value: limits that widen for few cases and for what usually differs between cities.

Spiegelhalter (2005), Statistics in Medicine 24:1185 and Quality and Safety in Health Care 14:347. Nothing here
orders cities: a funnel says whose figure differs from the network's by more than chance and custom explain.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
import numpy.typing as npt

from nagara.indicators.counts import quantiles
from nagara.indicators.distributions import chi_squared_quantile, interpolated_binomial_shares

Floats = npt.NDArray[np.float64]
WARNING_SHARE, ACTION_SHARE = 0.95, 0.998
Z_WARNING = NormalDist().inv_cdf(0.5 + WARNING_SHARE / 2)
Z_ACTION = NormalDist().inv_cdf(0.5 + ACTION_SHARE / 2)
NORMAL_ENOUGH = 10.0
"""Above this n p (1 - p) the limits are normal, below exact binomial with interpolation."""

WINSORISED = 0.1
Verdict = Literal["usual", "watch", "investigate"]


@dataclass(frozen=True)
class Limits:
    """Lower and upper limits of a share at one size, at 95 % and at 99.8 %."""

    low_95: float
    high_95: float
    low_998: float
    high_998: float


def share_limits(target: float, n: int, extra_variance: float = 0.0) -> Limits:
    """Control limits of a share at size n around a target; ``extra_variance`` is tau^2 between cities.

    Without it and where n p (1 - p) < 10, exact binomial limits with interpolation; else normal ones.
    """
    if extra_variance == 0 and n * target * (1 - target) < NORMAL_ENOUGH:
        return binomial_limits(target, n)
    return limits_of(target, math.sqrt(target * (1 - target) / n + extra_variance), 1.0)


def limits_of(target: float, error: float, most: float | None = None) -> Limits:
    """Normal control limits of a figure with this standard error; not below 0, nor above ``most``."""
    ends = [max(0.0, target + z * error) for z in (-Z_WARNING, Z_WARNING, -Z_ACTION, Z_ACTION)]
    return Limits(*(ends if most is None else [min(most, end) for end in ends]))


def limits_at(target: float, errors: Floats, most: float | None = None) -> Floats:
    """``limits_of`` for many standard errors at once: a row for each, its columns as in ``Limits``."""
    z = np.array((-Z_WARNING, Z_WARNING, -Z_ACTION, Z_ACTION))
    ends = np.maximum(0.0, target + z * errors[:, None])
    return ends if most is None else np.minimum(most, ends)


def share_limits_at(target: float, sizes: Sequence[int], extra_variance: float = 0.0) -> Floats:
    """``share_limits`` for many sizes at once: a row for each, its columns as in ``Limits``."""
    n = np.asarray(sizes, dtype=np.float64)
    found = limits_at(target, np.sqrt(target * (1 - target) / n + extra_variance), 1.0)
    if extra_variance == 0 and target > 0:
        for place in np.flatnonzero(n * target * (1 - target) < NORMAL_ENOUGH).tolist():
            exact = binomial_limits(target, sizes[place])
            found[place] = exact.low_95, exact.high_95, exact.low_998, exact.high_998
    return found


def binomial_limits(target: float, n: int) -> Limits:
    """Exact binomial limits of a share at size n, interpolated between whole numbers."""
    tails = (1 - WARNING_SHARE) / 2, (1 - ACTION_SHARE) / 2
    quantiles = (tails[0], 1 - tails[0], tails[1], 1 - tails[1])
    return Limits(*interpolated_binomial_shares(quantiles, n, target))


@dataclass(frozen=True)
class Spread:
    """How much cities differ beyond chance."""

    z: Floats
    """Each city's distance from the target in its own standard errors."""
    winsorised: Floats
    phi: float
    """Mean of the squared winsorised z; 1 where chance explains everything."""
    overdispersed: bool
    tau_squared: float
    """Variance between cities beyond chance (additive model); 0 where none is needed."""
    z_adjusted: Floats
    """Each city's distance once the usual differences are allowed for."""

    @property
    def z_multiplicative(self) -> Floats:
        """The alternative z / sqrt(phi), for those who prefer it; never narrower than chance."""
        return self.z / math.sqrt(max(1.0, self.phi))


def spread(values: Sequence[float], errors: Sequence[float], target: float) -> Spread:
    """Overdispersion of figures with these standard errors around a target.

    z = (y - target) / s, winsorised at 10 % and 90 %; phi = mean of squares; overdispersed where
    I phi > chi2(95 %, I); then tau^2 = max(0, (I phi - (I - 1)) / (sum w - sum w^2 / sum w)), w = 1 / s^2,
    and z_D = (y - target) / sqrt(s^2 + tau^2). Without overdispersion tau^2 is 0. Errors must be positive.
    """
    y, s = np.asarray(values, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    if len(y) < 2 or not (s > 0).all():
        raise ValueError("a funnel needs two cities at least, each with a positive standard error")
    z = (y - target) / s
    low, high = quantiles(z, (WINSORISED, 1 - WINSORISED))
    winsorised = np.clip(z, low, high)
    number = len(z)
    phi = float((winsorised**2).mean())
    overdispersed = number * phi > chi_squared_quantile(0.95, number)
    weights = 1 / s**2
    below = float(weights.sum() - (weights**2).sum() / weights.sum())
    tau = max(0.0, (number * phi - (number - 1)) / below) if overdispersed else 0.0
    return Spread(z, winsorised, phi, overdispersed, tau, (y - target) / np.sqrt(s**2 + tau))


@dataclass(frozen=True)
class Funnel:
    """Shares of several cities around their pooled share."""

    target: float
    spread: Spread
    limits: tuple[Limits, ...]
    verdicts: tuple[Verdict, ...]


def share_funnel(having: Sequence[int], totals: Sequence[int]) -> Funnel:
    """The funnel of having / totals; the target is the pooled share.

    Where the pooled share is 0 or 1 nothing can differ, and every city is usual.
    """
    target, found = share_spread(having, totals)
    limits = tuple(limits_around(target, n, found) for n in totals)
    shares = [h / n for h, n in zip(having, totals, strict=True)]
    verdicts = [_verdict(share, own) for share, own in zip(shares, limits, strict=True)]
    return Funnel(target, found, limits, tuple(verdicts))


def limits_around(target: float, n: int, found: Spread) -> Limits:
    """The limits of a city of this size in such a funnel: the target itself where nothing can differ."""
    if target in (0.0, 1.0):
        return Limits(target, target, target, target)
    return share_limits(target, n, found.tau_squared)


def share_spread(having: Sequence[int], totals: Sequence[int]) -> tuple[float, Spread]:
    """The pooled share of having / totals, and how cities spread around it; not at all where it is 0 or 1."""
    target = sum(having) / sum(totals)
    if target in (0.0, 1.0):
        zeros = np.zeros(len(totals))
        return target, Spread(zeros, zeros, 0.0, False, 0.0, zeros)
    shares = [h / n for h, n in zip(having, totals, strict=True)]
    return target, spread(shares, [math.sqrt(target * (1 - target) / n) for n in totals], target)


def verdict(z: float) -> Verdict:
    """What a distance from the network's value asks for: beyond 99.8 % look at the data first, then the service."""
    if abs(z) > Z_ACTION:
        return "investigate"
    return "watch" if abs(z) > Z_WARNING else "usual"


def _verdict(share: float, limits: Limits) -> Verdict:
    if not limits.low_998 <= share <= limits.high_998:
        return "investigate"
    return "usual" if limits.low_95 <= share <= limits.high_95 else "watch"


WORDS: dict[Verdict, str] = {
    "usual": "within what is usual between member cities",
    "watch": "at the edge of what is usual between member cities",
    "investigate": "beyond what is usual between member cities: look at the data first, then at the service",
}
"""How a verdict is said; nothing is called best or worst."""

"""Quantiles of the chi-squared and the binomial distribution, so that the product needs no statistics library.

Pure, double precision; tests hold them against scipy. Source of the series and the continued fraction:
Abramowitz and Stegun (1964), 6.5.29 and 6.5.31.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

_PRECISE = 1e-15
_MOST_STEPS = 100_000
LARGE = 5000.0
"""Shapes above which the series is taken beyond the mean too: its terms are summed many times quicker than the
fraction, and all are positive."""

FAR_DEVIATIONS, FAR_EVENTS = 10.0, 100.0
"""So many standard deviations and events above its mean a binomial variable never is: less than 1e-20 is left."""


def gamma_share(shape: float, x: float) -> float:
    """P(X <= x) of a gamma variable of this shape and scale 1: the regularised lower incomplete gamma."""
    if shape <= 0:
        raise ValueError(f"the shape must be positive, not {shape}")
    if x <= 0:
        return 0.0
    scale = math.exp(shape * math.log(x) - x - math.lgamma(shape))
    if x < shape + 1 or (shape > LARGE and x < shape + FAR_DEVIATIONS * math.sqrt(shape)):
        return min(1.0, scale * _series(shape, x))
    return max(0.0, 1.0 - scale * _fraction(shape, x))


def _series(shape: float, x: float) -> float:
    """The sum of x^k / (shape (shape + 1) ... (shape + k)), added up in order, many terms at a time."""
    term = total = 1.0 / shape
    length = int(FAR_DEVIATIONS * math.sqrt(shape)) + 50
    for before in range(0, _MOST_STEPS, length):
        steps = np.arange(before + 1, before + length + 1, dtype=np.float64)
        terms = np.cumprod(np.concatenate(([term], x / (shape + steps))))[1:]
        totals = np.cumsum(np.concatenate(([total], terms)))[1:]
        small = np.flatnonzero(terms < totals * _PRECISE)
        if len(small):
            return float(totals[small[0]])
        term, total = float(terms[-1]), float(totals[-1])
    return total


def _fraction(shape: float, x: float) -> float:
    tiny = 1e-300
    b = x + 1 - shape
    c, d = 1 / tiny, 1 / b
    total = d
    for step in range(1, _MOST_STEPS):
        factor = -step * (step - shape)
        b += 2
        d = 1 / (factor * d + b or tiny)
        c = b + factor / c or tiny
        total *= d * c
        if abs(d * c - 1) < _PRECISE:
            break
    return total


@lru_cache(maxsize=16_384)
def chi_squared_quantile(share: float, degrees: float) -> float:
    """x with P(chi2(degrees) <= x) = share; degrees need not be whole. Raises ValueError outside (0, 1).

    Kept for those asked for last: a pure function of two numbers never ages, and cities' counts return with each page.
    """
    if not 0 < share < 1:
        raise ValueError(f"a share must lie between 0 and 1, not {share}")
    shape = degrees / 2
    nearby = 2 / (9 * degrees)
    start = degrees * (1 - nearby + NormalDist().inv_cdf(share) * math.sqrt(nearby)) ** 3 / 2
    low, high = 0.0, max(start, shape, 1e-8)
    while gamma_share(shape, high) < share:
        low, high = high, high * 2
    x = start if low < start < high else (low + high) / 2
    for _ in range(200):
        beyond = gamma_share(shape, x) - share
        low, high = (x, high) if beyond < 0 else (low, x)
        density = math.exp((shape - 1) * math.log(x) - x - math.lgamma(shape))
        nearer = x - beyond / density if density > 0 else low  # Newton's step
        if not low < nearer < high:
            nearer = (low + high) / 2
        if abs(nearer - x) <= 4 * _PRECISE * x or high - low <= _PRECISE * high:
            return 2 * nearer
        x = nearer
    return low + high


def binomial_cumulated(n: int, p: float) -> npt.NDArray[np.float64]:
    """P(X <= k) for k = 0 to n of a binomial variable."""
    if n < 0 or not 0 <= p <= 1:
        raise ValueError(f"no binomial distribution of n {n} and p {p}")
    if p in (0.0, 1.0):
        return np.where(np.arange(n + 1) >= n * p, 1.0, 0.0)
    return _cumulated(n, p, n)


def _cumulated(n: int, p: float, upto: int) -> npt.NDArray[np.float64]:
    k = np.arange(1, upto + 1)
    steps = np.log(n - k + 1.0) - np.log(k) + math.log(p) - math.log1p(-p)
    logs = np.concatenate(([0.0], np.cumsum(steps))) + n * math.log1p(-p)
    cumulated: npt.NDArray[np.float64] = np.minimum(1.0, np.cumsum(np.exp(logs)))
    return cumulated


def interpolated_binomial_share(share: float, n: int, p: float) -> float:
    """The share of n that a binomial share falls below with this probability, interpolated between whole numbers.

    r = smallest k with F(k) >= share, a = (F(r) - share) / (F(r) - F(r - 1)), value (r - a) / n; at least 0.
    Source: Spiegelhalter (2005), Statistics in Medicine 24:1185, appendix.
    """
    return interpolated_binomial_shares((share,), n, p)[0]


def interpolated_binomial_shares(shares: Sequence[float], n: int, p: float) -> list[float]:
    """The same for several probabilities, none above 1 - 1e-9, of one distribution.

    The distribution is laid out no further than where nothing is left of it: rare events of very many stay cheap.
    """
    if p in (0.0, 1.0):
        return [max(0.0, (n * p - (1 - share)) / n) for share in shares]
    far = n * p + FAR_DEVIATIONS * math.sqrt(n * p * (1 - p)) + FAR_EVENTS
    cumulated = _cumulated(n, p, min(n, math.ceil(far)))
    return [_interpolated(share, n, cumulated) for share in shares]


def _interpolated(share: float, n: int, cumulated: npt.NDArray[np.float64]) -> float:
    r = min(int(np.searchsorted(cumulated, share - 1e-15, side="left")), len(cumulated) - 1)
    below = float(cumulated[r - 1]) if r else 0.0
    gap = float(cumulated[r]) - below
    part = (float(cumulated[r]) - share) / gap if gap > 0 else 0.0
    return min(1.0, max(0.0, (r - part) / n))

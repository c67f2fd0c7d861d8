"""Shares and counts with intervals: Wilson for a share, order statistics for a median.

Every interval is two-sided 95 %. A share of nothing has no value: the estimate is then all None.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from nagara.indicators.distributions import binomial_cumulated

Z = NormalDist().inv_cdf(0.975)
"""Standard normal quantile of a two-sided 95 % interval, 1.959964."""

TAIL = 0.025
EXACT_BELOW = 1000


@dataclass(frozen=True)
class Estimate:
    """A value and its 95 % limits, in the same unit; None where the data do not determine it.

    A quantile that is never reached has value None and means "longer than observed", never the largest
    observed time.
    """

    value: float | None
    low: float | None
    high: float | None


NOTHING = Estimate(None, None, None)


def wilson(successes: float, total: float) -> Estimate:
    """Share of successes with Wilson's interval (E. B. Wilson, 1927), which holds at 0 and 1 too.

    Raises ValueError where successes do not lie between 0 and the total.
    """
    if not 0 <= successes <= total:
        raise ValueError(f"{successes} of {total} is not a share")
    if total == 0:
        return NOTHING
    share = successes / total
    shrink = 1 + Z * Z / total
    centre = (share + Z * Z / (2 * total)) / shrink
    half = Z * math.sqrt(share * (1 - share) / total + Z * Z / (4 * total * total)) / shrink
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == total else min(1.0, centre + half)
    return Estimate(share, low, high)


def median_by_order(values: npt.ArrayLike, counts: npt.ArrayLike) -> Estimate:
    """Median of weighted values with the distribution-free order-statistic interval.

    The limits are the k-th smallest and the k-th largest value, k the largest integer with
    P(Binomial(n, 1/2) < k) <= 2.5 %. Below six values no such interval exists and the limits are None.
    The median of an even number is the lower of the middle two, so that it is always an observed value.
    """
    order = np.argsort(np.asarray(values, dtype=float), kind="stable")
    sorted_values = np.asarray(values, dtype=float)[order]
    upto = np.cumsum(np.asarray(counts, dtype=np.int64)[order])
    total = int(upto[-1]) if len(upto) else 0
    if total == 0:
        return NOTHING

    def ranked(rank: int) -> float:
        return float(sorted_values[np.searchsorted(upto, rank, side="left")])

    middle = ranked((total + 1) // 2)
    k = _median_rank(total)
    if k == 0:
        return Estimate(middle, None, None)
    return Estimate(middle, ranked(k), ranked(total + 1 - k))


def quantile_by_order(values: npt.ArrayLike, counts: npt.ArrayLike, share: float) -> Estimate:
    """A quantile of weighted values with its distribution-free order-statistic interval; share between 0 and 1.

    The value is the ceil(n share)-th smallest. The limits are the l-th and the u-th smallest, l the largest with
    P(Binomial(n, share) < l) <= 2.5 % and u the smallest with P(Binomial(n, share) >= u) <= 2.5 %; one that is beyond
    the ends is None: so few values say nothing of it. Exact below 1,000; above, the normal approximation with
    continuity correction, right to a rank.
    """
    order = np.argsort(np.asarray(values, dtype=float), kind="stable")
    sorted_values = np.asarray(values, dtype=float)[order]
    upto = np.cumsum(np.asarray(counts, dtype=np.int64)[order])
    total = int(upto[-1]) if len(upto) else 0
    if total == 0:
        return NOTHING
    if total >= EXACT_BELOW:
        middle, wide = total * share, Z * math.sqrt(total * share * (1 - share))
        lower, upper = math.floor(middle - wide + 0.5), math.ceil(middle + wide + 0.5)
    else:
        cumulated = binomial_cumulated(total, share)
        lower = int(np.searchsorted(cumulated, TAIL, side="right"))
        upper = int(np.searchsorted(cumulated, 1 - TAIL, side="left")) + 1

    def ranked(rank: int) -> float | None:
        return float(sorted_values[np.searchsorted(upto, rank)]) if 1 <= rank <= total else None

    return Estimate(ranked(max(1, math.ceil(total * share - 1e-9))), ranked(lower), ranked(upper))


def _median_rank(total: int) -> int:
    """Largest k with P(Binomial(total, 1/2) <= k - 1) <= 0.025; 0 where there is none.

    Exact below 1,000; above, the normal approximation with continuity correction, right to a rank.
    """
    if total >= 1000:
        return math.floor(total / 2 - Z * math.sqrt(total) / 2 + 0.5)
    ways, tail = 1, 0  # of k successes, and of k at most, among 2 ** total
    for k in range(total + 1):
        tail += ways
        if tail * 40 > 1 << total:
            return k
        ways = ways * (total - k) // (k + 1)
    return total + 1

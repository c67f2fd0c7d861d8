"""How readily residents report: told by how soon others report the same problem again.

While an issue is open and unanswered, further reports of it arrive at some rate per hour. One over that rate is
about how long a problem waits for its first report. Liu, Bhandaram and Garg (2023), Nature Computational Science.
Holds where residents can report what others reported, which Nagara counts as a report of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nagara.indicators.counts import exact_poisson
from nagara.indicators.proportions import Estimate, Z

LONGEST_HOURS = 720.0
"""An issue is watched for 30 days at most."""

OVERDISPERSED = 1.5
ENOUGH_DUPLICATES = 20


@dataclass(frozen=True)
class Propensity:
    """Rate of further reports an hour, and the mean hours until a problem is first reported."""

    rate: Estimate
    delay: Estimate
    dispersion: float | None
    """Pearson's chi2 over its degrees of freedom; above 1.5 the limits are widened. None of a single issue."""


def reporting_propensity(duplicates: Sequence[int], hours: Sequence[float]) -> Propensity | None:
    """Rate = duplicates / hours watched, with Garwood's limits, or quasi-Poisson ones where overdispersed.

    ``hours`` run from the first report to the first public answer, the closing, the cut-off or 30 days, whichever
    comes first; the first report is not counted. None where nothing was watched.
    """
    pairs = [(count, time) for count, time in zip(duplicates, hours, strict=True) if time > 0]
    count, watched = sum(c for c, _ in pairs), math.fsum(time for _, time in pairs)
    if watched <= 0:
        return None
    pearson = (
        math.fsum((c - count / watched * t) ** 2 / (count / watched * t) for c, t in pairs) if count else 0.0
    )
    return propensity_of(count, watched, len(pairs), pearson)


def propensity_of(count: int, watched: float, issues: int, pearson: float) -> Propensity:
    """The same from sums: duplicates, hours, issues, and sum of (c - rate t)^2 / (rate t)."""
    rate = exact_poisson(count, watched)
    dispersion = pearson / (issues - 1) if issues > 1 else None
    if dispersion is not None and dispersion > OVERDISPERSED and count:
        half = Z * math.sqrt(dispersion / count)  # on the logarithmic scale
        middle = count / watched
        rate = Estimate(middle, middle * math.exp(-half), middle * math.exp(half))
    return Propensity(rate, _inverse(rate), dispersion)


def _inverse(rate: Estimate) -> Estimate:
    def over(value: float | None) -> float | None:
        return 1 / value if value else None

    return Estimate(over(rate.value), over(rate.high), over(rate.low))

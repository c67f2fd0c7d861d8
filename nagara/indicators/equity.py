"""Differences between the districts of a city, with what chance alone would show taken off.

Inputs are one value per district, its standard error and its resident population. Deprivation must be stated by
the city (poverty, share of informal settlement); without it no index by deprivation exists, and nothing stands in
for it. Times are conditional on somebody reporting: read beside reporting propensity.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nagara.indicators.counts import ALPHA, REPLICATES, SEED, quantiles
from nagara.indicators.proportions import Estimate

Floats = npt.NDArray[np.float64]
FEWEST_DISTRICTS = 5
ENOUGH_IN_DISTRICT = 30
COVERED_POPULATION = 0.8


@dataclass(frozen=True)
class District:
    """One district's figure (hours or a share), its standard error, and its residents."""

    code: str
    value: float
    error: float
    population: float
    n: int = ENOUGH_IN_DISTRICT


@dataclass(frozen=True)
class Gaps:
    """How districts differ. Unit of ``mean`` to ``typical``: that of the values; variances: its square."""

    mean: float
    """Mean over residents."""
    mean_gap: float
    """Population-weighted mean absolute distance from the mean."""
    variance: float
    """Between districts, as observed."""
    noise: float
    """What chance alone would show: sum P (1 - P) SE^2."""
    corrected: float
    """max(0, variance - noise)."""
    typical: float
    """Square root of the corrected variance: the typical real difference."""
    smoothed: dict[str, float]
    """Empirical-Bayes value of each district: drawn to the mean by as much as it may be chance."""
    shrinkage: dict[str, float]
    """How much of each district's own value is kept: variance / (variance + SE^2)."""
    widest: float | None
    """Largest less smallest among districts with 30 issues at least; None with fewer than two of those."""


def gaps(districts: Sequence[District]) -> Gaps:
    """Raw and noise-corrected differences between districts. Raises ValueError without a population."""
    p, y = _shares(districts), _values(districts)
    errors = np.array([district.error for district in districts], dtype=np.float64)
    mean = float(p @ y)
    variance = float(p @ (y - mean) ** 2)
    noise = float((p * (1 - p)) @ errors**2)
    corrected = max(0.0, variance - noise)
    shrinkage = [_kept(corrected, error) for error in errors]
    watched = [district.value for district in districts if district.n >= ENOUGH_IN_DISTRICT]
    return Gaps(
        mean=mean,
        mean_gap=float(p @ np.abs(y - mean)),
        variance=variance,
        noise=noise,
        corrected=corrected,
        typical=math.sqrt(corrected),
        smoothed={
            d.code: mean + kept * (d.value - mean) for d, kept in zip(districts, shrinkage, strict=True)
        },
        shrinkage={d.code: kept for d, kept in zip(districts, shrinkage, strict=True)},
        widest=max(watched) - min(watched) if len(watched) > 1 else None,
    )


def _kept(variance: float, error: float) -> float:
    return variance / (variance + error**2) if variance + error**2 > 0 else 0.0


def theil(districts: Sequence[District]) -> float:
    """Theil's T, sum P (y / mean) ln(y / mean): 0 where all wait alike. For times; values must be positive."""
    p, y = _positive(districts)
    share = y / (p @ y)
    return float(p @ (share * np.log(share)))


def mean_log_deviation(districts: Sequence[District]) -> float:
    """sum P ln(mean / y), which counts short waits more than Theil's T. For times; values must be positive."""
    p, y = _positive(districts)
    return float(p @ np.log((p @ y) / y))


def gini(districts: Sequence[District]) -> float:
    """Half the mean absolute difference between two residents' districts, over the mean."""
    p, y = _positive(districts)
    return float((p[:, None] * p[None, :] * np.abs(y[:, None] - y[None, :])).sum() / (2 * (p @ y)))


@dataclass(frozen=True)
class Decomposition:
    """Theil's T of all districts of several cities: within cities and between them; the two add up."""

    within: float
    between: float

    @property
    def total(self) -> float:
        """Of all districts together."""
        return self.within + self.between


def decompose(cities: Mapping[str, Sequence[District]]) -> Decomposition:
    """T = sum s_g T_g + sum s_g ln(mean_g / mean) with s_g = P_g mean_g / mean, g the cities."""
    people = {city: sum(d.population for d in found) for city, found in cities.items()}
    total = sum(people.values())
    means = {city: float(_shares(found) @ _values(found)) for city, found in cities.items()}
    mean = sum(people[city] / total * means[city] for city in cities)
    part = {city: people[city] / total * means[city] / mean for city in cities}
    return Decomposition(
        within=sum(part[city] * theil(found) for city, found in cities.items()),
        between=sum(part[city] * math.log(means[city] / mean) for city in cities),
    )


@dataclass(frozen=True)
class ByDeprivation:
    """Whether the poorer districts fare worse."""

    concentration: float
    """Of waiting times: below 0 where the more deprived wait longer. -1 to 1."""
    slope_of_inequality: float
    """Difference between the least and the most deprived end of the scale, in the unit of the values."""
    erreygers: float | None
    """4 mean C, for shares between 0 and 1; None for times."""
    wagstaff: float | None
    """C / (1 - mean), for shares between 0 and 1; None for times."""


def by_deprivation(
    districts: Sequence[District], deprivation: Mapping[str, float], *, bounded: bool = False
) -> ByDeprivation:
    """Concentration index with districts ordered from the most to the least deprived (higher = more deprived).

    C = (2 / mean) sum P (y - mean) (R - 1/2), R the mid-rank by population; districts of equal deprivation share
    their mean rank. ``bounded`` for shares. Raises ValueError where a district's deprivation is not stated.
    """
    missing = [d.code for d in districts if d.code not in deprivation]
    if missing:
        raise ValueError(f"no deprivation is stated for {', '.join(missing)}")
    p, y = _shares(districts), _values(districts)
    ranks = _ranks(p, np.array([deprivation[d.code] for d in districts], dtype=np.float64))
    mean = float(p @ y)
    covariance = float(p @ ((y - mean) * (ranks - 0.5)))
    spread = float(p @ (ranks - p @ ranks) ** 2)
    concentration = 2 * covariance / mean if mean else 0.0
    slope = float(p @ ((y - mean) * (ranks - p @ ranks))) / spread if spread > 0 else 0.0
    return ByDeprivation(
        concentration,
        slope,
        4 * mean * concentration if bounded else None,
        concentration / (1 - mean) if bounded and mean < 1 else None,
    )


def _ranks(p: Floats, deprivation: Floats) -> Floats:
    """Mid-rank of each district by population, the most deprived first; ties share the middle of their block."""
    ranks = np.zeros(len(p))
    below = 0.0
    for level in sorted(set(deprivation.tolist()), reverse=True):
        tied = deprivation == level
        people = float(p[tied].sum())
        ranks[tied] = below + people / 2
        below += people
    return ranks


def limits(districts: Sequence[District], figure: Callable[[Sequence[District]], float]) -> Estimate:
    """A figure of districts with limits by a seeded bootstrap of 1,000 draws of each value within its error.

    Regression errors are invalid with few districts. Draws are kept positive, as times and shares are.
    """
    random = np.random.default_rng(SEED)
    errors = [district.error for district in districts]
    drawn = np.maximum(1e-9, random.normal(_values(districts), errors, (REPLICATES, len(districts))))
    found = [
        figure(
            [
                District(d.code, float(v), d.error, d.population, d.n)
                for d, v in zip(districts, row, strict=True)
            ]
        )
        for row in drawn
    ]
    low, high = np.quantile(found, (ALPHA / 2, 1 - ALPHA / 2))
    return Estimate(figure(districts), float(low), float(high))


def typical_with_limits(districts: Sequence[District]) -> Estimate:
    """``Gaps.typical`` with the limits that ``limits`` gives it, all draws reckoned at once."""
    p, errors = _shares(districts), np.array([district.error for district in districts])
    random = np.random.default_rng(SEED)
    drawn = np.maximum(1e-9, random.normal(_values(districts), errors, (REPLICATES, len(districts))))
    variance = ((drawn - (drawn @ p)[:, None]) ** 2) @ p
    typical = np.sqrt(np.maximum(0.0, variance - (p * (1 - p)) @ errors**2))
    low, high = quantiles(typical, (ALPHA / 2, 1 - ALPHA / 2))
    return Estimate(gaps(districts).typical, low, high)


def why_not(districts: Sequence[District], city_population: float | None) -> str | None:
    """Why differences between districts cannot be published; None where they can.

    At least 5 districts with 30 issues or more, covering 80 % of the residents.
    """
    if not city_population:
        return "the city states no population"
    enough = [d for d in districts if d.n >= ENOUGH_IN_DISTRICT]
    if len(enough) < FEWEST_DISTRICTS:
        return (
            f"fewer than {FEWEST_DISTRICTS} districts with {ENOUGH_IN_DISTRICT} issues and a known population"
        )
    covered = sum(d.population for d in enough) / city_population
    if covered < COVERED_POPULATION:
        return f"districts with enough issues hold {covered:.0%} of the residents, less than {COVERED_POPULATION:.0%}"
    return None


def _shares(districts: Sequence[District]) -> Floats:
    people = np.array([district.population for district in districts], dtype=np.float64)
    if not len(people) or not (people > 0).all():
        raise ValueError("every district needs a population")
    shares: Floats = people / people.sum()
    return shares


def _values(districts: Sequence[District]) -> Floats:
    return np.array([district.value for district in districts], dtype=np.float64)


def _positive(districts: Sequence[District]) -> tuple[Floats, Floats]:
    y = _values(districts)
    if not (y > 0).all():
        raise ValueError("this index is for times, which are above 0")
    return _shares(districts), y

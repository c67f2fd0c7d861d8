"""Cities beside each other: every city weighted by the network's mix of codes, and funnels instead of ranks. Pure.

The weights are the network's, frozen by whoever publishes; a city is compared only where its codes cover 80 % of
them. A verdict is about data first: it asks, and names nobody best or worst.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nagara.indicators.cells import STANDARDS, Cell
from nagara.indicators.counts import exact_poisson, observed_expected
from nagara.indicators.definitions import CODE_MIX_COVERAGE, RESTRICTED_HOURS
from nagara.indicators.figure import Figure, figure
from nagara.indicators.figures import Codes, own_work
from nagara.indicators.funnel import Funnel, Spread, Verdict, share_funnel, spread, verdict
from nagara.indicators.multiplicity import RankInterval, benjamini_hochberg, rank_intervals, two_sided_p
from nagara.indicators.proportions import NOTHING, Estimate
from nagara.indicators.standardisation import FEWEST_STRATA, Stratum, weighted_mean, weighted_share
from nagara.indicators.strata import (
    Cells,
    Strata,
    counts_by_code,
    lasting_counts,
    mean_strata,
    promise_counts,
    promise_strata,
    promises_by_code,
    weighed,
)

FEWEST_MISSES = 5.0


@dataclass(frozen=True)
class Standardised:
    """A standardised figure, its standard error, and the share of the network's mix that its codes cover."""

    figure: Figure
    error: float
    coverage: float


def promise_weights(cities: Sequence[Cells], codes: Codes, standard: str = "published") -> dict[str, float]:
    """The network's mix of codes among promises: each code's share of all cities' due promises."""
    totals: dict[str, int] = {}
    for cells in cities:
        for code, cell in own_work(cells, codes).items():
            totals[code] = totals.get(code, 0) + promise_counts(cell, standard)[1]
    every = sum(totals.values())
    return {code: count / every for code, count in sorted(totals.items()) if count}


def standardised_promise(
    cells: Cells, codes: Codes, weights: Mapping[str, float], standard: str = "published"
) -> Standardised:
    """N5: the share of promises kept if the city had the network's mix of codes."""
    return standardised_share(promise_strata(promises_by_code(cells, codes, standard), codes), weights)


def standardised_share(strata: Strata, weights: Mapping[str, float]) -> Standardised:
    """A share (N5, N5b, N3a.std, N3b.std) by the network's mix of codes, limits on the logit scale."""
    found = weighed(strata, weights)
    reason, coverage = _too_little(found, weights)
    estimate, error = weighted_share(found)
    return _standardised(strata, estimate, error, reason, coverage)


def observed_over_expected(
    cells: Cells, codes: Codes, network: Mapping[str, tuple[int, int]], standard: str = "published"
) -> Figure:
    """N5i: promises kept over what the network's shares by code would give. For funnels only."""
    return over_expected(promises_by_code(cells, codes, standard), network)


def over_expected(
    own: Mapping[str, Sequence[int]],
    network: Mapping[str, Sequence[int]],
    kept: Sequence[float | None] = (None, None, None),
) -> Figure:
    """The same from counts by code: kept, and kept or missed.

    ``kept``: a number of promises whose exact limits are known, and these; they are reckoned where it is another.
    """
    usable = {code: counts for code, counts in own.items() if counts[1] and network.get(code, (0, 0))[1]}
    shares = [network[code][0] / network[code][1] for code in usable]
    met, totals = [counts[0] for counts in usable.values()], [counts[1] for counts in usable.values()]
    found = observed_expected(met, totals, shares)
    if found is None or sum(totals) - found.expected < FEWEST_MISSES:
        return Figure(None, None, None, sum(totals), sum(met), "fewer than 5 misses are expected")
    limits = exact_poisson(sum(met)) if sum(met) != kept[0] else Estimate(*kept)
    low, high = (None if end is None else end / found.expected for end in (limits.low, limits.high))
    return figure(Estimate(found.ratio, low, high), sum(totals), sum(met), None)


def standardised_lasting(cells: Cells, codes: Codes, weights: Mapping[str, float]) -> Standardised:
    """N5b: as N5, where only a resolution that held for 30 days keeps a promise."""
    return standardised_share(promise_strata(counts_by_code(cells, codes, lasting_counts), codes), weights)


def standardised_mean(cells: Cells, codes: Codes, weights: Mapping[str, float]) -> Standardised:
    """N6: mean hours open in the first 30 days if the city had the network's mix of codes."""
    return standardised_hours(mean_strata(cells, codes), weights)


def standardised_hours(strata: Strata, weights: Mapping[str, float]) -> Standardised:
    """The same from the strata of a city."""
    found = weighed(strata, weights)
    reason, coverage = _too_little(found, weights)
    estimate, error = weighted_mean(found, RESTRICTED_HOURS)
    return _standardised(strata, estimate, error, reason, coverage)


def _standardised(
    strata: Strata, estimate: Estimate, error: float, reason: str | None, coverage: float
) -> Standardised:
    note = f"{coverage:.0%} of the network's mix of codes"
    shown = figure(NOTHING if reason else estimate, strata["n"], strata["events"], reason, note=note)
    return Standardised(shown, error, coverage)


def _too_little(strata: Sequence[Stratum], weights: Mapping[str, float]) -> tuple[str | None, float]:
    """Why a standardised figure is withheld, and which share of the mix its strata cover."""
    whole = sum(weights.values())
    coverage = sum(s.weight for s in strata) / whole if whole else 0.0
    if len(strata) < FEWEST_STRATA:
        return f"fewer than {FEWEST_STRATA} kinds of request with enough of them", coverage
    if coverage < CODE_MIX_COVERAGE:
        words = (
            f"codes with enough requests cover {coverage:.0%} of the mix, less than {CODE_MIX_COVERAGE:.0%}"
        )
        return words, coverage
    return None, coverage


def promise_funnel(cities: Mapping[str, Cells], codes: Codes) -> dict[str, Funnel]:
    """The funnel of promises kept, by promise standard, over the cities that have any; needs three at least."""
    found = {}
    for standard in STANDARDS:
        counts = [
            promise_counts(Cell.merged(own_work(cells, codes).values()), standard)
            for cells in cities.values()
        ]
        usable = [pair for pair in counts if pair[1]]
        if len(usable) >= FEWEST_CITIES:
            found[standard] = share_funnel([met for met, _ in usable], [n for _, n in usable])
    return found


FEWEST_CITIES = 3


@dataclass(frozen=True)
class Beside:
    """One standardised figure of several cities held against the network's."""

    target: float
    """Mean of the cities, weighted by the precision of their figures."""
    spread: Spread
    verdicts: dict[str, Verdict]
    stands: dict[str, bool]
    """Whether a city's difference stands when at most 5 % of those named may be chance (Benjamini-Hochberg)."""
    ranks: dict[str, RankInterval]
    """Shown only to those who ask for a ranking."""


def beside(figures: Mapping[str, Standardised]) -> Beside | None:
    """Cities' standardised figures around their common value; None with fewer than three that have one."""
    usable = {
        city: (found.figure.value, found.error)
        for city, found in figures.items()
        if found.figure.value is not None and found.error > 0
    }
    if len(usable) < FEWEST_CITIES:
        return None
    values, errors = [v for v, _ in usable.values()], [e for _, e in usable.values()]
    precision = [1 / error**2 for error in errors]
    target = sum(p * v for p, v in zip(precision, values, strict=True)) / sum(precision)
    found = spread(values, errors, target)
    stands = benjamini_hochberg([two_sided_p(z) for z in found.z_adjusted.tolist()])
    cities = list(usable)
    return Beside(
        target,
        found,
        {city: verdict(z) for city, z in zip(cities, found.z_adjusted.tolist(), strict=True)},
        dict(zip(cities, stands, strict=True)),
        dict(zip(cities, rank_intervals(values, errors), strict=True)),
    )

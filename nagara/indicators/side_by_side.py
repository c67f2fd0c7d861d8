"""Sheets of several cities beside each other: standardised figures, funnels, intervals of rank. Pure.

Made-up requests are never measured against a real city's: where enough real cities have a figure, simulated ones
stand apart. Nothing here names anybody best or worst.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt

from nagara.indicators.comparison import (
    FEWEST_CITIES,
    over_expected,
    standardised_hours,
    standardised_share,
)
from nagara.indicators.definitions import BY_ID, FEW
from nagara.indicators.figure import Figure
from nagara.indicators.funnel import (
    WORDS,
    Spread,
    limits_at,
    share_limits_at,
    share_spread,
    spread,
    verdict,
)
from nagara.indicators.multiplicity import benjamini_hochberg, rank_intervals, two_sided_p
from nagara.indicators.proportions import Z
from nagara.indicators.reasons import explained
from nagara.indicators.rounding import in_six_places

HEADLINE = ("N2b", "N3b.std", "N5b", "N7b.past_promise", "N13")
"""Five, of what lasted: a resolution opened again is none. Each is read beside N11, N14.delay and N15, so that fast
administrative closing cannot look good by itself, and beside what was declined, which no promise covers any more."""

BESIDE_HEADLINE = (
    "N5b.undeclined", "N13.undeclined", "N10.declined", "N10.declined.std", "N3a.std", "N5", "N4.published", "N11",
    "N14.delay", "N15", "N15.residents",
)  # fmt: skip
OF_COUNTS = (
    "N4.published", "N4.internal", "N4.reference", "N4b.published", "N7b.past_promise", "N8", "N9.1", "N10.declined",
)  # fmt: skip
OF_ESTIMATES = (
    "N2b", "N3b.std", "N5b", "N5b.undeclined", "N6b", "N6b.undeclined", "N10.declined.std", "N3a.std", "N5", "N5i",
    "N6",
)  # fmt: skip
FUNNELS = (*OF_ESTIMATES, *OF_COUNTS)
RANKED = ("N2b", "N3b.std", "N5b", "N6b", "N3a.std", "N5", "N6", "N7b.past_promise", "N13")
WEIGHED = (
    "N3b.std", "N5b", "N5b.undeclined", "N6b", "N6b.undeclined", "N10.declined.std", "N3a.std", "N5", "N5i", "N6",
)  # fmt: skip
"""What needs the network's mix of codes, or its shares by code."""

STEPS = 40
UNLIKE = (
    "Cities differ by more than chance explains; the limits are widened by what is usual between them.",
    "Chance alone explains how much the cities differ.",
)
Floats = npt.NDArray[np.float64]
Sheet = Mapping[str, Any]
Sheets = Mapping[str, Sheet]


@dataclass(frozen=True)
class Weighed:
    """A city's figures that the network's mix of codes decides, and their standard errors."""

    figures: dict[str, Figure]
    errors: dict[str, float]


@dataclass(frozen=True)
class Point:
    """One city's figure with its standard error; ``having`` of ``n`` where it is a plain share."""

    city: str
    value: float
    error: float
    n: int
    low: float | None = None
    high: float | None = None
    having: int | None = None


def issue_weights(sheets: Sheets) -> dict[str, float]:
    """Each code's share of all cities' issues whose resolution compares; sums to 1."""
    counts: dict[str, int] = {}
    for sheet in sheets.values():
        for code, n in sheet["strata"]["issues"].items():
            counts[code] = counts.get(code, 0) + n
    total = sum(counts.values())
    return {code: n / total for code, n in sorted(counts.items())} if total else {}


def network_promises(sheets: Sheets, standard: str = "published") -> dict[str, tuple[int, int]]:
    """Promises kept, and kept or missed, by code over all cities: what N5i expects of each."""
    found: dict[str, tuple[int, int]] = {}
    for sheet in sheets.values():
        for code, (met, n) in sheet["strata"]["promises"].get(standard, {}).items():
            before = found.get(code, (0, 0))
            found[code] = (before[0] + met, before[1] + n)
    return found


def measured_together(sheets: Sheets) -> Sheets:
    """The cities that make the network's values: the real ones where there are enough, else all."""
    real = {city: sheet for city, sheet in sheets.items() if not sheet["simulated"]}
    heard = [sheet for sheet in real.values() if sheet["coverage"]["issues"]]
    return real if len(heard) >= FEWEST_CITIES else sheets


def weigh(
    sheet: Sheet,
    weights: Mapping[str, float],
    promises: Mapping[str, tuple[int, int]],
    wanted: Collection[str] = WEIGHED,
) -> Weighed:
    """The standardised figures of one city, of first closings and of lasting ones, and N5i: those that are wanted.

    N5i costs more than the others together, by its exact limits.
    """
    strata = sheet["strata"]
    promised = {code: share for code, share in weights.items() if code in promises}
    shares = {
        "N3b.std": (strata["share_for_good"], weights),
        "N5b": (strata["promise_for_good"], promised),
        "N5b.undeclined": (strata["promise_undeclined"], promised),
        "N3a.std": (strata["share"], weights),
        "N5": (strata["promise"]["published"], promised),
        "N10.declined.std": (strata["declined"], weights),
    }
    hours = {
        "N6b": strata["mean_for_good"],
        "N6b.undeclined": strata["mean_undeclined"],
        "N6": strata["mean"],
    }
    by_mix = {key: standardised_share(*own) for key, own in shares.items() if key in wanted}
    by_mix |= {key: standardised_hours(own, weights) for key, own in hours.items() if key in wanted}
    figures = {key: found.figure for key, found in by_mix.items()}
    if "N5i" in wanted:
        figures["N5i"] = over_expected(strata["promises"].get("published", {}), promises, strata["kept"])
    return Weighed(figures, {key: found.error for key, found in by_mix.items()})


def points_of(key: str, figures: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[Point]:
    """Cities that have a figure, and how sure it is, from their figures by id."""
    found = []
    for city, own in figures.items():
        figure = own.get(key)
        if figure is None or figure["value"] is None or figure["n"] is None:
            continue
        low, high = figure["low"], figure["high"]
        if key in OF_COUNTS:
            having, n = figure["events"], figure["n"]
            if having is not None and n:
                spread_ = (high - low) / (2 * Z) if low is not None and high is not None else 0.0
                found.append(Point(city, having / n, spread_, n, low, high, having))
        elif low is not None and high is not None and high > low:
            found.append(Point(city, figure["value"], (high - low) / (2 * Z), figure["n"], low, high))
    return found


def funnel(key: str, points: Sequence[Point], apart: Mapping[str, str]) -> dict[str, Any]:
    """One figure of several cities around their common value, with limits that widen for few cases.

    ``apart``: cities left out, and why. With fewer than three cities there is no common value and no limit.
    """
    shown: dict[str, Any] = {
        "figure": key,
        "unit": BY_ID[key].unit,
        "target": None,
        "phi": None,
        "overdispersed": False,
        "tau_squared": 0.0,
        "unlike": None,
        "points": [],
        "limits": [],
        "left_out": [
            {"city": city, "why": why} | explained(why, "why") for city, why in sorted(apart.items())
        ],
    }
    usable = _usable(points)
    if len(usable) < FEWEST_CITIES:
        return shown | {"points": [_plain(point) for point in points]}
    around, sizes = _around(key, usable), _sizes(usable)
    limits = _limits(np.concatenate((around.at(usable), around.of_sizes(sizes))))
    shown["points"] = [
        _plain(point, own, at)
        for point, own, at in zip(usable, _said(around.spread), limits[: len(usable)], strict=True)
    ]
    return shown | {
        "target": _six(around.target),
        "phi": _six(around.spread.phi),
        "overdispersed": around.spread.overdispersed,
        "tau_squared": round(around.spread.tau_squared, 10),
        "unlike": UNLIKE[0 if around.spread.overdispersed else 1],
        "limits": [{"n": n, **at} for n, at in zip(sizes, limits[len(usable) :], strict=True)],
    }


def verdicts(key: str, points: Sequence[Point]) -> dict[str, dict[str, Any]]:
    """What a funnel says of each city, without the limits that are drawn; nothing with fewer than three cities."""
    usable = _usable(points)
    if len(usable) < FEWEST_CITIES:
        return {}
    said = _said(_around(key, usable).spread)
    return {point.city: own for point, own in zip(usable, said, strict=True)}


def _usable(points: Sequence[Point]) -> list[Point]:
    return [point for point in points if point.error > 0 or point.having is not None]


@dataclass(frozen=True)
class _Around:
    """A common value, how far cities lie from it, and the limits for cities or for so many cases: a row for each."""

    target: float
    spread: Spread
    at: Callable[[Sequence[Point]], Floats]
    of_sizes: Callable[[Sequence[int]], Floats]


def _around(key: str, points: Sequence[Point]) -> _Around:
    return (_of_counts if key in OF_COUNTS else _of_estimates)(key, points)


def _of_counts(key: str, points: Sequence[Point]) -> _Around:
    """Around the pooled share; where that is 0 or 1 nothing can differ."""
    target, found = share_spread([point.having or 0 for point in points], [point.n for point in points])

    def at(cities: Sequence[Point]) -> Floats:
        if target in (0.0, 1.0):
            return np.full((len(cities), 4), target)
        return share_limits_at(target, [city.n for city in cities], found.tau_squared)

    return _Around(target, found, at, lambda sizes: share_limits_at(target, sizes, found.tau_squared))


def _of_estimates(key: str, points: Sequence[Point]) -> _Around:
    """Around the mean weighted by precision; of N5i around 1. At another size errors shrink as 1 / sqrt n."""
    precision = [1 / point.error**2 for point in points]
    target = sum(p * point.value for p, point in zip(precision, points, strict=True)) / sum(precision)
    target = 1.0 if key == "N5i" else target
    found = spread([p.value for p in points], [p.error for p in points], target)
    most = 1.0 if BY_ID[key].unit == "share" else None
    typical = median(point.error * math.sqrt(point.n) for point in points)

    def of_errors(squared: Floats) -> Floats:
        return limits_at(target, np.sqrt(squared + found.tau_squared), most)

    return _Around(
        target,
        found,
        lambda cities: of_errors(np.array([city.error for city in cities]) ** 2),
        lambda sizes: of_errors(typical**2 / np.array(sizes, dtype=np.float64)),
    )


def _sizes(points: Sequence[Point]) -> list[int]:
    """Sizes at which limits are drawn, evenly spread on a logarithmic scale from the smallest to the largest city."""
    sizes = [max(1, point.n) for point in points]
    first, last = min(sizes), max(sizes)
    between = np.power(10.0, np.linspace(np.log10(first), np.log10(last), STEPS)[1:-1])
    return sorted({first, *map(int, np.rint(between).tolist()), last})


def _limits(limits: Floats) -> list[dict[str, float]]:
    """The rows of limits as they are shown."""
    return [
        {"low_95": low, "high_95": high, "low_998": lower, "high_998": higher}
        for low, high, lower, higher in in_six_places(limits)
    ]


_NOT_COMPARED: Mapping[str, Any] = {
    "z": None, "z_adjusted": None, "stands": False, "verdict": None, "words": None,
}  # fmt: skip


def _plain(
    point: Point, said: Mapping[str, Any] = _NOT_COMPARED, limits: Mapping[str, float] | None = None
) -> dict[str, Any]:
    """A point, with what is said of it where it is compared; sizes of 1 to 9 do not occur: they are withheld."""
    return {
        "city": point.city,
        "value": _six(point.value),
        "low": None if point.low is None else _six(point.low),
        "high": None if point.high is None else _six(point.high),
        "n": point.n if point.n >= FEW else None,
        **said,
        "limits": limits,
    }


def _said(found: Spread) -> list[dict[str, Any]]:
    """Of each city in order: how far it lies from the others, what that asks for, and whether it stands."""
    adjusted = found.z_adjusted.tolist()
    stands = benjamini_hochberg([two_sided_p(z) for z in adjusted])
    z, z_adjusted = in_six_places(np.stack((found.z, found.z_adjusted)))
    asked = [verdict(away) for away in adjusted]
    return [
        {"z": one, "z_adjusted": other, "stands": stand, "verdict": asks, "words": WORDS[asks]}
        for one, other, stand, asks in zip(z, z_adjusted, stands, asked, strict=True)
    ]


def ranks(key: str, points: Sequence[Point]) -> dict[str, dict[str, Any]]:
    """The 95 % interval of each city's rank, 1 the smallest value: for those who ask, and never a single rank."""
    usable = [point for point in points if point.error > 0]
    if len(usable) < FEWEST_CITIES:
        return {}
    found = rank_intervals([p.value for p in usable], [p.error for p in usable])
    return {
        point.city: {"low": rank.low, "high": rank.high, "of": len(usable)}
        for point, rank in zip(usable, found, strict=True)
    }


def _six(value: float) -> float:
    return round(float(value), 6)

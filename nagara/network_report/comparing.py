"""What a report says of cities beside each other: funnels, verdicts, peers of a like size. Pure.

Nothing here orders cities. A verdict says whether a figure lies beyond what is usual between member cities; a band
of population is context for a reader, never an adjustment.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from nagara.indicators.cells import STANDARDS, Cell
from nagara.indicators.comparison import FEWEST_CITIES, Standardised, beside
from nagara.indicators.definitions import BY_ID, FEW
from nagara.indicators.figure import Figure
from nagara.indicators.figures import Codes, own_work
from nagara.indicators.funnel import share_funnel, share_limits
from nagara.indicators.multiplicity import RankInterval, rank_intervals
from nagara.indicators.period import Period
from nagara.indicators.strata import promise_counts
from nagara.indicators.suppression import is_few
from nagara.network.pulled import rests_on_untold

Cells = Mapping[str, Cell]
BANDS: tuple[tuple[str, float], ...] = (("small", 300_000), ("middle", 2_000_000), ("large", math.inf))
"""Cities are peers within a band of residents: below 0.3 million, to 2 million, above."""

STANDARDISED = ("N3b.std", "N5b")
"""Headline figures of which every city's is weighted alike, so that they may be held beside each other."""

FUNNEL_STEPS = 48
"""Sizes at which a funnel's limits are drawn."""

Z = NormalDist().inv_cdf(0.975)


def band_of(population: int | None) -> str | None:
    """The band of a city of so many residents; None where nobody stated how many."""
    if population is None:
        return None
    return next(name for name, below in BANDS if population < below)


def period_before(period: Period) -> Period:
    """The period of the same length that ends where this one begins."""
    months = (period.last.year - period.first.year) * 12 + period.last.month - period.first.month + 1
    return Period(_shifted(period.first, -months), _shifted(period.first, -1))


def _shifted(month: dt.date, by: int) -> dt.date:
    number = month.year * 12 + month.month - 1 + by
    return dt.date(number // 12, number % 12 + 1, 1)


@dataclass(frozen=True)
class Counted:
    """A share that is plainly counted, of one city."""

    city: str
    having: int
    of: int


def funnels(
    cities: Mapping[str, Cells], codes: Codes, not_told: Mapping[str, Sequence[str]] | None = None
) -> list[dict[str, Any]]:
    """Every funnel with three cities at least: promises kept by standard, and resolutions opened again.

    ``not_told``: what the endpoints of pulled cities do not tell; such a city is in no funnel that rests on it.
    """
    counted: dict[str, list[Counted]] = {}
    for standard in STANDARDS:
        counted[f"N4.{standard}"] = [
            Counted(city, *promise_counts(_own(cells, codes), standard)) for city, cells in cities.items()
        ]
    counted["N8"] = [_reopened(city, _own(cells, codes)) for city, cells in cities.items()]
    missing = not_told or {}
    found = (
        funnel_of(figure, [c for c in counts if not rests_on_untold(figure, missing.get(c.city, ()))])
        for figure, counts in counted.items()
    )
    return [funnel for funnel in found if funnel is not None]


def funnel_of(figure: str, counts: Sequence[Counted]) -> dict[str, Any] | None:
    """The funnel of one figure over the cities that have enough of it; None with fewer than three.

    A share that rests on 1 to 9 is no point of it: its value and size would tell how many.
    """
    usable = [count for count in counts if count.of >= BY_ID[figure].minimum_n and not is_few(count.having)]
    if len(usable) < FEWEST_CITIES:
        return None
    found = share_funnel([count.having for count in usable], [count.of for count in usable])
    points = [
        {"city": count.city, "n": count.of, "value": round(count.having / count.of, 6), "verdict": verdict}
        for count, verdict in zip(usable, found.verdicts, strict=True)
    ]
    return {
        "figure": figure,
        "target": round(found.target, 6),
        "overdispersed": found.spread.overdispersed,
        "tau": round(math.sqrt(found.spread.tau_squared), 6),
        "points": points,
        "limits": _limits(found.target, [count.of for count in usable], found.spread.tau_squared),
    }


def _limits(target: float, sizes: Sequence[int], tau_squared: float) -> list[list[float]]:
    """(n, low 95 %, high 95 %, low 99.8 %, high 99.8 %) at sizes that double in even steps."""
    first, last = max(FEW, min(sizes) // 2), max(sizes) * 1.15
    steps = [round(first * (last / first) ** (step / (FUNNEL_STEPS - 1))) for step in range(FUNNEL_STEPS)]
    rows = []
    for n in sorted(set(steps)):
        at = share_limits(target, n, tau_squared) if 0 < target < 1 else None
        ends = (at.low_95, at.high_95, at.low_998, at.high_998) if at else (target,) * 4
        rows.append([float(n), *(round(end, 5) for end in ends)])
    return rows


def _own(cells: Cells, codes: Codes) -> Cell:
    return Cell.merged(own_work(cells, codes).values())


def _reopened(city: str, cell: Cell) -> Counted:
    return Counted(city, cell.count("reopened_in_30_days"), cell.count("resolved_first"))


def compared(figures: Mapping[str, Standardised]) -> dict[str, Any] | None:
    """A standardised figure of the cities around their common value; None with fewer than three."""
    found = beside(figures)
    if found is None:
        return None
    return {
        "target": round(found.target, 6),
        "tau": round(math.sqrt(found.spread.tau_squared), 6),
        "verdicts": dict(found.verdicts),
        "stands": dict(found.stands),
    }


def with_error(figure: Figure) -> Standardised:
    """A share with its standard error, read back from its logit limits (SE = SE_logit p (1 - p))."""
    value, low, high = figure.value, figure.low, figure.high
    if value is None or low is None or high is None or not (0 < low < high < 1):
        return Standardised(figure, 0.0, 0.0)
    width = math.log(high / (1 - high)) - math.log(low / (1 - low))
    return Standardised(figure, width / (2 * Z) * value * (1 - value), 1.0)


def standardised_again(headline: Mapping[str, Any]) -> Standardised | None:
    """A headline figure of a report with its standard error; None where it has none."""
    now, error = headline["now"], headline["error"]
    if now["value"] is None or not error:
        return None
    return Standardised(Figure(now["value"], now["low"], now["high"], now["n"] or 0), error, 1.0)


def ranks(content: Mapping[str, Any], figure: str) -> dict[str, RankInterval]:
    """For those who ask for a ranking: within which ranks 95 % of 1,000 draws put each city, 1 the largest share.

    Never a single number, and never in a report by itself.
    """
    known = {
        city["id"]: standardised_again(city["headline"][figure])
        for city in content["cities"]
        if figure in city["headline"]
    }
    usable = {city: one for city, one in known.items() if one is not None}
    values = [-(one.figure.value or 0.0) for one in usable.values()]
    found = rank_intervals(values, [one.error for one in usable.values()])
    return dict(zip(usable, found, strict=True))

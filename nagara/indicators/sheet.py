"""A city's sheet: everything its figures of a period say, from its cells alone, as JSON. Pure.

The sheet is complete: small counts stand in it, and ``publishing`` decides who sees them. What needs other cities
(standardised figures, funnels, ranks) is laid over sheets by ``side_by_side`` and needs no cell any more.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import numpy as np

from city_config import City
from nagara.indicators.cells import Cell
from nagara.indicators.definitions import ENOUGH_AT_RISK, RESTRICTED_HOURS
from nagara.indicators.equity import (
    District,
    gaps,
    gini,
    mean_log_deviation,
    theil,
    why_not,
)
from nagara.indicators.figures import Codes, figures_of, own_work
from nagara.indicators.handling import propensity_figures
from nagara.indicators.life_table import LifeTable
from nagara.indicators.period import Period
from nagara.indicators.residents import between_districts, rates, readable_districts
from nagara.indicators.rounding import in_six_places
from nagara.indicators.strata import all_strata, counted_strata
from nagara.indicators.survival import NOT_ACTIONABLE, RESOLVED, WITHDRAWN

SHEET_VERSION = 5
CURVE_HOURS: tuple[float, ...] = (
    1, 2, 4, 8, 12, 24, 36, 48, 72, 96, 120, 144, 168, 240, 336, 504, RESTRICTED_HOURS,
)  # fmt: skip
"""Where the short curve is read: close together in the first days, where most requests end."""

FINE_HOURS: tuple[float, ...] = (*range(25), *(float(hours) for hours in range(30, 721, 6)))
"""Where the long curve is read: every hour of the first day, every six hours to 30 days."""

AGE_CLASSES = ((0.0, 168.0), (168.0, 720.0), (720.0, 2160.0), (2160.0, None))
"""Ages of the backlog in hours: to 7 days, to 30, to 90, longer. All are edges of duration bins."""

ALL_DISTRICTS = ""


@dataclass(frozen=True)
class Stated:
    """What a city states of itself and its figures need: residents, in all and by district."""

    population: int | None
    by_district: Mapping[str, int]

    @classmethod
    def of(cls, city: City) -> Stated:
        """As the city's configuration says it."""
        return cls(
            city.population.value if city.population else None,
            {code: stated.value for code, stated in city.population_by_district.items()},
        )


@dataclass(frozen=True)
class Watched:
    """The cells a sheet is made of; ``ever`` are those of every month, ``without`` of what no emergency covers."""

    received: Mapping[str, Cell]
    ever: Mapping[str, Cell]
    districts: Mapping[str, Cell]
    """Counts of all codes by district."""
    waiting: Mapping[str, LifeTable]
    """Times to the resolution that held by district, of codes whose times compare."""
    without: Mapping[str, Cell] | None
    months: Sequence[dt.date]
    """Months of the period in which something was received."""


def sheet_of(watched: Watched, codes: Codes, stated: Stated | None, days: float) -> dict[str, Any]:
    """The sheet of one city's cells; ``stated`` is None for a part of a city, which has no rates by residents.

    ``days``: how many of the period's days had passed by the cut-off.
    """
    received = watched.received
    pooled = Cell.merged(received.values())
    compared = Cell.merged(
        cell for code, cell in own_work(received, codes).items() if codes[code].comparability == "A"
    )
    found = figures_of(received, codes, watched.ever, compared)
    districts: list[dict[str, Any]] = []
    if stated is not None:
        found |= rates(received, watched.ever, codes, stated.population, days)
        people = {district: stated.by_district.get(district, 0) for district in watched.waiting}
        waits = readable_districts(watched.waiting, people)
        longer = readable_districts(watched.waiting, people, declining_ends=False)
        for key, values in (("N13", waits), ("N13.undeclined", longer)):
            known = [one for one in values if one.code in stated.by_district] if stated.population else []
            found[key] = between_districts(known, stated.population)
        districts = district_rows(watched.districts, waits, stated)
    without = watched.without
    return {
        "version": SHEET_VERSION,
        "simulated": pooled.count("simulated") > 0,
        "figures": {key: figure.as_json() for key, figure in found.items()},
        "without_emergencies": None
        if without is None
        else {key: figure.as_json() for key, figure in figures_of(without, codes).items()},
        "survival": survival_points(compared),
        "curve": curve_points(compared.table("resolution")),
        "strata": counted_strata(received, codes) if stated is None else all_strata(received, codes),
        "coverage": coverage(pooled, watched.months),
        "backlog": backlog_classes(own_work(watched.ever, codes).values()),
        "districts": districts,
        "equity": None if stated is None else equity(districts, stated),
    }


def coverage(pooled: Cell, months: Sequence[dt.date]) -> dict[str, Any]:
    """How much there is: reports, issues, how many of them were imported, and from which months."""
    return {
        "reports": pooled.count("reports"),
        "issues": pooled.count("issues"),
        "imported": pooled.count("imported"),
        "months": len(months),
        "first_month": f"{min(months):%Y-%m}" if months else None,
        "last_month": f"{max(months):%Y-%m}" if months else None,
    }


def survival_points(cell: Cell) -> list[dict[str, Any]]:
    """The share still open by hours since receipt, with its 95 % band; ends where fewer than ten are followed."""
    table = cell.table("resolution")
    if not table:
        return []
    followed = _followed(table, CURVE_HOURS)
    hours = CURVE_HOURS[: len(followed)]
    open_, low, high = in_six_places(table.curve.at_all(hours))
    return [
        {"hours": at, "open": one, "low": lower, "high": upper, "n": n}
        for at, one, lower, upper, n in zip(hours, open_, low, high, followed, strict=True)
    ]


def curve_points(table: LifeTable) -> list[list[float | int]]:
    """(hours, open, low, high, resolved, not actionable, withdrawn, n), as long as ten are followed.

    The last three are Aalen-Johansen: with the share still open they add up to 1.
    """
    if not table or not table.ended():
        return []
    followed = _followed(table, FINE_HOURS)
    hours = FINE_HOURS[: len(followed)]
    causes = [table.risk.finished_by(cause).at_all(hours) for cause in (RESOLVED, NOT_ACTIONABLE, WITHDRAWN)]
    columns = in_six_places(np.stack((*table.curve.at_all(hours), *causes)))
    return [list(point) for point in zip(hours, *columns, followed, strict=True)]


def _followed(table: LifeTable, hours: Sequence[float]) -> list[int]:
    """How many are followed at each time, as long as these are ten."""
    followed = table.risk.followed_at(hours)
    return list(takewhile(lambda n: n >= ENOUGH_AT_RISK, followed))


def backlog_classes(cells: Iterable[Cell]) -> list[int]:
    """Open issues by the classes of age."""
    risk = LifeTable.merged(cell.table("backlog_age") for cell in cells).risk
    return [
        int(risk.removed[(risk.times > above) & (risk.times <= (upto or np.inf)), 0].sum())
        for above, upto in AGE_CLASSES
    ]


def district_rows(
    counts: Mapping[str, Cell], waits: Iterable[District], stated: Stated
) -> list[dict[str, Any]]:
    """Each district: its mean time open in 30 days, error, residents, and how soon problems are reported (N14)."""
    readable = {district.code: district for district in waits}
    rows = []
    for code, whole in sorted(counts.items()):
        own = readable.get(code)
        rows.append(
            {
                "district": code,
                "issues": whole.count("issues"),
                "population": stated.by_district.get(code),
                "n": own.n if own else 0,
                "value": own.value if own else None,
                "error": own.error if own else None,
                "delay": propensity_figures(whole)["N14.delay"].as_json(),
            }
        )
    return rows


def equity(rows: Sequence[Mapping[str, Any]], stated: Stated) -> dict[str, Any]:
    """How districts differ in hours, raw and with chance taken off; or the reason why that is not known."""
    known = [
        District(row["district"], row["value"], row["error"], float(row["population"]), row["n"])
        for row in rows
        if row["value"] is not None and row["population"]
    ]
    reason = why_not(known, stated.population)
    if reason is not None:
        return {"withheld": reason, "smoothed": {}, "kept": {}}
    found = gaps(known)
    timed = [district for district in known if district.value > 0]
    return {
        "withheld": None,
        "mean": found.mean,
        "mean_gap": found.mean_gap,
        "typical": found.typical,
        "widest": found.widest,
        "theil": theil(timed),
        "mld": mean_log_deviation(timed),
        "gini": gini(timed),
        "smoothed": found.smoothed,
        "kept": found.shrinkage,
    }


def days_passed(period: Period, cut_off: dt.date) -> int:
    """How many of a period's days had passed at a local day."""
    ended = (period.last.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
    return max(0, (min(ended, cut_off) - period.first).days)


def rounded(value: float | None) -> float | None:
    """Six decimals; None for what is not a number."""
    return None if value is None or math.isnan(value) else round(float(value), 6)

"""What a report says: chosen from the cells of each city's snapshot, rounded, small counts left out. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from city_config import City, NetworkCode
from nagara.indicators.cells import Cell, CellKey
from nagara.indicators.definitions import FEW, RESTRICTED_HOURS
from nagara.indicators.figure import Figure
from nagara.indicators.figures import (
    answers_missing,
    backlog_figures,
    figures_of,
    is_mature,
    own_work,
    within_reference,
)
from nagara.indicators.life_table import LifeTable
from nagara.indicators.period import Period
from nagara.indicators.snapshots import cells_in
from nagara.indicators.survival import kaplan_meier

CURVE_STEP_HOURS = 6.0
AGE_CLASSES = ((0.0, 168.0), (168.0, 720.0), (720.0, 2160.0), (2160.0, float("inf")))
"""Ages of the backlog in hours: to 7 days, to 30, to 90, longer. All are edges of duration bins."""

QUALITY_QUESTION = 0.1
"""A share of issues beyond which a shortcoming of the data is named on the first page."""


@dataclass(frozen=True)
class CityPart:
    """What a report says about one city. Counts of 1 to 9 are None: "fewer than 10"."""

    id: str
    name: str
    local_name: str | None
    country: str
    simulated: bool
    population: int | None
    snapshot: dict[str, Any] | None
    coverage: dict[str, Any]
    questions: list[str]
    figures: dict[str, dict[str, Any]]
    standardised: dict[str, Any]
    """Share resolved within the reference time, every city weighted by the network's mix of codes."""
    by_code: dict[str, dict[str, Any]]
    """Share resolved within the reference time, by code."""
    curve: list[list[float]]
    """(days, share not closed, low, high) every 6 hours to 30 days, as far as it was watched."""
    backlog: list[int | None]
    """Open issues by the classes of age."""


@dataclass(frozen=True)
class Report:
    """The whole content of a report, JSON-able."""

    period: str
    network: str
    method_version: str
    cities: list[CityPart]
    codes: list[dict[str, Any]]
    weights: dict[str, float]
    """The network's mix of codes in this period, by which shares are standardised; sums to 1."""
    definitions: list[dict[str, Any]]
    remarks: list[str]


def city_part(
    city: City,
    snapshot: dict[str, Any] | None,
    cells: Mapping[CellKey, Cell],
    period: Period,
    codes: Mapping[str, NetworkCode],
    weights: Mapping[str, float],
) -> CityPart:
    """What is said about one city, from its snapshot's cells."""
    received, ever = cells_in(cells, period), cells_in(cells, None)
    figures = figures_of(received, codes) | backlog_figures(ever, codes)
    comparable = {code: cell for code, cell in received.items() if _compares(codes.get(code))}
    table = LifeTable.merged(cell.table("resolution") for cell in comparable.values())
    months = sorted(
        {month for (month, _, _), cell in cells.items() if month in period and cell.count("reports")}
    )
    pooled = Cell.merged(received.values())
    coverage = _coverage(pooled, received, table, months)
    return CityPart(
        id=city.id,
        name=name_of(city.names),
        local_name=next((n for tag in city.languages if tag != "en" and (n := city.names.get(tag))), None),
        country=city.country,
        simulated=pooled.count("simulated") > 0,
        population=city.population.value if city.population else None,
        snapshot=snapshot,
        coverage=coverage,
        questions=_questions(pooled, coverage) if snapshot else [],
        figures={key: _published(figure) for key, figure in figures.items()},
        standardised=_published(within_reference(comparable, codes, "resolution", weights)),
        by_code={
            code: _published(figures_of({code: cell}, codes)["N3a.share"])
            for code, cell in comparable.items()
        },
        curve=_curve(table),
        backlog=_backlog(ever, codes),
    )


def _compares(code: NetworkCode | None) -> bool:
    return code is not None and code.comparability == "A" and code.service_class != "util"


def network_mix(cities: list[dict[str, Cell]], codes: Mapping[str, NetworkCode]) -> dict[str, float]:
    """Each comparable code's share of all cities' issues in the period."""
    counts = {
        code.code: sum(city[code.code].table("resolution").total for city in cities if code.code in city)
        for code in codes.values()
        if _compares(code) and code.reference_hours is not None
    }
    total = sum(counts.values())
    return {code: count / total for code, count in counts.items() if count}


def _coverage(
    pooled: Cell, by_code: Mapping[str, Cell], table: LifeTable, months: list[dt.date]
) -> dict[str, Any]:
    issues = pooled.count("issues")

    def share(name: str) -> float | None:
        return rounded(pooled.count(name) / issues) if issues >= FEW else None

    other = by_code.get("other", Cell()).count("issues")
    unfinished = table.risk.censored_before(RESTRICTED_HOURS)
    return {
        "reports": _few(pooled.count("reports")),
        "issues": _few(issues),
        "duplicates": _few(pooled.count("duplicates")),
        "own_findings": _few(pooled.count("staff_created")),
        "first_month": f"{months[0]:%Y-%m}" if months else None,
        "last_month": f"{months[-1]:%Y-%m}" if months else None,
        "months": len(months),
        "imported": share("imported"),
        "with_district": rounded(1 - pooled.count("without_district") / issues) if issues >= FEW else None,
        "inconsistent": share("inconsistent"),
        "answered_by_closing": share("answered_by_closing"),
        "lost_from_sight": share("lost_from_sight"),
        "referred": share("referred"),
        "reopened": share("reopened"),
        "other_code": rounded(other / issues) if issues >= FEW else None,
        "followed_30_days": rounded(1 - unfinished / table.total) if table.total >= FEW else None,
        "mature": is_mature(table.risk, RESTRICTED_HOURS) if table.total else None,
    }


def _questions(pooled: Cell, coverage: Mapping[str, Any]) -> list[str]:
    """What a reader must know about the data before reading the figures."""
    asked = []
    if not pooled.count("issues"):
        return ["No reports in this period."]

    def says(name: str, sentence: str) -> None:
        if (coverage[name] or 0) > QUALITY_QUESTION:
            asked.append(f"{coverage[name]:.0%} {sentence}")

    says("imported", "of issues were imported from another system's records.")
    says(
        "lost_from_sight",
        "of issues were unfinished when their source last showed them. If those are the slow ones, the "
        "figures flatter the city.",
    )
    if answers_missing(pooled):
        asked.append(
            "The imported records hold no answers before the closing, so times to the first answer are left out."
        )
    says("inconsistent", "of issues have times that contradict each other and are left out of times.")
    says("other_code", "of issues are filed under 'other': the city's services need a better mapping.")
    if coverage["with_district"] is not None and coverage["with_district"] < 1 - QUALITY_QUESTION:
        asked.append(f"{1 - coverage['with_district']:.0%} of issues could not be placed in a district.")
    if coverage["mature"] is False:
        followed = coverage["followed_30_days"]
        known = f" ({followed:.0%})" if followed is not None else ""
        asked.append(f"Provisional: less than 90% of issues are closed or were followed for 30 days{known}.")
    return asked


def remarks_on(parts: list[CityPart]) -> list[str]:
    """What holds for the comparison as a whole."""
    remarks = []
    simulated = [part.name for part in parts if part.simulated]
    if simulated:
        remarks.append(
            f"Simulated data: {', '.join(simulated)}. Their figures show how the report works and say nothing "
            f"about these cities."
        )
    spans = {(part.coverage["first_month"], part.coverage["last_month"]) for part in parts} - {(None, None)}
    if len(spans) > 1:
        remarks.append(
            "The cities' reports come from different months. Season, weather and the year differ with them, so "
            "differences between cities are not differences of service alone."
        )
    missing = [part.name for part in parts if part.snapshot is None]
    if missing:
        remarks.append(f"No figures have been computed yet for: {', '.join(missing)}.")
    return remarks


def _curve(table: LifeTable) -> list[list[float]]:
    if table.total < FEW or not table.ended():
        return []
    curve = kaplan_meier(table.risk)
    points = []
    steps = int(RESTRICTED_HOURS / CURVE_STEP_HOURS)
    for hours in (step * CURVE_STEP_HOURS for step in range(steps + 1)):
        if hours > curve.last_time and curve.survival[-1] > 0:
            break
        at = curve.at(hours)
        points.append([hours / 24, *(round(x, 5) for x in (at.value, at.low, at.high) if x is not None)])
    return points


def _backlog(cells: Mapping[str, Cell], codes: Mapping[str, NetworkCode]) -> list[int | None]:
    own = [cell.table("backlog_age") for cell in own_work(cells, codes).values()]
    risk = LifeTable.merged(own).risk
    counts = [
        int(risk.removed[(risk.times > above) & (risk.times <= upto), 0].sum()) for above, upto in AGE_CLASSES
    ]
    return [_few(count) for count in counts]


def _published(figure: Figure) -> dict[str, Any]:
    """A figure as published: rounded, and without counts of 1 to 9."""
    values = figure.as_json()
    for key in ("value", "low", "high"):
        values[key] = rounded(values[key])
    few = figure.n < FEW and figure.value == figure.n and figure.n > 0
    if few:
        values |= {"value": None, "withheld": f"fewer than {FEW}"}
    return values | {"n": _few(figure.n), "events": None if figure.events is None else _few(figure.events)}


def _few(count: int) -> int | None:
    """The count, or None where it is 1 to 9 and could point to somebody."""
    return None if 0 < count < FEW else count


def rounded(value: float | None) -> float | None:
    """Six decimals: finer than any interval, and free of the last digits' noise."""
    return None if value is None else round(value, 6)


def name_of(names: Mapping[str, str]) -> str:
    """The English name, or whichever there is."""
    return names.get("en") or next(iter(names.values()))

"""What a report says: chosen from the cells of each city's snapshot, rounded, small counts left out. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from city_config import City, NetworkCode
from nagara.indicators.cells import Cell, CellKey
from nagara.indicators.comparison import (
    FEWEST_CITIES,
    Standardised,
    promise_weights,
    standardised_lasting,
    standardised_promise,
    standardised_share,
)
from nagara.indicators.definitions import ENOUGH_AT_RISK, FEW, RESTRICTED_HOURS
from nagara.indicators.figure import NONE, Figure
from nagara.indicators.figures import backlog_figures, figures_of, within_reference
from nagara.indicators.life_table import LifeTable
from nagara.indicators.period import Period
from nagara.indicators.publishing import publish, published
from nagara.indicators.questions import questions
from nagara.indicators.snapshots import cells_in
from nagara.indicators.strata import counts_by_code, promise_strata, undeclined_counts
from nagara.indicators.survival import kaplan_meier
from nagara.network.pulled import without_untold
from nagara.network_report.apart import SHARE, backlog_by_age, shares_by_code
from nagara.network_report.beside import beside_figures
from nagara.network_report.comparing import band_of, with_error
from nagara.network_report.coverage import coverage_of, headline_told, notes_on, pulled_notes, rounded
from nagara.network_report.districts import compares, districts_told, equity_part

CURVE_STEP_HOURS = 6.0
HEADLINE = ("N2b", "N3b.std", "N5b", "N7b.past_promise", "N13")
"""The five figures that are read first, of what lasted; no index is made of them."""

BESIDE = ("N3a.std", "N5", "N5b.undeclined", "N13.undeclined")
Codes = Mapping[str, NetworkCode]


@dataclass(frozen=True)
class CityPart:
    """What a report says about one city. Counts of 1 to 9 are None, and so are such as would give them away."""

    id: str
    name: str
    local_name: str | None
    country: str
    simulated: bool
    population: int | None
    snapshot: dict[str, Any] | None
    coverage: dict[str, Any]
    questions: list[str]
    """What is wrong with the data, in sentences."""
    figures: dict[str, dict[str, Any]]
    standardised: dict[str, Any]
    """Share resolved for good within the reference time, every city weighted by the network's mix of codes."""
    by_code: dict[str, dict[str, Any]]
    """Share resolved within the reference time, by code."""
    curve: list[list[float]]
    """(days, share not closed, low, high) every 6 hours to 30 days, as long as ten are followed."""
    backlog: list[int | None]
    """Open issues by the classes of age: to 7 days, to 30, to 90, longer."""
    names: dict[str, str] = field(default_factory=dict)
    """The city's name by language."""
    languages: list[str] = field(default_factory=list)
    """Languages of the city; a report of it is printed in these and in English."""
    band: str | None = None
    """Its peers by number of residents: small, middle, large."""
    headline: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The five headline figures: ``now``, ``before`` (None where there is none), and the standard ``error``."""
    beside: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What stands beside them: the same of first closings, and such in which declining keeps and ends nothing."""
    notes: list[dict[str, Any]] = field(default_factory=list)
    """``questions`` by name, for other languages: id and share."""
    asked: list[dict[str, Any]] = field(default_factory=list)
    """What the city is asked to look at: id, share, having, of, words."""
    districts: dict[str, Any] = field(default_factory=dict)
    """Mean time open by district, and how far districts differ."""


@dataclass(frozen=True)
class Report:
    """The whole content of a report, JSON-able."""

    period: str
    network: str
    method_version: str
    cities: list[CityPart]
    codes: list[dict[str, Any]]
    weights: dict[str, float]
    """The network's mix of codes, by which shares are standardised; sums to 1."""
    definitions: list[dict[str, Any]]
    remarks: list[str]
    before: str = ""
    """The period of the same length before this one."""
    report_version: str = ""
    """Raised whenever what a report says, or how, changes."""
    promise_weights: dict[str, float] = field(default_factory=dict)
    """The same mix, of the codes in which cities published promises that fell due in this period."""
    funnels: list[dict[str, Any]] = field(default_factory=list)
    compared: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Standardised figures around the network's common value, by figure."""
    weights_frozen: bool = False
    """Whether the mix is the one that is frozen for the year in which the period ends."""


@dataclass(frozen=True)
class Gathered:
    """A city's cells of one snapshot, in the periods that a report speaks of, by network code."""

    cells: Mapping[CellKey, Cell]
    received: Mapping[str, Cell]
    earlier: Mapping[str, Cell]
    ever: Mapping[str, Cell]
    of_districts: Mapping[CellKey, Cell] = field(default_factory=dict)
    untold: tuple[str, ...] = ()
    """What the endpoint does not tell through which the network reads the city; empty for one that speaks itself."""

    @property
    def not_told(self) -> tuple[str, ...]:
        """The same, of a city most of whose issues in the period came through that endpoint; else nothing."""
        pooled = Cell.merged(self.received.values())
        return self.untold if pooled.count("imported") * 2 > pooled.count("issues") else ()

    @classmethod
    def of(
        cls,
        cells: Mapping[CellKey, Cell],
        period: Period,
        before: Period,
        of_districts: Mapping[CellKey, Cell] | None = None,
        untold: tuple[str, ...] = (),
    ) -> Gathered:
        """Pooled by code in the period, in the one before, and in all months."""
        return cls(
            cells,
            cells_in(cells, period),
            cells_in(cells, before),
            cells_in(cells, None),
            of_districts or {},
            untold,
        )


@dataclass(frozen=True)
class Weights:
    """By which mixes of codes every city is weighted alike."""

    issues: Mapping[str, float]
    promises: Mapping[str, float]
    frozen: bool = False

    @classmethod
    def of(
        cls, cities: Sequence[Gathered], codes: Codes, frozen: Mapping[str, float] | None = None
    ) -> Weights:
        """The year's frozen mix; where none is, that of the cities measured together in the period.

        Promises are weighted alike, by the codes of it in which any of those cities gave one.
        """
        received = _measured_together([city.received for city in cities])
        issues = network_mix(received, codes) if frozen is None else frozen
        promised = promise_weights(received, codes)
        return cls(
            issues, {code: part for code, part in issues.items() if code in promised}, frozen is not None
        )


def _measured_together(cities: Sequence[Mapping[str, Cell]]) -> Sequence[Mapping[str, Cell]]:
    """The real cities where enough of them have issues, else all, simulated ones too."""
    whole = [Cell.merged(cells.values()) for cells in cities]
    real = [
        cells
        for cells, cell in zip(cities, whole, strict=True)
        if cell.count("issues") and not cell.count("simulated")
    ]
    return real if len(real) >= FEWEST_CITIES else cities


def city_part(
    city: City,
    snapshot: dict[str, Any] | None,
    gathered: Gathered,
    periods: tuple[Period, Period],
    codes: Codes,
    weights: Weights,
) -> CityPart:
    """What is said about one city, from its snapshot's cells; ``periods``: this one and the one before."""
    received, ever = gathered.received, gathered.ever
    figures = figures_of(received, codes) | backlog_figures(ever, codes) | beside_figures(received)
    shown = publish({key: figure.as_json() for key, figure in figures.items()})
    comparable = {code: cell for code, cell in received.items() if compares(codes.get(code))}
    table = LifeTable.merged(cell.table("resolution") for cell in comparable.values())
    pooled = Cell.merged(received.values())
    coverage = coverage_of(pooled, received, table, _months(gathered.cells, periods[0]))
    untold = gathered.not_told
    notes = [*pulled_notes(untold), *notes_on(pooled, coverage)] if snapshot else []
    equity = equity_part(city, gathered.of_districts, *periods, codes)
    typical = equity.pop("typical"), equity.pop("typical_before")
    headline = headline_told(_headline(gathered, figures, codes, weights, typical), untold)
    return CityPart(
        id=city.id,
        name=name_of(city.names),
        local_name=next((n for tag in city.languages if tag != "en" and (n := city.names.get(tag))), None),
        country=city.country,
        simulated=pooled.count("simulated") > 0,
        population=city.population.value if city.population else None,
        snapshot=snapshot,
        coverage=coverage,
        questions=[note.words for note in notes],
        figures=without_untold(shown, untold),
        standardised=headline["N3b.std"]["now"],
        by_code={
            code: without_untold({SHARE: share}, untold)[SHARE]
            for code, share in shares_by_code(comparable, codes).items()
        },
        curve=_curve(table),
        backlog=backlog_by_age(ever, codes, shown),
        names=dict(city.names),
        languages=list(city.languages),
        band=band_of(city.population.value if city.population else None),
        headline=headline,
        beside=without_untold(_beside(received, codes, weights, equity.pop("typical_undeclined")), untold),
        notes=[note.as_json() for note in notes],
        asked=_asked(gathered) if snapshot else [],
        districts=districts_told(equity, untold),
    )


def _months(cells: Mapping[CellKey, Cell], period: Period) -> list[Any]:
    return sorted(
        {month for (month, _, _), cell in cells.items() if month in period and cell.count("reports")}
    )


def network_mix(cities: Sequence[Mapping[str, Cell]], codes: Codes) -> dict[str, float]:
    """Each comparable code's share of all cities' issues in the period."""
    counts = {
        code.code: sum(city[code.code].table("resolution").total for city in cities if code.code in city)
        for code in codes.values()
        if compares(code) and code.reference_hours is not None
    }
    total = sum(counts.values())
    return {code: count / total for code, count in counts.items() if count}


def within_network_reference(
    cells: Mapping[str, Cell], codes: Codes, weights: Weights, table: str = "sustained"
) -> Figure:
    """The share resolved (for good, or at first) within the reference time, weighted by the network's mix."""
    comparable = {code: cell for code, cell in cells.items() if compares(codes.get(code))}
    return within_reference(comparable, codes, table, weights.issues)


def _headline(
    gathered: Gathered,
    figures: Mapping[str, Figure],
    codes: Codes,
    weights: Weights,
    typical: tuple[Figure, Figure],
) -> dict[str, dict[str, Any]]:
    """The five figures now and in the period before. The backlog of back then is not known any more."""
    shares = [
        within_network_reference(cells, codes, weights) for cells in (gathered.received, gathered.earlier)
    ]
    kept = [
        standardised_lasting(cells, codes, weights.promises)
        for cells in (gathered.received, gathered.earlier)
    ]
    earlier = figures_of(gathered.earlier, codes)["N2b"] if gathered.earlier else None
    past = gathered.earlier or None
    return {
        "N2b": _now_and_before("N2b", figures["N2b"], earlier),
        "N3b.std": _now_and_before("N3b.std", shares[0], past and shares[1], with_error(shares[0])),
        "N5b": _now_and_before("N5b", _none_due(kept[0].figure), past and kept[1].figure, kept[0]),
        "N7b.past_promise": _now_and_before("N7b.past_promise", figures["N7b.past_promise"], None),
        "N13": _now_and_before("N13", typical[0], past and typical[1]),
    }


def _beside(
    cells: Mapping[str, Cell], codes: Codes, weights: Weights, between: Figure
) -> dict[str, dict[str, Any]]:
    """First closings, weighted alike; what was kept of all promises but those withdrawn; N13 so."""
    undeclined = promise_strata(counts_by_code(cells, codes, undeclined_counts), codes)
    found = {
        "N3a.std": within_network_reference(cells, codes, weights, "resolution"),
        "N5": _none_due(standardised_promise(cells, codes, weights.promises).figure),
        "N5b.undeclined": _none_due(standardised_share(undeclined, weights.promises).figure),
        "N13.undeclined": between,
    }
    return {key: _published(key, figure) for key, figure in found.items()}


def _none_due(figure: Figure) -> Figure:
    """The same, or that there was nothing to keep."""
    return figure if figure.n else replace(figure, withheld=NONE)


def _now_and_before(
    key: str, now: Figure, before: Figure | None, error: Standardised | None = None
) -> dict[str, Any]:
    shown = _published(key, now)
    return {
        "now": shown,
        "before": None if before is None else _published(key, before),
        "error": rounded(error.error) if error and shown["value"] is not None else None,
    }


def _asked(gathered: Gathered) -> list[dict[str, Any]]:
    """What the counts ask the city, held against the period before where there is one."""
    now, before = Cell.merged(gathered.received.values()), Cell.merged(gathered.earlier.values())
    return [
        {
            "id": asked.id,
            "share": rounded(asked.having / asked.of),
            "having": asked.having,
            "of": asked.of,
            "words": asked.words,
        }
        for asked in questions(now, before if gathered.earlier else None)
    ]


def _curve(table: LifeTable) -> list[list[float]]:
    if table.total < FEW or not table.ended():
        return []
    curve = kaplan_meier(table.risk)
    points = []
    steps = int(RESTRICTED_HOURS / CURVE_STEP_HOURS)
    for hours in (step * CURVE_STEP_HOURS for step in range(steps + 1)):
        if table.risk.at_risk_at(hours) < ENOUGH_AT_RISK:
            break
        at = curve.at(hours)
        points.append([hours / 24, *(round(x, 5) for x in (at.value, at.low, at.high) if x is not None)])
    return points


def _published(key: str, figure: Figure) -> dict[str, Any]:
    """A figure as the public sees it anywhere: rounded, without counts of 1 to 9 and shares that rest on so few."""
    return published(key, figure.as_json())


def name_of(names: Mapping[str, str]) -> str:
    """The English name, or whichever there is."""
    return names.get("en") or next(iter(names.values()))

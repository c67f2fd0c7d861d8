"""Figures of cities side by side, and of each by district, by age and by month; what cities are asked."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, Field

from api.schemas.common import Names
from api.schemas.figures import (
    CityFigures,
    Code,
    FigureDefinition,
    FigureShown,
    Funnel,
    SnapshotShort,
    Verdict,
    WithheldCode,
    WithheldValues,
)


class WeightsShown(BaseModel):
    """The network's mix of codes, by which figures are standardised."""

    year: int
    frozen: bool = Field(description="False where no year before is known: the period's own mix")
    codes: dict[str, float]


class FunnelOfPeriod(Funnel):
    """The funnel of one figure."""

    period: str


class Indicators(BaseModel):
    """Cities side by side, in order of their English names: not a ranking."""

    period: str
    code: str
    district: str | None
    method_version: str
    weights: WeightsShown
    simulated: list[str]
    funnels: dict[str, Funnel]
    cities: list[CityFigures]
    without_figures: list[str]


class CityPosition(BaseModel):
    """Where a city opens on a map."""

    lat: float
    lon: float


class Coverage(BaseModel):
    """How much a city reported, and how good its data are."""

    reports: int | None
    issues: int | None
    months: int
    first_month: str | None
    last_month: str | None
    quality: dict[str, FigureShown]


class PulledCity(BaseModel):
    """A city without Nagara, read through its Open311 endpoint."""

    missing: list[str] = Field(
        description="What its endpoint does not tell: first_response, duplicates, closing_reason, reopening, pauses, "
        "escalation, satisfaction, private_requests. Figures that rest on it are withheld"
    )
    seen_until: dt.datetime | None


class OverviewCity(BaseModel):
    """One city on the network's first page."""

    city: str
    names: Names
    country: str
    centre: CityPosition
    simulated: bool
    snapshot: SnapshotShort | None
    coverage: Coverage | None
    headline: dict[str, FigureShown]
    beside: dict[str, Verdict]
    pulled: PulledCity | None


class Overview(BaseModel):
    """Every city of the network, in order of English name."""

    period: str
    method_version: str
    cities: list[OverviewCity]


class CoursePoint(BaseModel):
    """Of all issues, the shares open, resolved, declined and withdrawn after so many hours; they add up to 1.

    The last three are null where it is not told how issues ended.
    """

    hours: float
    open: float
    low: float
    high: float
    resolved: float | None
    not_actionable: float | None
    withdrawn: float | None
    n: int


class Course(BaseModel):
    """How a city's issues close over time."""

    city: str
    names: Names
    country: str
    simulated: bool
    snapshot: SnapshotShort
    points: list[CoursePoint]
    causes_withheld: str | None = Field(description="Why it is not told how issues ended")
    causes_withheld_code: str | None = None
    causes_withheld_values: dict[str, float] | None = None


class Courses(BaseModel):
    """Survival curves with their bands, every hour of the first day and every six hours to 30 days."""

    period: str
    code: str
    district: str | None
    cities: list[Course]


class DistrictShown(BaseModel):
    """A district's mean time open in 30 days, as observed and drawn to the city's mean by what may be chance."""

    district: str
    geometry: str = Field(description="City and district code, as the districts' shapes are named")
    names: Names
    population: int | None
    n: int | None
    value: float | None
    low: float | None
    high: float | None
    smoothed: float | None = Field(description="Empirical-Bayes value: what a map should show")
    kept: float | None = Field(description="How much of the district's own value is kept")
    withheld: str | None
    withheld_code: WithheldCode = None
    withheld_values: WithheldValues = None
    delay: FigureShown = Field(description="N14: hours until a problem is first reported")


class Gaps(BaseModel):
    """How districts differ, in hours; all but ``withheld`` are absent where it is not known."""

    withheld: str | None
    withheld_code: WithheldCode = None
    withheld_values: WithheldValues = None
    mean: float | None = None
    mean_gap: float | None = None
    typical: float | None = None
    widest: float | None = None
    theil: float | None = None
    mld: float | None = None
    gini: float | None = None


class Equity(BaseModel):
    """Differences between the districts of a city."""

    city: str
    names: Names
    country: str
    period: str
    simulated: bool = False
    snapshot: SnapshotShort | None
    figure: FigureShown | None
    gaps: Gaps | None
    districts: list[DistrictShown]


class AgeClass(BaseModel):
    """Open issues of an age; null where 1 to 9, and where the total would give such a class away."""

    from_days: float
    to_days: float | None
    open: int | None


class CityBacklog(BaseModel):
    """What is open in a city."""

    city: str
    names: Names
    country: str
    simulated: bool
    snapshot: SnapshotShort
    figures: dict[str, FigureShown]
    classes: list[AgeClass]


class Backlogs(BaseModel):
    """What is open, whenever received."""

    period: str
    cities: list[CityBacklog]


class MonthShown(BaseModel):
    """Figures of one month."""

    month: str
    figures: dict[str, FigureShown]


class Break(BaseModel):
    """A month from which on something is counted otherwise."""

    month: str
    what: Literal["method", "configuration", "holidays"]
    words: str


class CodeCounts(BaseModel):
    """A common code's requests, a number for each month of the period."""

    code: str
    received: list[int] = Field(description="By month of receipt")
    open: list[int] = Field(description="By month of receipt: how many of these are open now")
    closed: list[int] = Field(description="By month of closing")


class CityCounts(BaseModel):
    """A city's requests as they stand now; every request counts, duplicates and inspections too."""

    city: str
    names: Names
    country: str
    codes: list[CodeCounts]


class LiveCounts(BaseModel):
    """How many requests came, are open and were closed. Months are those of each city's own zone."""

    period: str
    as_of: dt.datetime
    months: list[str]
    cities: list[CityCounts]


class Trend(BaseModel):
    """A city's figures month by month."""

    city: str
    names: Names
    country: str
    period: str
    snapshot: SnapshotShort | None
    months: list[MonthShown]
    breaks: list[Break]


class QuestionShown(BaseModel):
    """What a city is asked about its figures; not a verdict."""

    city: str
    month: str
    id: str
    words: str
    counted: int
    of: int
    first_asked: dt.datetime
    network_sees_from: dt.datetime


class Questions(BaseModel):
    """Questions, newest first."""

    questions: list[QuestionShown]


class Definitions(BaseModel):
    """Every figure's definition, and the codes."""

    definitions: list[FigureDefinition]
    codes: list[Code]

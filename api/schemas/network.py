"""Figures of cities side by side, their definitions, and reports."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from api.schemas.common import Named, Names

WithheldCode = Annotated[
    str | None,
    Field(
        description="The reason, for programs; absent where nothing is withheld. Its English words may change",
        examples=["too_few_issues"],
    ),
]
WithheldValues = Annotated[
    dict[str, float] | None,
    Field(
        description="Numbers of the reason: shares from 0 to 1, times in hours, all else counts",
        examples=[{"least": 30}],
    ),
]


class FigureShown(BaseModel):
    """A figure with its 95 % limits, of how many, or the reason why it is withheld."""

    value: float | None
    low: float | None
    high: float | None
    n: int | None = Field(description="Of how many; null where fewer than 10")
    events: int | None
    withheld: str | None
    withheld_code: WithheldCode = None
    withheld_values: WithheldValues = None
    provisional: bool
    note: str | None
    flags: list[Literal["provisional", "unstable", "few", "suppressed"]]


class CurvePoint(BaseModel):
    """The share still open so many hours after receipt, with its 95 % band and how many are followed there."""

    hours: float
    open: float | None
    low: float | None
    high: float | None
    n: int


class Snapshot(BaseModel):
    """What a city's figures were computed from."""

    id: str
    cut_off: dt.datetime
    method_version: str
    config_fingerprints: list[str]
    holidays_version: str
    inputs_digest: str
    events_seen: int


class Peer(BaseModel):
    """Who a city is read beside: context, not an adjustment."""

    population: int | None
    population_source: str | None
    band: Literal["below 0.3 m", "0.3 to 2 m", "above 2 m"] | None


class Verdict(BaseModel):
    """How far a city's figure lies from the network's, and what that asks for."""

    verdict: Literal["usual", "watch", "investigate"]
    words: str
    z: float
    z_adjusted: float = Field(description="Allowing for what usually differs between cities")
    stands: bool = Field(description="When at most 5 % of those named may be chance (Benjamini-Hochberg)")


class Rank(BaseModel):
    """The 95 % interval of a rank by 1,000 bootstraps; 1 is the smallest value."""

    low: int
    high: int
    of: int


class CityFigures(BaseModel):
    """One city's figures by the ids of their definitions."""

    city: str
    names: Names
    country: str
    peer: Peer
    simulated: bool = Field(description="True where made-up requests are among those counted")
    snapshot: Snapshot
    figures: dict[str, FigureShown]
    without_emergencies: dict[str, FigureShown] | None = Field(
        description="Of requests received in no declared emergency; null where none was declared"
    )
    survival: list[CurvePoint]
    beside: dict[str, Verdict]
    ranks: dict[str, Rank] | None


class WeightsShown(BaseModel):
    """The network's mix of codes, by which figures are standardised."""

    year: int
    frozen: bool = Field(description="False where no year before is known: the period's own mix")
    codes: dict[str, float]


class FunnelLimits(BaseModel):
    """Control limits at 95 % and 99.8 %."""

    low_95: float
    high_95: float
    low_998: float
    high_998: float


class FunnelStep(FunnelLimits):
    """Limits at a number of cases."""

    n: int


class FunnelPoint(BaseModel):
    """A city in a funnel; without a verdict where fewer than three cities can be held together."""

    city: str
    names: Names
    simulated: bool
    value: float
    low: float | None
    high: float | None
    n: int | None
    z: float | None
    z_adjusted: float | None
    stands: bool
    verdict: Literal["usual", "watch", "investigate"] | None
    words: str | None
    limits: FunnelLimits | None


class LeftOut(BaseModel):
    """A city that is not in a funnel."""

    city: str
    why: str
    why_code: str = Field(description="The reason, for programs, as withheld_code of a figure")
    why_values: dict[str, float]


class Funnel(BaseModel):
    """Cities around a common value, instead of a league table (Spiegelhalter, 2005)."""

    figure: str
    unit: str
    target: float | None
    phi: float | None
    overdispersed: bool
    tau_squared: float
    unlike: str | None
    points: list[FunnelPoint]
    limits: list[FunnelStep]
    left_out: list[LeftOut]


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


class SnapshotShort(BaseModel):
    """Which computation, and as of when."""

    id: str
    cut_off: dt.datetime


class Position(BaseModel):
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
    centre: Position
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
    """Of all issues, the shares open, resolved, declined and withdrawn after so many hours; they add up to 1."""

    hours: float
    open: float
    low: float
    high: float
    resolved: float
    not_actionable: float
    withdrawn: float
    n: int


class Course(BaseModel):
    """How a city's issues close over time."""

    city: str
    names: Names
    country: str
    simulated: bool
    snapshot: SnapshotShort
    points: list[CoursePoint]


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
    """Open issues of an age; null where 1 to 9."""

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


class Definition(BaseModel):
    """What a figure is."""

    id: str
    name: str
    unit: str
    estimand: str
    denominator: str
    interval: str
    source: str
    minimum_n: int
    comparability: str


class Code(Named):
    """One of the network's common codes; A: times are compared, B: answers and promises, C: counts only."""

    service_class: str
    comparability: Literal["A", "B", "C"]
    reference_hours: float | None


class Definitions(BaseModel):
    """Every figure's definition, and the codes."""

    definitions: list[Definition]
    codes: list[Code]


class ReportShown(BaseModel):
    """A network report."""

    id: str
    period: str
    created_at: dt.datetime
    content_digest: str
    url: str
    edition: int
    corrects: str | None = Field(description="The report that this edition corrects")
    changes: str | None = Field(description="What it changes")
    released_at: dt.datetime


class ReportContent(BaseModel):
    """A report for programs; the digest covers its content, the snapshots say what it was made of."""

    id: str
    period: str
    created_at: dt.datetime
    snapshot_ids: dict[str, str]
    content_digest: str
    content: dict[str, Any]
    dictionary: list[dict[str, str]] = Field(description="What the columns of the CSV and the figures mean")


class Reports(BaseModel):
    """The reports there are, newest first."""

    reports: list[ReportShown]

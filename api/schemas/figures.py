"""Figures: with their limits or the reason why they are withheld, what they were computed from, and what they mean."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

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


class SnapshotShort(BaseModel):
    """Which computation, and as of when."""

    id: str
    cut_off: dt.datetime


class FigureDefinition(BaseModel):
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

"""Figures of cities side by side, their definitions, and reports."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from pydantic import BaseModel, Field

from api.schemas.common import Named, Names


class FigureShown(BaseModel):
    """A figure with its 95 % limits, of how many, or the reason why it is withheld."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    events: int | None
    withheld: str | None
    provisional: bool
    note: str | None


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


class CityFigures(BaseModel):
    """One city's figures by the ids of their definitions."""

    city: str
    names: Names
    simulated: bool = Field(description="True where made-up requests are among those counted")
    snapshot: Snapshot
    figures: dict[str, FigureShown]
    survival: list[CurvePoint]


class Indicators(BaseModel):
    """Cities side by side, in order of their English names: not a ranking."""

    period: str
    code: str
    district: str | None
    method_version: str
    simulated: list[str]
    cities: list[CityFigures]
    without_figures: list[str]


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


class Reports(BaseModel):
    """The reports there are, newest first."""

    reports: list[ReportShown]

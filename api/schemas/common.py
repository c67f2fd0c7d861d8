"""Parts that several rooms share. Input models are closed to unknown fields."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Names = dict[str, str]


class Input(BaseModel):
    """A body: unknown fields are refused rather than ignored, so that a typing error is seen."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class MoveDetails(Input):
    """What any move of a request may come with."""

    note: str | None = Field(default=None, max_length=4000)
    assignee: str | None = Field(default=None, max_length=500)
    department: str | None = Field(default=None, max_length=64)
    reason: str | None = Field(default=None, max_length=64)
    service_code: str | None = Field(default=None, max_length=64)
    parent: str | None = Field(default=None, max_length=40)
    priority: str | None = Field(default=None, max_length=16)


class Named(BaseModel):
    """Something with a code and names by language."""

    code: str
    names: Names


class Position(BaseModel):
    """WGS 84 degrees."""

    lat: float
    lon: float


class Choice(BaseModel):
    """A possible answer."""

    key: str
    names: Names


class Promise(BaseModel):
    """By when the department answers; ``reference`` is a yardstick, not a promise the city published."""

    acknowledge_by: dt.datetime | None
    respond_by: dt.datetime | None
    resolve_by: dt.datetime | None
    standard: Literal["published", "internal", "reference"]


class Route(BaseModel):
    """Which rule sent it where it is, and why."""

    rule: str
    reason: str


class FeatureCollection(BaseModel):
    """GeoJSON (RFC 7946); further members say source and licence."""

    model_config = ConfigDict(extra="allow")

    type: Literal["FeatureCollection"]
    features: list[dict[str, Any]]

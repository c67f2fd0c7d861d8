"""What a command centre's wall is told: aggregates of one city, never a request."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, Field

from api.schemas.common import Named, Names


class ServiceCount(BaseModel):
    """How many of a service; null: of services and requests that the public never sees, together."""

    service: Named | None
    count: int


class WallReceived(BaseModel):
    """What came in within 24 hours."""

    last_24_hours: int
    by_hour: list[int] = Field(description="24 numbers, the hour that began 24 hours ago first")
    by_service: list[ServiceCount]


class Due(BaseModel):
    """What is past its next promised or watched time, and what comes due."""

    overdue: int
    by_hour: list[int] = Field(description="Due in each of the next 24 hours, the nearest first")


class DistrictLoad(BaseModel):
    """What is open in a district; null: without a district."""

    district: Named | None
    open: int
    overdue: int
    due_soon: int = Field(description="Due within 24 hours")


class WallCell(BaseModel):
    """The middle of a square of the grid, and what is open in it."""

    lat: float
    lon: float
    open: int
    overdue: int


class Grid(BaseModel):
    """Open requests on a grid, those most overdue first."""

    metres: int
    cells: list[WallCell]
    placed_of_open: bool = Field(description="False where only those due first were looked through")


class LevelCount(BaseModel):
    """How many stand on a rung; 0: escalated by a person alone."""

    level: int
    count: int


class Climbing(BaseModel):
    """Escalated requests of one service, district and level."""

    level: int
    service: Named | None
    district: Named | None
    count: int
    oldest_received_at: dt.datetime


class Escalations(BaseModel):
    """What was escalated and is still open."""

    total: int
    by_level: list[LevelCount]
    groups: list[Climbing]


class Wall(BaseModel):
    """A city's wall at a moment."""

    city: str
    names: Names
    timezone: str
    counted_at: dt.datetime
    received: WallReceived
    closed_last_24_hours: int
    open: int
    due: Due
    districts: list[DistrictLoad]
    grid: Grid
    escalations: Escalations

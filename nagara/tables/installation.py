"""What belongs to the installation: its timers, the configurations it ran on, what it learned."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Interval,
    LargeBinary,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from nagara.tables.columns import instant


class TimerRun(SQLModel, table=True):
    """When a task of the time door last ran, and how it went; of the installation, so of no city."""

    __tablename__ = "timer_run"

    task: str = Field(primary_key=True)
    begun_at: dt.datetime = Field(sa_column=instant(nullable=False))
    ended_at: dt.datetime = Field(sa_column=instant(nullable=False))
    ok: bool
    runs: int = Field(default=1, sa_column=Column(BigInteger, nullable=False))
    failures: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))


class Timer(SQLModel, table=True):
    """What the clock rings, written down by whoever rings; of the installation, so of no city."""

    name: str = Field(primary_key=True)
    task: str
    longest_gap: dt.timedelta = Field(sa_column=Column(Interval, nullable=False))
    known_since: dt.datetime = Field(sa_column=instant(nullable=False))


class ConfigVersion(SQLModel, table=True):
    """The configuration behind a fingerprint, so that what decided a request can be read years later."""

    __tablename__ = "config_version"

    city_id: str = Field(primary_key=True)
    fingerprint: str = Field(primary_key=True)
    recorded_at: dt.datetime = Field(sa_column=instant(nullable=False))
    content: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))


class SuggestionModel(SQLModel, table=True):
    """Runs of characters by service, learnt from a city's reports; none that fewer than three reports share."""

    __tablename__ = "suggestion_model"

    city_id: str = Field(primary_key=True)
    learnt_at: dt.datetime = Field(sa_column=instant(nullable=False))
    reports: int
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))

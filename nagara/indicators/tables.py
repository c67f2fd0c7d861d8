"""The rows that keep published figures: written once, never changed.

A snapshot says from what a city's figures were computed; its figures hang on it; a network report names the
snapshots it read. All three are immutable: a correction is a new row, so that a figure quoted last year can
still be found and recomputed. The database refuses UPDATE and DELETE on these tables.
"""

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel


class IndicatorSnapshot(SQLModel, table=True):
    """One computation of one city's figures "as of" a cut-off.

    `inputs_digest` covers every event that was read, the cut-off, the method version and the facts of the
    network codes; the same inputs never make a second snapshot. `built_at` is also the moment of knowledge:
    events recorded later are not in it.
    """

    __tablename__ = "indicator_snapshot"
    __table_args__ = (
        UniqueConstraint("city_id", "inputs_digest", name="indicator_snapshot_inputs"),
        Index("indicator_snapshot_latest", "city_id", text("built_at DESC"), text("id DESC")),
        CheckConstraint("events_seen >= 0", name="indicator_snapshot_events_seen"),
    )

    city_id: str = Field(primary_key=True, sa_type=Text)
    id: UUID = Field(primary_key=True)
    cut_off: dt.datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    built_at: dt.datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    method_version: str = Field(sa_type=Text)
    config_fingerprints: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    holidays_version: str = Field(sa_type=Text)
    inputs_digest: str = Field(sa_type=Text)
    events_seen: int = Field(sa_column=Column(BigInteger, nullable=False))
    inputs: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB))
    """What the digest covers: the events' digest, the time zone, the facts of the codes."""
    month_rows: dict[str, str] | None = Field(default=None, sa_column=Column(JSONB))
    """Months that nothing had touched, and the earlier snapshot whose rows of that month hold here too."""


class IndicatorFigure(SQLModel, table=True):
    """The counts and figures of one city, month, network code and district within one snapshot.

    `month` is the first day of the local month of receipt (of the due time, for promises). `network_code`
    'all' pools the codes, `district` '' pools the districts and '-' is "no district known". `life_table` is
    the sufficient statistic: it adds up over months and holds nothing about a person. `figures` is empty
    where only the counts are kept (one code, or one district).
    """

    __tablename__ = "indicator_figure"
    __table_args__ = (
        ForeignKeyConstraint(
            ["city_id", "snapshot_id"],
            ["indicator_snapshot.city_id", "indicator_snapshot.id"],
            name="indicator_figure_snapshot",
        ),
        CheckConstraint("extract(day from month) = 1", name="indicator_figure_first_of_month"),
    )

    city_id: str = Field(primary_key=True, sa_type=Text)
    snapshot_id: UUID = Field(primary_key=True)
    month: dt.date = Field(primary_key=True)
    network_code: str = Field(primary_key=True, sa_type=Text)
    district: str = Field(primary_key=True, sa_type=Text, default="")
    life_table: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    figures: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))


class NetworkReport(SQLModel, table=True):
    """One network report for a period, kept as it was when it was built.

    `content_digest` covers the period, the snapshots and the content: building it again from the same
    snapshots finds this row instead of making another, and gives the same bytes. `city_id` is 'network'.
    """

    __tablename__ = "network_report"
    __table_args__ = (UniqueConstraint("city_id", "content_digest", name="network_report_content"),)

    city_id: str = Field(primary_key=True, sa_type=Text, default="network")
    id: UUID = Field(primary_key=True)
    period: str = Field(sa_type=Text)
    created_at: dt.datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    snapshot_ids: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    content_digest: str = Field(sa_type=Text)
    content: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    html: str = Field(sa_type=Text)


def _number(kind: type[BigInteger | Integer | SmallInteger]) -> Any:
    return Field(sa_column=Column(kind, nullable=False))


class IndicatorIssue(SQLModel, table=True):
    """What one request adds to the figures, in numbers (see ``facts.Row``); rewritten when it has new events.

    ``head`` is the hash of its last event known: it covers all before.
    """

    __tablename__ = "indicator_issue"

    city_id: str = Field(primary_key=True, sa_type=Text)
    request_id: UUID = Field(primary_key=True)
    head: bytes
    group_id: int = _number(Integer)
    month: int = _number(Integer)
    received: int = _number(BigInteger)
    response: int = _number(BigInteger)
    response_cause: int = _number(SmallInteger)
    resolution: int = _number(BigInteger)
    resolution_cause: int = _number(SmallInteger)
    sustained: int = _number(BigInteger)
    sustained_cause: int = _number(SmallInteger)
    until: int = _number(BigInteger)
    due: int = _number(BigInteger)
    due_month: int = _number(Integer)
    standard: int = _number(SmallInteger)
    flags: int = _number(Integer)
    resolved_month: int = _number(Integer)
    closed_month: int = _number(Integer)
    reason: int = _number(SmallInteger)
    level: int = _number(SmallInteger)
    rating: int = _number(SmallInteger)
    rated_month: int = _number(Integer)
    followers: int = _number(SmallInteger)
    early_followers: int = _number(SmallInteger)
    events: int = _number(Integer)


class IndicatorGroup(SQLModel, table=True):
    """The number of a network code, district and configuration."""

    __tablename__ = "indicator_group"
    __table_args__ = (
        UniqueConstraint("city_id", "network_code", "district", "fingerprint", name="indicator_group_names"),
    )

    city_id: str = Field(primary_key=True, sa_type=Text)
    id: int = Field(primary_key=True)
    network_code: str = Field(sa_type=Text)
    district: str = Field(sa_type=Text)
    fingerprint: str = Field(sa_type=Text)


class IndicatorBuild(SQLModel, table=True):
    """How far a city's kept facts follow its log, what the last build cost, and when they were last proved.

    ``touched`` are the months that changed since the snapshot. ``differences`` is how many rows the last proof
    found to differ from what the whole log says; anything but 0 was repaired and told.
    """

    __tablename__ = "indicator_build"

    city_id: str = Field(primary_key=True, sa_type=Text)
    known_at: dt.datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    snapshot_id: UUID | None = None
    cut_off: dt.datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    touched: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))
    requests_read: int = _number(BigInteger)
    months_built: int = _number(Integer)
    built_at: dt.datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    proved_at: dt.datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    differences: int | None = Field(default=None, sa_column=Column(BigInteger))

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
        Index("indicator_snapshot_versions", "city_id", "method_version", "holidays_version", "built_at"),
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
    """The counts and figures of one city and month within one snapshot.

    `month` is the first day of the local month of receipt (of the due time, for promises). `cells` is the
    sufficient statistic by code and district: it adds up over months and holds nothing about a person. Before the
    third method each cell was a row of its own, with its counts in `life_table`; since then `network_code` is 'all'
    and `district` ''.
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
    cells: bytes | None = None
    """All cells of the month, packed (see ``packed``); of methods before the third none: a row was one cell then."""
    configurations: list[str] | None = Field(default=None, sa_column=Column(ARRAY(Text)))
    """Fingerprints of the configurations under which the month's requests were filed."""


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


class IndicatorPart(SQLModel, table=True):
    """What the requests of some three days add to the figures (see ``issue_store``); rewritten when one has news.

    ``content`` are rows of whole numbers (``facts.Row``); ``digest`` covers the hash of each request's last event.
    """

    __tablename__ = "indicator_part"

    city_id: str = Field(primary_key=True, sa_type=Text)
    bucket: int = Field(primary_key=True)
    requests: int = _number(Integer)
    events: int = _number(BigInteger)
    months: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))
    groups: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))
    digest: bytes
    content: bytes


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
    whole_as_of: dt.datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    """The cut-off at which months were last counted because time alone had passed."""
    layout: str | None = None
    """Which columns the kept rows have; of another version's nothing is read."""


class IndicatorProgress(SQLModel, table=True):
    """How far the build of a city is that runs now, or how the last one ended; written beside its transaction."""

    __tablename__ = "indicator_progress"

    city_id: str = Field(primary_key=True, sa_type=Text)
    task: str
    begun_at: dt.datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    told_at: dt.datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    requests: int = _number(BigInteger)
    ended_at: dt.datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    outcome: str | None = None


class IndicatorSheet(SQLModel, table=True):
    """A city's figures of a period that is often asked for, computed from a snapshot; can be made again any time."""

    __tablename__ = "indicator_sheet"

    city_id: str = Field(primary_key=True, sa_type=Text)
    snapshot_id: UUID = Field(primary_key=True)
    period: str = Field(primary_key=True)
    content: bytes
    brief: bytes | None = None
    """What of it is needed where the city only stands beside others; missing where it was kept before there was one."""
    shown: bytes | None = None
    """Its figures as the public sees them, ready to be sent (see ``shown``)."""
    shown_to_officials: bytes | None = None
    curve: bytes | None = None
    """The points of its curve, ready to be sent."""


class IndicatorSum(SQLModel, table=True):
    """What figures of any period need of all months of a snapshot (see ``month_sums``); can be made again any time."""

    __tablename__ = "indicator_sum"

    city_id: str = Field(primary_key=True, sa_type=Text)
    snapshot_id: UUID = Field(primary_key=True)
    months: bytes
    """What came month by month, by code: by this other cities are weighed."""
    backlog: bytes
    """The cells of all months, no more of them than open issues."""
    places: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB))
    """Where the numbers of each code lie within the bytes of each month, and of the backlog (see ``code_cells``)."""


class IndicatorWeights(SQLModel, table=True):
    """The network's mix of codes by which a year's figures are standardised: frozen when the year begins."""

    __tablename__ = "indicator_weights"

    city_id: str = Field(primary_key=True, sa_type=Text, default="network")
    year: int = Field(primary_key=True)
    frozen_at: dt.datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    codes: dict[str, float] = Field(sa_column=Column(JSONB, nullable=False))
    snapshot_ids: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))


class IndicatorQuestion(SQLModel, table=True):
    """What a city was asked about its figures of a month; its own accounts see it before the network does."""

    __tablename__ = "indicator_question"

    city_id: str = Field(primary_key=True, sa_type=Text)
    month: dt.date = Field(primary_key=True)
    question: str = Field(primary_key=True)
    words: str
    counted: int = _number(BigInteger)
    of_all: int = _number(BigInteger)
    first_asked: dt.datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    network_sees_from: dt.datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))

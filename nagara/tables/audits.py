"""Tables of audits: random samples of resolved requests that somebody looks at."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import ForeignKeyConstraint
from sqlmodel import Field, SQLModel

from nagara.tables.columns import instant


class ResolutionAudit(SQLModel, table=True):
    """The sample of one quarter: of which snapshot, by which seed, from how many. What was found stands in events."""

    __tablename__ = "resolution_audit"

    city_id: str = Field(primary_key=True)
    quarter: str = Field(primary_key=True)
    snapshot_id: uuid.UUID
    cut_off: dt.datetime = Field(sa_column=instant(nullable=False))
    known_at: dt.datetime = Field(sa_column=instant(nullable=False))
    seed: str
    seed_from: str
    resolved: int
    digest: str
    drawn_by: str
    drawn_at: dt.datetime = Field(sa_column=instant(nullable=False))


class ResolutionAuditItem(SQLModel, table=True):
    """One request of a sample, numbered in the order of the draw."""

    __tablename__ = "resolution_audit_item"
    __table_args__ = (
        ForeignKeyConstraint(
            ["city_id", "quarter"], ["resolution_audit.city_id", "resolution_audit.quarter"]
        ),
        ForeignKeyConstraint(["city_id", "request_id"], ["request.city_id", "request.id"]),
    )

    city_id: str = Field(primary_key=True)
    quarter: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    request_id: uuid.UUID

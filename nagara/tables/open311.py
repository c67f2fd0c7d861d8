"""What GeoReport's extensions keep: updates that were taken once, and trial requests of the sandbox."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import Column, ForeignKeyConstraint, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from nagara.tables.columns import instant


class GeoreportUpdate(SQLModel, table=True):
    """An update another system sent of a request: its id is taken once; ``digest`` tells a repetition from another."""

    __tablename__ = "georeport_update"
    __table_args__ = (ForeignKeyConstraint(["city_id", "request_id"], ["request.city_id", "request.id"]),)

    city_id: str = Field(primary_key=True)
    system: str = Field(primary_key=True)
    update_id: str = Field(primary_key=True)
    request_id: uuid.UUID
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    taken_at: dt.datetime = Field(sa_column=instant(nullable=False))


class GeoreportTrial(SQLModel, table=True):
    """What a developer filed at the sandbox: seen there alone, nobody's work, gone at ``expires_at``."""

    __tablename__ = "georeport_trial"

    city_id: str = Field(primary_key=True)
    reference: str = Field(primary_key=True)
    system: str
    content: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    filed_at: dt.datetime = Field(sa_column=instant(nullable=False))
    expires_at: dt.datetime = Field(sa_column=instant(nullable=False))
    idempotency_key: str | None = None
    body_digest: bytes | None = Field(default=None, sa_column=Column(LargeBinary))

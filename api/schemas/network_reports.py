"""Network reports, as they were published."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import BaseModel, Field


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

"""Columns that every table writes alike."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, DateTime


def instant(*, nullable: bool = True) -> Any:
    """Return a column of aware times: ``timestamptz``."""
    return Column(DateTime(timezone=True), nullable=nullable)

"""What is made for the public's maps and files, from requests anybody may see; nothing here is a source."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Column, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import UserDefinedType
from sqlmodel import Field, SQLModel

from nagara.tables.columns import instant


class TransactionNumber(UserDefinedType[str]):
    """PostgreSQL's ``xid8``: the number of a transaction, which never comes back."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """The type's name."""
        return "xid8"


ischema_names["xid8"] = TransactionNumber  # so that what is read back of a database is known


class MapChange(SQLModel, table=True):
    """That a transaction changed what a city's map shows in a cell (``nagara.gis.map_changes``); triggers write it."""

    __tablename__ = "map_change"

    city_id: str = Field(primary_key=True)
    cell: int = Field(primary_key=True)
    change: str = Field(sa_column=Column(TransactionNumber, primary_key=True))


class MapBuild(SQLModel, table=True):
    """Of what a city's tiles were made: its configuration, its newest change by then, and how many points.

    All transactions below ``ended_before`` had ended by ``ended_at``; some changes of those below ``forgotten_before``
    are forgotten.
    """

    __tablename__ = "map_build"

    city_id: str = Field(primary_key=True)
    fingerprint: str
    newest: dt.datetime | None = Field(default=None, sa_column=instant())
    built_at: dt.datetime = Field(sa_column=instant(nullable=False))
    points: int
    ended_before: str | None = Field(default=None, sa_column=Column(TransactionNumber))
    ended_at: dt.datetime | None = Field(default=None, sa_column=instant())
    forgotten_before: str | None = Field(default=None, sa_column=Column(TransactionNumber))


class MapTile(SQLModel, table=True):
    """A vector tile of a city, ready to be served; one without anything in it is not there."""

    __tablename__ = "map_tile"

    city_id: str = Field(primary_key=True)
    z: int = Field(primary_key=True)
    x: int = Field(primary_key=True)
    y: int = Field(primary_key=True)
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class OpenDataVersion(SQLModel, table=True):
    """A day's files of a city's open data: published to all, so no other city is kept from it."""

    __tablename__ = "open_data_version"

    city_id: str = Field(primary_key=True)
    day: dt.date = Field(primary_key=True)
    made_at: dt.datetime = Field(sa_column=instant(nullable=False))
    config_fingerprint: str
    licence: str
    requests: int
    files: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    hidden: bytes | None = Field(default=None, sa_column=Column(LargeBinary))

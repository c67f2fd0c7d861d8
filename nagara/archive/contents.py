"""What belongs to a city's archive, table by table, and what the archive says of itself."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Table

from nagara.indicators import tables as indicator_tables
from nagara.tables import metadata
from nagara.tables import network as network_tables

FORMAT: Literal["nagara-city-archive/1"] = "nagara-city-archive/1"
MANIFEST = "manifest.json"

KNOWN = (network_tables.TrustRoot, indicator_tables.IndicatorSnapshot)
"""Named so that their modules, and with them their tables, are part of ``metadata`` here."""

STAYS = MappingProxyType(
    {
        "event_outbox": "notices on their way go out where they began; both installations would send them",
        "notification": "as event_outbox; what was told stands in the events",
        "message": "as event_outbox",
        "alert_waiting": "as event_outbox",
        "one_time_code": "valid for minutes",
        "resident_session": "residents sign in again",
        "staff_session": "staff sign in again",
        "move_key": "guards against the same move twice for hours, on the connection it was made on",
        "telegram_draft": "a report not yet sent; of no city",
        "telegram_update": "numbers of one bot at one installation",
        "telegram_link": "valid for minutes",
        "timer_run": "of the installation",
        "suggestion_model": "learned anew from the requests",
        "request_words": "found anew from the requests",
        "request_count": "counted anew from the requests",
        "request_count_version": "counted anew from the requests",
        "request_count_news": "counted anew from the requests",
        "indicator_build": "worked out anew from the events",
        "indicator_group": "worked out anew from the events",
        "indicator_part": "worked out anew from the events",
        "indicator_progress": "tells how far a build is",
        "indicator_sheet": "worked out anew from the snapshots",
        "indicator_sum": "worked out anew from the snapshots",
        "indicator_question": "asked anew of the snapshots",
        "map_change": "tells of this installation's transactions",
        "map_build": "drawn anew from the requests",
        "map_tile": "drawn anew from the requests",
        "open_data_version": "names files that lie where they were published",
        "georeport_trial": "of the sandbox",
        "indicator_weights": "the network's",
        "network_root": "the network's copy, which a city must not bring along",
        "network_appointment": "the network's",
        "network_report": "the network's",
        "federation_key": "the network's",
        "federation_bundle": "the network's",
        "federation_refusal": "the network's",
        "report_review": "the network's",
        "report_review_step": "the network's",
        "report_comment": "the network's",
        "report_release": "the network's",
        "report_draft": "the network's",
        "review_told": "the network's",
        "review_notice": "the network's",
    }
)
"""Tables that no archive holds, each with the reason. Every other table with a city is in it."""


def moved() -> Iterator[Table]:
    """The tables of an archive, each after those it refers to."""
    for table in metadata.sorted_tables:
        if table.name not in STAYS and "city_id" in table.columns:
            yield table


def columns_of(table: Table) -> tuple[str, ...]:
    """The columns that are written; what the database computes from others is not."""
    return tuple(column.name for column in table.columns if column.computed is None)


def key_of(table: Table) -> tuple[str, ...]:
    """The primary key but for the city, which is one: in its order rows stand in the archive."""
    return tuple(column.name for column in table.primary_key if column.name != "city_id") or ("city_id",)


def secret_mark(secret: bytes) -> str:
    """What tells whether two installations have the same secret, and nothing else about it."""
    return hmac.new(secret, b"nagara city archive", hashlib.sha256).hexdigest()[:32]


Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0, le=10**12)]


class TableEntry(BaseModel):
    """One table of the archive: ``tables/<name>.copy``, in PostgreSQL's text format, sorted by its key."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    columns: tuple[str, ...]
    rows: Count
    bytes: Count
    sha256: Sha256


class PictureEntry(BaseModel):
    """One picture with its thumbnail: ``pictures/<name>.jpg`` and ``.thumbnail.jpg``; the name is its SHA-256."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sha256: Sha256
    thumbnail_sha256: Sha256


class Manifest(BaseModel):
    """What an archive holds, and what an installation must be like to take it in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["nagara-city-archive/1"]
    city: str
    made_at: dt.datetime
    revision: str
    """The database's revision; another would have other tables."""
    secret_mark: str
    """Sealed contacts and residents' private links hold only under the secret they were made with."""
    tables: tuple[TableEntry, ...]
    pictures: tuple[PictureEntry, ...]
    pictures_missing: tuple[Sha256, ...] = ()
    """Pictures a row names and the store did not have when the archive was made."""

    def digests(self) -> dict[str, str]:
        """The digest of each table; equal digests are equal rows."""
        return {table.name: table.sha256 for table in self.tables}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an archive is: what is worked on, and how much of it is done."""

    what: str
    rows: int

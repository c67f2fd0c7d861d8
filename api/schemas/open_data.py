"""Published files."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import BaseModel, Field

from api.schemas.common import Names


class Licence(BaseModel):
    """Under which terms the files may be used."""

    id: str = Field(description="SPDX identifier", examples=["CC-BY-4.0"])
    url: str
    confirmed: bool = Field(description="False: proposed; no officer of the city has confirmed it yet")
    attribution: str = Field(description="Whom users name")


class OpenFile(BaseModel):
    """A file with its checksum."""

    name: str = Field(examples=["requests.csv"])
    media_type: str
    bytes: int
    sha256: str
    url: str


class OpenDataVersion(BaseModel):
    """A day's files of a city."""

    city: str
    names: Names
    day: dt.date
    made_at: dt.datetime
    requests: int
    licence: Licence
    files: list[OpenFile]


class OpenData(BaseModel):
    """Each city's newest files."""

    cities: list[OpenDataVersion]
    catalogue: str = Field(description="The same in DCAT")


class OpenDataOfCity(BaseModel):
    """All versions of a city that are kept, the newest first, and what their columns mean."""

    city: str
    versions: list[OpenDataVersion]
    dictionary: dict[str, Any] = Field(description="Table Schema of the files (Frictionless)")


class Catalogue(BaseModel):
    """The catalogue in DCAT 3 as JSON-LD."""

    context: dict[str, str] = Field(alias="@context")
    id: str = Field(alias="@id")
    type: str = Field(alias="@type")

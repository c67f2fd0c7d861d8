"""Maps and features, as geographic information systems read them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field


class TileLayer(BaseModel):
    """A layer of every tile of these zooms that has anything of it."""

    id: str
    description: str
    minzoom: int
    maxzoom: int
    fields: dict[str, str]


class TileJson(BaseModel):
    """Where tiles are and what is in them (TileJSON 3.0.0)."""

    tilejson: Literal["3.0.0"]
    name: str
    tiles: list[str] = Field(description="Addresses, with {z}, {x} and {y}")
    minzoom: int
    maxzoom: int = Field(description="Nearer than this a map shows the same points larger")
    bounds: list[float] = Field(description="West, south, east, north in degrees")
    center: list[float] = Field(description="Longitude, latitude, zoom")
    attribution: str
    vector_layers: list[TileLayer]


class Link(BaseModel):
    """Where something else about the same is."""

    href: str
    rel: str
    type: str
    title: str | None = None


class Landing(BaseModel):
    """Where the parts of the service are (OGC API - Features, Part 1)."""

    title: str
    description: str
    links: list[Link]


class Conformance(BaseModel):
    """Which parts of which standards are kept to."""

    conformsTo: list[str]  # noqa: N815 - the standard's name


class Collection(BaseModel):
    """A set of features of one kind."""

    id: str
    title: str
    description: str
    itemType: Literal["feature"]  # noqa: N815 - the standard's name
    crs: list[str]
    extent: dict[str, Any]
    links: list[Link]


class Collections(BaseModel):
    """All sets of features."""

    collections: list[Collection]
    links: list[Link]


class Queryables(BaseModel):
    """The properties by which features can be chosen, as JSON Schema."""

    schema_: str = Field(alias="$schema")
    id_: str = Field(alias="$id")
    type: Literal["object"]
    title: str
    properties: dict[str, dict[str, Any]]
    additionalProperties: bool  # noqa: N815 - JSON Schema's name


class Geometry(BaseModel):
    """Where a feature is (RFC 7946), WGS 84, longitude first."""

    type: str
    coordinates: list[Any]


class Feature(BaseModel):
    """One thing on the map."""

    type: Literal["Feature"]
    id: str
    geometry: Geometry | None
    properties: dict[str, Any]
    links: list[Link] | None = None


class Features(BaseModel):
    """A page of features; follow the link ``next`` for more."""

    type: Literal["FeatureCollection"]
    features: list[Feature]
    numberMatched: int | None = Field(  # noqa: N815 - the standard's name
        default=None, description="As the first page found; left out above 100,000"
    )
    numberReturned: int  # noqa: N815 - the standard's name
    timeStamp: str  # noqa: N815 - the standard's name
    links: list[Link]


class Refused(BaseModel):
    """Why something was refused, in the standard's own form."""

    code: str = Field(examples=["InvalidParameterValue"])
    description: str

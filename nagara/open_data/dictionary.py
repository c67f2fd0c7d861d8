"""The data dictionary: every column of the files, what it means and how it is written. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["string", "datetime", "number", "boolean"]
IN_A_DATABASE: Mapping[Kind, str] = {
    "string": "varchar", "datetime": "timestamptz", "number": "double", "boolean": "boolean",
}  # fmt: skip
"""Types of the Parquet file's columns, as DuckDB names them."""

CSV, GEOJSON, PARQUET, PACKAGE = "requests.csv", "requests.geojson", "requests.parquet", "datapackage.json"
MEDIA_TYPES: Mapping[str, str] = {
    CSV: "text/csv; charset=utf-8",
    GEOJSON: "application/geo+json",
    PARQUET: "application/vnd.apache.parquet",
    PACKAGE: "application/json",
}
"""The files of a version."""

GRID_METRES = 100
FEW = 10
"""Requests of one service in one district that are fewer could point to somebody: their places are left out."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column."""

    name: str
    kind: Kind
    description: str
    needed: bool = False


REQUEST_FIELDS: tuple[Field, ...] = (
    Field("reference", "string", "Number of the request; its page is <address of Nagara>/#/track/<reference>.", True),
    Field("city", "string", "Id of the city: country and city.", True),
    Field("service", "string", "Code of the service within the city.", True),
    Field("service_name", "string", "Its name in English, or in the city's first language.", True),
    Field("network_code", "string", "Common code of the service, the same in every city.", True),
    Field("status", "string", "Status on the day of the file.", True),
    Field("closing_reason", "string", "Code of the reason why it was closed; empty while it is open."),
    Field("department", "string", "Code of the department that owns it.", True),
    Field("department_name", "string", "Its name in English, or in the city's first language.", True),
    Field("channel", "string", "How it came in: web, open311, telegram and others; 'simulated' where it is made up."),
    Field("district", "string", "Code of the district; empty where unknown or where place_withheld is true."),
    Field("district_name", "string", "Its name in English, or in the city's first language."),
    Field("lat", "number", "Latitude (WGS 84) on a grid of 100 m, or the city's coarser one; empty like district."),
    Field("lon", "number", "Longitude, likewise."),
    Field("place_withheld", "boolean",
          f"True where fewer than {FEW} requests of this service in this district are in the file, so that their "
          "places could point to somebody.", True),
    Field("received_at", "datetime", "When it came in, to the full hour before (UTC).", True),
    Field("acknowledged_at", "datetime", "When somebody first took note of it, likewise."),
    Field("responded_at", "datetime", "When it was first answered in substance, likewise."),
    Field("closed_at", "datetime", "When it was closed, likewise; empty while it is open."),
    Field("resolve_by", "datetime", "By when the department promised to resolve it, likewise."),
    Field("promise_standard", "string",
          "published or internal: the city's own promise; reference: a time the network only watches.", True),
)  # fmt: skip


def table_schema() -> dict[str, Any]:
    """The columns as Frictionless Table Schema has them."""
    return {
        "fields": [
            {
                "name": field.name,
                "type": field.kind,
                "description": field.description,
                **({"constraints": {"required": True}} if field.needed else {}),
            }
            for field in REQUEST_FIELDS
        ],
        "primaryKey": ["reference"],
        "missingValues": [""],
    }

"""What the API document says of GeoReport: its answers, its errors and its parameters, in both forms."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from pydantic import BaseModel, Field


class Error(BaseModel):
    """Why something was refused; ``code`` repeats the HTTP status."""

    code: int = Field(examples=[404])
    description: str = Field(examples=["service_code 'x' is not known in kh-pnh."])


class Endpoint(BaseModel):
    """One server of one standard."""

    specification: str
    url: str
    changeset: str
    type: Literal["production", "test"]
    formats: list[str]


class Discovery(BaseModel):
    """Where the servers are, and when the services last changed."""

    changeset: str
    contact: str
    key_service: str
    endpoints: list[Endpoint]


class Open311Service(BaseModel):
    """What can be reported."""

    service_code: str
    service_name: str
    description: str | None
    metadata: bool = Field(description="True where the definition asks questions")
    type: Literal["realtime", "batch", "blackbox"]
    keywords: str | None
    group: str | None


class Value(BaseModel):
    """A possible answer."""

    key: str
    name: str


class Attribute(BaseModel):
    """A question."""

    variable: bool
    code: str
    datatype: Literal["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]
    required: bool
    datatype_description: str | None
    order: int
    description: str
    values: list[Value] | None = Field(default=None, description="Only of the two lists")


class Open311Definition(BaseModel):
    """A service's questions."""

    service_code: str
    attributes: list[Attribute]


class Posted(BaseModel):
    """What became of a report just made."""

    service_request_id: str
    service_notice: str | None
    account_id: str | None


class Token(BaseModel):
    """The request behind a token."""

    service_request_id: str | None
    token: str


class ExtendedAttributes(BaseModel):
    """Beyond the standard, with ``extensions=true``."""

    channel: str
    detailed_status: str
    network_code: str
    district: str | None
    duplicate: bool
    parent_service_request_id: str | None
    promise: dict[str, dt.datetime | str | None]
    photos: list[dict[str, Any]]


class Note(BaseModel):
    """Something that happened, with ``extensions=true``."""

    datetime: dt.datetime
    summary: str
    description: str | None
    type: Literal["submitted", "opened", "activity", "closed"]


class Request(BaseModel):
    """A request as anybody may see it. Every field is always there, null where unknown."""

    service_request_id: str
    status: Literal["open", "closed"]
    status_notes: str | None
    service_name: str | None
    service_code: str
    description: str | None
    agency_responsible: str | None
    service_notice: str | None
    requested_datetime: dt.datetime
    updated_datetime: dt.datetime | None
    expected_datetime: dt.datetime | None
    address: str | None
    address_id: str | None
    zipcode: str | None
    lat: float | None
    long: float | None
    media_url: str | None
    extended_attributes: ExtendedAttributes | None = None
    notes: list[Note] | None = None


REASONS = {
    400: "A parameter is missing or wrong",
    403: "The api_key is missing or not valid",
    404: "The jurisdiction, the service, the request, the token or the form does not exist",
    413: "The body is too large",
    429: "Too many calls; Retry-After says how long to wait",
    503: "Out of order for the moment; Retry-After says how long to wait",
}


def _xml(root: str, example: str) -> dict[str, Any]:
    declared = f'<?xml version="1.0" encoding="utf-8"?>\n{example}'
    return {
        "schema": {"type": "string", "description": f"An XML document, root <{root}>"},
        "example": declared,
    }


def answers(root: str, example: str, *refusals: int) -> dict[int | str, dict[str, Any]]:
    """The answers of an operation: its own in XML beside the JSON of its model, and its refusals in both."""
    found: dict[int | str, dict[str, Any]] = {200: {"content": {"text/xml": _xml(root, example)}}}
    for status in (*refusals, 503):
        refused = f"<errors><error><code>{status}</code><description>{REASONS[status]}</description></error></errors>"
        found[status] = {
            "model": list[Error],
            "description": REASONS[status],
            "content": {"text/xml": _xml("errors", refused)},
        }
    return found


def file_answers(*refusals: int) -> dict[int | str, dict[str, Any]]:
    """The answers of an operation that gives a CSV file; its refusals have the two forms of all others."""
    csv = {"schema": {"type": "string"}, "example": "service_request_id,requested_datetime,..."}
    return answers("errors", "<errors/>", *refusals) | {200: {"content": {"text/csv": csv}}}


def parameter(
    name: str, description: str, *, where: str = "query", schema: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A parameter as the document shows it; those of the path are required."""
    return {
        "name": name,
        "in": where,
        "required": where == "path",
        "description": description,
        "schema": schema or {"type": "string"},
    }


FORMAT = parameter(
    "form", "The form of the answer", where="path", schema={"type": "string", "enum": ["json", "xml"]}
)
CITY_ID = {"type": "string", "pattern": "^[a-z]{2}-[a-z0-9]{2,8}$", "examples": ["kh-pnh"]}
JURISDICTION = parameter("jurisdiction_id", "The city: its id", schema=CITY_ID) | {"required": True}
LOCALE = parameter(
    "locale",
    "Language of names and notes (BCP-47), also as langcode; else Accept-Language, else the city's first",
)
EXTENSIONS = parameter(
    "extensions", "true: adds extended_attributes (promise, duplicate parent, ...) and notes (what happened)"
)
COMMON = (FORMAT, JURISDICTION, LOCALE)
INSTANT = {"type": "string", "format": "date-time", "examples": ["2026-01-31T08:00:00Z"]}
STATES = {"type": "array", "items": {"type": "string", "enum": ["open", "closed"]}}
DEGREES = r"-?\d{1,3}(\.\d{1,9})?"
BOX = {
    "type": "string",
    "pattern": f"^{DEGREES},{DEGREES},{DEGREES},{DEGREES}$",
    "examples": ["104.8,11.5,105,11.6"],
}
COUNT = {"type": "integer", "minimum": 0, "maximum": 1000}
PAGE_SIZE = parameter("page_size", "Extension: at most 1000, which is the default", schema=COUNT)
LIST_PARAMETERS = (
    *COMMON,
    parameter("service_request_id", "Ids, comma-separated or repeated; overrides every other filter"),
    parameter("service_code", "Codes, comma-separated or repeated"),
    parameter("start_date", "Received at or after; with end_date at most 90 days", schema=INSTANT),
    parameter("end_date", "Received at or before, to the second", schema=INSTANT),
    parameter("status", "One or both, comma-separated or repeated", schema=STATES),
    parameter(
        "updated_after", "Extension: changed at or after; alone, within the 90 days from then", schema=INSTANT
    ),
    parameter("updated_before", "Extension: changed at or before", schema=INSTANT),
    parameter("bbox", "Extension: west,south,east,north in degrees, longitude first", schema=BOX),
    parameter(
        "page",
        "Extension: counts from 1; 0 is taken for 1. With it X-Total-Count tells of how many",
        schema=COUNT,
    ),
    PAGE_SIZE,
    parameter("after", "Extension: where the page before ended; from the Link header"),
    EXTENSIONS,
)


BULK_PARAMETERS = (
    parameter("form", "The form of the file", where="path", schema={"type": "string", "enum": ["csv"]}),
    JURISDICTION,
    LOCALE,
    parameter("service_code", "Codes, comma-separated or repeated"),
    parameter("start_date", "Received at or after; with end_date at most 366 days", schema=INSTANT),
    parameter("end_date", "Received at or before, to the second", schema=INSTANT),
    parameter("status", "One or both, comma-separated or repeated", schema=STATES),
)


def text(description: str, **more: Any) -> dict[str, Any]:
    """A field of a form that is text."""
    return {"type": "string", "description": description} | more


POST_FIELDS: dict[str, Any] = {
    "type": "object",
    "required": ["service_code"],
    "properties": {
        "api_key": text("Required, here or in the query; a key of the city with scope open311"),
        "jurisdiction_id": CITY_ID | {"description": "Required, here or in the query: the city's id"},
        "service_code": text("From the service list", pattern="^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"),
        "lat": {
            "type": "number",
            "minimum": -90,
            "maximum": 90,
            "description": "WGS 84; with long. Binding where an address is given, too",
        },
        "long": {"type": "number", "minimum": -180, "maximum": 180},
        "address_string": text(
            "Where it is in words, instead of or beside a position", minLength=1, maxLength=500
        ),
        "address_id": text("The sender's id of the address; kept and given back, not looked up", minLength=1),
        "description": text("Plain text, at most 4,000 characters", maxLength=4000),
        "email": text("To be told what happens; never public", format="email"),
        "first_name": text("Never public"),
        "last_name": text("Never public"),
        "phone": text("Never public"),
        "device_id": text("Not kept; with it the limit of one device holds for its reports alone"),
        "account_id": text("Accepted, not kept"),
        "media_url": text(
            "Address of a picture (https), or a data: address; repeat it for several. Fetched at once; the "
            "service_notice says how many did not come"
        ),
        "client_request_id": text("Extension: a repetition with it is the same request", maxLength=200),
        "locale": text("Extension: the reporter's language (BCP-47)"),
    },
    "anyOf": [{"required": ["lat", "long"]}, {"required": ["address_string"]}, {"required": ["address_id"]}],
    "dependentRequired": {"lat": ["long"], "long": ["lat"]},
    "additionalProperties": {"type": "string"},
    "description": "Answers to a service's questions come as attribute[code], or attribute[code][] repeatedly.",
}
FILES: dict[str, Any] = {
    "media": {
        "type": "string",
        "format": "binary",
        "description": "A picture (JPEG, PNG, WebP, HEIC); up to five, as media, media[], photo1, ...; 12 MB in all",
    }
}
POST_BODY = {
    "required": True,
    "content": {
        "application/x-www-form-urlencoded": {"schema": POST_FIELDS},
        "multipart/form-data": {"schema": POST_FIELDS | {"properties": POST_FIELDS["properties"] | FILES}},
    },
}
POST_PARAMETERS = (
    FORMAT,
    parameter("api_key", "Instead of in the body"),
    parameter("jurisdiction_id", "Instead of in the body", schema=CITY_ID),
    parameter("Idempotency-Key", "A repetition with it is the same request", where="header"),
)

"""Answers as JSON or as a small page, links, and the standard's own form of refusals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import orjson
from fastapi import Request, Response

from api.answers import OPTIONS
from api.error_responses import with_allowed
from api.schemas import gis as schemas
from api.small_pages import HTML, page
from nagara.errors import InvalidInput
from nagara.settings import settings

PREFIX = "/ogc"
JSON, GEOJSON = "application/json", "application/geo+json"
SCHEMA = "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
HALF_A_MINUTE = {"Cache-Control": "public, max-age=30", "Vary": "Accept"}
CODES: Mapping[int, str] = {400: "InvalidParameterValue", 404: "NotFound", 429: "TooManyRequests"}
"""Names of refusals; the standard leaves them to the server."""


def refusal_under(_path: str, status: int, message: str, allowed: Any = None) -> Response:
    """A refusal in the standard's form, which has one text for all; what is wrong with a parameter is 400 there."""
    status = 400 if status == 422 else status
    code = CODES.get(status, "Unavailable" if status >= 500 else "Refused")
    body = orjson.dumps({"code": code, "description": with_allowed(message, allowed)})
    return Response(body, status, {"Cache-Control": "no-store"}, JSON)


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The refusals a route can answer with, for the API document."""
    described: dict[int | str, dict[str, Any]] = {
        status: {"model": schemas.Refused} for status in (400, *statuses, 503)
    }
    return {**described, "4XX": {"model": schemas.Refused}}


def address(*parts: str, **query: Any) -> str:
    """The full address of a part of the service."""
    path = "/".join((settings().public_url.rstrip("/") + PREFIX, *parts))
    return f"{path}?{urlencode(query)}" if query else path


def link(href: str, rel: str, type_: str, title: str | None = None) -> dict[str, str]:
    """A link of the standard's."""
    found = {"href": href, "rel": rel, "type": type_}
    return found | {"title": title} if title else found


def self_and_alternate(call: Request, html: bool, data_type: str = JSON) -> list[dict[str, str]]:
    """Links of an answer to itself and to its other form."""
    path = call.url.path.removeprefix(PREFIX).strip("/")
    parts = path.split("/") if path else []
    query = [(name, value) for name, value in call.query_params.multi_items() if name != "f"]

    def in_form(form: str) -> str:
        return f"{address(*parts)}?{urlencode([*query, ('f', form)])}"

    as_data, as_page = (in_form("json"), data_type), (in_form("html"), HTML)
    own, other = (as_page, as_data) if html else (as_data, as_page)
    return [link(own[0], "self", own[1], "This"), link(other[0], "alternate", other[1], "In the other form")]


def only_form(call: Request) -> None:
    """Refuse every parameter but the form's."""
    for name in call.query_params:
        if name != "f":
            raise InvalidInput(f"There is no parameter {name[:40]!r}.", field=name[:40], allowed=["f"])


def answered(
    content: Mapping[str, Any],
    html: bool,
    media_type: str = JSON,
    rows: Sequence[Mapping[str, Any]] = (),
    title: str = "Nagara",
) -> Response:
    """The content in one of its forms; ``rows`` are shown as a table on the page."""
    if not html:
        return Response(orjson.dumps(content, option=OPTIONS), 200, HALF_A_MINUTE, media_type)
    links = [
        (one["href"], f"{one.get('title') or one['rel']} ({one['type']})") for one in content.get("links", ())
    ]
    named, text = str(content.get("title", title)), str(content.get("description", ""))
    return page(named, text, {"": rows}, links, HALF_A_MINUTE)

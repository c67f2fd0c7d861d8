"""One tree, two forms: GeoReport's XML, and the JSON that follows from it. Errors have the same two forms.

In both, a list is a container of one kind of child, always; in JSON the child's name and the root's
disappear, and what is empty is null.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from xml.sax.saxutils import escape

import orjson
from fastapi import Response

from api.cross_origin import FOR_PAGES
from api.error_responses import with_allowed

log = logging.getLogger(__name__)

Form = Literal["xml", "json"]
CONTENT_TYPES: Mapping[Form, str] = {
    "xml": "text/xml; charset=utf-8",
    "json": "application/json; charset=utf-8",
}
DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
CHILDREN = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "notes": "note",
    "photos": "photo",
    "endpoints": "endpoint",
    "formats": "format",
    "errors": "error",
}
"""The name of a container's children; every list in a tree has one of these names."""

NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold in any way; they are left out."""

PLAIN = re.compile(r"[\t\n\x20-\x25\x27-\x3b=\x3f-\ud7ff]*")
"""Texts that are XML as they stand: most of them."""

ONLY_STANDARD_STATUS = {401: 403, 409: 400, 422: 400}
"""GeoReport knows 404 for what does not exist, 403 for a key and 400 for all else of the caller's making.
What the standard's servers lack words for - method, size, haste, breakdown - keeps its HTTP status."""


def form_of(path: str) -> Form:
    """The form an address asks for by its suffix; XML, which every server speaks, where it asks for none."""
    return "json" if path.rpartition("/")[2].rpartition(".")[2].strip() == "json" else "xml"


def answer(
    form: Form, root: str, content: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A tree in one of the two forms; ``root`` names it in XML."""
    body = to_json(content) if form == "json" else to_xml(root, content)
    kept = (
        {"Cache-Control": "no-store"}
        | dict(headers or {})
        | dict(FOR_PAGES)
        | {"Content-Type": CONTENT_TYPES[form]}
    )
    return Response(body, status, kept)


def errors_answer(form: Form, status: int, descriptions: Sequence[str]) -> Response:
    """A refusal: a list of errors, each with the status as its code."""
    status = ONLY_STANDARD_STATUS.get(status, status)
    errors = [{"code": status, "description": description} for description in descriptions]
    return answer(form, "errors", errors, status)


def refusal_under(path: str, status: int, message: str, allowed: Any = None) -> Response:
    """The refusal of any call under ``/open311``, in the form its address asks for; its one text tells all."""
    if status >= 500:
        reference = secrets.token_hex(4)
        log.error("%s [%s]", message, reference)
        message = f"{message} Reference: {reference}."
    return errors_answer(form_of(path), status, [with_allowed(message, allowed)])


def w3c(at: dt.datetime) -> str:
    """An instant as the standard writes it: UTC, whole seconds."""
    return at.astimezone(dt.UTC).isoformat("T", "seconds")[:19] + "Z"


def to_json(content: Any) -> bytes:
    """The tree as JSON; times as the standard writes them."""
    return orjson.dumps(content, default=_time, option=orjson.OPT_PASSTHROUGH_DATETIME)


def _time(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return w3c(value)
    raise TypeError(type(value).__name__)


def to_xml(root: str, content: Any) -> str:
    """The tree as XML, well-formed whatever its texts hold."""
    parts = [DECLARATION]
    _element(root, content, parts)
    return "".join(parts)


def _element(name: str, value: Any, parts: list[str]) -> None:
    """Lay an element out; by kind, the most frequent first, since a list has thousands of them."""
    kind = type(value)
    if value is None or kind is str or kind is dt.datetime or kind is float:
        text = None if value is None else _leaf(value)
        parts.append(f"<{name}>{text}</{name}>" if text else f"<{name}/>")
    elif not value and isinstance(value, Sequence | Mapping):
        parts.append(f"<{name}/>")
    elif isinstance(value, Mapping):
        parts.append(f"<{name}>")
        for child, inner in value.items():
            _element(child, inner, parts)
        parts.append(f"</{name}>")
    elif isinstance(value, list):
        parts.append(f"<{name}>")
        child = CHILDREN[name]
        for inner in value:
            _element(child, inner, parts)
        parts.append(f"</{name}>")
    else:
        parts.append(f"<{name}>{_leaf(value)}</{name}>")


def _leaf(value: Any) -> str:
    if isinstance(value, str):
        return value if PLAIN.fullmatch(value) else escape(NOT_IN_XML.sub("", value), {"\r": "&#13;"})
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    if isinstance(value, dt.datetime):
        return w3c(value)
    return str(value)

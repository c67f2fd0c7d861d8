"""What another GeoReport server answers, read as real servers write it: tolerant of form, strict about meaning.

Taken: XML and JSON; JSON wrapped in the name of its XML root; one object where a list belongs; numbers for ids;
empty texts for null; HTTP dates, fractions of seconds and a blank for the plus of a zone; fields that are missing.
Refused by name: pages for people, bodies that break off, errors that come with a status of success. Nothing is
guessed: a time without a zone is none unless the caller says which zone the server means. Pure.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from xml.etree import ElementTree

import orjson

Tree = Any
LISTS = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "notes": "note",
    "photos": "photo",
    "groups": "group",
    "endpoints": "endpoint",
    "formats": "format",
    "errors": "error",
    "media_urls": "media_url",
}
"""Containers of one repeated child, by the child's name."""

DEEPEST = 40
LONGEST_ID = 200
CLOSED_WORDS = frozenset(
    {
        "closed",
        "fixed",
        "no_further_action",
        "not_councils_responsibility",
        "cancelled",
        "duplicate",
        "resolved",
    }
)
"""States of GeoReport and of the update exchange in which nothing more is done."""


class NotGeoReport(Exception):
    """The body is no answer of a GeoReport server; says what it seems to be, and never repeats it."""


@dataclass(frozen=True, slots=True)
class TheirError:
    """One error of another server: its code, as text, and its words for people."""

    code: str
    words: str


@dataclass(frozen=True, slots=True)
class TheirRequest:
    """A request as another server shows it. ``faults``: fields that were there and meant nothing."""

    id: str | None
    token: str | None
    status: str | None
    detailed: str | None
    words: str | None
    service_code: str | None
    service_name: str | None
    description: str | None
    requested_at: dt.datetime | None
    updated_at: dt.datetime | None
    closed_at: dt.datetime | None
    address: str | None
    lat: float | None
    lon: float | None
    media: tuple[str, ...] = ()
    notes: tuple[TheirNote, ...] = ()
    extended: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TheirNote:
    """A line of a request's history: ``kind`` is submitted, opened, activity, closed, or their own word."""

    at: dt.datetime | None
    kind: str
    words: str | None


@dataclass(frozen=True, slots=True)
class TheirUpdate:
    """A change of a request in the form of the update exchange."""

    key: str
    id: str
    status: str
    words: str | None
    at: dt.datetime | None
    code: str | None = None


def read_tree(content_type: str, body: bytes) -> Tree:
    """The body as the standard's JSON: XML is converted as the standard says. Raises ``NotGeoReport``.

    The content type is asked last: servers write ``application/xml``, or ``text/html`` over JSON.
    """
    text = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not text:
        raise NotGeoReport("the answer is empty")
    if text[:1] in b"[{":
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            raise NotGeoReport("the JSON breaks off or is none") from None
    if text[:1] != b"<":
        kind = content_type.partition(";")[0].strip()[:40] or "no content type"
        raise NotGeoReport(f"neither XML nor JSON ({kind})")
    start = text[:400].lower()
    if b"<html" in start or b"<!doctype" in start:
        raise NotGeoReport("a page for people")
    return _converted(text)


def _converted(text: bytes) -> Tree:
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise NotGeoReport("XML with declarations of its own")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - no declarations: nothing to expand
    except ElementTree.ParseError:
        raise NotGeoReport("the XML breaks off or is none") from None
    return _spark(root, 0)


def _spark(element: ElementTree.Element, depth: int) -> Tree:
    """An element as the standard's conversion makes JSON of it, but with every leaf a text."""
    if depth > DEEPEST:
        raise NotGeoReport("XML nested too deep")
    name = element.tag.rpartition("}")[2]
    children = list(element)
    if name in LISTS:
        return [_spark(child, depth + 1) for child in children]
    if not children:
        return (element.text or "").strip() or None
    found: dict[str, Any] = {}
    for child in children:
        key, value = child.tag.rpartition("}")[2], _spark(child, depth + 1)
        if key in found:  # repeated without a container, as old drafts have it
            before = found[key]
            found[key] = [*before, value] if isinstance(before, list) else [before, value]
        else:
            found[key] = value
    return found


def rows_of(tree: Tree, root: str) -> list[Mapping[str, Any]]:
    """The objects of a list, however it is wrapped; raises ``NotGeoReport`` where there is none."""
    child = LISTS[root]
    if isinstance(tree, Mapping):
        for name in (root, child):
            if name in tree:
                return rows_of(tree[name], root)
        return [tree] if tree else []
    if tree is None:
        return []
    if not isinstance(tree, list):
        raise NotGeoReport(f"no list of {child}s")
    found = []
    for one in tree:
        inner = one[child] if isinstance(one, Mapping) and set(one) == {child} else one
        if not isinstance(inner, Mapping):
            raise NotGeoReport(f"something else than {child}s in the list")
        found.append(inner)
    return found


def errors_of(tree: Tree) -> list[TheirError]:
    """The errors an answer consists of, whatever its status said; none where it is something else.

    Frameworks' own forms (``{"message": ...}``, ``{"error": {...}}``) count too: they are no requests.
    """
    if isinstance(tree, Mapping):
        if "errors" in tree:
            return [_error(one) for one in _listed(tree["errors"])] or [
                TheirError("", "an error without words")
            ]
        if isinstance(tree.get("error"), str | Mapping):
            return [_error(tree["error"])]
        if "message" in tree and not _names_request(tree):
            return [_error(tree)]
        tree = [tree]
    if isinstance(tree, list) and tree and all(_is_error(one) for one in tree):
        return [_error(one) for one in tree]
    return []


def _listed(value: Any) -> list[Any]:
    if isinstance(value, Mapping) and set(value) == {"error"}:
        return _listed(value["error"])
    return value if isinstance(value, list) else [value]


def _is_error(one: Any) -> bool:
    if not isinstance(one, Mapping):
        return False
    if set(one) == {"error"}:
        return True
    # uReport leaves the code out now and then
    return (
        not _names_request(one)
        and "description" in one
        and set(one) <= {"code", "description", "message", "status"}
    )


def _names_request(one: Mapping[str, Any]) -> bool:
    return any(name in one for name in ("service_request_id", "token", "service_code", "update_id"))


def _error(one: Any) -> TheirError:
    if isinstance(one, Mapping):
        if set(one) == {"error"}:
            return _error(one["error"])
        words = one.get("description") or one.get("message") or one.get("detail")
        return TheirError(text_of(one.get("code")) or "", (text_of(words) or "an error without words")[:500])
    return TheirError("", (text_of(one) or "an error without words")[:500])


def text_of(value: Any) -> str | None:
    """A leaf as text: numbers as written, blanks as nothing, several as one line."""
    if value is None or isinstance(value, Mapping):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(filter(None, map(text_of, value))) or None
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # an id that a spreadsheet turned into 17.0
    found = _CONTROL.sub("", str(value)).strip()
    return found or None


def id_of(value: Any) -> str | None:
    """An id; one that is longer than any server's is none, and nothing here could look for it."""
    found = text_of(value)
    return found if found is not None and len(found) <= LONGEST_ID else None


_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_BLANK_ZONE = re.compile(r"(\d) (\d{2}:?\d{2})$")


def time_of(value: Any, zone: dt.tzinfo | None = None) -> dt.datetime | None:
    """A time in UTC; None where nothing is there. Raises ValueError for what is no time, or has no zone.

    ``zone``: what the server means where it names none.
    """
    text = text_of(value)
    if text is None:
        return None
    try:
        found = dt.datetime.fromisoformat(_BLANK_ZONE.sub(r"\1+\2", text))
    except ValueError:
        try:
            found = parsedate_to_datetime(text)  # an HTTP date; one with -0000 has no zone
        except (ValueError, TypeError, IndexError):
            raise ValueError(f"{text[:40]!r} is no time") from None
    if found.tzinfo is None:
        if zone is None:
            raise ValueError(f"{text[:40]!r} has no zone")
        found = found.replace(tzinfo=zone)
    try:
        return found.astimezone(dt.UTC)
    except OverflowError:
        raise ValueError(f"{text[:40]!r} is no time") from None


def number_of(value: Any) -> float | None:
    """A finite number, also as text; None for everything else."""
    text = text_of(value)
    try:
        found = float(text) if text is not None else None
    except ValueError:
        return None
    return found if found is not None and math.isfinite(found) else None


def status_of(value: Any) -> str | None:
    """A status in lower case with underscores, as the mappings name it."""
    text = text_of(value)
    return re.sub(r"[\s-]+", "_", text.lower()) if text else None


def request_of(row: Mapping[str, Any], zone: dt.tzinfo | None = None) -> TheirRequest:
    """A request from an object of a list. What is missing is None; what means nothing stands in ``faults``."""
    faults: list[str] = []

    def time(*names: str) -> dt.datetime | None:
        for name in names:
            try:
                found = time_of(row.get(name), zone)
            except ValueError as error:
                faults.append(f"{name}: {error}")
                continue
            if found is not None:
                return found
        return None

    extended = row.get("extended_attributes")
    extended = extended if isinstance(extended, Mapping) else {}
    lat, lon = number_of(row.get("lat")), number_of(row.get("long", row.get("lon")))
    if lat is None or lon is None or not (-90 <= lat <= 90 and -180 <= lon <= 180) or lat == lon == 0:
        if any(text_of(row.get(name)) for name in ("lat", "long", "lon")):
            faults.append("lat and long: no position on Earth")
        lat = lon = None
    return TheirRequest(
        id=id_of(row.get("service_request_id")),
        token=text_of(row.get("token")),
        status=status_of(row.get("status")),
        detailed=status_of(extended.get("detailed_status") or row.get("detailed_status")),
        words=text_of(row.get("status_notes")),
        service_code=text_of(row.get("service_code")),
        service_name=text_of(row.get("service_name")),
        description=text_of(row.get("description")),
        requested_at=time("requested_datetime"),
        updated_at=time("updated_datetime"),
        closed_at=time("closed_datetime", "closed_date"),
        address=text_of(row.get("address")),
        lat=lat,
        lon=lon,
        media=media_of(row.get("media_url")),
        notes=tuple(_note(one, zone) for one in _listed(row.get("notes") or []) if isinstance(one, Mapping)),
        extended=extended,
        faults=tuple(faults),
    )


def media_of(value: Any) -> tuple[str, ...]:
    """Addresses of pictures: one, an array, or several in one text with commas."""
    parts = value if isinstance(value, list) else (text_of(value) or "").split(",")
    found = (text_of(one.get("media_url") if isinstance(one, Mapping) else one) for one in parts)
    return tuple(one for one in found if one and one.startswith(("https://", "http://")))


def _note(row: Mapping[str, Any], zone: dt.tzinfo | None) -> TheirNote:
    try:
        at = time_of(row.get("datetime"), zone)
    except ValueError:
        at = None
    words = text_of(row.get("description")) or text_of(row.get("summary"))
    return TheirNote(at, status_of(row.get("type")) or "activity", words)


def update_of(row: Mapping[str, Any], zone: dt.tzinfo | None = None) -> TheirUpdate:
    """An update from an object of a list; raises ``NotGeoReport`` without its id, its request or its status."""
    key, request, status = (text_of(row.get(name)) for name in ("update_id", "service_request_id", "status"))
    if key is None or request is None or status is None:
        raise NotGeoReport("an update without update_id, service_request_id or status")
    try:
        at = time_of(row.get("updated_datetime"), zone)
    except ValueError:
        at = None
    words, code = text_of(row.get("description")), status_of(row.get("external_status_code"))
    return TheirUpdate(key, request, status_of(status) or status, words, at, code)

"""Answers read as a client that trusts nobody would: JSON, and XML by the standard's conversion to the same tree.

Pure. What cannot be read raises ``Unreadable``, whose words are the evidence.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree as Xml

from nagara.open311.conformance.talking import Exchange

LISTS: Mapping[str, str] = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "endpoints": "endpoint",
    "formats": "format",
    "errors": "error",
    "notes": "note",
    "photos": "photo",
}
"""Containers of one kind of child: lists in JSON, always."""

W3C = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
WIKI = "http://wiki.open311.org/GeoReport_v2"
Item = Mapping[str, Any]


class Unreadable(Exception):
    """The answer is not what its form promises."""


def text_of(exchange: Exchange) -> str:
    """The answer as text; raise ``Unreadable`` where it is not UTF-8."""
    try:
        return exchange.body.decode("utf-8-sig")
    except UnicodeDecodeError as why:
        raise Unreadable(f"the answer is not UTF-8: {why.reason} at byte {why.start}") from None


def json_of(exchange: Exchange) -> Any:
    """The JSON of an answer."""
    try:
        return json.loads(text_of(exchange))
    except ValueError as why:
        raise Unreadable(f"the answer is not JSON: {why}") from None


def xml_of(exchange: Exchange) -> Xml.Element:
    """The root of an XML answer; a document that declares entities or a type is not read."""
    text = text_of(exchange)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise Unreadable("the XML declares a document type, which no answer of the standard has")
    try:
        return Xml.fromstring(exchange.body)  # noqa: S314 - without a type there are no entities to expand
    except Xml.ParseError as why:
        raise Unreadable(f"the XML is not well-formed: {why}") from None


def local(tag: str) -> str:
    """An element's name without its namespace."""
    return tag.rpartition("}")[2]


def as_tree(element: Xml.Element) -> Any:
    """The tree that the standard's conversion makes of an element; every leaf a text, an empty one None."""
    name = local(element.tag)
    if name in LISTS:
        return [as_tree(child) for child in element]
    if len(element):
        return {local(child.tag): as_tree(child) for child in element}
    return element.text.strip() if element.text and element.text.strip() else None


def tree_of(exchange: Exchange) -> Any:
    """The answer's tree, whichever form it has."""
    return json_of(exchange) if exchange.form == "json" else as_tree(xml_of(exchange))


def items_of(exchange: Exchange) -> list[Item]:
    """The members of a list that an answer is; raise ``Unreadable`` where it is none."""
    tree = tree_of(exchange)
    if not isinstance(tree, list):
        raise Unreadable("the answer is not a list" + _wrapped(tree))
    wrong = next((item for item in tree if not isinstance(item, Mapping)), None)
    if wrong is not None:
        raise Unreadable(f"a member of the list is not an object: {wrong!r:.60}")
    return list(tree)


def _wrapped(tree: Any) -> str:
    if isinstance(tree, Mapping) and len(tree) == 1:
        return f"; it is wrapped in an object with the one member {next(iter(tree))!r}"
    return f" but {type(tree).__name__}"


def object_of(exchange: Exchange) -> Item:
    """The object that an answer is; raise ``Unreadable`` where it is none."""
    tree = tree_of(exchange)
    if not isinstance(tree, Mapping):
        raise Unreadable(f"the answer is not an object but {type(tree).__name__}")
    return tree


def named_in(exchange: Exchange) -> str:
    """The code or the id that a call's address names last, as it was before it was encoded."""
    return unquote(exchange.url.partition("?")[0].rpartition("/")[2].rpartition(".")[0])


def leaves(tree: Any) -> Iterator[tuple[str, Any]]:
    """Every leaf below objects and lists, with the name it has."""
    if isinstance(tree, Mapping):
        for name, inner in tree.items():
            if isinstance(inner, Mapping | list):
                yield from leaves(inner)
            else:
                yield name, inner
    elif isinstance(tree, list):
        for inner in tree:
            yield from leaves(inner)


def word(value: Any) -> str:
    """A leaf as XML would have it, so that both forms can be compared."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip()


def instant(value: Any) -> dt.datetime | None:
    """The instant of a W3C date and time with zone; None if it is not one."""
    if not isinstance(value, str) or not W3C.fullmatch(value):
        return None
    try:
        return dt.datetime.fromisoformat(value.upper()).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def number(value: Any) -> float | None:
    """A number, also where XML has it as text; None if it is not one."""
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None

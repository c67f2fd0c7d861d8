"""Rules of service discovery."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nagara.open311.conformance.judging import (
    DISCOVERY,
    PRACTICE,
    Fault,
    Faults,
    Judge,
    Rule,
    all_status,
)
from nagara.open311.conformance.reading import WIKI, Item, Unreadable, object_of, word
from nagara.open311.conformance.talking import Exchange, NotJudged, Seen

BOTH = ("discovery.json", "discovery.xml")
FIELDS = ("changeset", "contact", "key_service", "endpoints")
ENDPOINT = ("specification", "url", "changeset", "type", "formats")
KNOWN_FORMATS = ("text/xml", "application/json")


def _document(exchange: Exchange) -> Item:
    """The document; raise ``NotJudged`` where there is none, which another rule says."""
    try:
        return object_of(exchange)
    except Unreadable as why:
        raise NotJudged(f"{exchange}: {why}") from None


def _endpoints(exchange: Exchange) -> list[Mapping[str, Any]]:
    found = _document(exchange).get("endpoints")
    shown = [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
    if not shown:
        raise NotJudged(f"{exchange} names no endpoint")
    return shown


def _objects(seen: Seen) -> Faults:
    for exchange in seen.some(*BOTH):
        try:
            endpoints = object_of(exchange).get("endpoints")
        except Unreadable as why:
            yield Fault(exchange, str(why))
            continue
        if not isinstance(endpoints, list):
            yield Fault(exchange, "endpoints is not a list")
        elif not all(isinstance(one, Mapping) and isinstance(one.get("formats"), list) for one in endpoints):
            yield Fault(exchange, "the formats of an endpoint are not a list")


def _complete(seen: Seen) -> Faults:
    for exchange in seen.some(*BOTH):
        document = _document(exchange)
        missing = [name for name in FIELDS if not document.get(name)]
        if missing:
            yield Fault(exchange, f"the document has no {', '.join(missing)}")
            continue
        for endpoint in _endpoints(exchange):
            missing = [name for name in ENDPOINT if not endpoint.get(name)]
            if missing:
                yield Fault(exchange, f"endpoint {word(endpoint.get('url'))!r} has no {', '.join(missing)}")


def _geo_report(seen: Seen) -> Faults:
    for exchange in seen.some(*BOTH):
        named = [word(one.get("specification")) for one in _endpoints(exchange)]
        if WIKI not in named:
            yield Fault(exchange, f"no endpoint has the specification {WIKI}; there is {', '.join(named)}")


def _of_each(wrong: Any) -> Judge:
    """Every endpoint of GeoReport is right."""

    def judge(seen: Seen) -> Faults:
        for exchange in seen.some(*BOTH):
            for endpoint in _of_geo_report(exchange):
                what = wrong(endpoint)
                if what is not None:
                    yield Fault(exchange, what)

    return judge


def _of_geo_report(exchange: Exchange) -> list[Mapping[str, Any]]:
    """The endpoints of this standard; those of others are none of ours to judge."""
    found = [one for one in _endpoints(exchange) if word(one.get("specification")) == WIKI]
    if not found:
        raise NotJudged(f"{exchange} names no endpoint of {WIKI}")
    return found


def _announced(seen: Seen) -> Faults:
    """Formats are the standard's, and JSON is among them where this endpoint answers it."""
    yield from _of_each(_formats)(seen)
    services = seen.if_asked("services.json")
    if services is None or services.status != 200:
        return
    for exchange in seen.some(*BOTH):
        for endpoint in _of_geo_report(exchange):
            formats = [word(one) for one in endpoint.get("formats") or ()]
            here = services.url.startswith(word(endpoint.get("url")).rstrip("/") + "/services.")
            if here and "application/json" not in formats:
                yield Fault(
                    exchange, f"formats {', '.join(formats)} lack application/json, which is answered"
                )


def _type(endpoint: Item) -> str | None:
    kind = word(endpoint.get("type"))
    return f"type {kind!r} is neither production nor test" if kind not in ("production", "test") else None


def _no_slash(endpoint: Item) -> str | None:
    url = word(endpoint.get("url"))
    return f"url {url!r} ends with a slash, and every method begins with one" if url.endswith("/") else None


def _formats(endpoint: Item) -> str | None:
    formats = [word(one) for one in endpoint.get("formats") or ()]
    if "text/xml" not in formats:
        return f"formats {', '.join(formats)} lack text/xml, which every server answers"
    odd = [one for one in formats if one not in KNOWN_FORMATS]
    return f"format {odd[0]!r} is none of the standard's" if odd else None


def _agree(seen: Seen) -> Faults:
    one, other = seen["discovery.json"], seen["discovery.xml"]
    for name in ("changeset", "contact", "key_service"):
        here, there = word(_document(one).get(name)), word(_document(other).get(name))
        if here != there:
            yield Fault(other, f"{name} is {there!r} in XML and {here!r} in JSON")
    urls = [[word(e.get("url")) for e in _endpoints(exchange)] for exchange in (one, other)]
    if urls[0] != urls[1]:
        yield Fault(other, f"the endpoints are {urls[1]} in XML and {urls[0]} in JSON")


def _stages(seen: Seen) -> Faults:
    for exchange in seen.some(*BOTH):
        kinds = {word(one.get("type")) for one in _endpoints(exchange)}
        if not {"production", "test"} <= kinds:
            yield Fault(exchange, f"there are endpoints of the types {', '.join(sorted(kinds))} alone")


RULES = (
    Rule("discovery-served", "must", "Discovery is answered in XML and in JSON.", DISCOVERY, BOTH,
         all_status(BOTH, 200)),
    Rule("discovery-shape", "must", "Discovery is an object; its endpoints and their formats are lists.", DISCOVERY,
         BOTH, _objects, any_of=True),
    Rule("discovery-complete", "must", "Discovery and each endpoint have every field.", DISCOVERY, BOTH, _complete,
         any_of=True),
    Rule("discovery-georeport", "must", f"An endpoint has the specification {WIKI}.", DISCOVERY, BOTH, _geo_report,
         any_of=True),
    Rule("discovery-type", "must", "The type of an endpoint is production or test.", DISCOVERY, BOTH, _of_each(_type),
         any_of=True),
    Rule("discovery-url", "should", "The url of an endpoint has no slash at its end.", PRACTICE, BOTH,
         _of_each(_no_slash), any_of=True),
    Rule("discovery-formats", "must", "Formats are text/xml, and application/json where JSON is answered.", DISCOVERY,
         (*BOTH, "services.json"), _announced, any_of=True),
    Rule("discovery-agrees", "must", "Discovery says the same in XML and in JSON.", DISCOVERY, BOTH, _agree),
    Rule("discovery-stages", "should", "There is an endpoint for production and one to test with.", PRACTICE, BOTH,
         _stages, any_of=True),
)  # fmt: skip

"""For every rule of the suite one way to break it: what a server that is wrong in just this way would answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.nagara.open311.small_endpoint import NOW, Asked, Made, Plant, request

Change = Callable[[Any], Any]


def at(*what: str, form: str | None = None, status: int | None = 200) -> Callable[[Asked, Made], bool]:
    """Whether an answer is one of these."""
    return lambda asked, made: (
        (not what or asked.what in what)
        and (form is None or made.form == form)
        and (status is None or made.status == status)
    )


def tree(where: Callable[[Asked, Made], bool], change: Change) -> Plant:
    """The tree of these answers is another."""

    def plant(asked: Asked, made: Made) -> Made:
        if where(asked, made):
            made.tree = change(made.tree)
        return made

    return plant


def items(where: Callable[[Asked, Made], bool], **fields: Any) -> Plant:
    """Every member of these lists has these fields."""
    return tree(where, lambda found: [one | fields for one in found])


def without(where: Callable[[Asked, Made], bool], name: str) -> Plant:
    """Every member of these lists lacks a field."""
    return tree(where, lambda found: [{k: v for k, v in one.items() if k != name} for one in found])


def raw(where: Callable[[Asked, Made], bool], change: Callable[[bytes], bytes]) -> Plant:
    """The bytes of these answers are others."""

    def plant(asked: Asked, made: Made) -> Made:
        if where(asked, made):
            made.raw = change
        return made

    return plant


def instead(where: Callable[[Asked, Made], bool], status: int, content: Any = None) -> Plant:
    """These answers have another status."""

    def plant(asked: Asked, made: Made) -> Made:
        if where(asked, made):
            made.status = status
            if content is not None:
                made.tree, made.root = content, "service_requests"
        return made

    return plant


def typed(form: str, type_: str) -> Plant:
    """Answers of a form have another type."""

    def plant(_: Asked, made: Made) -> Made:
        made.type = type_ if made.form == form else None
        return made

    return plant


def asking(name: str, value: str | None = None) -> Callable[[Asked, Made], bool]:
    """Whether a call sends a parameter, with this value or with any."""
    return lambda asked, _: name in asked.given and (value is None or value in asked.given[name])


def filing(**fields: str | None) -> Callable[[Asked, Made], bool]:
    """Whether a report has these fields; None: lacks one."""
    return lambda asked, _: (
        asked.what == "file"
        and all(
            (asked.one(name) == value) if value is not None else name not in asked.given
            for name, value in fields.items()
        )
    )


def attributes(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Plant:
    """Every attribute of the definition is another."""
    return tree(
        at("definition"),
        lambda found: found | {"attributes": [change(dict(one)) for one in found["attributes"]]},
    )


def endpoints(**fields: Any) -> Plant:
    """Every endpoint of discovery has these fields."""
    return tree(
        at("discovery"), lambda found: found | {"endpoints": [one | fields for one in found["endpoints"]]}
    )


def by_accept(asked: Asked, made: Made) -> Made:
    """The Accept header decides the form."""
    made.form = {"text/xml": "xml", "application/json": "json"}.get(asked.accept, made.form)
    return made


def unfiltered(name: str) -> Plant:
    """A filter is not looked at."""
    everything = [
        request("r-1", "bins", "open", NOW - NOW), request("r-2", "light", "closed", NOW - NOW.replace(day=1)),
    ]  # fmt: skip
    return tree(lambda asked, made: name in asked.given and made.status == 200, lambda _: everything)


LONG_AGO = "2020-01-01T00:00:00Z"
TAKEN = [{"service_request_id": "n-1", "service_notice": None, "account_id": None}]
JSON_LISTS = at("services", "requests", "request", form="json")
refused = at(status=404)

PLANTED: Mapping[str, Plant] = {
    "discovery-served": instead(at("discovery", form="xml"), 500),
    "discovery-shape": tree(at("discovery"), lambda found: found | {"endpoints": found["endpoints"][0]}),
    "discovery-complete": tree(at("discovery"), lambda found: found | {"key_service": ""}),
    "discovery-georeport": endpoints(specification="http://wiki.open311.org/GeoReport_v1"),
    "discovery-type": endpoints(type="live"),
    "discovery-url": endpoints(url="http://127.0.0.1/v2/"),
    "discovery-formats": endpoints(formats=["application/json"]),
    "discovery-agrees": tree(at("discovery", form="xml"), lambda found: found | {"changeset": "2027-01-01"}),
    "discovery-stages": tree(at("discovery"), lambda found: found | {"endpoints": found["endpoints"][:1]}),
    "xml-served": instead(at("requests", form="xml"), 404),
    "xml-type": typed("xml", "application/xml"),
    "json-type": typed("json", "text/html; charset=utf-8"),
    "xml-declared": raw(at(form="xml"), lambda body: body.partition(b"\n")[2]),
    "utf-8": raw(at("requests", form="json"), lambda body: body.replace(b"About", b"\xe4bout")),
    "xml-well-formed": raw(at("requests", form="xml"), lambda body: body.replace(b"</request>", b"", 1)),
    "xml-roots": raw(at("requests", form="xml"), lambda body: body.replace(b"service_requests", b"requests")),
    "xml-no-namespace": raw(
        at("requests", form="xml"),
        lambda body: body.replace(b"<service_requests", b'<service_requests xmlns="a:b"'),
    ),
    "json-readable": raw(at("requests", form="json"), lambda body: body.replace(b'"r-1"', b"001")),
    "json-lists": tree(at("requests", form="json"), lambda found: {"service_requests": found}),
    "suffix-decides": by_accept,
    "unknown-suffix": instead(lambda asked, _: asked.form == "nagara-check", 200),
    "unknown-parameter": instead(asking("nagara_check"), 400),
    "reading-open": instead(lambda asked, _: asked.what == "requests" and "api_key" not in asked.given, 403),
    "key-on-get": instead(asking("api_key"), 403),
    "empty-is-absent": instead(lambda asked, _: asked.given.get("status") == [""], 400),
    "errors-json": tree(at(form="json", status=404), lambda found: {"error": found[0]}),
    "errors-xml": tree(at(form="xml", status=404), lambda found: [{"description": "no code"}]),
    "errors-form": raw(at(form="xml", status=404), lambda _: b'[{"code": 404, "description": "no"}]'),
    "errors-code": tree(refused, lambda found: [{"code": 1, "description": "no"}]),
    "jurisdiction-missing": instead(lambda asked, _: "jurisdiction_id" not in asked.given, 422),
    "jurisdiction-unknown": instead(asking("jurisdiction_id", "nagara-check-none"), 400),
    "services-needed": without(at("services"), "type"),
    "services-fields": without(at("services"), "keywords"),
    "services-unique": items(at("services"), service_code="bins"),
    "services-text": items(at("services"), service_code=7),
    "services-code": items(at("services"), service_code="Street light"),
    "services-metadata": items(at("services"), metadata="yes"),
    "services-type": items(at("services"), type="immediate"),
    "services-keywords": items(at("services", form="json"), keywords=["waste", "bin"]),
    "services-agree": items(at("services", form="xml"), service_name="Other"),
    "definition-served": instead(at("definition"), 404),
    "definition-object": tree(at("definition", form="json"), lambda found: [found]),
    "definition-list": tree(at("definition"), lambda found: found | {"attributes": {"attribute": 1}}),
    "definition-needed": attributes(lambda one: {k: v for k, v in one.items() if k != "required"}),
    "definition-booleans": attributes(lambda one: one | {"variable": "1"}),
    "definition-datatype": attributes(lambda one: one | {"datatype": "boolean"}),
    "definition-values": attributes(lambda one: one | {"values": [{"id": "org"}]}),
    "definition-text": attributes(lambda one: one | {"code": 1}),
    "definition-order": attributes(lambda one: one | {"order": 0}),
    "definition-first": attributes(lambda one: one | {"order": one["order"] + 1}),
    "definition-agree": tree(
        at("definition", form="xml"),
        lambda found: (
            found | {"attributes": [one | {"required": not one["required"]} for one in found["attributes"]]}
        ),
    ),
    "definition-unique": attributes(lambda one: one | {"code": "same"}),
    "definition-empty": instead(lambda asked, _: asked.what == "definition" and asked.name == "light", 404),
    "definition-unknown": instead(lambda asked, _: asked.what == "definition" and asked.name[0] == "n", 200),
    "requests-needed": items(at("requests"), service_code=None),
    "requests-fields": without(at("requests"), "zipcode"),
    "requests-status": items(at("requests"), status="in progress"),
    "requests-text": items(at("requests"), service_request_id=25),
    "requests-times": items(at("requests"), updated_datetime="2026-01-01T00:00:00"),
    "requests-seconds": items(at("requests"), updated_datetime="2026-01-01T00:00:00.123Z"),
    "requests-position": items(at("requests"), lat=104.9),
    "requests-numbers": items(at("requests"), lat="11.5"),
    "requests-places": items(at("requests"), lat=11.56961234),
    "requests-description": items(at("requests"), description="x" * 4001),
    "requests-updated": items(at("requests"), updated_datetime=LONG_AGO),
    "requests-media": items(at("requests"), media_url="a.jpg,b.jpg"),
    "requests-nobody": items(at("request"), email="resident@example.org"),
    "requests-most": tree(
        at("requests"), lambda found: [found[0] | {"service_request_id": str(n)} for n in range(1001)]
    ),
    "requests-recent": tree(
        at("requests"), lambda found: [*found[:1], found[0] | {"requested_datetime": LONG_AGO}]
    ),
    "requests-newest": tree(at("requests"), lambda found: found[::-1]),
    "requests-agree": items(at("requests", form="xml"), description="Another"),
    "request-list-of-one": tree(at("request", form="json"), lambda found: found[0]),
    "request-unknown": instead(at("request", status=404), 200, []),
    "ids-listed": tree(lambda asked, _: len(asked.many("service_request_id")) == 2, lambda found: found[:1]),
    "ids-repeated": tree(
        lambda asked, _: len(asked.given.get("service_request_id", ())) == 2, lambda found: found[:1]
    ),
    "ids-override": tree(lambda asked, _: {"service_request_id", "status"} <= set(asked.given), lambda _: []),
    "ids-unknown": instead(asking("service_request_id", "nagara-check-none"), 404),
    "nothing-found": instead(asking("start_date", "1990-01-01T00:00:00Z"), 404),
    "filter-status": unfiltered("status"),
    "filter-statuses": tree(asking("status", "open,closed"), lambda _: []),
    "filter-service": unfiltered("service_code"),
    "filter-dates": unfiltered("start_date"),
    "dates-inclusive": tree(asking("start_date"), lambda _: []),
    "dates-zone": tree(lambda asked, _: "+07:00" in asked.one("start_date"), lambda _: []),
    "dates-span": instead(asking("end_date", "2020-03-31T00:00:01Z"), 200, []),
    "dates-reversed": instead(asking("start_date", "2020-01-02T00:00:00Z"), 200, []),
    "dates-no-zone": instead(asking("start_date", "2020-01-01T00:00:00"), 200, []),
    "status-unknown": instead(asking("status", "nagara-check-none"), 200, []),
    "service-unknown": instead(asking("service_code", "nagara-check-none"), 200, []),
    "pages": tree(asking("page"), lambda _: [request("r-1", "bins", "open", NOW - NOW)]),
    "token-unknown": instead(lambda asked, _: asked.what == "token", 200, []),
    "file-key": instead(filing(api_key=None), 400),
    "file-service-missing": instead(filing(service_code=None), 404),
    "file-service-unknown": instead(filing(service_code="nagara-check-none"), 400),
    "file-place-missing": instead(filing(lat=None, long=None), 200, TAKEN),
    "file-place-half": instead(filing(long=None), 200, TAKEN),
    "file-place-number": instead(filing(lat="north"), 500),
    "file-place-words": instead(lambda asked, _: "address_string" in asked.given, 400),
    "file-longest": instead(lambda asked, _: len(asked.one("description")) == 4000, 400),
    "file-long": instead(lambda asked, _: len(asked.one("description")) == 4001, 200, TAKEN),
    "file-answer-missing": instead(filing(service_code="bins"), 200, TAKEN),
    "file-jurisdiction": instead(
        lambda asked, _: asked.what == "file" and not asked.one("jurisdiction_id"), 404
    ),
    "file-taken": instead(at("file"), 201),
    "file-list": tree(at("file", form="json"), lambda found: found[0]),
    "file-id-or-token": items(at("file"), token="t-1"),
    "file-text": items(at("file"), service_request_id=17),
    "file-multipart": instead(
        lambda asked, made: asked.what == "file" and "\n" in asked.one("description"), 415
    ),
    "file-readable": instead(lambda asked, _: asked.what == "request" and asked.name.startswith("n-"), 404),
    "file-unchanged": items(
        lambda asked, made: asked.what == "request" and made.status == 200, description="????"
    ),
}
"""A rule without a line here fails the test that walks over all of them."""

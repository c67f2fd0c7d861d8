"""Rules of every call: forms, their headers, refusals, jurisdictions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from nagara.open311.conformance.judging import (
    CONVERSION,
    PRACTICE,
    SPEC,
    Fault,
    Faults,
    Judge,
    Rule,
    all_status,
    status_is,
    wrong_status,
)
from nagara.open311.conformance.reading import (
    WIKI,
    Item,
    Unreadable,
    items_of,
    json_of,
    local,
    text_of,
    word,
    xml_of,
)
from nagara.open311.conformance.talking import Exchange, NotJudged, Seen

READ = ("services.json", "services.xml", "definition.json", "requests.json", "requests.xml", "request.json")
JSON = ("services.json", "definition.json", "requests.json", "request.json")
XML = ("services.xml", "definition.xml", "requests.xml", "request.xml")
REFUSED_JSON = ("unknown definition.json", "unknown request.json", "requests of unknown jurisdiction.json")
REFUSED_XML = ("unknown definition.xml", "unknown request.xml", "requests of unknown jurisdiction.xml")
LISTS_JSON = ("services.json", "requests.json", "request.json")
ROOTS = {
    "services.xml": "services",
    "definition.xml": "service_definition",
    "requests.xml": "service_requests",
    "request.xml": "service_requests",
}


def _typed(names: Iterable[str], *right: str) -> Judge:
    """The answers say they are of this type, with UTF-8."""
    wanted = tuple(names)

    def judge(seen: Seen) -> Faults:
        for exchange in seen.some(*wanted):
            said = exchange.headers.get("content-type", "").lower().replace(" ", "").replace('"', "")
            if exchange.status == 200 and said not in right:
                yield Fault(exchange, f"Content-Type is {said or 'missing'!r} instead of {right[0]!r}")

    return judge


def _declared(seen: Seen) -> Faults:
    for exchange in seen.some(*XML):
        head = exchange.body[:100].lower().replace(b"'", b'"')
        if not head.startswith(b"<?xml") or b'encoding="utf-8"' not in head:
            yield Fault(exchange, "the answer does not begin with an XML declaration that names UTF-8")


def _readable(names: Iterable[str], read: Callable[[Exchange], Any]) -> Judge:
    wanted = tuple(names)

    def judge(seen: Seen) -> Faults:
        for exchange in seen.some(*wanted):
            try:
                read(exchange)
            except Unreadable as why:
                yield Fault(exchange, str(why))

    return judge


def _rooted(seen: Seen) -> Faults:
    answered = 0
    for name, root in ROOTS.items():
        try:
            exchange = seen[name]
            found = xml_of(exchange).tag
        except (NotJudged, Unreadable):
            continue
        answered += 1
        if local(found) != root:
            yield Fault(exchange, f"the root is <{local(found)}> instead of <{root}>")
    if not answered:
        raise NotJudged("no XML could be read")


def _plain_names(seen: Seen) -> Faults:
    for exchange in seen.some(*XML):
        try:
            tag = xml_of(exchange).tag
        except Unreadable:
            continue
        if tag.startswith("{") and not tag.startswith("{" + WIKI + "}"):
            yield Fault(exchange, f"the root has the namespace {tag.partition('}')[0][1:]!r}")


def _suffix_decides(seen: Seen) -> Faults:
    for name, read in (("services.json for xml", json_of), ("services.xml for json", xml_of)):
        exchange = seen[name]
        yield from wrong_status(exchange, 200)
        try:
            if exchange.status == 200:
                read(exchange)
        except Unreadable:
            yield Fault(exchange, "the Accept header was followed instead of the suffix")


def _errors(names: Iterable[str], wrong: Callable[[Exchange, Item], str | None]) -> Judge:
    """Every error of these refusals is right; that it is a list of errors at all is judged here, too."""
    wanted = tuple(names)

    def judge(seen: Seen) -> Faults:
        refused = [one for one in seen.some(*wanted) if one.status >= 400]
        if not refused:
            raise NotJudged("nothing was refused")
        for exchange in refused:
            try:
                errors = items_of(exchange)
            except Unreadable as why:
                yield Fault(exchange, str(why))
                continue
            if not errors:
                yield Fault(exchange, "the list of errors is empty")
            for error in errors:
                what = wrong(exchange, error)
                if what is not None:
                    yield Fault(exchange, what)

    return judge


def _described(_: Exchange, error: Item) -> str | None:
    missing = [name for name in ("code", "description") if word(error.get(name)) == ""]
    return f"an error has no {' and no '.join(missing)}" if missing else None


def _coded(exchange: Exchange, error: Item) -> str | None:
    code = word(error.get("code"))
    return f"code {code!r} with status {exchange.status}" if code != str(exchange.status) else None


def _in_xml(seen: Seen) -> Faults:
    for exchange in seen.some(*REFUSED_XML):
        if exchange.status < 400:
            continue
        try:
            root = xml_of(exchange)
        except Unreadable as why:
            yield Fault(exchange, str(why))
            continue
        if local(root.tag) != "errors" or {local(child.tag) for child in root} != {"error"}:
            yield Fault(exchange, "the refusal is not <errors> with <error> in it")


def _open(seen: Seen) -> Faults:
    for exchange in seen.some(*READ):
        if exchange.status in (401, 403):
            yield Fault(exchange, f"status {exchange.status} without a key")


def _missing_jurisdiction(seen: Seen) -> Faults:
    """An endpoint of one jurisdiction may ignore the parameter, whether missing or unknown."""
    for what in ("services", "requests"):
        for form in ("json", "xml"):
            yield from wrong_status(seen[f"{what} without jurisdiction.{form}"], 400, 200)


def _unknown_jurisdiction(seen: Seen) -> Faults:
    for what in ("services", "requests"):
        for form in ("json", "xml"):
            ignored = seen[f"{what} without jurisdiction.{form}"].status == 200
            allowed = (404, 200) if ignored else (404,)
            yield from wrong_status(seen[f"{what} of unknown jurisdiction.{form}"], *allowed)


JURISDICTIONS = tuple(
    f"{what} {how} jurisdiction.{form}"
    for what in ("services", "requests")
    for how in ("without", "of unknown")
    for form in ("json", "xml")
)
RULES = (
    Rule("xml-served", "must", "A server answers in XML.", SPEC, ("services.xml", "requests.xml"),
         all_status(("services.xml", "requests.xml"), 200)),
    Rule("xml-type", "must", "XML answers have the type text/xml; charset=utf-8.", SPEC, XML,
         _typed(XML, "text/xml;charset=utf-8"), any_of=True),
    Rule("json-type", "must", "JSON answers have the type application/json; charset=utf-8.", SPEC, JSON,
         _typed(JSON, "application/json;charset=utf-8"), any_of=True),
    Rule("xml-declared", "must", "XML answers begin with a declaration that names UTF-8.", SPEC, XML, _declared,
         any_of=True),
    Rule("utf-8", "must", "Every answer is UTF-8.", SPEC, JSON + XML, _readable(JSON + XML, text_of), any_of=True),
    Rule("xml-well-formed", "must", "XML answers are well-formed.", SPEC, XML, _readable(XML, xml_of), any_of=True),
    Rule("xml-roots", "must", "XML roots have the names the standard gives them.", SPEC, XML, _rooted, any_of=True),
    Rule("xml-no-namespace", "should", "XML has no namespace, or that of GeoReport v2.", SPEC, XML, _plain_names,
         any_of=True),
    Rule("json-readable", "must", "JSON answers are JSON.", SPEC, JSON, _readable(JSON, json_of), any_of=True),
    Rule("json-lists", "must", "Lists are arrays at the top of their JSON, without the root's name around them.",
         CONVERSION, LISTS_JSON, _readable(LISTS_JSON, items_of), any_of=True),
    Rule("suffix-decides", "must", "The suffix, not the Accept header, says which form is answered.", SPEC,
         ("services.json for xml", "services.xml for json"), _suffix_decides),
    Rule("unknown-suffix", "should", "An unknown suffix is 404.", PRACTICE, ("services.nothing",),
         status_is("services.nothing", 404)),
    Rule("unknown-parameter", "should", "Unknown parameters are ignored.", PRACTICE, ("services with unknown",),
         status_is("services with unknown", 200)),
    Rule("reading-open", "must", "Reading needs no key.", SPEC, READ, _open, any_of=True),
    Rule("key-on-get", "should", "A key that is sent with a call that needs none does no harm.", PRACTICE,
         ("services with key",), status_is("services with key", 200)),
    Rule("empty-is-absent", "must", "A parameter that is empty counts as absent.", SPEC, ("empty parameters",),
         status_is("empty parameters", 200)),
    Rule("errors-json", "must", "A refusal in JSON is a list of errors with code and description.", SPEC,
         REFUSED_JSON, _errors(REFUSED_JSON, _described), any_of=True),
    Rule("errors-xml", "must", "A refusal in XML is <errors> with <error> of code and description.", SPEC,
         REFUSED_XML, _errors(REFUSED_XML, _described), any_of=True),
    Rule("errors-form", "must", "A refusal has the form that was asked for.", SPEC, REFUSED_XML, _in_xml, any_of=True),
    Rule("errors-code", "should", "The code of an error is its HTTP status.", SPEC, REFUSED_JSON,
         _errors(REFUSED_JSON, _coded), any_of=True),
    Rule("jurisdiction-missing", "must", "A missing jurisdiction_id is 400 where the endpoint needs one.", SPEC,
         JURISDICTIONS, _missing_jurisdiction),
    Rule("jurisdiction-unknown", "must", "An unknown jurisdiction_id is 404.", SPEC, JURISDICTIONS,
         _unknown_jurisdiction),
)  # fmt: skip

"""The calls a check makes only where it may write: reports, right ones and ones that must be refused.

Each right one says in its description that it is a test.
"""

from __future__ import annotations

from urllib.parse import urlencode

from nagara.open311.conformance.questions import NOWHERE, here, items
from nagara.open311.conformance.reading import Item, Unreadable, items_of, number, object_of, word
from nagara.open311.conformance.talking import Ask, Dialogue, NotJudged, Pairs, Question

WORDS = "Test of the GeoReport interface, please ignore. ភ្នំពេញ ไทย မြန်မာ ລາວ Việt جاوي <&>\nsecond line"
LONGEST = 4000
BEYOND_16_BITS = "\U0001d538"
"""One character, whatever it takes in bytes or in the units of UTF-16."""

BOUNDARY = "nagara-check-boundary"
STARTERS = {
    "number": "1", "datetime": "2026-01-01T00:00:00Z", "string": "test", "text": "test",
}  # fmt: skip
Fields = dict[str, str]


def report(talk: Dialogue) -> Fields:
    """The fields of a report that should be taken: of a service that demands no answer, if there is one."""
    service, answers = _service(talk)
    lat, lon = _position(talk)
    return {
        "api_key": _key(talk),
        "service_code": word(service.get("service_code")),
        "lat": f"{lat:.6f}",
        "long": f"{lon:.6f}",
        "description": WORDS,
        **answers,
    }


def _key(talk: Dialogue) -> str:
    if talk.target.api_key is None:
        raise NotJudged("filing needs an api_key, and none was given")
    return talk.target.api_key


def _service(talk: Dialogue) -> tuple[Item, Fields]:
    """A service to report under, and what must be answered for it."""
    services = items(talk, "services.json")
    for service in services:
        if word(service.get("metadata")) == "false":
            return service, {}
    try:
        definition = object_of(talk.ask("definition.json"))
    except Unreadable as why:
        raise NotJudged(str(why)) from None
    code = word(definition.get("service_code"))
    chosen = next((one for one in services if word(one.get("service_code")) == code), services[0])
    return chosen, dict(_answer(one) for one in definition.get("attributes") or () if _is_demanded(one))


def _is_demanded(attribute: Item) -> bool:
    return word(attribute.get("required")) == "true" and word(attribute.get("variable")) == "true"


def _answer(attribute: Item) -> tuple[str, str]:
    code, kind = word(attribute.get("code")), word(attribute.get("datatype"))
    if kind in STARTERS:
        return f"attribute[{code}]", STARTERS[kind]
    value = word((attribute.get("values") or [{}])[0].get("key"))
    return f"attribute[{code}]" + ("[]" if kind == "multivaluelist" else ""), value


def _position(talk: Dialogue) -> tuple[float, float]:
    """Where a report may lie: where it was said, else where the newest request does."""
    if talk.target.position is not None:
        return talk.target.position
    for item in items(talk, "requests.json"):
        lat, lon = number(item.get("lat")), number(item.get("long"))
        if lat is not None and lon is not None:
            return lat, lon
    raise NotJudged("no position is known to report at; give one")


def _posted(talk: Dialogue, fields: Fields, form: str = "json", *, jurisdiction: bool = True) -> Ask:
    pairs: Pairs = here(talk) if jurisdiction else ()
    body = urlencode([*pairs, *fields.items()]).encode()
    return Ask(f"requests.{form}", body=body)


def _changed(form: str = "json", **changes: str | None) -> Question:
    """The right report but for some fields; None leaves one out."""

    def ask(talk: Dialogue) -> Ask:
        fields: dict[str, str | None] = {**report(talk), **changes}
        return _posted(talk, {name: value for name, value in fields.items() if value is not None}, form)

    return ask


def _demanded_missing(talk: Dialogue) -> Ask:
    """A report of a service that demands an answer, without it."""
    try:
        definition = object_of(talk.ask("definition.json"))
    except Unreadable as why:
        raise NotJudged(str(why)) from None
    demanded = [one for one in definition.get("attributes") or () if _is_demanded(one)]
    if not demanded:
        raise NotJudged("the first definition demands no answer")
    fields = report(talk) | {"service_code": word(definition.get("service_code"))}
    return _posted(talk, {name: value for name, value in fields.items() if not name.startswith("attribute")})


def _multipart(talk: Dialogue) -> Ask:
    pairs = [*here(talk), *report(talk).items()]
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in pairs]
    body = ("".join(parts) + f"--{BOUNDARY}--\r\n").encode()
    return Ask("requests.json", body=body, content_type=f"multipart/form-data; boundary={BOUNDARY}")


def _read_back(talk: Dialogue) -> Ask:
    """The request that was just filed."""
    exchange = talk.ask("filed.json")
    try:
        made = items_of(exchange)[0] if exchange.status in (200, 201) else {}
    except (Unreadable, IndexError):
        made = {}
    id_ = word(made.get("service_request_id"))
    if not id_:
        raise NotJudged("filing gave no service_request_id to read back")
    return Ask(f"requests/{id_}.json", here(talk))


FILING: dict[str, Question] = {
    "without key.json": _changed(api_key=None),
    "without key.xml": _changed("xml", api_key=None),
    "wrong key": _changed(api_key=NOWHERE),
    "without service": _changed(service_code=None),
    "of unknown service": _changed(service_code=NOWHERE),
    "without place": _changed(lat=None, long=None),
    "half a place": _changed(long=None),
    "no number": _changed(lat="north"),
    "place in words": _changed(lat=None, long=None, address_string="1 Market Street"),
    "most words": _changed(description=BEYOND_16_BITS * LONGEST),
    "too many words": _changed(description="x" * (LONGEST + 1)),
    "answer missing": _demanded_missing,
    "filed without jurisdiction": lambda talk: _posted(talk, report(talk), jurisdiction=False),
    "filed.json": _changed(),
    "filed.xml": _changed("xml"),
    "filed multipart": _multipart,
    "read back": _read_back,
}

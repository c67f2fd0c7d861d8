"""The calls a check makes that only read: each has a name, and may use what earlier ones answered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from nagara.open311.conformance.reading import (
    Item,
    Unreadable,
    instant,
    items_of,
    object_of,
    word,
)
from nagara.open311.conformance.talking import Ask, Dialogue, NotJudged, Pairs, Question

FORMS = ("json", "xml")
FURTHER = (2, 3, 4, 5)
"""Which definitions are looked at besides the first: what is wrong with one service need not be with the next."""

NOWHERE = "nagara-check-none"
"""A jurisdiction, a code, an id and a token that nobody has."""

FAR_PAST = (("start_date", "1990-01-01T00:00:00Z"), ("end_date", "1990-01-02T00:00:00Z"))


def here(talk: Dialogue, *more: tuple[str, str]) -> Pairs:
    """A query with the jurisdiction, where there is one."""
    own = (("jurisdiction_id", talk.target.jurisdiction),) if talk.target.jurisdiction else ()
    return (*own, *more)


def reads(path: str, *more: tuple[str, str], headers: Pairs = ()) -> Question:
    """A call that always can be made."""
    return lambda talk: Ask(path, here(talk, *more), headers)


def items(talk: Dialogue, name: str) -> list[Item]:
    """The list another call answered with; raise ``NotJudged`` where it is none or empty."""
    exchange = talk.ask(name)
    try:
        found = items_of(exchange) if exchange.status == 200 else []
    except Unreadable:
        found = []
    if not found:
        raise NotJudged(f"{exchange} lists nothing to ask with")
    return found


def _first(talk: Dialogue, field: str) -> str:
    """A field of the newest request that has it."""
    found = next((word(item.get(field)) for item in items(talk, "requests.json") if item.get(field)), None)
    if found is None:
        raise NotJudged(f"no request has a {field}")
    return found


def _code(talk: Dialogue, *, asking: bool, number: int = 1) -> str:
    """The code of a service with, or without, questions: of the first one, or of one further down the list."""
    said = "true" if asking else "false"
    for service in items(talk, "services.json"):
        if word(service.get("metadata")) == said:
            number -= 1
            if not number:
                return word(service.get("service_code"))
    raise NotJudged(f"no service, or not so many, have metadata {said}")


def _in_path(name: str) -> str:
    """A code or an id as an address carries it: some servers take names, with blanks and slashes, for codes."""
    return quote(name, safe="")


def _definition(form: str, *, asking: bool, number: int = 1) -> Question:
    return lambda talk: Ask(
        f"services/{_in_path(_code(talk, asking=asking, number=number))}.{form}", here(talk)
    )


def _one(form: str) -> Question:
    return lambda talk: Ask(f"requests/{_in_path(_first(talk, 'service_request_id'))}.{form}", here(talk))


def _two(form: str, *more: tuple[str, str], repeated: bool = False) -> Question:
    """A list of the two newest requests by their ids, in one parameter or in two."""

    def ask(talk: Dialogue) -> Ask:
        ids = [word(item.get("service_request_id")) for item in items(talk, "requests.json")][:2]
        named = tuple(("service_request_id", one) for one in ids) if repeated else ()
        return Ask(
            f"requests.{form}", here(talk, *(named or (("service_request_id", ",".join(ids)),)), *more)
        )

    return ask


def _of_service(talk: Dialogue) -> Ask:
    return Ask("requests.json", here(talk, ("service_code", _first(talk, "service_code"))))


def moment(talk: Dialogue) -> dt.datetime:
    """When the newest request was made."""
    at = instant(_first(talk, "requested_datetime"))
    if at is None:
        raise NotJudged("requested_datetime of the newest request cannot be read")
    return at


def _around(zone: dt.tzinfo) -> Question:
    """Requests of the very second of the newest one."""

    def ask(talk: Dialogue) -> Ask:
        at = moment(talk).replace(microsecond=0).astimezone(zone)
        text = at.isoformat().replace("+00:00", "Z")
        return Ask("requests.json", here(talk, ("start_date", text), ("end_date", text)))

    return ask


def _discovery(form: str) -> Question:
    """Discovery where its address was given, else at the base and one above."""

    def ask(talk: Dialogue) -> Ask:
        if talk.target.discovery is not None:
            return Ask(f"{talk.target.discovery}.{form}")
        for place in (talk.target.base, talk.target.base.rpartition("/")[0]):
            if place.count("/") >= 2 and any(
                _is_discovery(talk, f"{place}/discovery.{one}") for one in FORMS
            ):
                return Ask(f"{place}/discovery.{form}")
        raise NotJudged("discovery was found neither at the base address nor one above; give its address")

    return ask


def _is_discovery(talk: Dialogue, url: str) -> bool:
    """Whether something answers there that looks like discovery at all."""
    exchange = talk.call(Ask(url))
    return exchange.status == 200 and b"endpoint" in exchange.body


def of_discovery(talk: Dialogue) -> Mapping[str, Any] | None:
    """What discovery says, if it can be read."""
    for form in FORMS:
        try:
            exchange = talk.ask(f"discovery.{form}")
            if exchange.status == 200:
                return object_of(exchange)
        except (NotJudged, Unreadable):
            continue
    return None


def _elsewhere(path: str, jurisdiction: str | None = None) -> Question:
    """A call for another jurisdiction than the one that is checked, or for none."""
    return lambda _talk: Ask(path, (("jurisdiction_id", jurisdiction),) if jurisdiction else ())


READS: dict[str, Question] = {
    **{f"discovery.{form}": _discovery(form) for form in FORMS},
    **{f"services.{form}": reads(f"services.{form}") for form in FORMS},
    "services.json for xml": reads("services.json", headers=(("Accept", "text/xml"),)),
    "services.xml for json": reads("services.xml", headers=(("Accept", "application/json"),)),
    "services.nothing": reads("services.nagara-check"),
    "services with unknown": reads("services.json", ("nagara_check", "1")),
    "services with key": reads("services.json", ("api_key", NOWHERE)),
    **{f"definition.{form}": _definition(form, asking=True) for form in FORMS},
    **{
        f"definition {number}.{form}": _definition(form, asking=True, number=number)
        for number in FURTHER
        for form in FORMS
    },
    **{f"plain definition.{form}": _definition(form, asking=False) for form in FORMS},
    **{f"unknown definition.{form}": reads(f"services/{NOWHERE}.{form}") for form in FORMS},
    **{f"requests.{form}": reads(f"requests.{form}") for form in FORMS},
    **{f"request.{form}": _one(form) for form in FORMS},
    **{f"unknown request.{form}": reads(f"requests/{NOWHERE}.{form}") for form in FORMS},
    **{f"unknown token.{form}": reads(f"tokens/{NOWHERE}.{form}") for form in FORMS},
    "two.json": _two("json"),
    "two.xml": _two("xml"),
    "two repeated": _two("json", repeated=True),
    "two despite filters": _two("json", *FAR_PAST, ("status", "closed")),
    "unknown id": reads("requests.json", ("service_request_id", NOWHERE)),
    "open": reads("requests.json", ("status", "open")),
    "closed": reads("requests.json", ("status", "closed")),
    "open and closed": reads("requests.json", ("status", "open,closed")),
    "of service": _of_service,
    "that second": _around(dt.UTC),
    "that second elsewhere": _around(dt.timezone(dt.timedelta(hours=7))),
    **{f"nothing found.{form}": reads(f"requests.{form}", *FAR_PAST) for form in FORMS},
    "empty parameters": reads(
        "requests.json", ("status", ""), ("service_code", ""), ("start_date", ""), ("end_date", "")
    ),
    "too long": reads(
        "requests.json", ("start_date", "2020-01-01T00:00:00Z"), ("end_date", "2020-03-31T00:00:01Z")
    ),
    "reversed": reads(
        "requests.json", ("start_date", "2020-01-02T00:00:00Z"), ("end_date", "2020-01-01T00:00:00Z")
    ),
    "without zone": reads(
        "requests.json", ("start_date", "2020-01-01T00:00:00"), ("end_date", "2020-01-02T00:00:00")
    ),
    "unknown status": reads("requests.json", ("status", NOWHERE)),
    "unknown service": reads("requests.json", ("service_code", NOWHERE)),
    "page 1": reads("requests.json", ("page", "1"), ("page_size", "1")),
    "page 2": reads("requests.json", ("page", "2"), ("page_size", "1")),
    **{
        f"{what} without jurisdiction.{form}": _elsewhere(f"{what}.{form}")
        for what in ("services", "requests")
        for form in FORMS
    },
    **{
        f"{what} of unknown jurisdiction.{form}": _elsewhere(f"{what}.{form}", NOWHERE)
        for what in ("services", "requests")
        for form in FORMS
    },
}

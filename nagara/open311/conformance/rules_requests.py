"""Rules of request lists, single requests and tokens."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from itertools import pairwise

from nagara.open311.conformance.judging import (
    CONVERSION,
    PRACTICE,
    SCHEMA,
    SPEC,
    Fault,
    Faults,
    Judge,
    Rule,
    all_status,
    each,
    empty,
    lacking,
    listed,
    members,
    not_texts,
    status_is,
    wrong_status,
)
from nagara.open311.conformance.reading import (
    Item,
    Unreadable,
    instant,
    items_of,
    leaves,
    named_in,
    number,
    tree_of,
    word,
)
from nagara.open311.conformance.talking import Exchange, Seen

LISTS = ("requests.json", "requests.xml")
SINGLE = ("request.json", "request.xml")
ALL = LISTS + SINGLE
UNKNOWN = ("unknown request.json", "unknown request.xml")
NOTHING = ("nothing found.json", "nothing found.xml")
FIELDS = (
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description",
    "agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime",
    "address", "address_id", "zipcode", "lat", "long", "media_url",
)  # fmt: skip
NEEDED = ("service_request_id", "status", "service_code", "requested_datetime")
TIMES = ("requested_datetime", "updated_datetime", "expected_datetime")
PERSONAL = frozenset(
    {
        "email", "first_name", "last_name", "phone", "device_id", "account_id", "api_key",
        "requestor_name", "contact_name", "contact_email", "contact_phone",
    }
)  # fmt: skip
"""The standard's own fields of the reporter, and those in which servers are known to tell of them."""

FINE = re.compile(r"-?\d+(\.\d{1,6})?")
MOST = 1000
NINETY_DAYS = dt.timedelta(days=90)
A_DAY = dt.timedelta(days=1)
"""Clocks differ, and so do ideas of when a day begins."""

Wrong = Callable[[Item], str | None]


def id_of(item: Item) -> str:
    """A request's id as a text."""
    return word(item.get("service_request_id"))


def ids_of(exchange: Exchange) -> list[str]:
    """The ids a list has, in its order."""
    return [id_of(item) for item in listed(exchange)]


def _status(item: Item) -> str | None:
    status = word(item.get("status"))
    return f"status {status!r} is neither open nor closed" if status not in ("open", "closed") else None


def _times(item: Item) -> str | None:
    for name in TIMES:
        if word(item.get(name)) and instant(item[name]) is None:
            return f"{name} {word(item[name])!r} is no date and time with a zone"
    return None


def _whole_seconds(item: Item) -> str | None:
    found = next((word(item.get(name)) for name in TIMES if "." in word(item.get(name))), None)
    return f"{found!r} has a fraction of a second" if found else None


def _position(item: Item) -> str | None:
    for name, most in (("lat", 90), ("long", 180)):
        if word(item.get(name)):
            found = number(item[name])
            if found is None or not abs(found) <= most:
                return f"{name} {word(item[name])!r} is no position in degrees"
    return None


def _places(item: Item) -> str | None:
    long = [word(item.get(name)) for name in ("lat", "long") if word(item.get(name))]
    wrong = next((one for one in long if not FINE.fullmatch(one)), None)
    return f"{wrong} has more than six places" if wrong else None


def _short(item: Item) -> str | None:
    length = len(word(item.get("description")))
    return f"a description has {length} characters" if length > 4000 else None


def _later(item: Item) -> str | None:
    made, changed = instant(item.get("requested_datetime")), instant(item.get("updated_datetime"))
    if made is not None and changed is not None and changed < made:
        return f"{id_of(item)!r} was updated before it was requested"
    return None


def _media(item: Item) -> str | None:
    url = item.get("media_url")
    if url is None or word(url) == "":
        return None
    right = isinstance(url, str) and re.match(r"https?://(?!.*,\s*https?://)", url) is not None
    return None if right else f"media_url {url!r:.60} is no one address"


def _numbers(seen: Seen) -> Faults:
    exchange = seen["requests.json"]
    for item in members(exchange):
        for name in ("lat", "long"):
            if isinstance(item.get(name), str):
                yield Fault(exchange, f"{name} is the text {item[name]!r} instead of a number")


def _texts(seen: Seen) -> Faults:
    exchange = seen["requests.json"]
    for item in members(exchange):
        what = not_texts(exchange, item, ("service_request_id", "service_code"))
        if what is not None:
            yield Fault(exchange, what)


def _nobody(seen: Seen) -> Faults:
    for exchange in seen.some(*ALL):
        try:
            names = {name for name, value in leaves(tree_of(exchange)) if word(value)}
        except Unreadable:
            continue
        if names & PERSONAL:
            yield Fault(exchange, f"the answer has {', '.join(sorted(names & PERSONAL))} of the reporter")


def _at_most(seen: Seen) -> Faults:
    for exchange in seen.some(*LISTS):
        count = len(listed(exchange))
        if count > MOST:
            yield Fault(exchange, f"{count} requests are listed")


def _recent(seen: Seen) -> Faults:
    for exchange in seen.some(*LISTS):
        ages = [at for item in members(exchange) if (at := instant(item.get("requested_datetime")))]
        if ages and max(ages) - min(ages) > NINETY_DAYS + A_DAY:
            yield Fault(exchange, f"the list spans {(max(ages) - min(ages)).days} days")


def _newest_first(seen: Seen) -> Faults:
    for exchange in seen.some(*LISTS):
        found = [at for item in members(exchange) if (at := instant(item.get("requested_datetime")))]
        if any(later > earlier for earlier, later in pairwise(found)):
            yield Fault(exchange, "a request stands behind an older one")


def _agree(seen: Seen) -> Faults:
    one, other = seen["two.json"], seen["two.xml"]
    there = {id_of(item): item for item in listed(other)}
    for item in members(one):
        twin = there.get(id_of(item))
        if twin is None:
            yield Fault(other, f"{id_of(item)!r} is missing in XML")
            continue
        for name in ("status", "service_code", "requested_datetime", "description"):
            if word(item.get(name)).split() != word(twin.get(name)).split():
                yield Fault(other, f"{name} of {id_of(item)!r} is not the same in XML and in JSON")


def _one_of_list(seen: Seen) -> Faults:
    asked = {name: seen[name] for name in SINGLE}
    for exchange in asked.values():
        yield from wrong_status(exchange, 200)
        try:
            found = items_of(exchange)
        except Unreadable as why:
            yield Fault(exchange, str(why))
            continue
        wanted = named_in(exchange)
        if [id_of(item) for item in found] != [wanted]:
            yield Fault(exchange, f"the answer is not a list of {wanted!r} alone")


def _just_those(name: str) -> Judge:
    """The two that were named, and no other."""

    def judge(seen: Seen) -> Faults:
        wanted = [id_of(item) for item in members(seen["requests.json"])[:2]]
        exchange = seen[name]
        yield from wrong_status(exchange, 200)
        if exchange.status == 200 and sorted(ids_of(exchange)) != sorted(wanted):
            yield Fault(
                exchange, f"{', '.join(wanted)} were asked for and {', '.join(ids_of(exchange))} came"
            )

    return judge


def _nothing(seen: Seen) -> Faults:
    for exchange in seen.some(*NOTHING):
        yield from wrong_status(exchange, 200)
        try:
            found = items_of(exchange) if exchange.status == 200 else []
        except Unreadable as why:
            yield Fault(exchange, str(why))
            continue
        if found:
            yield Fault(exchange, f"{len(found)} requests of 1990 are listed")


def _each(wrong: Wrong, names: Iterable[str] = LISTS) -> Judge:
    return each(names, wrong)


RULES = (
    Rule("requests-needed", "must",
         "Each request has service_request_id, status, service_code and requested_datetime.", SCHEMA, LISTS,
         _each(lambda item: empty(item, NEEDED, "service_request_id")), any_of=True),
    Rule("requests-fields", "should", "Each request has every documented field, null or empty where unknown.",
         PRACTICE, LISTS, _each(lambda item: lacking(item, FIELDS, "service_request_id")), any_of=True),
    Rule("requests-status", "must", "status is open or closed.", SPEC, LISTS, _each(_status), any_of=True),
    Rule("requests-text", "should", "service_request_id and service_code are texts in JSON.", SCHEMA,
         ("requests.json",), _texts),
    Rule("requests-times", "must", "Times are W3C dates and times with a zone.", SPEC, LISTS, _each(_times),
         any_of=True),
    Rule("requests-seconds", "should", "Times have whole seconds.", PRACTICE, LISTS, _each(_whole_seconds),
         any_of=True),
    Rule("requests-position", "must", "lat and long are degrees of WGS 84.", SPEC, LISTS, _each(_position),
         any_of=True),
    Rule("requests-numbers", "should", "lat and long are numbers in JSON.", SCHEMA, ("requests.json",), _numbers),
    Rule("requests-places", "should", "lat and long have at most six places.", PRACTICE, LISTS, _each(_places),
         any_of=True),
    Rule("requests-description", "must", "A description has at most 4,000 characters.", SPEC, LISTS, _each(_short),
         any_of=True),
    Rule("requests-updated", "should", "Nothing was updated before it was requested.", SPEC, LISTS, _each(_later),
         any_of=True),
    Rule("requests-media", "should", "media_url is one address, or nothing.", SPEC, LISTS, _each(_media),
         any_of=True),
    Rule("requests-nobody", "must", "Nothing tells who reported.", SPEC, ALL, _nobody, any_of=True),
    Rule("requests-most", "must", "A list has at most 1,000 requests unless asked otherwise.", SPEC, LISTS, _at_most,
         any_of=True),
    Rule("requests-recent", "must", "A list spans at most 90 days unless asked otherwise.", SPEC, LISTS, _recent,
         any_of=True),
    Rule("requests-newest", "should", "The newest request comes first.", PRACTICE, LISTS, _newest_first, any_of=True),
    Rule("requests-agree", "must", "Requests say the same in XML and in JSON.", CONVERSION, ("two.json", "two.xml"),
         _agree),
    Rule("request-list-of-one", "must", "One request is answered as a list of it alone.", SPEC, SINGLE, _one_of_list),
    Rule("request-unknown", "must", "An unknown service_request_id is 404.", SPEC, UNKNOWN, all_status(UNKNOWN, 404)),
    Rule("ids-listed", "must", "Several ids, parted by commas, give just those requests.", SPEC,
         ("requests.json", "two.json"), _just_those("two.json")),
    Rule("ids-repeated", "should", "Several ids, as a repeated parameter, give just those requests.", SPEC,
         ("requests.json", "two repeated"), _just_those("two repeated")),
    Rule("ids-override", "must", "service_request_id overrides every other filter.", SPEC,
         ("requests.json", "two despite filters"), _just_those("two despite filters")),
    Rule("ids-unknown", "should", "An unknown id in a list is left out.", PRACTICE, ("unknown id",),
         status_is("unknown id", 200)),
    Rule("nothing-found", "must", "Nothing found is an empty list with 200.", SPEC, NOTHING, _nothing),
    Rule("token-unknown", "should", "An unknown token is 404.", SPEC, ("unknown token.json", "unknown token.xml"),
         all_status(("unknown token.json", "unknown token.xml"), 404)),
)  # fmt: skip

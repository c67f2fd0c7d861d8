"""Rules of the filters and the pages of request lists."""

from __future__ import annotations

import datetime as dt

from nagara.open311.conformance.judging import (
    PRACTICE,
    SPEC,
    Fault,
    Faults,
    Rule,
    listed,
    members,
    status_is,
    wrong_status,
)
from nagara.open311.conformance.reading import instant, word
from nagara.open311.conformance.rules_requests import MOST, id_of, ids_of
from nagara.open311.conformance.talking import NotJudged, Seen


def _filtered(seen: Seen, *names: str) -> Faults:
    """A fault for each filter that is refused where the list without it can be read."""
    listed(seen["requests.json"])
    for name in names:
        yield from wrong_status(seen[name], 200)


def _states(seen: Seen) -> Faults:
    yield from _filtered(seen, "open", "closed")
    for name in ("open", "closed"):
        exchange = seen[name]
        if exchange.status != 200:
            continue
        wrong = [id_of(item) for item in listed(exchange) if word(item.get("status")) != name]
        if wrong:
            yield Fault(exchange, f"{wrong[0]!r} is not {name}")


def _both_states(seen: Seen) -> Faults:
    yield from _filtered(seen, "open and closed")
    both, all_ = seen["open and closed"], seen["requests.json"]
    if both.status != 200:
        return
    missing = set(ids_of(all_)) - set(ids_of(both))
    if missing and len(ids_of(all_)) < MOST:
        yield Fault(both, f"{sorted(missing)[0]!r} is missing where open and closed are asked for")


def _service(seen: Seen) -> Faults:
    exchange = seen["of service"]
    wanted = next(word(i["service_code"]) for i in members(seen["requests.json"]) if i.get("service_code"))
    yield from _filtered(seen, "of service")
    if exchange.status != 200:
        return
    wrong = [word(i.get("service_code")) for i in listed(exchange) if word(i.get("service_code")) != wanted]
    if wrong or not listed(exchange):
        yield Fault(exchange, f"service {wanted!r} was asked for and {wrong[:1] or 'nothing'} came")


def _bounded(seen: Seen) -> Faults:
    """Requests of one second: the one that is known is among them."""
    exchange = seen["that second"]
    newest = next(i for i in members(seen["requests.json"]) if word(i.get("requested_datetime")))
    yield from wrong_status(exchange, 200)
    if exchange.status == 200 and id_of(newest) not in ids_of(exchange):
        yield Fault(exchange, f"{id_of(newest)!r} of that second is missing")


def _same_elsewhere(seen: Seen) -> Faults:
    """The same second by another zone's clock gives the same; whether bounds belong to it is another rule's."""
    here, there = seen["that second"], seen["that second elsewhere"]
    known = ids_of(here)
    if not known:
        raise NotJudged(f"{here} lists nothing to compare with")
    yield from wrong_status(there, 200)
    if there.status == 200 and sorted(ids_of(there)) != sorted(known):
        yield Fault(
            there, f"in UTC {known[0]!r} is of that second, here it is {ids_of(there)[:1] or 'nothing'}"
        )


def _no_other_time(seen: Seen) -> Faults:
    exchange = seen["that second"]
    newest = next(i for i in members(seen["requests.json"]) if word(i.get("requested_datetime")))
    at = instant(newest["requested_datetime"])
    yield from _filtered(seen, "that second")
    if exchange.status != 200:
        return
    for item in listed(exchange):
        found = instant(item.get("requested_datetime"))
        if at is not None and found is not None and abs(found - at) >= dt.timedelta(seconds=2):
            yield Fault(exchange, f"{id_of(item)!r} of {found.isoformat()} is outside the bounds")


def _pages(seen: Seen) -> Faults:
    one, two = ids_of(seen["page 1"]), ids_of(seen["page 2"])
    if len(one) > 1:
        raise NotJudged("page_size is not known here, so there are no pages")
    if one and one == two:
        yield Fault(seen["page 2"], "page 2 holds what page 1 holds")


RULES = (
    Rule("filter-status", "must", "status gives requests of that status alone.", SPEC,
         ("open", "closed", "requests.json"), _states),
    Rule("filter-statuses", "must", "status takes several, parted by commas.", SPEC,
         ("open and closed", "requests.json"), _both_states),
    Rule("filter-service", "must", "service_code gives requests of that service alone.", SPEC,
         ("of service", "requests.json"), _service),
    Rule("filter-dates", "must", "start_date and end_date bound requested_datetime.", SPEC,
         ("that second", "requests.json"), _no_other_time),
    Rule("dates-inclusive", "should", "Both bounds belong to the span, to the second.", PRACTICE,
         ("that second", "requests.json"), _bounded),
    Rule("dates-zone", "must", "Dates in another zone, its plus sign encoded, mean the same.", SPEC,
         ("that second", "that second elsewhere"), _same_elsewhere),
    Rule("dates-span", "should", "A span of more than 90 days is 400.", PRACTICE, ("too long",),
         status_is("too long", 400)),
    Rule("dates-reversed", "should", "A span that ends before it begins is 400.", PRACTICE, ("reversed",),
         status_is("reversed", 400)),
    Rule("dates-no-zone", "should", "A date without a zone is 400.", PRACTICE, ("without zone",),
         status_is("without zone", 400)),
    Rule("status-unknown", "should", "An unknown status is 400.", PRACTICE, ("unknown status",),
         status_is("unknown status", 400)),
    Rule("service-unknown", "should", "An unknown service_code in the filter is 404.", PRACTICE, ("unknown service",),
         status_is("unknown service", 404)),
    Rule("pages", "should", "Where page and page_size are known, page 2 is not page 1.", PRACTICE,
         ("page 1", "page 2"), _pages),
)  # fmt: skip

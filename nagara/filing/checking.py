"""What would become of a report, before it is sent: taken or not, by whom, by when, and what is known already.

The judgement is pure (``appraise``); reports near by are read in one round trip. Nothing is ever written.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from city_config import City, Service
from city_config.services import StopNotice
from nagara.cities import service_of
from nagara.database import Pool, read_in_city
from nagara.errors import DatabaseUnavailable, NotTakenHere, OutsideCity
from nagara.exchange import Question
from nagara.filing import nearby
from nagara.filing.handed_in import (
    Filing,
    check_answers,
    check_media,
    check_observed,
    check_texts,
    something_to_read,
    why_not_taken,
)
from nagara.filing.intake import place_of
from nagara.filing.joining import reference_here
from nagara.places.finding import Place, check_coordinates
from nagara.places.rounds import CollectionDue, collection_due, street_named
from nagara.promises.deadlines import PromisedTimes, promise
from nagara.routing import Route, route

NOW: Question = ("select clock_timestamp()", ())


@dataclass(frozen=True, slots=True)
class Appraisal:
    """What the rules say of a report as far as it is known. Nothing is owned or promised where it is refused.

    ``place`` is None while nobody said where it is; of a position outside the city ``refusal`` says more.
    """

    service: Service
    refusal: NotTakenHere | OutsideCity | None
    notices: tuple[StopNotice, ...]
    questions: tuple[str, ...]
    place: Place | None
    route: Route | None
    times: PromisedTimes | None
    collection: CollectionDue | None


@dataclass(frozen=True, slots=True)
class Check:
    """An appraisal, and the open reports near the place as the public may see them."""

    appraisal: Appraisal
    nearby: list[dict[str, Any]]


def appraise(city: City, filing: Filing, now: dt.datetime) -> Appraisal:
    """Hold an unfinished report against the city's rules. Pure; raises what is wrong with what is there."""
    service = service_of(city, filing.service_code)
    check_texts(filing)
    check_media(filing.media)
    check_answers(service, filing.answers, complete=False)
    check_observed(filing.observed_at, now)
    if filing.same_as is not None:
        reference_here(city, filing.same_as)
    day = now.astimezone(city.zone).date()
    refusal: NotTakenHere | OutsideCity | None = why_not_taken(city, service, filing.answers, day)
    place = None
    try:
        place = place_of(city, filing, day) if _says_where(filing) else None
    except OutsideCity as outside:
        refusal = refusal or outside
    chosen = times = None
    if place is not None and refusal is None:
        chosen = route(city, service, place, now, service.priority, filing.answers)
        times = promise(city, service, chosen.owner, now, service.priority)
    return Appraisal(
        service,
        refusal,
        tuple(n for n in service.stop_notices if not n.stops and n.appears(filing.answers, day)),
        tuple(q.code for q in service.questions if q.shown(filing.answers)),
        place,
        chosen,
        times,
        _collection(city, service, place, filing.address, now),
    )


async def check(pool: Pool, city: City, filing: Filing) -> Check:
    """Appraise a report and look for open ones near it. The time is the database's. Never writes."""
    service = service_of(city, filing.service_code)
    around = _around(city, service, filing)
    questions = [NOW] if around is None else [NOW, nearby.question(city, service, around, filing.media)]
    told, *found = await read_in_city(pool, city.id, *questions)
    if not told:
        raise DatabaseUnavailable("The database did not tell the time.")
    appraisal = appraise(city, filing, told[0][0])
    return Check(appraisal, nearby.shown(city, around, found[0]) if around is not None else [])


def _around(city: City, service: Service, filing: Filing) -> nearby.Around | None:
    metres = nearby.radius(city, service)
    if filing.lat is None or filing.lon is None or not metres:
        return None
    check_coordinates(filing.lat, filing.lon)
    return nearby.Around(filing.lat, filing.lon, metres)


def _says_where(filing: Filing) -> bool:
    stated = filing.lat is not None or filing.lon is not None or filing.district is not None
    return stated or something_to_read(filing.address)


def _collection(
    city: City, service: Service, place: Place | None, address: str | None, now: dt.datetime
) -> CollectionDue | None:
    """When the rounds come to the place, where the service is about a missed collection."""
    if service.asks_round is None or place is None:
        return None
    street = street_named(city, place.district, address, service.asks_round)
    return collection_due(city, place.district, now, street=street, waste=service.asks_round)

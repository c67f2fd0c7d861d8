"""The one place that decides what the public sees of a request, and from when on.

Pure. The decision exists twice, as a function of one request and as an SQL condition over many; a test holds
the two against each other. Whatever shows requests to anybody asks one of them: a request that is not public
is as unknown as one that does not exist, and is not counted either.

In order: a confidential request is never public, nor is one of a private service, nor one staff hid. Where the
city or the service is moderated, staff release it first. Else it is public once the city's delay has passed;
what staff released does not wait. Positions are shown on the city's grid, words only where the city shows them
or they came through GeoReport, whose clients know that they are published.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection
from typing import Any, LiteralString, NamedTuple

from city_config import City

METRES_PER_DEGREE = 111_320.0
"""Of latitude, and of longitude at the equator."""

CHANNEL_OF_PUBLISHED_WORDS = "open311"

BY_STAFF = frozenset({"staff", "system", "import", "external_system"})
"""Kinds of actors whose notes are meant for everybody; all others are residents, or speak for one."""


class Standing(NamedTuple):
    """What decides about one request: ``public`` is staff's word (None: they said nothing)."""

    service_code: str
    confidential: bool
    public: bool | None
    received_at: dt.datetime


def is_public(city: City, request: Standing, now: dt.datetime) -> bool:
    """Whether anybody may see a request now."""
    since = public_since(city, request)
    return since is not None and since <= now


def public_since(city: City, request: Standing) -> dt.datetime | None:
    """From when anybody may see a request, as things stand; None: not before staff release it, or never."""
    if never_public(city, request) or request.public is False:
        return None
    if request.public:
        return request.received_at
    if waits_for_release(city, request):
        return None
    return request.received_at + dt.timedelta(hours=city.publication.delay_hours)


def never_public(city: City, request: Standing) -> bool:
    """Whether no release can make a request public: it is confidential, or of a private service."""
    return request.confidential or request.service_code in city.publication.private_services


def waits_for_release(city: City, request: Standing) -> bool:
    """Whether staff have yet to say if the public may see a request."""
    rule = city.publication
    return (
        request.public is None
        and not never_public(city, request)
        and (rule.moderated or request.service_code in rule.moderated_services)
    )


def public_sql(alias: LiteralString = "r") -> LiteralString:
    """``is_public`` as a condition over rows of ``request``; its values are those of ``public_values``.

    The time is the database's, so that one statement needs no round trip for it.
    """
    return f"""(not {alias}.confidential and {alias}.public is not false
        and {alias}.service_code <> all(%(private_services)s::text[])
        and ({alias}.public is true or (
            not %(moderated)s::boolean and {alias}.service_code <> all(%(moderated_services)s::text[])
            and {alias}.received_at <= clock_timestamp() - make_interval(hours => %(delay_hours)s::int))))"""


def waiting_sql(alias: LiteralString = "r") -> LiteralString:
    """``waits_for_release`` as a condition, with the same values."""
    return f"""({alias}.public is null and not {alias}.confidential
        and {alias}.service_code <> all(%(private_services)s::text[])
        and (%(moderated)s::boolean or {alias}.service_code = any(%(moderated_services)s::text[])))"""


def public_values(city: City) -> dict[str, Any]:
    """The values of ``public_sql``, ``waiting_sql`` and ``blurred_sql``."""
    rule = city.publication
    return {
        "moderated": rule.moderated,
        "moderated_services": list(rule.moderated_services),
        "private_services": list(rule.private_services),
        "delay_hours": rule.delay_hours,
        "lat_step": rule.blur_metres / METRES_PER_DEGREE,
    }


def public_position(city: City, lat: float | None, lon: float | None, own: bool) -> dict[str, float] | None:
    """The position, on the grid the city blurs public positions to; the resident sees their own exactly.

    The grid's step of longitude is that of the blurred latitude: the exact one could be worked out from it.
    """
    if lat is None or lon is None:
        return None
    metres = 0 if own else city.publication.blur_metres
    if metres:
        lat_step = metres / METRES_PER_DEGREE
        lat = round(lat / lat_step) * lat_step
        lon_step = lat_step / max(0.01, math.cos(math.radians(lat)))
        lon = round(lon / lon_step) * lon_step
    return {"lat": round(lat, 6), "lon": round(lon, 6)}


def blurred_sql(alias: LiteralString = "r") -> tuple[LiteralString, LiteralString]:
    """Latitude and longitude as ``public_position`` gives them, before rounding, as SQL expressions."""
    step: LiteralString = "%(lat_step)s::float8"
    lat: LiteralString = f"round({alias}.lat / nullif({step}, 0)) * {step}"
    lon_step: LiteralString = f"({step} / greatest(0.01, cos(radians({lat}))))"
    lon: LiteralString = f"round({alias}.lon / nullif({lon_step}, 0)) * {lon_step}"
    return f"coalesce({lat}, {alias}.lat)", f"coalesce({lon}, {alias}.lon)"


def public_words(city: City, channel: str, words: str) -> str | None:
    """What the public reads of the resident's description; None: nothing."""
    shown = city.publication.show_description or channel == CHANNEL_OF_PUBLISHED_WORDS
    return (words or None) if shown else None


def public_address(city: City, channel: str, address: str | None) -> str | None:
    """The address in words; never beside a blurred position, which it would undo."""
    return address if channel == CHANNEL_OF_PUBLISHED_WORDS and not city.publication.blur_metres else None


def public_note(actor_kind: str, note: str | None, own: bool) -> str | None:
    """An event's text: staff's is for everybody, a resident's for the holder of the private link."""
    return note if own or actor_kind in BY_STAFF else None


def photo_is_public(city: City, request_public: bool, released: bool, searched: Collection[str]) -> bool:
    """Whether anybody may see a picture of a request.

    ``searched``: what was looked for in it and hidden. Where the city hides anything, no picture is shown to
    anybody but privileged staff before that has happened.
    """
    rule = city.publication.photos
    return (
        request_public
        and is_searched(city, searched)
        and (rule == "all" or (rule == "released" and released))
    )


def is_searched(city: City, searched: Collection[str]) -> bool:
    """Whether everything the city hides in pictures was looked for in one."""
    return set(city.publication.hide) <= set(searched)

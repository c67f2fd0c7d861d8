"""A report comes in: it is checked, placed, routed and promised, and stands in the database with its event.

The decision is pure (``decide``); filing it is one transaction of two round trips. Whatever is refused
leaves nothing behind.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import psycopg

from city_config import City, Service
from nagara import statements
from nagara.cities import configuration, service_of
from nagara.database import BEGIN, COMMIT, SET_CITY, Pool
from nagara.errors import (
    ContactBlocked,
    DatabaseUnavailable,
    InvalidInput,
    PhotoNotUsable,
    PlaceMissing,
    ReplayedWithOtherBody,
    ReportErased,
    UnknownDistrict,
)
from nagara.escalation.ladder import Climb, Watched, next_moment, open_promises
from nagara.filing.handed_in import (
    MAX_KEY,
    Filing,
    body_digest,
    check_answers,
    check_media,
    check_observed,
    check_taken,
    check_texts,
    something_to_read,
)
from nagara.filing.joining import JOIN, Joinable, Search, joining_values
from nagara.ids import new_reference, uuid7
from nagara.lifecycle import Status, next_due
from nagara.places.finding import Place, locate_in
from nagara.promises.deadlines import PromisedTimes, calendar_stages, promise
from nagara.residents.contact_digests import digests_of
from nagara.routing import Route, route
from nagara.sealing import seal
from nagara.staff import live


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules say about a filing: where it is, whose it is and what was promised."""

    service: Service
    place: Place
    route: Route
    times: PromisedTimes


@dataclass(frozen=True, slots=True)
class Filed:
    """A request that stands in the database; ``replayed`` if it did before this call."""

    id: uuid.UUID
    reference: str
    service_code: str
    department: str
    assignee: str | None
    district: str | None
    rule: str
    reason: str
    times: PromisedTimes
    received_at: dt.datetime
    replayed: bool
    joined: str | None = None
    """The request it was linked to as it came in: me too."""
    link_generation: int | None = None
    """How often its private link was renewed; only the last one opens anything."""


def decide(city: City, filing: Filing, now: dt.datetime) -> Decision:
    """Check, place, route and promise. Pure; raises what is wrong with the filing, naming the field."""
    service = service_of(city, filing.service_code)
    check_texts(filing)
    check_media(filing.media)
    check_answers(service, filing.answers)
    check_observed(filing.observed_at, now)
    day = now.astimezone(city.zone).date()
    check_taken(city, service, filing.answers, day)
    place = place_of(city, filing, day)
    chosen = route(city, service, place, now, service.priority, filing.answers)
    times = promise(city, service, chosen.owner, now, service.priority)
    return Decision(service, place, chosen, times)


async def file_request(pool: Pool, city: City, filing: Filing, secret: bytes) -> Filed:
    """File a request durably, or return the one filed before under the same idempotency key.

    The time of receipt is the database's. Raises what ``decide`` raises, and ``ReplayedWithOtherBody``
    when the key was used with another body, ``ReportErased`` when what stood under it was erased since, and
    ``PhotoNotUsable`` when a picture does not wait for a request; in all cases nothing is written. What
    ``same_as`` names is joined if it is open; otherwise the report is filed as any other, because nothing a
    resident sends may be lost.
    """
    statement = statements.FILE_WITH_PHOTOS if filing.media else statements.FILE_REQUEST
    digest = body_digest(filing) if filing.idempotency_key else None
    if filing.idempotency_key and len(filing.idempotency_key) > MAX_KEY:
        raise InvalidInput(
            f"Idempotency-Key is longer than {MAX_KEY} characters.",
            field="Idempotency-Key",
            allowed=f"at most {MAX_KEY} characters",
        )
    search = Search(city, filing.same_as)
    async with pool.connection() as connection:
        while True:
            async with connection.pipeline():
                await connection.execute(BEGIN, prepare=True)
                began = await connection.execute(statements.BEGIN_IN_CITY, (city.id,), prepare=True)
                await search.send(connection)
                now = await _time_told(began)
                decision = decide(city, filing, now)
                parent = await search.found(connection)
                row = _row(city, filing, decision, now, digest)
                written = await connection.execute(
                    statement, row | _sealed(city, filing, secret), prepare=True
                )
                if parent is not None:
                    await connection.execute(JOIN, joining_values(row, parent), prepare=True)
                await connection.execute(COMMIT, prepare=True)
            if await written.fetchone() is not None:
                live.tell_here(city.id, live.filed(row["reference"], row["status"], row["department"], now))
                return _filed(decision, row, now, parent)
            earlier = await _earlier(connection, city, filing, digest)
            if earlier is not None:
                return earlier
            await _check_usable(connection, city, filing)
            await _check_contact(connection, city, filing, secret)
            # neither key nor digest clashed, so the random reference did: draw another


async def filed_before(pool: Pool, city: City, filing: Filing) -> Filed | None:
    """The request that stands under the filing's idempotency key; None without one. Writes nothing.

    Raises ``ReplayedWithOtherBody`` and ``ReportErased`` as filing does.
    """
    if filing.idempotency_key is None:
        return None
    async with pool.connection() as connection:
        return await _earlier(connection, city, filing, body_digest(filing))


async def _time_told(began: psycopg.AsyncCursor[Any]) -> dt.datetime:
    """The database's time, from the statement that began the transaction."""
    row = await began.fetchone()
    if row is None:
        raise DatabaseUnavailable("The database did not tell the time.")
    now: dt.datetime = row[0]
    return now


async def _earlier(
    connection: psycopg.AsyncConnection[Any], city: City, filing: Filing, digest: bytes | None
) -> Filed | None:
    """The request that already holds the filing's idempotency key."""
    if filing.idempotency_key is None:
        return None
    async with connection.pipeline():
        await connection.execute(BEGIN, prepare=True)
        await connection.execute(SET_CITY, (city.id,), prepare=True)
        cursor = await connection.execute(
            statements.FIND_BY_KEY, (city.id, filing.idempotency_key), prepare=True
        )
        await connection.execute(COMMIT, prepare=True)
    row = await cursor.fetchone()
    if row is None:
        return None
    *values, stored_digest, joined, generation, erased = row
    if erased:
        # What was sent is gone, its digest too, so nothing can tell whether this is the same report.
        raise ReportErased(
            "This report was filed before and then erased by its owner; use a new key for a new report.",
            field="Idempotency-Key",
            allowed="a key that was not used before",
        )
    if bytes(stored_digest) != digest:
        raise ReplayedWithOtherBody(
            "This Idempotency-Key was used before with another body; use a new key for a new report.",
            field="Idempotency-Key",
            allowed="the same body, or a key that was not used before",
        )
    id_, reference, service, owner, assignee, district, rule, reason, ack, respond, resolve, std, at = values
    times = PromisedTimes(ack, respond, resolve, std)
    return Filed(
        id_, reference, service, owner, assignee, district, rule, reason, times, at, True, joined, generation
    )


async def _check_usable(connection: psycopg.AsyncConnection[Any], city: City, filing: Filing) -> None:
    """Raise ``PhotoNotUsable`` naming the pictures that do not wait for a request here."""
    if not filing.media:
        return
    async with connection.pipeline():
        await connection.execute(BEGIN, prepare=True)
        await connection.execute(SET_CITY, (city.id,), prepare=True)
        cursor = await connection.execute(
            statements.USABLE_PHOTOS, (city.id, list(filing.media)), prepare=True
        )
        await connection.execute(COMMIT, prepare=True)
    refuse_unusable(filing.media, {row[0] for row in await cursor.fetchall()})


async def _check_contact(
    connection: psycopg.AsyncConnection[Any], city: City, filing: Filing, secret: bytes
) -> None:
    """Raise ``ContactBlocked`` where the city takes nothing from the resident's contact for now."""
    digests = [digest for digest in digests_of(secret, city, filing.contact).values() if digest]
    if filing.actor_kind != "resident" or not digests:
        return
    async with connection.pipeline():
        await connection.execute(BEGIN, prepare=True)
        await connection.execute(SET_CITY, (city.id,), prepare=True)
        cursor = await connection.execute(statements.FIND_BLOCK, (city.id, digests), prepare=True)
        await connection.execute(COMMIT, prepare=True)
    found = await cursor.fetchone()
    if found is not None:
        day = found[0].astimezone(city.zone).date()
        raise ContactBlocked(
            f"Reports with this contact are not taken until {day}; please ask the city directly.",
            field="contact",
            allowed="a report without this contact",
        )


def refuse_unusable(named: Sequence[uuid.UUID], usable: Collection[uuid.UUID]) -> None:
    """Raise ``PhotoNotUsable`` unless every picture that was named waits for a request."""
    missing = [str(id_) for id_ in named if id_ not in usable]
    if missing:
        raise PhotoNotUsable(
            f"Not waiting here: {', '.join(missing)}. Send the pictures again.",
            field="media",
            allowed="ids from uploads to this city within the last day, each used once",
        )


def _filed(decision: Decision, row: Mapping[str, Any], now: dt.datetime, parent: Joinable | None) -> Filed:
    return Filed(
        row["id"],
        row["reference"],
        row["service_code"],
        decision.route.owner,
        decision.route.assignee,
        decision.place.district,
        decision.route.rule,
        decision.route.reason,
        decision.times,
        now,
        False,
        parent.reference if parent else None,
    )


def request_row(city: City, filing: Filing, decision: Decision, received_at: dt.datetime) -> dict[str, Any]:
    """The columns of a new request, and what its first event says of it."""
    times, service = decision.times, decision.service
    promised = open_promises(
        times.acknowledge_by, times.respond_by, times.resolve_by, acknowledged=False, responded=False
    )
    watched = Watched(service.code, service.network_code, service.priority, received_at, promised)
    return columns_decided(city, filing, decision, received_at) | {
        "id": uuid7(),
        "next_due_at": next_due(
            Status.RECEIVED,
            acknowledge_by=times.acknowledge_by,
            respond_by=times.respond_by,
            resolve_by=times.resolve_by,
            acknowledged=False,
            responded=False,
        ),
        "next_step_at": next_moment(city, watched, Climb()),
    }


def columns_decided(
    city: City, filing: Filing, decision: Decision, received_at: dt.datetime
) -> dict[str, Any]:
    """Of a request's columns those that its filing and the rules decide; also of one that is imported."""
    times, chosen = decision.times, decision.route
    service = decision.service
    return {
        "city_id": city.id,
        "reference": new_reference(city.reference_prefix),
        "status": Status.RECEIVED.value,
        "service_code": decision.service.code,
        "network_code": decision.service.network_code,
        "department": chosen.owner,
        "assignee": chosen.assignee,
        "priority": decision.service.priority,
        "district": decision.place.district,
        "lat": filing.lat,
        "lon": filing.lon,
        "place_method": decision.place.method if filing.lat is not None else "stated",
        "address": filing.address if something_to_read(filing.address) else None,
        "description": filing.description,
        "answers": orjson.dumps(filing.answers).decode() if filing.answers else "{}",
        "language": filing.language,
        "channel": filing.channel,
        "confidential": filing.confidential,
        "observed_at": filing.observed_at,
        "received_at": received_at,
        "rule": chosen.rule,
        "reason": chosen.reason,
        "config_fingerprint": city.fingerprint,
        "acknowledge_by": times.acknowledge_by,
        "respond_by": times.respond_by,
        "resolve_by": times.resolve_by,
        "promise_standard": times.standard,
        "calendar_stages": list(calendar_stages(service, service.priority)),
    }


def filed_data(row: Mapping[str, Any], source: str | None = None) -> dict[str, Any]:
    """What the first event says, so that indicators and auditors need no other table."""
    names = (
        "service_code", "network_code", "district", "department", "assignee", "priority", "rule", "reason",
        "config_fingerprint", "acknowledge_by", "respond_by", "resolve_by", "promise_standard", "channel",
        "observed_at",
    )  # fmt: skip
    return {name: row[name] for name in names} | {"source": source}


def _row(
    city: City, filing: Filing, decision: Decision, now: dt.datetime, digest: bytes | None
) -> dict[str, Any]:
    row = request_row(city, filing, decision, now)
    data = filed_data(row)
    if filing.media:
        data["media"] = filing.media
    return row | {
        "media": list(filing.media),
        "idempotency_key": filing.idempotency_key,
        "body_digest": digest,
        "actor_kind": filing.actor_kind,
        "actor": filing.actor,
        "event_data": orjson.dumps(data).decode(),
    }


def _sealed(city: City, filing: Filing, secret: bytes) -> dict[str, bytes | None]:
    contact = {name: value for name, value in filing.contact.items() if value}
    sealed = seal(secret, city.id, contact) if contact else None
    return {"sealed": sealed} | digests_of(secret, city, contact)


def place_of(city: City, filing: Filing, day: dt.date) -> Place:
    """Where it is on a local day: by position if there is one, else by the district or address in words.

    Raises ``PlaceMissing`` where nothing says so, ``OutsideCity``, ``UnknownDistrict``, ``InvalidCoordinates``.
    """
    if filing.lat is not None and filing.lon is not None:
        return locate_in(city, filing.lat, filing.lon, configuration(), day)
    if (filing.lat is None) != (filing.lon is None):
        raise PlaceMissing(
            "lat and lon belong together; one of them is missing.", field="lat,lon", allowed="lat and lon"
        )
    if filing.district is not None:
        known = city.districts_on(day)
        if filing.district not in known:
            raise UnknownDistrict(
                f"There is no district {filing.district[:40]!r}.", field="district", allowed=known
            )
        return Place(True, filing.district, (), "inside")
    if something_to_read(filing.address):
        return Place(True, None, (), "inside")
    raise PlaceMissing(
        "Say where it is: lat and lon, or a district, or an address.",
        field="lat,lon",
        allowed=["lat and lon", "district", "address"],
    )

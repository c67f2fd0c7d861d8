"""A report comes in: it is checked, placed, routed and promised, and becomes the row that is to be written.

All of it is pure; ``nagara.filing.desk`` takes reports and has them written.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from city_config import City, Service
from nagara.cities import configuration, service_of
from nagara.errors import (
    PhotoNotUsable,
    PlaceMissing,
    UnknownDistrict,
)
from nagara.escalation.ladder import Climb, Watched, next_moment, open_promises
from nagara.filing.handed_in import (
    Filing,
    check_answers,
    check_media,
    check_observed,
    check_taken,
    check_texts,
    something_to_read,
)
from nagara.filing.joining import Joinable
from nagara.ids import new_reference, uuid7
from nagara.lifecycle import Status, next_due
from nagara.per_city import PerCity
from nagara.places.finding import Place, locate_in
from nagara.promises.deadlines import PromisedTimes, calendar_stages, promise
from nagara.residents.contact_digests import digests_of
from nagara.routing import Route, route
from nagara.sealing import seal


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules say about a filing: where it is, whose it is and what was promised."""

    service: Service
    place: Place
    route: Route
    times: PromisedTimes


class Filed(NamedTuple):
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


def refuse_unusable(named: Sequence[uuid.UUID], usable: Collection[uuid.UUID]) -> None:
    """Raise ``PhotoNotUsable`` unless every picture that was named waits for a request."""
    missing = [str(id_) for id_ in named if id_ not in usable]
    if missing:
        raise PhotoNotUsable(
            f"Not waiting here: {', '.join(missing)}. Send the pictures again.",
            field="media",
            allowed="ids from uploads to this city within the last day, each used once",
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
        "calendar_stages": list(_stages.of(city)[service.code]),
    }


def _calendar_stages(city: City) -> Mapping[str, tuple[str, ...]]:
    return {service.code: calendar_stages(service, service.priority) for service in city.services}


_stages: PerCity[Mapping[str, tuple[str, ...]]] = PerCity(_calendar_stages)


def filed_data(row: Mapping[str, Any], source: str | None = None) -> dict[str, Any]:
    """What the first event says, so that indicators and auditors need no other table."""
    names = (
        "service_code", "network_code", "district", "department", "assignee", "priority", "rule", "reason",
        "config_fingerprint", "acknowledge_by", "respond_by", "resolve_by", "promise_standard", "channel",
        "observed_at",
    )  # fmt: skip
    return {name: row[name] for name in names} | {"source": source}


def filed_now(decision: Decision, row: Mapping[str, Any], now: dt.datetime, parent: Joinable | None) -> Filed:
    """What stands in the database now that the row was written."""
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


def filing_row(
    city: City, filing: Filing, decision: Decision, received_at: dt.datetime, digest: bytes | None
) -> dict[str, Any]:
    """What a filing writes: the request's columns, its key, who filed it and what its first event says."""
    row = request_row(city, filing, decision, received_at)
    data = filed_data(row)
    if filing.media:
        data["media"] = filing.media
    return row | {
        "idempotency_key": filing.idempotency_key,
        "body_digest": digest,
        "actor_kind": filing.actor_kind,
        "actor": filing.actor,
        "event_data": orjson.dumps(data).decode(),
    }


def sealed_contact(city: City, filing: Filing, secret: bytes) -> dict[str, bytes | None]:
    """The resident's contact as it is kept: sealed, and the digests by which it is found; None where there is none."""
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

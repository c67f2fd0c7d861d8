"""Other systems as readers of events: what they are told (CloudEvents 1.0), and what each call came to.

Told is the fact and where it stands: never a word that somebody wrote, a contact or a place. What more a system may
know it reads by the reference, with the rights of its own key.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
import psycopg

from city_config import Configuration
from nagara.notifications.audiences import WEBHOOK_PREFIX
from nagara.notifications.claiming import Due, Outcome, uuid_after
from nagara.notifications.keeping import Kept
from nagara.notifications.wording import Happening, Notice
from nagara.public.publication import Standing, is_public
from nagara.sealing import seal, unseal
from nagara.settings import settings

TYPE_PREFIX = "org.nagara.request."
TEST_TYPE = "org.nagara.test"
WEBHOOK = "webhook"

ENDPOINTS = (
    "select city_id, id, events from webhook_endpoint where active and city_id = any(%s) order by city_id, id"
)
SECRETS = """
select e.city_id, e.id, e.url, e.sealed_secret,
       case when e.previous_until > clock_timestamp() then e.sealed_previous end
  from webhook_endpoint e join unnest(%s::text[], %s::uuid[]) as asked (city_id, id)
    on e.city_id = asked.city_id and e.id = asked.id
 where e.active
"""
WRITE_DOWN = """
insert into webhook_attempt (city_id, endpoint_id, webhook_id, event_type, request_id, seq, at, took_ms, answer,
                             delivered)
select a.city_id, a.endpoint_id, a.webhook_id, a.event_type, a.request_id, a.seq, clock_timestamp(), a.took_ms,
       a.answer, a.delivered
  from unnest(%s::text[], %s::uuid[], %s::text[], %s::text[], %s::uuid[], %s::int[], %s::int[], %s::text[],
              %s::boolean[])
       as a (city_id, endpoint_id, webhook_id, event_type, request_id, seq, took_ms, answer, delivered)
  join webhook_endpoint e on e.city_id = a.city_id and e.id = a.endpoint_id
"""
END = """
update webhook_endpoint set active = false, ended_because = %s where city_id = %s and id = %s and active
"""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A system that is told; ``events``: of which kinds, None: of all."""

    id: uuid.UUID
    events: Sequence[str] | None


class Told(Protocol):
    """An event as it is being told."""

    @property
    def request_id(self) -> uuid.UUID:
        """Whose event it is."""

    @property
    def seq(self) -> int:
        """Which event of it."""

    @property
    def occurred_at(self) -> dt.datetime:
        """When it happened."""

    @property
    def status(self) -> str | None:
        """What the request has become by it, if anything."""

    @property
    def happening(self) -> Happening:
        """What happened."""

    @property
    def standing(self) -> Standing:
        """What decides whether the public sees the request."""


def endpoints_of(
    connection: psycopg.Connection[Any], cities: Iterable[str]
) -> Mapping[str, Sequence[Endpoint]]:
    """The endpoints of these cities that are told anything."""
    found: dict[str, list[Endpoint]] = {}
    wanted = sorted(cities)
    for city_id, id_, events in connection.execute(ENDPOINTS, (wanted,), prepare=True) if wanted else ():
        found.setdefault(city_id, []).append(Endpoint(id_, events))
    return found


def to_endpoints(known: Configuration, told: Told, endpoints: Sequence[Endpoint]) -> Iterator[Kept]:
    """A notice for each endpoint that wants this kind. Confidential requests are told to no other system."""
    wanting = [one for one in endpoints if one.events is None or told.happening.kind in one.events]
    if not wanting or told.standing.confidential:
        return
    body = cloud_event(known, told)
    city_id, kind = told.happening.city_id, told.happening.kind
    notice = Notice("en", TYPE_PREFIX + kind, body, None, told.happening.reference)
    for one in wanting:
        recipient = seal(settings().secret, city_id, {"endpoint": str(one.id)})
        yield Kept(
            city_id, told.request_id, told.seq, f"{WEBHOOK_PREFIX}{one.id}", WEBHOOK, recipient, notice
        )


def cloud_event(known: Configuration, told: Told) -> str:
    """An event as CloudEvents 1.0 in JSON; ``source`` and ``id`` together are one and the same for every receiver."""
    happening = told.happening
    city = known.cities[happening.city_id]
    service = city.services_by_code.get(happening.service_code)
    public_url = settings().public_url.rstrip("/")
    data = {
        "city": city.id,
        "reference": happening.reference,
        "number": told.seq,
        "status": told.status,
        "service_code": happening.service_code,
        "network_code": service.network_code if service is not None else None,
        "department": happening.department,
        "public": is_public(city, told.standing, happening.told_at),
    }
    return envelope(
        city.id,
        f"{happening.reference}.{told.seq}",
        TYPE_PREFIX + happening.kind,
        told.occurred_at,
        happening.reference,
        data | {"url": f"{public_url}/#/track/{happening.reference}"},
    )


def envelope(
    city_id: str, id_: str, type_: str, at: dt.datetime, subject: str | None, data: Mapping[str, Any]
) -> str:
    """What CloudEvents asks for around the data."""
    content = {
        "specversion": "1.0",
        "id": id_,
        "source": f"{settings().public_url.rstrip('/')}/api/v1/cities/{city_id}",
        "type": type_,
        "time": at,
        "datacontenttype": "application/json",
        "data": data,
    }
    if subject is not None:
        content["subject"] = subject
    return orjson.dumps(content, option=orjson.OPT_UTC_Z).decode()


def look_up(connection: psycopg.Connection[Any], dues: Sequence[Due]) -> None:
    """Add where endpoints are and what signs now; whoever has ended or is switched off gets nothing added."""
    asked = {(due.city_id, id_): due for due in dues if (id_ := uuid_after(due.audience, WEBHOOK_PREFIX))}
    if not asked:
        return
    columns = [list(column) for column in zip(*asked, strict=True)]
    found: dict[tuple[str, uuid.UUID], dict[str, str]] = {}
    for city_id, id_, url, *sealed in connection.execute(SECRETS, columns, prepare=True):
        opened = [unseal(settings().secret, city_id, bytes(one)) for one in sealed if one is not None]
        signed_with = " ".join(one["secret"] for one in opened if one is not None)
        found[city_id, id_] = {"url": url, "secrets": signed_with}
    for due in dues:
        id_ = uuid_after(due.audience, WEBHOOK_PREFIX)
        if id_ is not None:
            due.extra = found.get((due.city_id, id_), {})


def write_down(connection: psycopg.Connection[Any], outcomes: Sequence[Outcome]) -> None:
    """Keep what each call came to; an endpoint that says it is gone is switched off."""
    rows = []
    for one in outcomes:
        id_ = uuid_after(one.due.audience, WEBHOOK_PREFIX)
        if id_ is None:
            continue
        due, refusal = one.due, one.refusal
        request_id, seq = due.key[1:3] if due.table == "notification" else (None, None)
        type_ = due.text.get("subject") or TEST_TYPE
        answer = "taken" if refusal is None else refusal.why
        took = int(one.took / dt.timedelta(milliseconds=1))
        rows.append(
            (due.city_id, id_, due.message_key, type_, request_id, seq, took, answer, refusal is None)
        )
        if refusal is not None and refusal.gone:
            connection.execute(END, (refusal.why, due.city_id, id_))
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        connection.execute(WRITE_DOWN, columns, prepare=True)

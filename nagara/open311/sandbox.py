"""The sandbox of the GeoReport server: every check of the real one, and nobody's work.

A developer files, reads and updates trial requests there. They are kept apart from all requests, seen at the
sandbox alone, moved by whatever update a key of the city sends, and gone after some days. Pictures are looked at
and not kept, and of who reported nothing is kept at all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
import psycopg

from city_config import City
from nagara.database import Pool, city_transaction, read_in_city
from nagara.errors import InvalidInput, UnknownRequest
from nagara.event_log import EventKind
from nagara.filing.handed_in import Filing, body_digest
from nagara.filing.intake import decide, request_row
from nagara.lifecycle import CLOSED, Status
from nagara.open311.lists import FAR_AHEAD, NO_ID, ListFilter, Place, Row
from nagara.open311.taking import Update, digest_of, refuse_other
from nagara.open311.update_words import TO_STATUS
from nagara.open311.updates import Happened
from nagara.promises.deadlines import PromisedTimes
from nagara.public.publication import public_position

KEPT = dt.timedelta(days=7)
MOST_TRIALS = 1000
"""Of a city; the oldest make room."""

MARK = "TEST-"
COUNTED = Place(FAR_AHEAD, NO_ID)
"""Says that a further page is counted, not remembered by its place: trial requests are few."""

NOW = "select clock_timestamp()"
FILE = """
insert into georeport_trial
       (city_id, reference, system, content, filed_at, expires_at, idempotency_key, body_digest)
values (%(city_id)s, %(reference)s, %(system)s, %(content)s::jsonb, %(now)s, %(expires_at)s, %(key)s, %(digest)s)
on conflict do nothing returning reference
"""
BY_KEY = (
    "select reference, content, body_digest from georeport_trial where city_id = %s and idempotency_key = %s"
)
MAKE_ROOM = """
delete from georeport_trial where city_id = %(city_id)s and (expires_at <= %(now)s or reference in (
    select reference from georeport_trial where city_id = %(city_id)s order by filed_at desc, reference desc
    offset %(most)s))
"""
FORGET = "delete from georeport_trial where expires_at <= %s"
ALL = """
select content from georeport_trial where city_id = %s and expires_at > clock_timestamp()
 order by filed_at desc, reference desc
"""
ONE = """
select content from georeport_trial where city_id = %s and reference = %s and expires_at > clock_timestamp()
   for update
"""
SENT = """
select content -> 'events' from georeport_trial
 where city_id = %s and expires_at > clock_timestamp() and content @> %s::jsonb
"""
CHANGE = "update georeport_trial set content = %s::jsonb where city_id = %s and reference = %s"
KINDS: Mapping[Status, EventKind] = {
    Status.RECEIVED: EventKind.ANSWERED,
    Status.ACKNOWLEDGED: EventKind.ACKNOWLEDGED,
    Status.ASSIGNED: EventKind.ASSIGNED,
    Status.IN_PROGRESS: EventKind.STARTED,
    Status.ON_HOLD: EventKind.PAUSED,
    Status.REFERRED: EventKind.REFERRED,
    Status.RESOLVED: EventKind.RESOLVED,
    Status.DECLINED: EventKind.DECLINED,
    Status.WITHDRAWN: EventKind.WITHDRAWN,
    Status.DUPLICATE: EventKind.DUPLICATE_LINKED,
}


@dataclass(frozen=True, slots=True)
class Trial:
    """What the developer is told of a trial request."""

    reference: str
    department: str
    times: PromisedTimes


async def file_trial(pool: Pool, city: City, filing: Filing, system: str) -> Trial:
    """Keep a trial request, or give back the one filed under the same key; refuse what the real server refuses."""
    now = await _now(pool, city)
    row = request_row(city, filing, decide(city, filing, now), now)
    content = _content(row, now)
    values = {
        "city_id": city.id,
        "reference": content["reference"],
        "system": system,
        "content": orjson.dumps(content).decode(),
        "now": now,
        "expires_at": now + KEPT,
        "key": filing.idempotency_key,
        "digest": body_digest(filing) if filing.idempotency_key else None,
        "most": MOST_TRIALS - 1,
    }
    async with city_transaction(pool, city.id) as connection:
        await connection.execute(MAKE_ROOM, values)
        written = await (await connection.execute(FILE, values)).fetchone()
        if written is None:
            earlier = await (await connection.execute(BY_KEY, (city.id, filing.idempotency_key))).fetchone()
            if earlier is None or bytes(earlier[2] or b"") != values["digest"]:
                raise InvalidInput("This key was used before with another body; use a new one.")
            content = earlier[1]
    return _trial(row_of(content))


def forget_trials(connection: psycopg.Connection[Any], now: dt.datetime) -> int:
    """Let go of trial requests whose days are over, in every city; returns how many. One transaction."""
    with connection.transaction():
        return connection.execute(FORGET, (now,)).rowcount


async def trials(pool: Pool, city: City) -> list[Row]:
    """Every trial request of a city, newest first."""
    [rows] = await read_in_city(pool, city.id, (ALL, (city.id,)))
    return [row_of(content) for (content,) in rows]


async def update_trial(pool: Pool, city: City, system: str, update: Update) -> None:
    """Move a trial request as an update says; the same update again changes nothing.

    Raises ``UnknownRequest``, and ``InvalidInput`` where the id was used for another update, as the real server does.
    """
    reference = update.service_request_id.strip().upper()
    update = replace(update, service_request_id=reference)
    sent = orjson.dumps({"events": [{"update_id": update.update_id}]}).decode()
    async with city_transaction(pool, city.id) as connection:
        found = await (await connection.execute(ONE, (city.id, reference))).fetchone()
        if found is None:
            raise UnknownRequest(
                f"service_request_id {reference[:40]!r} is not known in the sandbox.",
                field="service_request_id",
            )
        before = await (await connection.execute(SENT, (city.id, sent))).fetchall()
        if was_sent([event for (events,) in before for event in events], system, update):
            return
        changed = moved(found[0], system, update)
        await connection.execute(CHANGE, (orjson.dumps(changed).decode(), city.id, reference))


def was_sent(events: Sequence[Mapping[str, Any]], system: str, update: Update) -> bool:
    """Whether a system sent this very update before; raise ``InvalidInput`` where its id meant another one. Pure."""
    same = [one for one in events if one.get("update_id") == update.update_id and one.get("system") == system]
    for one in same:
        refuse_other(bytes.fromhex(one["digest"]), update)
    return bool(same)


def moved(content: Mapping[str, Any], system: str, update: Update) -> dict[str, Any]:
    """A trial request as an update leaves it. Pure."""
    status = TO_STATUS.get(update.status, Status(content["status"]))
    event = {
        "kind": KINDS[status],
        "at": update.updated_at.isoformat(),
        "status": status,
        "note": update.description or None,
        "reason": None,
        "actor_kind": "system",
        "update_id": update.update_id,
        "system": system,
        "digest": digest_of(update).hex(),
    }
    return dict(content) | {
        "status": status,
        "status_note": update.description or None,
        "updated_at": update.updated_at.isoformat(),
        "closed_at": update.updated_at.isoformat() if status in CLOSED else None,
        "events": [*content["events"], event],
    }


def row_of(content: Mapping[str, Any]) -> Row:
    """A trial request as a request's row. Pure."""
    values = dict(content)
    for name in ("received_at", "updated_at", "closed_at", "acknowledge_by", "respond_by", "resolve_by"):
        values[name] = dt.datetime.fromisoformat(values[name]) if values[name] else None
    return Row(**values, id=NO_ID)


def filtered(city: City, rows: Sequence[Row], wanted: ListFilter) -> list[Row]:
    """The rows of all pages that a filter means. Pure; the sandbox has few enough to look at each."""
    return [row for row in rows if _is_wanted(city, row, wanted)]


def happened(rows: Sequence[Row]) -> list[Happened]:
    """What happened to trial requests, in the order of ``service requestupdates``. Pure."""
    return [
        Happened(
            row.reference, seq, event["kind"], dt.datetime.fromisoformat(event["at"]), event["status"],
            event["note"], event["reason"], event["actor_kind"], None, True, row.updated_at, row.id,
        )
        for row in sorted(rows, key=lambda row: (row.updated_at, row.reference))
        for seq, event in enumerate(row.events or (), 1)
    ]  # fmt: skip


def _is_wanted(city: City, row: Row, wanted: ListFilter) -> bool:
    position = public_position(city, row.lat, row.lon, own=False)
    west, south, east, north = wanted.bbox or (-180.0, -90.0, 180.0, 90.0)
    return (
        wanted.received.start <= row.received_at < wanted.received.before
        and wanted.updated.start <= row.updated_at < wanted.updated.before
        and (Status(row.status) in CLOSED) in wanted.closed
        and (wanted.services is None or row.service_code in wanted.services)
        and (
            wanted.bbox is None
            or (
                position is not None and west <= position["lon"] <= east and south <= position["lat"] <= north
            )
        )
    )


def _content(row: Mapping[str, Any], now: dt.datetime) -> dict[str, Any]:
    """What is kept of a trial request: what a list shows, and no more."""
    kept = (
        "service_code", "network_code", "department", "district", "lat", "lon", "description", "address",
        "channel", "promise_standard",
    )  # fmt: skip
    times = ("acknowledge_by", "respond_by", "resolve_by")
    filed = {
        "kind": EventKind.FILED, "at": now.isoformat(), "status": Status.RECEIVED, "note": None,
        "reason": None, "actor_kind": "api_key",
    }  # fmt: skip
    return {
        **{name: row[name] for name in kept},
        **{name: row[name].isoformat() if row[name] else None for name in times},
        "reference": MARK + row["reference"],
        "status": Status.RECEIVED,
        "received_at": now.isoformat(),
        "updated_at": now.isoformat(),
        "closed_at": None,
        "closing_reason": None,
        "status_note": None,
        "parent": None,
        "photos": None,
        "events": [filed],
    }


def _trial(row: Row) -> Trial:
    times = PromisedTimes(row.acknowledge_by, row.respond_by, row.resolve_by, row.promise_standard)
    return Trial(row.reference, row.department, times)


async def _now(pool: Pool, city: City) -> dt.datetime:
    [[told]] = await read_in_city(pool, city.id, (NOW, ()))
    now: dt.datetime = told[0]
    return now

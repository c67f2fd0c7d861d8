"""What changed at another endpoint since its requests were read: written as history, at the times it states.

Only of requests that nobody worked on here. Nobody is told of it: it happened elsewhere. One that is still open is
seen again once a week, so that the end of observation moves on while the source is read, and stands still when it
is not.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from typing import Any

import orjson
import psycopg
from sqlalchemy import text
from sqlmodel import Session, col, select

from city_config import City
from city_config.import_mapping import ImportMapping
from nagara.changing import set_clocks
from nagara.database import city_session
from nagara.event_log import EventKind
from nagara.importing.stated import NotTaken, StatedMove
from nagara.lifecycle import CLOSED, TRANSITIONS, Move, Status
from nagara.open311.client_history import moves_of, state_of
from nagara.open311.client_reading import TheirRequest
from nagara.tables import Event, Request

WATCHED_AFTER_CLOSING = dt.timedelta(days=30)
SEEN_AGAIN_AFTER = dt.timedelta(days=7)
MAY_REOPEN = TRANSITIONS[Move.REOPEN].start

OPEN_IDS = """
select source_id from request
 where city_id = %s and source = %s and (closed_at is null or closed_at > clock_timestamp() - %s)
 order by received_at
"""
RECORD = text(
    "insert into event (city_id, request_id, kind, occurred_at, actor_kind, actor, from_status, to_status, data) "
    "values (:city, :request, :kind, :at, 'import', :source, :before, :after, cast(:data as jsonb))"
)


def open_ids(connection: psycopg.Connection[Any], city: City, source: str) -> list[str]:
    """Ids at the source of what may still change."""
    with connection.transaction():
        rows = connection.execute(OPEN_IDS, (city.id, source, WATCHED_AFTER_CLOSING)).fetchall()
    return [row[0] for row in rows]


def follow(
    city: City, mapping: ImportMapping, rows: Iterable[TheirRequest], seen_at: dt.datetime
) -> Counter[str]:
    """Take in how requests stand now, each in a transaction of its own; returns what became of them."""
    done: Counter[str] = Counter()
    for row in rows:
        with city_session(city.id) as session:
            done[_follow_one(session, city, mapping, row, seen_at)] += 1
    return done


def _follow_one(
    session: Session, city: City, mapping: ImportMapping, row: TheirRequest, seen_at: dt.datetime
) -> str:
    """What became of one: moved, seen again, unchanged, worked on here, or not understood."""
    query = select(Request).where(
        col(Request.city_id) == city.id,
        col(Request.source) == mapping.source,
        col(Request.source_id) == row.id,
    )
    ours = session.exec(query.with_for_update()).first()
    if ours is None:
        return "unknown"
    events = session.exec(
        select(Event)
        .where(col(Event.city_id) == city.id, col(Event.request_id) == ours.id)
        .order_by(col(Event.seq))
    ).all()
    if any(event.actor_kind not in ("import", "system") for event in events):
        return "worked on here"
    try:
        state = state_of(mapping, row)
        stated = moves_of(row, state, seen_at)
    except NotTaken:
        return "not understood"
    before, after = Status(ours.status), Status(state.status)
    last = max(event.occurred_at for event in events)
    if before is after:
        return _seen_again(session, ours, mapping.source, seen_at)
    if before in CLOSED and after not in CLOSED and before in MAY_REOPEN:
        move = StatedMove(Move.REOPEN, min(row.updated_at or seen_at, seen_at))
    elif (
        stated and before in TRANSITIONS[stated[-1].move].start and stated[-1].move is not Move.LINK_DUPLICATE
    ):
        move = stated[-1]
    else:
        return "not understood"
    _make(session, city, ours, mapping.source, move, max(move.at, last))
    return "moved"


def _make(
    session: Session, city: City, ours: Request, source: str, move: StatedMove, at: dt.datetime
) -> None:
    step, before = TRANSITIONS[move.move], Status(ours.status)
    after = step.end or before
    ours.status = after.value
    ours.acknowledged_at = ours.acknowledged_at or (at if step.acknowledges else None)
    ours.responded_at = ours.responded_at or (at if step.responds else None)
    if after in CLOSED:
        ours.closed_at, ours.closing_reason, ours.observed_until = at, move.data.get("reason"), None
    if move.move is Move.REOPEN:
        ours.closed_at = ours.closing_reason = None
    set_clocks(city, ours)
    _write(session, ours, source, step.event, before, at, dict(move.data))


def _seen_again(session: Session, ours: Request, source: str, seen_at: dt.datetime) -> str:
    seen = ours.observed_until
    if Status(ours.status) in CLOSED or (seen is not None and seen_at - seen < SEEN_AGAIN_AFTER):
        return "unchanged"
    ours.observed_until = seen_at
    data = {"observed_until": seen_at.isoformat()}
    _write(session, ours, source, EventKind.OBSERVED, Status(ours.status), seen_at, data)
    return "seen again"


def _write(
    session: Session,
    ours: Request,
    source: str,
    kind: str,
    before: Status,
    at: dt.datetime,
    data: dict[str, Any],
) -> None:
    ours.version, ours.updated_at = ours.version + 1, max(ours.updated_at, at)
    session.flush()
    session.execute(
        RECORD,
        {
            "city": ours.city_id,
            "request": ours.id,
            "kind": kind,
            "at": at,
            "source": source,
            "before": before.value,
            "after": ours.status,
            "data": orjson.dumps(data).decode(),
        },
    )

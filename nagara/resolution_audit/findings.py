"""Keeps audits: the sample with its requests, what was found of each, and what a second draw gives."""

from __future__ import annotations

import datetime as dt
from typing import Any, LiteralString

import psycopg
from sqlalchemy import text
from sqlmodel import Session, select

from city_config import City
from nagara import event_log
from nagara.errors import AlreadyThere, InvalidInput, UnknownAudit
from nagara.event_log import Actor, EventKind
from nagara.indicators.conduct import FIXED
from nagara.resolution_audit.drawing import Source, draw, frame_of, source_of
from nagara.tables import ResolutionAudit, ResolutionAuditItem

FINDINGS = (FIXED, "not_fixed", "no_trace")
"""``no_trace``: nobody could say that the problem had ever been there. It confirms nothing."""

WAYS = ("reporter", "photo", "field")
"""Who reported it confirms, a picture taken afterwards shows it, or somebody went there."""

ITEMS: LiteralString = """
select item.number, request.reference, request.service_code, request.district,
       resolved.occurred_at as resolved_at, resolved.actor as resolved_by,
       said.data->'fixed' as reporter_said, found.data->>'finding' as finding, found.data->>'way' as way,
       found.occurred_at as found_at, found.actor as found_by,
       array(select event.actor from event where event.city_id = item.city_id
                and event.request_id = item.request_id and event.kind = 'resolved') as resolvers,
       exists (select from photo where photo.city_id = item.city_id and photo.request_id = item.request_id
                  and photo.created_at >= resolved.recorded_at - interval '1 hour'
                  and photo.kind in ('after', 'feedback')) as pictured, request.id, request.status
  from resolution_audit_item item
  join request on request.city_id = item.city_id and request.id = item.request_id
  left join lateral (select * from event where event.city_id = item.city_id and event.request_id = item.request_id
                        and event.kind = 'resolved' order by seq limit 1) resolved on true
  left join lateral (select data from event where event.city_id = item.city_id and event.request_id = item.request_id
                        and event.kind = 'feedback_given' and event.data->'fixed' in ('true', 'false')
                      order by seq desc limit 1) said on true
  left join lateral (select * from event where event.city_id = item.city_id and event.request_id = item.request_id
                        and event.kind = 'audit_found' order by seq desc limit 1) found on true
 where item.city_id = :city and item.quarter = :quarter and (cast(:number as integer) is null or item.number = :number)
 order by item.number
"""
COUNTS: LiteralString = """
select item.quarter, count(*), count(found.finding), count(*) filter (where found.finding = 'fixed')
  from resolution_audit_item item
  left join lateral (select event.data->>'finding' as finding from event
                      where event.city_id = item.city_id and event.request_id = item.request_id
                        and event.kind = 'audit_found' order by seq desc limit 1) found on true
 where item.city_id = :city group by item.quarter
"""
TAKE_TURNS: LiteralString = (
    "select pg_advisory_xact_lock(hashtextextended('resolution audit of ' || :city, 0))"
)
LOCK: LiteralString = "select 1 from request where city_id = :city and id = :request for update"


def begin(
    session: Session, city: City, quarter: str, size: int, by: str, now: dt.datetime
) -> ResolutionAudit:
    """Draw and keep the sample of a quarter, with an event at each request drawn.

    Raises ``AlreadyThere`` where one was drawn before - it is never drawn twice - and ``InvalidInput`` as ``draw``.
    """
    session.execute(text(TAKE_TURNS), {"city": city.id})
    if session.get(ResolutionAudit, (city.id, quarter)) is not None:
        raise AlreadyThere(f"The sample of {quarter} was drawn before.", field="quarter")
    connection = _driver(session)
    drawn = draw(connection, city, quarter, source_of(connection, city, quarter), size)
    source = drawn.source
    audit = ResolutionAudit(
        city_id=city.id,
        quarter=quarter,
        snapshot_id=source.snapshot_id,
        cut_off=source.cut_off,
        known_at=source.known_at,
        seed=source.seed,
        seed_from=source.seed_from,
        resolved=drawn.resolved,
        digest=drawn.digest,
        drawn_by=by,
        drawn_at=now,
    )
    session.add(audit)
    session.flush()
    for number, request in enumerate(drawn.requests, 1):
        session.add(ResolutionAuditItem(city_id=city.id, quarter=quarter, number=number, request_id=request))
        told = {"quarter": quarter, "number": number}
        event_log.record(session, city.id, request, EventKind.AUDIT_DRAWN, Actor("system"), None, None, told)
    session.flush()
    return audit


def audits(session: Session, city: City) -> list[dict[str, Any]]:
    """A city's audits, the newest first, with how many were looked at and confirmed."""
    counts = {row[0]: row[1:] for row in session.execute(text(COUNTS), {"city": city.id}).all()}
    rows = session.exec(
        select(ResolutionAudit).where(ResolutionAudit.city_id == city.id).order_by(ResolutionAudit.quarter)
    )
    return [shown(row, counts.get(row.quarter, (0, 0, 0))) for row in reversed(rows.all())]


def shown(row: ResolutionAudit, counts: tuple[int, int, int]) -> dict[str, Any]:
    """An audit with its counts, for JSON."""
    drawn, checked, confirmed = counts
    return row.model_dump(exclude={"city_id"}) | {
        "drawn": drawn,
        "checked": checked,
        "confirmed": confirmed,
    }


def items(session: Session, city: City, quarter: str, number: int | None = None) -> list[dict[str, Any]]:
    """The requests of a sample, or one of them, with what was found; raises ``UnknownAudit``."""
    values = {"city": city.id, "quarter": quarter, "number": number}
    found = [dict(row) for row in session.execute(text(ITEMS), values).mappings()]
    if not found:
        raise UnknownAudit(f"No sample of {quarter[:20]} holds this.", field="quarter")
    return found


def find(
    session: Session, city: City, quarter: str, number: int, finding: str, way: str, by: str, note: str = ""
) -> dict[str, Any]:
    """Record what was found of one request of a sample; the last finding counts. Returns the item.

    Raises ``InvalidInput`` where there is nothing the finding could rest on, and for whoever resolved the request:
    nobody confirms their own work.
    """
    if finding not in FINDINGS:
        raise InvalidInput(f"{finding[:40]!r} is no finding.", field="finding", allowed=FINDINGS)
    if way not in WAYS:
        raise InvalidInput(f"{way[:40]!r} is no way to know.", field="way", allowed=WAYS)
    (item,) = items(session, city, quarter, number)
    if by in item["resolvers"]:
        raise InvalidInput(
            "You resolved it yourself: somebody else must look.", field="number", allowed="anybody else"
        )
    if way == "reporter" and item["reporter_said"] is not (finding == FIXED):
        raise InvalidInput(
            "Its reporter did not say so.", field="way", allowed=[one for one in WAYS if one != "reporter"]
        )
    if way == "photo" and not item["pictured"]:
        raise InvalidInput("There is no picture of afterwards.", field="way", allowed=["reporter", "field"])
    session.execute(text(LOCK), {"city": city.id, "request": item["id"]})
    data = {"quarter": quarter, "number": number, "finding": finding, "way": way}
    if note.strip():
        data["note"] = note.strip()
    event_log.record(
        session, city.id, item["id"], EventKind.AUDIT_FOUND, Actor("staff", by), None, None, data
    )
    (item,) = items(session, city, quarter, number)
    return item


def differences(session: Session, city: City, quarter: str) -> list[str]:
    """What a second draw of a kept sample gives otherwise, in words; empty where it is the same sample."""
    kept = session.get(ResolutionAudit, (city.id, quarter))
    if kept is None:
        raise UnknownAudit(f"No sample of {quarter[:20]} was drawn.", field="quarter")
    stored = [item["id"] for item in items(session, city, quarter)]
    source = Source(kept.snapshot_id, kept.cut_off, kept.known_at, kept.seed, kept.seed_from)
    connection = _driver(session)
    frame = frame_of(connection, city, quarter, source)
    drawn = draw(connection, city, quarter, source, max(len(stored), 60))
    found = []
    if kept.resolved != len(frame):
        found.append(
            f"the log has {len(frame)} issues resolved in {quarter}, the sample was drawn of {kept.resolved}"
        )
    if list(drawn.requests) != stored or drawn.digest != kept.digest:
        found.append("the seed draws other issues than those that were kept")
    return found


def _driver(session: Session) -> psycopg.Connection[Any]:
    connection = session.connection().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)  # noqa: S101 - the engine's driver is psycopg
    return connection

"""What an external owner says becomes a move of our request: once by its key, by the actor ``external_system``.

The lifecycle's table holds for them as for staff. What leads nowhere - a status nobody mapped, a closing while
jobs are open or the picture that the city wants is missing - is a note for staff, and the request asks for their
attention; it never moves a clock.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, text
from sqlmodel import Session, col, select

from city_config import City
from city_config.external_owners import TheirStatus
from city_config.schema import ExternalOwner
from nagara import event_log
from nagara.changing import finish
from nagara.errors import MoveNotAllowed
from nagara.event_log import Actor, EventKind
from nagara.external_owner.update import News, move_towards
from nagara.field_work import jobs
from nagara.field_work.evidence import is_proven
from nagara.lifecycle import Move, Status, Transition, transition
from nagara.staff import live
from nagara.tables import Event, ExternalRequest, Request

ACTOR = "external_system"
LONGEST_WORDS = 4000

KEEP = text(
    "insert into external_update (city_id, request_id, owner, key, status, stated_at, taken_at) "
    "values (:city, :request, :owner, :key, :status, :stated, clock_timestamp()) on conflict do nothing returning key"
)
WRITE_SEQ = text(
    "update external_update set seq = :seq "
    "where city_id = :city and request_id = :request and owner = :owner and key = :key"
)
CLOSINGS = (EventKind.RESOLVED, EventKind.DECLINED, EventKind.DUPLICATE_LINKED, EventKind.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one piece of news: ``new`` False, it was known; ``seq``, the event it became, if any."""

    new: bool
    seq: int | None = None


def apply(session: Session, city: City, owner: ExternalOwner, link: ExternalRequest, news: News) -> Applied:
    """Take one piece of news in the caller's transaction. Repeated, it changes nothing."""
    row = session.exec(
        select(Request)
        .where(col(Request.city_id) == city.id, col(Request.id) == link.request_id)
        .with_for_update()
    ).one()
    session.refresh(link, with_for_update=True)
    values = {"city": city.id, "request": link.request_id, "owner": owner.code, "key": news.key}
    kept = session.execute(KEEP, values | {"status": news.detailed or news.status, "stated": news.at})
    if kept.first() is None:
        return Applied(False)
    now: dt.datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    # a clock ahead of time must not silence what follows; servers tell time in whole seconds
    at = min(news.at, now.replace(microsecond=0)) if news.at is not None else None
    if at is not None and link.their_updated_at is not None and at < link.their_updated_at:
        return Applied(True)  # older than what is known already: it arrived late
    first = link.their_status is None
    changed = (news.status, news.detailed) != (link.their_status, link.their_detail)
    said = _words(news.words)
    new_words = said if said != link.their_words else None
    link.their_status, link.their_detail = news.status, news.detailed
    link.their_words, link.their_updated_at = said, at or link.their_updated_at
    if not changed and new_words is None:
        return Applied(True)
    seq = _moved(session, city, owner, row, link, news, now) if changed else None
    # what a system says of everything it has just taken in is no news
    if seq is None and ((new_words and not first) or (changed and link.attention)):
        seq = _note(session, city, row, _data(owner, link, news, new_words), now)
    if seq is not None:
        session.execute(WRITE_SEQ, values | {"seq": seq})
    return Applied(True, seq)


def _moved(
    session: Session,
    city: City,
    owner: ExternalOwner,
    row: Request,
    link: ExternalRequest,
    news: News,
    now: dt.datetime,
) -> int | None:
    """The event of the move their status leads to; None where it leads to none, with why in ``attention``."""
    meaning, status = owner.meaning(news.status, news.detailed), Status(row.status)
    if meaning is None or owner.department not in (row.department, row.assignee):
        link.attention = "unknown_status" if meaning is None else "not_theirs"
        return None
    move = move_towards(status, Status(meaning.status), closed_by_them=_closed_by_them(session, row))
    link.attention = _hindered(session, city, row, move)
    if move is None or link.attention is not None:
        return None
    step = transition(status, move)
    data = _data(owner, link, news, _words(news.words))
    return _finish(session, city, row, step, move, meaning, data, now, owner)


def _finish(
    session: Session,
    city: City,
    row: Request,
    step: Transition,
    move: Move,
    meaning: TheirStatus,
    data: dict[str, Any],
    now: dt.datetime,
    owner: ExternalOwner,
) -> int:
    if move in (Move.RESOLVE, Move.DECLINE):
        row.closing_reason = meaning.reason
        data |= {"reason": meaning.reason}
    if move is Move.REOPEN:
        row.closing_reason, row.closed_at, row.duplicate_of = None, None, None
        data.setdefault("note", "")
    return finish(session, city, row, step, Actor(ACTOR, owner.code), now, data)


def _hindered(session: Session, city: City, row: Request, move: Move | None) -> str | None:
    """Why a closing of theirs does not close ours: the same that would hinder staff."""
    if move is not Move.RESOLVE:
        return None
    try:
        jobs.demand_none_open(session, row)
    except MoveNotAllowed:
        return "jobs_open"
    service = city.services_by_code.get(row.service_code)
    if service is not None and service.evidence and not is_proven(session, row):
        return "evidence_missing"
    return None


def _closed_by_them(session: Session, row: Request) -> bool:
    """Whether the last closing was theirs."""
    query = (
        select(Event.actor_kind)
        .where(
            col(Event.city_id) == row.city_id, col(Event.request_id) == row.id, col(Event.kind).in_(CLOSINGS)
        )
        .order_by(col(Event.seq).desc())
        .limit(1)
    )
    return session.exec(query).first() == ACTOR


def _note(session: Session, city: City, row: Request, data: dict[str, Any], now: dt.datetime) -> int:
    """What they said, for staff alone."""
    row.version, row.updated_at = row.version + 1, now
    session.flush()
    live.tell_after_commit(session, city.id, live.changed(row, None))
    actor = Actor(ACTOR, data["external"]["owner"])
    return event_log.record(session, city.id, row.id, EventKind.NOTED, actor, row.status, row.status, data)


def _data(owner: ExternalOwner, link: ExternalRequest, news: News, words: str | None) -> dict[str, Any]:
    """What the event says of its origin; their own time stands beside the database's, never instead of it."""
    external = {"owner": owner.code, "their_id": link.their_id, "status": news.detailed or news.status}
    if news.at is not None:
        external["stated_at"] = news.at.isoformat()
    return {"external": external} | ({"note": words} if words else {})


def _words(words: str | None) -> str | None:
    """Their words as ours may be: no longer, nothing invisible."""
    if words is None:
        return None
    kept = "".join(one for one in words if one in "\n\t" or one.isprintable()).strip()
    return kept[:LONGEST_WORDS] or None

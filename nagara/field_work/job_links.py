"""A link to one job, for a contractor without an account: it opens one page, for some days, until withdrawn.

Whoever holds the token sees where the work is and what it is, never who reported it, and can say that it was
begun, done (with pictures) or given back. That is written down beside the request; the request itself is
closed by the department, which is accountable for it. The caller owns the transaction.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlmodel import Session, col, select

from city_config import City
from nagara.accounts import Account
from nagara.changing import locked
from nagara.errors import EvidenceMissing, InvalidInput, MoveNotAllowed, UnknownJob
from nagara.event_log import Actor, EventKind
from nagara.field_work import jobs
from nagara.filing.handed_in import MAX_DESCRIPTION, MAX_TEXT, check_text
from nagara.ids import new_secret, secret_digest, uuid7
from nagara.lifecycle import CLOSED, Status
from nagara.photos import keeping
from nagara.tables import Job, JobLink, Request

SHORTEST, LONGEST = dt.timedelta(hours=1), dt.timedelta(days=30)
MOST_LINKS = 20
ACTOR_KIND = "contractor"
Report = Literal["started", "done", "returned"]


@dataclass(frozen=True, slots=True)
class Handed:
    """A new link; the token is shown this once and kept nowhere."""

    link: JobLink
    token: str


@dataclass(frozen=True, slots=True)
class Opened:
    """What a token opened: the link, its request, and its job where it has one."""

    link: JobLink
    request: Request
    job: Job | None


def hand_out(
    session: Session,
    city: City,
    account: Account,
    reference: str,
    contractor: str,
    *,
    job: int | None = None,
    instructions: str | None = None,
    valid: dt.timedelta = dt.timedelta(days=7),
) -> Handed:
    """Make a link to a request, or to one job of it, for a contractor of the city or anybody named.

    Raises ``UnknownRequest``, ``UnknownJob``, ``NotPermitted``, ``MoveNotAllowed`` for a closed request,
    ``InvalidInput`` for a span outside an hour to thirty days; then nothing has changed.
    """
    check_text("contractor", contractor, MAX_TEXT)
    check_text("instructions", instructions, MAX_DESCRIPTION)
    if not contractor.strip():
        raise InvalidInput("Say who gets the link.", field="contractor", allowed=city.contractors_by_code)
    if not SHORTEST <= valid <= LONGEST:
        raise InvalidInput("A link is valid for an hour to thirty days.", field="hours", allowed="1 to 720")
    row = locked(session, city, reference)
    jobs.own_department(account, row)
    if Status(row.status) in CLOSED:
        raise MoveNotAllowed(f"{row.reference} is closed ({row.status}); reopen it first.", field="reference")
    if len(links_of(session, row)) >= MOST_LINKS:
        raise MoveNotAllowed(f"{row.reference} was handed out {MOST_LINKS} times already.", field="reference")
    piece = jobs.numbered(session, row, job) if job is not None else None
    now, token = jobs.now_told(session), new_secret(city.id)
    link = JobLink(
        city_id=city.id,
        token_digest=secret_digest(token),
        id=uuid7(),
        request_id=row.id,
        job_id=piece.id if piece else None,
        contractor=contractor.strip(),
        instructions=instructions,
        created_by=account.sign_in_name,
        created_at=now,
        expires_at=now + valid,
    )
    session.add(link)
    actor = Actor("staff", account.sign_in_name)
    data = {"link": str(link.id), "job": job, "expires_at": link.expires_at}
    jobs.note_change(session, row, EventKind.HANDED_OUT, actor, now, data)
    return Handed(link, token)


def withdraw(session: Session, city: City, account: Account, reference: str, link_id: uuid.UUID) -> JobLink:
    """End a link at once; one that ended before stays as it was. Raises ``UnknownRequest``, ``UnknownJob``."""
    row = locked(session, city, reference)
    jobs.own_department(account, row)
    found = [link for link in links_of(session, row) if link.id == link_id]
    if not found:
        raise UnknownJob(f"{row.reference} was not handed out under this id.", field="id")
    link = found[0]
    if link.revoked_at is None:
        now = jobs.now_told(session)
        link.revoked_at = now
        session.add(link)
        actor = Actor("staff", account.sign_in_name)
        data = {"link": str(link.id), "withdrawn": True}
        jobs.note_change(session, row, EventKind.HANDED_OUT, actor, now, data)
    return link


def links_of(session: Session, row: Request) -> Sequence[JobLink]:
    """The request's links, in the order they were made."""
    query = select(JobLink).where(col(JobLink.city_id) == row.city_id, col(JobLink.request_id) == row.id)
    return session.exec(query.order_by(col(JobLink.created_at), col(JobLink.id))).all()


def open_link(session: Session, city: City, token: str, *, lock: bool = False) -> Opened:
    """What a token opens; the first opening is noted in the link. ``lock``: the request, for a change of it.

    Raises ``UnknownJob`` for a token that never was, has expired or was withdrawn: which, is not said.
    """
    link = session.get(JobLink, (city.id, secret_digest(token)))
    now = jobs.now_told(session)
    if link is None or link.revoked_at is not None or link.expires_at <= now:
        raise UnknownJob("This link is over, or never was one. Ask who sent it for a new one.")
    row = session.get_one(Request, (city.id, link.request_id), with_for_update=lock)
    piece = session.get(Job, (city.id, link.job_id)) if link.job_id else None
    if link.opened_at is None:
        link.opened_at = now
        session.add(link)
    return Opened(link, row, piece)


def report(
    session: Session,
    city: City,
    token: str,
    what: Report,
    note: str | None = None,
    media: Sequence[uuid.UUID] = (),
) -> Opened:
    """Begin, finish or give back the job of a link. Said twice, it stands as it was said first.

    Raises ``UnknownJob``, ``InvalidInput``, ``PhotoNotUsable``, ``EvidenceMissing`` where the service wants a
    picture and ``done`` brings none, ``MoveNotAllowed`` where the request was closed meanwhile.
    """
    check_text("note", note, MAX_DESCRIPTION)
    if what == "returned" and not (note or "").strip():
        raise InvalidInput("Say why the job is given back.", field="note")
    opened = open_link(session, city, token, lock=True)
    link, row = opened.link, opened.request
    if link.finished_at is not None or (what == "started" and link.started_at is not None):
        return opened
    if Status(row.status) in CLOSED:
        raise MoveNotAllowed(f"{row.reference} was closed meanwhile; nothing is left to do.")
    service = city.services_by_code.get(row.service_code)
    if what == "done" and service is not None and service.evidence and not media:
        raise EvidenceMissing("A picture of what was done is needed.", field="media")
    _write(session, city, opened, what, note, media)
    return opened


def _write(
    session: Session, city: City, opened: Opened, what: Report, note: str | None, media: Sequence[uuid.UUID]
) -> None:
    link, row, now = opened.link, opened.request, jobs.now_told(session)
    actor = Actor(ACTOR_KIND, str(link.id))
    data: dict[str, Any] = {"link": str(link.id), "report": what}
    if opened.job is not None:
        data["job"] = opened.job.number
    if media:
        keeping.attach_after(session, city, row, list(media))
        data["media"] = list(media)
    link.started_at = link.started_at or now
    if what != "started":
        link.finished_at, link.outcome, link.note = now, what, note
    session.add(link)
    jobs.note_change(session, row, EventKind.JOB_REPORTED, actor, now, data)
    if what == "done" and opened.job is not None and opened.job.state == "open":
        jobs.close(session, row, opened.job, "done", actor, now, None)

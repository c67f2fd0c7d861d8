"""The jobs of a request: several pieces of work, one request, one answer to the resident.

A request with an open job is not resolved. Titles and notes stay in the table and out of the history, which
only says which job was added, done or dropped, and by whom. The caller owns the transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import func
from sqlmodel import Session, col, select

from city_config import City
from nagara import changes, event_log
from nagara.accounts import Account
from nagara.accounts.hands import demand_able
from nagara.changing import locked
from nagara.errors import InvalidInput, MoveNotAllowed, NotPermitted, UnknownJob
from nagara.event_log import Actor, EventKind
from nagara.filing.handed_in import MAX_DESCRIPTION, MAX_TEXT, check_text
from nagara.ids import uuid7
from nagara.lifecycle import CLOSED, Status
from nagara.staff import live
from nagara.tables import Job, Request

MOST_JOBS = 20
Outcome = Literal["done", "dropped"]


def add(
    session: Session, city: City, account: Account, reference: str, title: str, assignee: str | None = None
) -> Job:
    """Split one more job off an open request, for a person, crew, department or contractor.

    Raises ``UnknownRequest``, ``NotPermitted``, ``MoveNotAllowed`` for a closed request or too many jobs,
    ``InvalidInput``; then nothing has changed.
    """
    check_text("title", title, MAX_TEXT)
    check_text("assignee", assignee, MAX_TEXT)
    if not title.strip():
        raise InvalidInput("Say what is to be done.", field="title")
    if assignee:
        demand_able(session, city.id, assignee, "assignee")
    row = locked(session, city, reference)
    own_department(account, row)
    if Status(row.status) in CLOSED:
        raise MoveNotAllowed(f"{row.reference} is closed ({row.status}); reopen it first.", field="reference")
    number = _last_number(session, row) + 1
    if number > MOST_JOBS:
        raise MoveNotAllowed(f"{row.reference} has {MOST_JOBS} jobs already.", field="reference")
    now = now_told(session)
    job = Job(
        city_id=city.id,
        id=uuid7(),
        request_id=row.id,
        number=number,
        title=title.strip(),
        assignee=assignee,
        created_by=account.sign_in_name,
        created_at=now,
    )
    session.add(job)
    note_change(session, row, EventKind.JOB_CHANGED, _staff(account), now, {"job": number, "state": "open"})
    return job


def finish(
    session: Session,
    city: City,
    account: Account,
    reference: str,
    number: int,
    outcome: Outcome,
    note: str | None = None,
) -> Job:
    """Mark a job as done or dropped; a job that is finished already stays as it is.

    Raises ``UnknownRequest``, ``UnknownJob``, ``NotPermitted``, ``InvalidInput``.
    """
    check_text("note", note, MAX_DESCRIPTION)
    row = locked(session, city, reference)
    own_department(account, row)
    job = numbered(session, row, number)
    if job.state == "open":
        close(session, row, job, outcome, _staff(account), now_told(session), note)
    return job


def close(
    session: Session,
    row: Request,
    job: Job,
    outcome: Outcome,
    actor: Actor,
    now: dt.datetime,
    note: str | None,
) -> None:
    """Finish an open job of a locked request and write the event."""
    job.state, job.note = outcome, note
    job.finished_by, job.finished_at = actor.name, now
    session.add(job)
    note_change(session, row, EventKind.JOB_CHANGED, actor, now, {"job": job.number, "state": outcome})


def jobs_of(session: Session, row: Request) -> Sequence[Job]:
    """The request's jobs in the order they were added."""
    query = select(Job).where(col(Job.city_id) == row.city_id, col(Job.request_id) == row.id)
    return session.exec(query.order_by(col(Job.number))).all()


def demand_none_open(session: Session, row: Request) -> None:
    """Raise ``MoveNotAllowed`` naming the request's open jobs, if there are any."""
    still_open = [job for job in jobs_of(session, row) if job.state == "open"]
    if still_open:
        named = ", ".join(f"{job.number} ({job.title[:40]})" for job in still_open)
        raise MoveNotAllowed(
            f"Work is still open on {row.reference}: job {named}. Finish or drop it first.", field="jobs"
        )


def own_department(account: Account, row: Request) -> None:
    """Raise ``NotPermitted`` where the account belongs to departments and the request to none of them."""
    if not account.works_for(row.department):
        own = ", ".join(account.departments)
        raise NotPermitted(f"The request belongs to {row.department}, you to {own}.")


def note_change(
    session: Session, row: Request, kind: EventKind, actor: Actor, now: dt.datetime, data: dict[str, Any]
) -> None:
    """Count a change that leaves the status alone as a version of the request, and write its event.

    Screens are told once the transaction stands.
    """
    row.version, row.updated_at = row.version + 1, now
    session.add(row)
    session.flush()
    live.tell_after_commit(session, row.city_id, live.changed(row, changes.told_name(actor.kind, actor.name)))
    event_log.record(session, row.city_id, row.id, kind, actor, row.status, row.status, data)


def now_told(session: Session) -> dt.datetime:
    """The database's clock."""
    now: dt.datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    return now


def numbered(session: Session, row: Request, number: int) -> Job:
    """The request's job of this number, locked; raise ``UnknownJob``."""
    query = select(Job).where(
        col(Job.city_id) == row.city_id, col(Job.request_id) == row.id, col(Job.number) == number
    )
    job = session.exec(query.with_for_update()).first()
    if job is None:
        raise UnknownJob(f"{row.reference} has no job {number}.", field="number")
    return job


def _last_number(session: Session, row: Request) -> int:
    query = select(func.coalesce(func.max(col(Job.number)), 0)).where(
        col(Job.city_id) == row.city_id, col(Job.request_id) == row.id
    )
    return int(session.execute(query).scalar_one())


def _staff(account: Account) -> Actor:
    return Actor("staff", account.sign_in_name)

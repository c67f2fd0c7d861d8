"""Long jobs as they stand in the database: asked for, looked at, taken up by one worker at a time."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import orjson
import psycopg
from sqlalchemy import func, or_, update
from sqlmodel import Session, col, select

from city_config import City
from nagara.accounts import Account
from nagara.accounts.people import account_of, departments_of
from nagara.database import Pool, city_session, city_transaction
from nagara.errors import NotSignedIn, UnknownBatch
from nagara.ids import uuid7
from nagara.locks import NAMESPACE
from nagara.permissions import Permission
from nagara.tables import ApiKey, StaffAccount, StaffJob, StaffJobRow

RESULTS_SHOWN = 5_000
FINAL = ("not_undoable", "changed_meanwhile", "unknown_request")
"""Refusals of an undoing that trying again cannot change."""

INSERT_JOB = """
insert into staff_job (city_id, id, kind, username, wanted, total, undo_of)
values (%(city_id)s, %(id)s, %(kind)s, %(username)s, %(wanted)s::jsonb, %(total)s, %(undo_of)s)
"""
INSERT_ROWS = """
insert into staff_job_row (city_id, job_id, position, reference, version, move, details, ok, code, message)
select %(city_id)s, %(id)s, position, reference, version, move, details::jsonb, ok, code, message
  from unnest(%(references)s::text[], %(versions)s::int[], %(moves)s::text[], %(details)s::text[],
              %(oks)s::bool[], %(codes)s::text[], %(messages)s::text[])
       with ordinality as chosen (reference, version, move, details, ok, code, message, position)
"""
WAITING = """
select city_id, id
  from (select city_id, id, row_number() over (partition by city_id order by created_at, id) as turn
          from staff_job where kind = %s and state in ('waiting', 'running')) as open
 order by turn, random() limit %s
"""
"""One job of each city before the second of any; which city comes first is chance, so that none always is last."""

UNEXPECTED = "Something unexpected went wrong; it has been logged. Ask for it again, or tell who runs this."


async def ask(
    pool: Pool,
    account: Account,
    kind: str,
    wanted: Mapping[str, Any],
    rows: list[dict[str, Any]] | None = None,
    undo_of: uuid.UUID | None = None,
) -> uuid.UUID:
    """Put a job down, with the requests it is about where they are chosen already; returns its id."""
    id_ = uuid7()
    scopes = None if account.scopes is None else list(account.scopes)
    values: dict[str, Any] = {
        "city_id": account.city_id,
        "id": id_,
        "kind": kind,
        "username": account.username,
        "wanted": orjson.dumps(dict(wanted) | {"scopes": scopes, "key": account.key}).decode(),
        "total": None if rows is None else len(rows),
        "undo_of": undo_of,
    }
    async with city_transaction(pool, account.city_id) as connection:
        await connection.execute(INSERT_JOB, values)
        if rows:
            lists = {
                "references": [row["reference"] for row in rows],
                "versions": [row.get("version") for row in rows],
                "moves": [row["move"] for row in rows],
                "details": [orjson.dumps(row["details"]).decode() for row in rows],
                "oks": [row.get("ok") for row in rows],
                "codes": [row.get("code") for row in rows],
                "messages": [row.get("message") for row in rows],
            }
            await connection.execute(INSERT_ROWS, {"city_id": account.city_id, "id": id_} | lists)
    return id_


def own(session: Session, account: Account, kind: str, id_: uuid.UUID) -> StaffJob:
    """A job somebody asked for, and to who supervises every bulk move; raise ``UnknownBatch`` for any other."""
    row = session.get(StaffJob, (account.city_id, id_))
    if row is not None and kind == "bulk" and account.may(Permission.SUPERVISE):
        mine = True
    else:
        mine = row is not None and row.username == account.username
    if row is None or row.kind != kind or not mine:
        raise UnknownBatch("There is no such job of yours.", field="id")
    return row


def shown(session: Session, row: StaffJob) -> dict[str, Any]:
    """A job as its owner sees it; a bulk move with what became of each request."""
    content: dict[str, Any] = {
        "id": str(row.id),
        "state": row.state,
        "total": row.total,
        "done": row.done,
        "failure": row.failure,
        "created_at": row.created_at,
        "finished_at": row.finished_at,
        "expires_at": row.expires_at,
    }
    if row.kind == "export":
        return content | {"format": row.wanted.get("format")}
    query = (
        select(StaffJobRow)
        .where(col(StaffJobRow.city_id) == row.city_id, col(StaffJobRow.job_id) == row.id)
        .where(col(StaffJobRow.ok).is_not(None))
        .order_by(col(StaffJobRow.position))
        .limit(RESULTS_SHOWN)
    )
    results = [
        {"reference": one.reference, "ok": one.ok, "code": one.code, "message": one.message}
        for one in session.exec(query).all()
    ]
    return content | {
        "move": row.wanted.get("move"),
        "results": results,
        "undo": row.state in ("done", "failed") and row.undo_of is None and _undoable(session, row),
        "undo_of": None if row.undo_of is None else str(_first(session, row).id),
    }


def look(account: Account, kind: str, id_: uuid.UUID) -> dict[str, Any]:
    """A job as its owner sees it, read in a transaction of its own."""
    with city_session(account.city_id) as session:
        return shown(session, own(session, account, kind, id_))


def last_undoing(session: Session, row: StaffJob) -> StaffJob | None:
    """The job that undid this one; where that was tried again for some requests, the last attempt."""
    found, last = row, None
    while found is not None:
        query = select(StaffJob).where(
            col(StaffJob.city_id) == row.city_id, col(StaffJob.undo_of) == found.id
        )
        if (following := session.exec(query).first()) is None:
            break
        found = last = following
    return last


def _first(session: Session, row: StaffJob) -> StaffJob:
    """The job that an undoing, or a further attempt at it, undoes."""
    while row.undo_of is not None and (earlier := session.get(StaffJob, (row.city_id, row.undo_of))):
        row = earlier
    return row


def _undoable(session: Session, row: StaffJob) -> bool:
    """Whether nobody undid it yet, or that failed for requests for which it may be tried again."""
    last = last_undoing(session, row)
    if last is None:
        return True
    if last.state not in ("done", "failed"):
        return False
    left = select(func.count()).where(
        col(StaffJobRow.city_id) == row.city_id,
        col(StaffJobRow.job_id) == last.id,
        col(StaffJobRow.ok).is_not(True),
        func.coalesce(col(StaffJobRow.code), "").not_in(FINAL),
    )
    return bool(session.execute(left).scalar_one())


def owner_of(session: Session, city: City, job: StaffJob) -> Account:
    """Whoever asked for a job, as they may act now.

    Raises ``NotSignedIn`` if the account was closed, or the key it was asked with has ended or is not known.
    """
    row = session.get(StaffAccount, (city.id, job.username))
    if row is None or not row.active:
        raise NotSignedIn(f"The account {job.username} is closed.")
    found = account_of(row, departments_of(session, city.id, job.username))
    if job.wanted.get("scopes") is None:
        return found
    key = job.wanted.get("key")
    query = select(ApiKey).where(
        col(ApiKey.city_id) == city.id,
        col(ApiKey.id) == (uuid.UUID(key) if key else None),
        col(ApiKey.username) == job.username,
        col(ApiKey.revoked_at).is_(None),
        or_(col(ApiKey.expires_at).is_(None), col(ApiKey.expires_at) > func.now()),
    )
    if (held := session.exec(query).first()) is None:
        raise NotSignedIn("The key this was asked for with has ended.")
    return replace(found, scopes=tuple(held.scopes), key=held.id)


def waiting(connection: psycopg.Connection[Any], kind: str, most: int) -> list[tuple[str, uuid.UUID]]:
    """The jobs of a kind that are not finished, each city's oldest before anybody's second: city and id."""
    with connection.transaction():
        return connection.execute(WAITING, (kind, most)).fetchall()


def fail(city_id: str, id_: uuid.UUID, why: str) -> None:
    """End a job that cannot be done, and say why; a finished one stays as it is."""
    with city_session(city_id) as session:
        session.execute(
            update(StaffJob)
            .where(col(StaffJob.city_id) == city_id, col(StaffJob.id) == id_)
            .where(col(StaffJob.state).in_(("waiting", "running")))
            .values(state="failed", failure=why, finished_at=func.clock_timestamp())
        )


@contextmanager
def taken(connection: psycopg.Connection[Any], job_id: uuid.UUID) -> Iterator[bool]:
    """Whether this connection has the job to itself; if so until the block or the connection ends."""
    key = (NAMESPACE, str(job_id))
    with connection.transaction():
        row = connection.execute("select pg_try_advisory_lock(%s, hashtext(%s))", key).fetchone()
    held = row is not None and row[0] is True
    try:
        yield held
    finally:
        if held and not connection.closed:
            with connection.transaction():
                connection.execute("select pg_advisory_unlock(%s, hashtext(%s))", key)

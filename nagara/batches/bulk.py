"""One move over many requests: each in a transaction of its own, held against the version it was chosen at.

What became of a request is written in the transaction that moved it, so that a job that was killed and is
taken up again moves nothing twice.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from psycopg.errors import UniqueViolation
from sqlalchemy import func, update
from sqlmodel import Session, col, select

from city_config import City
from nagara.accounts import Account
from nagara.accounts.hands import demand_able
from nagara.batches import jobs, undoing
from nagara.cities import city_of
from nagara.database import Pool, city_session, read_in_city
from nagara.errors import ConflictingUndo, InvalidInput, NagaraError, NotAsExpected, NotSignedIn
from nagara.ids import read_reference
from nagara.lifecycle import TRANSITIONS, Move
from nagara.permissions import permission_for
from nagara.queue.conditions import conditions
from nagara.queue.filters import QueueFilter
from nagara.queue.search import work_out
from nagara.staff.actions import Details, check_details, make_move
from nagara.tables import Request, StaffJob, StaffJobRow

log = logging.getLogger(__name__)

MOST = 5_000
AT_ONCE = 25
BEFORE = (
    "status", "assignee", "department", "priority", "service_code", "version", "acknowledged_at", "responded_at",
    "status_note",
)  # fmt: skip
PRESENT = "select reference, version from request where city_id = %(city_id)s and reference = any(%(found)s)"
NOT_UNDOABLE: Mapping[Move, str] = {
    Move.ACKNOWLEDGE: "What was acknowledged has been read; that cannot be taken back.",
    Move.START: "Work has begun; that cannot be taken back.",
    Move.NOTE: "A note stays in the history.",
    Move.ESCALATE: "Whoever was told has been told.",
    Move.DE_ESCALATE: "Escalate it again by hand instead.",
    Move.ACKNOWLEDGE_ESCALATION: "Whoever waits was told until when; take the escalation back instead.",
    Move.REFER: "The other body has been asked; resume the request when it answers.",
    Move.RESUME: "Pause it again with a reason instead.",
    Move.REOPEN: "Resolve or decline it again with a reason instead.",
}


async def choose(
    pool: Pool,
    account: Account,
    wanted: QueueFilter | Sequence[str],
    move: Move,
    details: Details,
    expected: int | None = None,
) -> uuid.UUID:
    """Choose the requests and put the job down; returns its id.

    What is chosen is settled here: what fits the filter later is not moved. ``expected`` is how many somebody
    agreed to. Raises what the move lacks, ``NotPermitted``, ``InvalidInput`` for more than ``MOST`` requests, and
    ``NotAsExpected`` where it is another number.
    """
    account.demand(permission_for(move))
    city = city_of(account.city_id)
    check_details(city, TRANSITIONS[move], move, details)
    if move is Move.ASSIGN and details.assignee:
        await asyncio.to_thread(_demand_able, city.id, details.assignee)
    given = {name: value for name, value in asdict(details).items() if value and name != "media"}
    if isinstance(wanted, QueueFilter):
        rows = await _by_filter(pool, city, wanted)
    else:
        rows = await _by_reference(pool, city, wanted)
    if expected is not None and len(rows) != expected:
        raise NotAsExpected(
            f"There are {len(rows)} requests now, not {expected}; look at them again.",
            field="expected",
            allowed=str(len(rows)),
        )
    chosen = [row | {"move": move.value, "details": given} for row in rows]
    return await jobs.ask(pool, account, "bulk", {"move": move.value}, chosen)


def _demand_able(city_id: str, assignee: str) -> None:
    with city_session(city_id) as session:
        demand_able(session, city_id, assignee, "assignee")


async def _by_filter(pool: Pool, city: City, wanted: QueueFilter) -> list[dict[str, Any]]:
    where, values = conditions(city.id, await work_out(pool, city.id, wanted))
    statement = (
        f"select r.reference, r.version from request r where {' and '.join(where)} "  # noqa: S608 - all literal
        "order by r.next_due_at, r.id limit %(most)s"
    )
    [found] = await read_in_city(pool, city.id, (statement, values | {"most": MOST + 1}), prepare=False)
    _refuse_too_many(len(found))
    return [{"reference": reference, "version": version} for reference, version in found]


async def _by_reference(pool: Pool, city: City, wanted: Sequence[str]) -> list[dict[str, Any]]:
    _refuse_too_many(len(wanted))
    stored = {text: read_reference(text) for text in dict.fromkeys(wanted)}
    known = [reference for reference in stored.values() if reference]
    [found] = await read_in_city(pool, city.id, (PRESENT, {"city_id": city.id, "found": known}))
    versions: dict[str, int] = dict(found)
    rows: dict[str, dict[str, Any]] = {}
    for text, reference in stored.items():
        if reference is not None and reference in versions:
            rows[reference] = {"reference": reference, "version": versions[reference]}
        else:
            missing = {
                "ok": False,
                "code": "unknown_request",
                "message": f"There is no request {text[:20]!r}.",
            }
            rows[text] = {"reference": text[:40], "version": None} | missing
    return list(rows.values())


def _refuse_too_many(number: int) -> None:
    if number > MOST:
        raise InvalidInput(
            f"That is more than {MOST} requests at once.",
            field="filter",
            allowed=f"at most {MOST}; narrow it",
        )


async def undo(pool: Pool, account: Account, id_: uuid.UUID) -> uuid.UUID:
    """Put down the job that undoes one, where the lifecycle allows; returns its id.

    A request that changed since is left as it is. Where an undoing failed for some requests, this tries those
    again. Raises ``UnknownBatch``, and ``ConflictingUndo`` for a job that is not done, is an undoing itself, or
    of which nothing is left to undo.
    """
    last, rows = await asyncio.to_thread(_to_undo, account, id_)
    try:
        return await jobs.ask(pool, account, "bulk", {"move": "undo"}, rows, undo_of=last)
    except UniqueViolation as error:
        raise ConflictingUndo("Somebody else undoes it just now.") from error


def _to_undo(account: Account, id_: uuid.UUID) -> tuple[uuid.UUID, list[dict[str, Any]]]:
    """The job that is undone, or whose undoing is tried again, and the rows of the job that does so."""
    with city_session(account.city_id) as session:
        job = jobs.own(session, account, "bulk", id_)
        if not jobs.shown(session, job)["undo"]:
            raise ConflictingUndo("It is not done yet, was undone before, or undoes something itself.")
        last = jobs.last_undoing(session, job) or job
        query = select(StaffJobRow).where(*_rows(account.city_id, last.id))
        found = session.exec(query.order_by(col(StaffJobRow.position))).all()
        if last is job:
            return id_, [_undoing(row, job.username) for row in found if row.ok]
        again = [row for row in found if not row.ok and row.code not in jobs.FINAL]
        return last.id, [
            {"reference": r.reference, "version": r.version, "move": r.move, "details": r.details}
            for r in again
        ]


def _undoing(row: StaffJobRow, made_by: str) -> dict[str, Any]:
    """The row of the undoing job: the move that leads back, or why there is none."""
    move, before = Move(row.move), row.before or {}
    base: dict[str, Any] = {"reference": row.reference, "version": row.version_after}
    match move:
        case _ if move in undoing.EVENTS:
            return base | {"move": move.value, "details": undoing.undoing(before, made_by)}
        case Move.PRIORITISE:
            return base | {"move": move.value, "details": {"priority": before.get("priority")}}
        case Move.RECATEGORISE:
            return base | {"move": move.value, "details": {"service_code": before.get("service_code")}}
        case Move.ASK:
            return base | {"move": Move.RESUME.value, "details": {}}
        case _:
            refused = {"ok": False, "code": "not_undoable", "message": NOT_UNDOABLE[move]}
            return base | {"move": move.value, "details": {}} | refused


def run(city_id: str, id_: uuid.UUID, until: float) -> bool:
    """Work on a job until it is done or the monotonic clock says ``until``; returns whether it is done.

    The caller holds the job. Safe to kill and to repeat.
    """
    city = city_of(city_id)
    with city_session(city_id) as session:
        job = session.get(StaffJob, (city_id, id_))
        if job is None or job.state not in ("waiting", "running"):
            return True
        job.state = "running"
        try:
            account = jobs.owner_of(session, city, job)
        except NotSignedIn as error:
            job.state, job.failure, job.finished_at = "failed", error.message, _now(session)
            return True
    while time.monotonic() < until:
        with city_session(city_id) as session:
            query = select(StaffJobRow.position).where(*_rows(city_id, id_), col(StaffJobRow.ok).is_(None))
            left = session.exec(query.order_by(col(StaffJobRow.position)).limit(AT_ONCE)).all()
            _count(session, city_id, id_, finished=not left)
        if not left:
            return True
        for position in left:
            _move_one(city, account, id_, position)
    return False


def _move_one(city: City, account: Account, job_id: uuid.UUID, position: int) -> None:
    """One request's move and its result, in one transaction; a refusal is a result, too."""
    key = (city.id, job_id, position)
    try:
        with city_session(city.id) as session:
            row = session.get(StaffJobRow, key, with_for_update=True)
            if row is None or row.ok is not None:
                return
            row.before = _standing(session, city.id, row.reference)
            if "before" in row.details:
                request = undoing.restore(session, city, account, row)
            else:
                details = replace(_given(row.details), version=row.version)
                request = make_move(session, city, account, row.reference, Move(row.move), details)
            row.ok, row.version_after = True, request.version
    except NagaraError as error:
        _refused(city, job_id, position, error.code, error.message)
    except Exception as error:
        log.error("a request of job %s in %s: %s", job_id, city.id, type(error).__name__)  # noqa: TRY400 - no data
        _refused(city, job_id, position, "unexpected", jobs.UNEXPECTED)


def _given(kept: Mapping[str, Any]) -> Details:
    """What comes with the move, as it was asked for."""
    until = kept.get("until")
    return Details(**{**kept, "until": dt.datetime.fromisoformat(until) if until else None})


def _refused(city: City, job_id: uuid.UUID, position: int, code: str, message: str) -> None:
    """Write why a request was not moved; a database that is away raises here, and the row is tried again."""
    with city_session(city.id) as session:
        session.execute(
            update(StaffJobRow)
            .where(*_rows(city.id, job_id), col(StaffJobRow.position) == position)
            .where(col(StaffJobRow.ok).is_(None))
            .values(ok=False, code=code, message=message)
        )


def _standing(session: Session, city_id: str, reference: str) -> dict[str, Any]:
    """A request's fields before the move, held against its version by the move itself."""
    columns = [getattr(Request, name) for name in BEFORE]
    query = select(*columns).where(col(Request.city_id) == city_id, col(Request.reference) == reference)
    found = session.execute(query).first()
    return {
        name: value.isoformat() if isinstance(value, dt.datetime) else value
        for name, value in zip(BEFORE, found or (), strict=False)
    }


def _count(session: Session, city_id: str, id_: uuid.UUID, *, finished: bool) -> None:
    """Say how far the job is."""
    query = select(func.count()).where(*_rows(city_id, id_), col(StaffJobRow.ok).is_not(None))
    job = session.get(StaffJob, (city_id, id_))
    if job is not None:
        job.done = int(session.execute(query).scalar_one())
        if finished:
            job.state, job.finished_at = "done", _now(session)


def _rows(city_id: str, job_id: uuid.UUID) -> tuple[Any, Any]:
    return col(StaffJobRow.city_id) == city_id, col(StaffJobRow.job_id) == job_id


def _now(session: Session) -> dt.datetime:
    now: dt.datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    return now

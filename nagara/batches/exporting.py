"""A list taken out as a file: read through a cursor, written as it comes, kept for a day.

Nothing of who filed a request is in it: the columns are those of the queue, and contacts are never read.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg_pool import AsyncConnectionPool

from city_config import City
from nagara.accounts import Account
from nagara.batches import jobs
from nagara.batches.files import Files, path_of
from nagara.batches.tables import WRITERS, told
from nagara.cities import city_of
from nagara.database import PATIENCE, Pool, city_session, role_options
from nagara.errors import NagaraError
from nagara.lifecycle import due_or_none
from nagara.permissions import Permission
from nagara.queue.asked import AskedFilter
from nagara.queue.conditions import LATE, conditions
from nagara.queue.filters import Worked
from nagara.queue.search import work_out
from nagara.settings import settings
from nagara.tables import StaffJob

KEPT = dt.timedelta(hours=24)
ROWS_AT_ONCE = 1_000
LONGEST_MS = 1_800_000
COLUMNS: tuple[LiteralString, ...] = (
    "reference", "status", "service_code", "network_code", "department", "assignee", "priority", "district",
    "lat", "lon", "address", "description", "channel", "received_at", "updated_at", "acknowledge_by",
    "respond_by", "resolve_by", "promise_standard", "acknowledged_at", "responded_at", "closed_at",
    "closing_reason", "escalation_step", "confidential", "version", "language", "observed_at", "next_due_at",
    "status_note", "paused_at", "escalated_by_hand", "public", "rule", "source", "source_id", "answers",
)  # fmt: skip
NAMES = (*COLUMNS, "late", "service", "district_name", "department_name")
PROGRESS = "update staff_job set done = %s, total = greatest(total, %s) where city_id = %s and id = %s"
DUE = """
select city_id, id, wanted ->> 'format' from staff_job
 where state = 'done' and expires_at <= %s order by expires_at limit %s
"""
EXPIRED = "update staff_job set state = 'expired' where city_id = %s and id = %s"


async def ask(pool: Pool, account: Account, asked: AskedFilter, form: str) -> uuid.UUID:
    """Put the job down; returns its id. Raises what is wrong with the filter, before anything is put down."""
    await work_out(
        pool, account.city_id, asked.meant(account, city_of(account.city_id), dt.datetime.now(dt.UTC))
    )
    wanted = {"filter": asked.model_dump(mode="json", exclude_defaults=True), "format": form}
    return await jobs.ask(pool, account, "export", wanted)


def run(connection: psycopg.Connection[Any], kept: Files, city_id: str, id_: uuid.UUID) -> None:
    """Write a job's file, from the start if an earlier attempt was killed.

    Raises what stands in the way; the job then still waits. The caller holds the job; ``connection`` is of
    the time door and tells how far it is.
    """
    city = city_of(city_id)
    with city_session(city_id) as session:
        job = session.get(StaffJob, (city_id, id_))
        if job is None or job.state not in ("waiting", "running"):
            return
        job.state = "running"
        wanted, created_at = dict(job.wanted), job.created_at
        try:
            account = jobs.owner_of(session, city, job)
            account.demand(Permission.EXPORT)
        except NagaraError as error:
            job.state, job.failure, job.finished_at = "failed", error.message, created_at
            return
    form = str(wanted["format"])
    worked = asyncio.run(_worked(city, account, wanted["filter"], created_at))
    with tempfile.TemporaryDirectory(prefix="nagara-export-") as folder:
        file = Path(folder) / f"requests.{form}"
        written = _write(connection, city, worked, form, file, id_)
        kept.keep(path_of(city_id, id_, form), file)
    _finish(connection, city_id, id_, written)


async def _worked(city: City, account: Account, asked: dict[str, Any], at: dt.datetime) -> Worked:
    options = {"options": role_options("nagara_app"), "autocommit": True}
    async with AsyncConnectionPool(
        settings().database_url, min_size=1, max_size=1, kwargs=options, open=False
    ) as pool:
        return await work_out(pool, city.id, AskedFilter(**asked).meant(account, city, at))


def _write(
    connection: psycopg.Connection[Any], city: City, worked: Worked, form: str, file: Path, id_: uuid.UUID
) -> int:
    """Write the file as its owner's role sees the city; returns how many requests are in it."""
    with psycopg.connect(
        settings().database_url,
        options=role_options("nagara_app", LONGEST_MS),
        **PATIENCE,
    ) as reading:
        reading.execute("select set_config('nagara.city', %s, true)", (city.id,))
        where, values = conditions(city.id, worked)
        condition: LiteralString = " and ".join(where)
        counted = reading.execute(f"select count(*) from request r where {condition}", values).fetchone()  # noqa: S608
        total = counted[0] if counted else 0

        def tell(done: int) -> None:
            connection.execute(PROGRESS, (done, total, city.id, id_))
            connection.commit()

        tell(0)
        rows = _rows(reading, city, condition, values)
        return WRITERS[form](file, NAMES, told(rows, ROWS_AT_ONCE, tell))


def _rows(
    reading: psycopg.Connection[Any], city: City, condition: LiteralString, asked: dict[str, Any]
) -> Iterator[list[Any]]:
    """The wanted requests, the newest first, a thousand in memory at a time."""
    columns: LiteralString = "r." + ", r.".join(COLUMNS)
    statement: LiteralString = (
        f"select {columns}, {LATE} from request r where {condition} "  # noqa: S608 - all literal
        "order by r.received_at desc, r.id desc"
    )
    language = city.languages[0]
    places = {name: number for number, name in enumerate(COLUMNS)}
    services = {code: city.name_in(one.names, language) for code, one in city.services_by_code.items()}
    districts = {code: city.name_in(names, language) for code, names in city.district_names.items()}
    departments = {code: city.name_in(one.names, language) for code, one in city.departments_by_code.items()}
    with reading.cursor(name="exported") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        for row in cursor.execute(statement, asked):
            values = list(row)
            values[places["next_due_at"]] = due_or_none(row[places["next_due_at"]])
            yield [
                *values,
                services.get(row[places["service_code"]]),
                districts.get(row[places["district"]]),
                departments.get(row[places["department"]]),
            ]


def _finish(connection: psycopg.Connection[Any], city_id: str, id_: uuid.UUID, done: int) -> None:
    connection.execute(
        "update staff_job set state = 'done', done = %s, total = %s, failure = null, "
        "finished_at = clock_timestamp(), expires_at = clock_timestamp() + %s where city_id = %s and id = %s",
        (done, done, KEPT, city_id, id_),
    )
    connection.commit()


def forget(connection: psycopg.Connection[Any], kept: Files, now: dt.datetime, most: int) -> int:
    """Remove the files that have expired by ``now``; returns how many. Safe to repeat."""
    removed = 0
    with connection.transaction():
        due = connection.execute(DUE, (now, most)).fetchall()
    for city_id, id_, form in due:
        kept.remove(path_of(city_id, id_, form))
        with connection.transaction():
            connection.execute(EXPIRED, (city_id, id_))
        removed += 1
    return removed

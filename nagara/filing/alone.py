"""A report that is filed by itself: one transaction of two round trips that nothing else shares.

Reports that join another or come with pictures lock what they join or take, and are filed so from the start;
others are where the batch they were in could not write them.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg

from city_config import City
from nagara import statements
from nagara.database import BEGIN, COMMIT, SET_CITY, Pool
from nagara.errors import ContactBlocked, DatabaseUnavailable, ReplayedWithOtherBody, ReportErased
from nagara.filing.handed_in import Filing
from nagara.filing.intake import Filed, decide, filed_now, filing_row, refuse_unusable, sealed_contact
from nagara.filing.joining import JOIN, Search, joining_values
from nagara.promises.deadlines import PromisedTimes
from nagara.residents.contact_digests import digests_of
from nagara.staff import live


async def file_alone(
    pool: Pool, city: City, filing: Filing, secret: bytes, digest: bytes | None, *, not_written: bool = False
) -> Filed:
    """File a report, or return what stands under its key; raises what ``file_request`` raises.

    ``not_written``: the database took it once and wrote nothing, so why is looked up first.
    """
    async with pool.connection() as connection:
        while True:
            if not_written:
                earlier = await earlier_one(connection, city, filing, digest)
                if earlier is not None:
                    return earlier
                await _check_usable(connection, city, filing)
                await _check_contact(connection, city, filing, secret)
                # neither key nor digest clashed, so the random reference did: draw another
            filed = await _written(connection, city, filing, secret, digest)
            if filed is not None:
                return filed
            not_written = True


async def _written(
    connection: psycopg.AsyncConnection[Any], city: City, filing: Filing, secret: bytes, digest: bytes | None
) -> Filed | None:
    """The request that was written; None where the key, the contact, a picture or the reference forbade it."""
    statement = statements.FILE_WITH_PHOTOS if filing.media else statements.FILE_REQUEST
    search = Search(city, filing.same_as)
    async with connection.pipeline():
        await connection.execute(BEGIN, prepare=True)
        began = await connection.execute(statements.BEGIN_IN_CITY, (city.id,), prepare=True)
        await search.send(connection)
        now = await _time_told(began)
        decision = decide(city, filing, now)
        parent = await search.found(connection)
        row = filing_row(city, filing, decision, now, digest)
        values = row | sealed_contact(city, filing, secret) | {"media": list(filing.media)}
        written = await connection.execute(statement, values, prepare=True)
        if parent is not None:
            await connection.execute(JOIN, joining_values(row, parent), prepare=True)
        await connection.execute(COMMIT, prepare=True)
    if await written.fetchone() is None:
        return None
    live.tell_here(city.id, live.filed(row["reference"], row["status"], row["department"], now))
    return filed_now(decision, row, now, parent)


async def _time_told(began: psycopg.AsyncCursor[Any]) -> dt.datetime:
    """The database's time, from the statement that began the transaction."""
    row = await began.fetchone()
    if row is None:
        raise DatabaseUnavailable("The database did not tell the time.")
    now: dt.datetime = row[0]
    return now


async def earlier_one(
    connection: psycopg.AsyncConnection[Any], city: City, filing: Filing, digest: bytes | None
) -> Filed | None:
    """The request that already holds the filing's idempotency key; None where none does.

    Raises ``ReplayedWithOtherBody`` and ``ReportErased``.
    """
    if filing.idempotency_key is None:
        return None
    async with connection.pipeline():
        await connection.execute(BEGIN, prepare=True)
        await connection.execute(SET_CITY, (city.id,), prepare=True)
        cursor = await connection.execute(
            statements.FIND_BY_KEY, (city.id, filing.idempotency_key), prepare=True
        )
        await connection.execute(COMMIT, prepare=True)
    row = await cursor.fetchone()
    if row is None:
        return None
    *values, stored_digest, joined, generation, erased = row
    if erased:
        # What was sent is gone, its digest too, so nothing can tell whether this is the same report.
        raise ReportErased(
            "This report was filed before and then erased by its owner; use a new key for a new report.",
            field="Idempotency-Key",
            allowed="a key that was not used before",
        )
    if bytes(stored_digest) != digest:
        raise ReplayedWithOtherBody(
            "This Idempotency-Key was used before with another body; use a new key for a new report.",
            field="Idempotency-Key",
            allowed="the same body, or a key that was not used before",
        )
    id_, reference, service, owner, assignee, district, rule, reason, ack, respond, resolve, std, at = values
    times = PromisedTimes(ack, respond, resolve, std)
    return Filed(
        id_, reference, service, owner, assignee, district, rule, reason, times, at, True, joined, generation
    )


async def _check_usable(connection: psycopg.AsyncConnection[Any], city: City, filing: Filing) -> None:
    """Raise ``PhotoNotUsable`` naming the pictures that do not wait for a request here."""
    if not filing.media:
        return
    async with connection.pipeline():
        await connection.execute(BEGIN, prepare=True)
        await connection.execute(SET_CITY, (city.id,), prepare=True)
        cursor = await connection.execute(
            statements.USABLE_PHOTOS, (city.id, list(filing.media)), prepare=True
        )
        await connection.execute(COMMIT, prepare=True)
    refuse_unusable(filing.media, {row[0] for row in await cursor.fetchall()})


async def _check_contact(
    connection: psycopg.AsyncConnection[Any], city: City, filing: Filing, secret: bytes
) -> None:
    """Raise ``ContactBlocked`` where the city takes nothing from the resident's contact for now."""
    digests = [digest for digest in digests_of(secret, city, filing.contact).values() if digest]
    if filing.actor_kind != "resident" or not digests:
        return
    async with connection.pipeline():
        await connection.execute(BEGIN, prepare=True)
        await connection.execute(SET_CITY, (city.id,), prepare=True)
        cursor = await connection.execute(statements.FIND_BLOCK, (city.id, digests), prepare=True)
        await connection.execute(COMMIT, prepare=True)
    found = await cursor.fetchone()
    if found is not None:
        day = found[0].astimezone(city.zone).date()
        raise ContactBlocked(
            f"Reports with this contact are not taken until {day}; please ask the city directly.",
            field="contact",
            allowed="a report without this contact",
        )

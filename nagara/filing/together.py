"""Reports that arrive while others are being written go together: one statement, one commit, however many.

Nobody who comes alone waits for company: what arrives while nothing is being written is written at once. Where many
come at once, as many as there were a moment ago are waited for, five milliseconds at most. A batch is of one city,
whose rows alone its transaction sees. Each caller is answered after the commit, and a report that is refused, or that
the database will not have, harms no other.
"""

from __future__ import annotations

import asyncio
import contextvars
import datetime as dt
import time
import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import psycopg

from city_config import City
from nagara.database import SET_CITY, Pool, exchanged, fault_of_what_was_sent, read_surely
from nagara.errors import DatabaseUnavailable
from nagara.filing.handed_in import Filing
from nagara.filing.intake import Decision, Filed, decide, filed_now, filing_row, sealed_contact
from nagara.rate_limits import Admission, refusals
from nagara.staff import live
from nagara.statements import FILE_TOGETHER

MOST_TOGETHER = 32
MOST_WAITING = 2_000
"""Reports of one city that may wait in a process: as many as may wait for its connections."""

LONGEST_WAIT_S = 10.0
"""As long as anybody waits for a connection. Whoever waited longer when the next batch begins is told to come again:
what a database that stands still holds up would otherwise wait for one batch after another to fail."""

GATHERED_FOR_S = 0.005
"""After a batch, the next one waits so long for as many as there were with the last: those whose answers just went out,
and who send the next. A commit of four costs hardly more than one of a single report."""

CARRIED_FOR_S, QUICKLY_S = 0.25, 0.005
"""How long a time that was told is carried on, and how long its question and answer may have taken for that."""

TOO_MANY = "Too many reports wait to be written, so this one was not; send it again shortly."
NOW = "select clock_timestamp()"
DOCUMENTS = ("answers", "event_data")
BYTES = ("body_digest", "sealed", "email_digest", "phone_digest")


@dataclass(slots=True)
class _Waiting:
    """A report that was handed in, and the promise of an answer: None means that nothing was written."""

    city: City
    filing: Filing
    secret: bytes
    digest: bytes | None
    admission: Admission | None
    since: float
    answer: asyncio.Future[Filed | None]

    def refuse(self, error: BaseException) -> None:
        if not self.answer.done():  # whoever waited may have gone
            self.answer.set_exception(error)

    def tell(self, filed: Filed | None) -> None:
        if not self.answer.done():
            self.answer.set_result(filed)


@dataclass(frozen=True, slots=True)
class _Ready:
    """A report that was decided, and its row as the statement takes it."""

    waiting: _Waiting
    decision: Decision
    row: dict[str, Any]
    text: bytes


class _Clock:
    """The database's time. While reports come fast, what was told a moment ago is carried on by the process's clock.

    What is told has grown old by its way back, and carried on it stays as old, not older: so only what came quickly is.
    """

    def __init__(self) -> None:
        self._told: dt.datetime | None = None
        self._at = 0.0

    async def now(self, pool: Pool) -> dt.datetime:
        """The time, asked for if it was not told a moment ago. Raises what the database raises."""
        asked = time.monotonic()  # some loops' own clocks know no part of a millisecond
        if self._told is not None and asked - self._at < CARRIED_FOR_S:
            return self._told + dt.timedelta(seconds=asked - self._at)
        self.forget()
        told: dt.datetime
        [[[told]]] = await read_surely(pool, [((NOW, ()), True)])
        answered = time.monotonic()
        if answered - asked <= QUICKLY_S:
            self._told, self._at = told, answered
        return told

    def forget(self) -> None:
        """Ask anew the next time: the database may be another one, or have another time."""
        self._told = None


@dataclass(slots=True)
class _Line:
    """Those of a city who wait; ``gathered`` is set while a batch waits until they are ``expected``."""

    waiting: deque[_Waiting] = field(default_factory=deque)
    expected: int = 0
    gathered: asyncio.Future[None] | None = None

    def add(self, one: _Waiting) -> None:
        """One more waits."""
        self.waiting.append(one)
        if len(self.waiting) >= self.expected:
            self.enough()

    def enough(self) -> None:
        """Nobody is waited for any more."""
        if self.gathered is not None and not self.gathered.done():
            self.gathered.set_result(None)

    async def gather(self, expected: int) -> None:
        """Return once so many wait, or after ``GATHERED_FOR_S``."""
        self.expected = min(expected, MOST_TOGETHER)
        if len(self.waiting) >= self.expected:
            return
        loop = asyncio.get_running_loop()
        self.gathered = loop.create_future()
        timer = loop.call_later(GATHERED_FOR_S, self.enough)
        try:
            await self.gathered
        finally:
            timer.cancel()
            self.gathered = None


class Together:
    """Writes what is handed in over a pool of one process."""

    def __init__(self) -> None:
        self._clock = _Clock()
        self._lines: dict[str, _Line] = {}
        self._writers: dict[str, asyncio.Task[None]] = {}

    async def file(
        self,
        pool: Pool,
        city: City,
        filing: Filing,
        secret: bytes,
        digest: bytes | None,
        admission: Admission | None = None,
    ) -> Filed | None:
        """What was written and committed; None where key, contact or reference forbade it.

        Raises what ``decide`` raises, or the database; whether something was written is unknown only after
        a ``psycopg.OperationalError``. Raises ``DatabaseUnavailable`` where too many wait, or too long, and
        ``TooManyRequests`` where whoever hands in is not let in.
        """
        line = self._lines.setdefault(city.id, _Line())
        if admission is not None and len(line.waiting) >= MOST_TOGETHER:
            # While the database is slow nobody fills the line with what is refused anyway.
            await admission.ask()
            admission = None
        if len(line.waiting) >= MOST_WAITING:
            raise DatabaseUnavailable(TOO_MANY)
        loop = asyncio.get_running_loop()
        waiting = _Waiting(city, filing, secret, digest, admission, loop.time(), loop.create_future())
        line.add(waiting)
        if city.id not in self._writers:
            # In a context of its own: what it logs belongs to no single call.
            writing = self._write(pool, city.id)
            self._writers[city.id] = asyncio.create_task(writing, context=contextvars.Context())
        return await waiting.answer

    async def all_written(self) -> None:
        """Return once nothing waits and nothing is being written."""
        while self._writers:
            await asyncio.wait(self._writers.values())

    async def _write(self, pool: Pool, city_id: str) -> None:
        """Write until nothing of a city waits."""
        line = self._lines[city_id]
        waiting = line.waiting
        try:
            while batch := _next_of(waiting):
                let_in = await _answered(pool, self._clock, city_id, batch)
                await line.gather(let_in + len(waiting))
        finally:
            del self._writers[city_id]
            while waiting:  # the process is stopped in the midst of a batch
                waiting.popleft().refuse(DatabaseUnavailable("The server was stopped; this was not filed."))


def _next_of(waiting: deque[_Waiting]) -> list[_Waiting]:
    """The next batch of those who wait; whoever waited too long is refused."""
    now = asyncio.get_running_loop().time()
    while waiting and now - waiting[0].since > LONGEST_WAIT_S:
        waiting.popleft().refuse(DatabaseUnavailable(TOO_MANY))
    return [waiting.popleft() for _ in range(min(MOST_TOGETHER, len(waiting)))]


async def _answered(pool: Pool, clock: _Clock, city_id: str, batch: Sequence[_Waiting]) -> int:
    """Write what those hand in who are let in, and leave nobody without an answer; how many were let in."""
    try:
        let_in = await _let_in(batch)
        if let_in:
            await _write_batch(pool, clock, city_id, let_in)
        return len(let_in)
    except Exception as error:
        clock.forget()
        for one in batch:
            one.refuse(error)
        return len(batch)
    except BaseException:
        for one in batch:
            one.refuse(DatabaseUnavailable("The server was stopped; it is not known whether this is filed."))
        raise


async def _write_batch(pool: Pool, clock: _Clock, city_id: str, batch: Sequence[_Waiting]) -> None:
    """Decide and write a batch, and tell its callers; raises what concerns all who were not told yet."""
    now = await clock.now(pool)
    ready = _decided(batch, now)
    if not ready:
        return
    try:
        written = await _written(pool, city_id, ready, now)
    except psycopg.Error as error:
        if len(ready) == 1 or not fault_of_what_was_sent(error):
            raise
    else:
        _tell(city_id, ready, written, now)
        return
    for one in ready:
        try:
            _tell(city_id, [one], await _written(pool, city_id, [one], now), now)
        except Exception as error:
            one.waiting.refuse(error)
            if isinstance(error, psycopg.Error) and not fault_of_what_was_sent(error):
                raise  # the others would wait for the same, one after the other


async def _let_in(batch: Sequence[_Waiting]) -> list[_Waiting]:
    """Those who may hand in; all who are to be counted are so in one question, and who is one too many is told."""
    counted = {id(one): one.admission for one in batch if one.admission is not None}
    refused = dict(zip(counted, await refusals(list(counted.values())), strict=True))
    let_in = []
    for one in batch:
        refusal = refused.get(id(one))
        if refusal is None:
            let_in.append(one)
        else:
            one.refuse(refusal)
    return let_in


def _decided(batch: Sequence[_Waiting], now: dt.datetime) -> list[_Ready]:
    """The reports that are taken, decided at one moment; callers of the others are told why theirs is not.

    In the order of their keys, as in every process: of two that wait for each other's the database would undo one.
    """
    ready = []
    for one in batch:
        try:
            decision = decide(one.city, one.filing, now)
            row = filing_row(one.city, one.filing, decision, now, one.digest)
            sealed = sealed_contact(one.city, one.filing, one.secret)
            ready.append(_Ready(one, decision, row, _as_text(row | sealed)))
        except Exception as refusal:  # every fault of a report is its own caller's
            one.refuse(refusal)
    return sorted(ready, key=lambda one: one.waiting.filing.idempotency_key or "")


def _as_text(values: dict[str, Any]) -> bytes:
    """A row as ``FILE_TOGETHER`` reads it: bytes as PostgreSQL writes them, JSON within JSON as it is."""
    for name in BYTES:
        if (value := values[name]) is not None:
            values[name] = f"\\x{value.hex()}"
    for name in DOCUMENTS:
        values[name] = orjson.Fragment(values[name])
    return orjson.dumps(values)


async def _written(pool: Pool, city_id: str, ready: Sequence[_Ready], now: dt.datetime) -> set[uuid.UUID]:
    """Write rows in one transaction; the ids of those that stand."""
    rows = b"[%b]" % b",".join(one.text for one in ready)
    values = {"rows": rows.decode(), "city_id": city_id, "received_at": now}
    _, written = await exchanged(pool, [((SET_CITY, (city_id,)), True), ((FILE_TOGETHER, values), True)])
    return {row[0] for row in written}


def _tell(city_id: str, ready: Sequence[_Ready], written: set[uuid.UUID], now: dt.datetime) -> None:
    """Tell the callers what became of their reports, and the screens what came in."""
    news = []
    for one in ready:
        row = one.row
        if row["id"] not in written:
            one.waiting.tell(None)
            continue
        one.waiting.tell(filed_now(one.decision, row, now, None))
        news.append(live.filed(row["reference"], row["status"], row["department"], now))
    if news:
        live.tell_here(city_id, *news)

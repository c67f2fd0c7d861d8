"""Reads of one city that are asked for at one moment go together: one transaction, one message, however many they are.

Nobody waits for company, and nothing waits for what is under way: what comes to its question alone goes out alone.
Under load many calls come to theirs in the same turn of the event loop; then connection, transaction and message are
paid once for all of them, and so is a question that several ask. Every read begins after it was asked for, so nobody is
told anything older than by a read of their own. It is for short reads: all of a batch are answered when the last is.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from weakref import WeakKeyDictionary

import psycopg

from nagara.database import Pool, fault_of_what_was_sent, read_in_city
from nagara.errors import DatabaseUnavailable
from nagara.exchange import Question, Rows

MOST_TOGETHER = 16
"""Calls in one transaction: by then what is shared is next to nothing beside what is read."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """The questions of one call, and the promise of what they find."""

    questions: Sequence[Question]
    answer: asyncio.Future[list[Rows]]

    def tell(self, found: list[Rows]) -> None:
        if not self.answer.done():  # whoever asked may have gone
            self.answer.set_result(found)

    def refuse(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class _Reads:
    """What is about to be read over a pool, by city."""

    def __init__(self) -> None:
        self._about_to: dict[str, list[_Asked]] = {}
        self._reading: set[asyncio.Task[None]] = set()

    def ask(self, pool: Pool, city_id: str, questions: Sequence[Question]) -> asyncio.Future[list[Rows]]:
        """Read with whoever else asks in this turn of the loop."""
        asked = _Asked(questions, asyncio.get_running_loop().create_future())
        batch = self._about_to.get(city_id)
        if batch is not None and len(batch) < MOST_TOGETHER:
            batch.append(asked)
            return asked.answer
        batch = self._about_to[city_id] = [asked]
        # In a context of its own: what it logs belongs to no single call.
        reading = asyncio.create_task(self._read(pool, city_id, batch), context=contextvars.Context())
        self._reading.add(reading)
        reading.add_done_callback(partial(self._ended, city_id, batch))
        return asked.answer

    def _ended(self, city_id: str, batch: list[_Asked], reading: asyncio.Task[None]) -> None:
        """Leave nobody without an answer, also where the reading was stopped, or never began."""
        self._reading.discard(reading)
        if self._about_to.get(city_id) is batch:
            del self._about_to[city_id]
        for asked in batch:
            asked.refuse(DatabaseUnavailable("The server was stopped; ask again."))

    async def _read(self, pool: Pool, city_id: str, batch: list[_Asked]) -> None:
        if self._about_to.get(city_id) is batch:
            del self._about_to[city_id]
        different = {id(one): one for asked in batch for one in asked.questions}
        try:
            answers = await read_in_city(pool, city_id, *different.values())
        except Exception as error:  # nobody may wait for ever
            if len(batch) > 1 and isinstance(error, psycopg.Error) and fault_of_what_was_sent(error):
                await asyncio.gather(*(self._read(pool, city_id, [asked]) for asked in batch))
                return
            for asked in batch:
                asked.refuse(error)
            return
        found = dict(zip(different, answers, strict=True))
        for asked in batch:
            asked.tell([found[id(one)] for one in asked.questions])


_reads: WeakKeyDictionary[Pool, _Reads] = WeakKeyDictionary()


async def read_together(pool: Pool, city_id: str, *questions: Question) -> list[Rows]:
    """The rows that each statement finds in one city, as by ``read_in_city``: all in one transaction and round trip,
    which may be shared with other calls. Whoever asks the very same question, not just one like it, is given the very
    same rows. Raises what the database raises for these questions, or to all who ask, and ``DatabaseUnavailable`` where
    the server is stopped meanwhile.
    """
    reads = _reads.get(pool)
    if reads is None:
        reads = _reads[pool] = _Reads()
    return await reads.ask(pool, city_id, questions)

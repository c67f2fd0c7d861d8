"""What lies behind a filter's words and references, looked up before the page is asked for.

The words of requests are computed apart from filing: triggers leave a row without words, and whoever comes
first fills it - a search looks through the newest that wait in its city, and a timer through all cities. So a
search finds what was filed a moment ago, and filing costs no more than that row.

Rare words are looked up in the index of runs of letters, which gives all requests that have them. Common ones
are met soon on the way along the queue, so there each row is held against them instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, LiteralString

import psycopg

from nagara.database import Pool, city_transaction, read_in_city
from nagara.errors import InvalidInput, UnknownRequest
from nagara.exchange import Question, Rows
from nagara.ids import read_reference
from nagara.queue.filters import Near, QueueFilter, Worked
from nagara.queue.words import Sought, grams, searchable, sought

MOST_FOUND = 3000
"""From so many requests on words count as common."""

WAITING_AT_A_SEARCH = 200
BATCH = 1000

_TAKE: LiteralString = """
with waiting as materialized (
    select city_id, request_id from request_words
     where grams is null {and_here}
     order by city_id desc, request_id desc
     limit %(most)s
       for update skip locked)
select r.city_id, r.id, r.reference, r.description, r.address
  from waiting
  join request r on r.city_id = waiting.city_id and r.id = waiting.request_id
"""
TAKE_WAITING: LiteralString = _TAKE.replace("{and_here}", "")
TAKE_WAITING_HERE: LiteralString = _TAKE.replace("{and_here}", "and city_id = %(city_id)s")
"""Along the index of what waits, which is short; those first, whatever the planner thinks of the other table.

Ids grow with time, so within a city the newest come first: after an import, what waits is long, and what somebody
looks for was most likely filed a moment ago."""

WRITE_WORDS = """
update request_words as w set words = new.words, grams = new.grams::integer[]
  from unnest(%(cities)s::text[], %(ids)s::uuid[], %(words)s::text[], %(grams)s::text[])
       as new (city_id, request_id, words, grams)
 where w.city_id = new.city_id and w.request_id = new.request_id
"""
FIND_WORDS: LiteralString = """
with looked_up as materialized (
    select request_words_found(%(grams)s::int[], %(needles)s::text[], %(most)s) as ids)
select case when cardinality(ids) < %(most)s then ids::text end from looked_up
"""
"""The requests that have these words, as text, because they only go back into the next question; null where the
words are common, because thousands of ids are not worth sending."""

IS_WAITING: LiteralString = (
    "select exists (select from request_words where grams is null and city_id = %(city_id)s)"
)
POSITION: LiteralString = (
    "select lat, lon from request where city_id = %(city_id)s and reference = %(reference)s"
)


async def work_out(pool: Pool, city_id: str, wanted: QueueFilter) -> Worked:
    """Look up what a filter's words and references mean; a filter without any costs nothing.

    Raises ``InvalidInput`` for words too short to be looked up, and for a request without a position;
    ``UnknownRequest`` where a reference is not one of the city's.
    """
    asked = to_look_up(city_id, wanted)
    found = await read_in_city(pool, city_id, *asked) if asked else []
    return await worked_out(pool, city_id, wanted, found)


def to_look_up(city_id: str, wanted: QueueFilter) -> list[Question]:
    """What has to be asked before a filter is known; raises ``InvalidInput`` for words too short to be looked up."""
    asked: list[Question] = []
    if wanted.near is not None:
        asked.append((POSITION, {"city_id": city_id, "reference": read_reference(wanted.near)}))
    if (looked_for := _looked_for(city_id, wanted)) is not None:
        asked += [waiting_here(city_id), (FIND_WORDS, words_asked(looked_for))]
    return asked


def with_its_page(city_id: str, wanted: QueueFilter) -> Worked | None:
    """A filter whose page can be asked for at once; None where something has to be looked up first.

    Its page finds out by itself how common words are. Whether words of the city wait to be computed is to be asked
    beside it (``waiting_here``): then ``compute_waiting``, and the page is asked for again. Raises ``InvalidInput``
    for words too short to be looked up.
    """
    if wanted.near is not None:
        return None
    looked_for = _looked_for(city_id, wanted)
    if looked_for is None:
        return Worked(wanted, reference=None if wanted.text is None else read_reference(wanted.text))
    somewhere = wanted.bbox is not None or wanted.area is not None
    return None if somewhere else Worked(wanted, looked_for=looked_for)


def waiting_here(city_id: str) -> Question:
    """Whether words of a city's requests wait to be computed."""
    return IS_WAITING, {"city_id": city_id}


async def compute_waiting(pool: Pool, city_id: str) -> None:
    """Compute the words of a city that wait, up to a limit; what others compute just now is left to them."""
    async with city_transaction(pool, city_id) as connection:
        await _compute(connection, city_id)


async def _compute(connection: psycopg.AsyncConnection[Any], city_id: str) -> None:
    take = {"city_id": city_id, "most": WAITING_AT_A_SEARCH}
    waiting = await (await connection.execute(TAKE_WAITING_HERE, take, prepare=True)).fetchall()
    if waiting:
        await connection.execute(WRITE_WORDS, _words_of(waiting), prepare=True)


async def worked_out(pool: Pool, city_id: str, wanted: QueueFilter, found: Sequence[Rows]) -> Worked:
    """A filter with what was found by the questions of ``to_look_up``.

    Where words of the city's requests wait to be computed, that is done first, and looked up once more.
    """
    around = _near(wanted, found[0]) if wanted.near is not None else None
    looked_for = _looked_for(city_id, wanted)
    if looked_for is None:
        reference = None if wanted.text is None else read_reference(wanted.text)
        return Worked(wanted, reference=reference, around=around)
    [[waiting]], [[ids]] = found[-2:]
    if waiting:
        ids = await _found(pool, city_id, looked_for)
    if ids is None:
        return Worked(wanted, sought=looked_for, around=around)
    return Worked(wanted, found=ids, around=around)


def _looked_for(city_id: str, wanted: QueueFilter) -> Sought | None:
    """The words of a filter, if it has any that are not a whole reference."""
    if wanted.text is None or read_reference(wanted.text) is not None:
        return None
    looked_for = sought(city_id, wanted.text)
    if not looked_for.grams:
        raise InvalidInput(
            "q is too short to look for.",
            field="q",
            allowed="at least three Latin letters or digits, or two letters of another script",
        )
    return looked_for


def words_asked(looked_for: Sought) -> dict[str, Any]:
    """The values with which the index of runs of letters is asked."""
    return {"grams": list(looked_for.grams), "needles": list(looked_for.needles), "most": MOST_FOUND}


async def _found(pool: Pool, city_id: str, looked_for: Sought) -> str | None:
    """The requests of a city that have these words, what was filed a moment ago included; None for common words.

    What waits is computed first, up to a limit; what others compute just now is left to them.
    """
    async with city_transaction(pool, city_id) as connection:
        await _compute(connection, city_id)
        looked_up = await connection.execute(FIND_WORDS, words_asked(looked_for), prepare=True)
        row = await looked_up.fetchone()
    return row[0] if row else None


def fill_waiting(connection: psycopg.Connection[Any], batch: int = BATCH, most: int = 100_000) -> int:
    """Compute the words that wait, of all cities, in batches that are committed; returns how many.

    The connection is one of the time door or the owner's, outside of any transaction. Safe to repeat, to kill
    and beside itself.
    """
    filled = 0
    while filled < most:
        with connection.transaction():
            waiting = connection.execute(TAKE_WAITING, {"most": batch}, prepare=True).fetchall()
            if waiting:
                connection.execute(WRITE_WORDS, _words_of(waiting), prepare=True)
        filled += len(waiting)
        if len(waiting) < batch:
            break
    return filled


def _words_of(waiting: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    """Rows that wait, with their words and runs of letters."""
    values: dict[str, list[Any]] = {"cities": [], "ids": [], "words": [], "grams": []}
    for city_id, request_id, reference, description, address in waiting:
        words = searchable(reference, description, address)
        values["cities"].append(city_id)
        values["ids"].append(request_id)
        values["words"].append(words)
        values["grams"].append("{" + ",".join(map(str, grams(city_id, (words,)))) + "}")
    return values


def _near(wanted: QueueFilter, found: Rows) -> Near:
    if not found:
        raise UnknownRequest(f"There is no request {(wanted.near or '')[:20]!r}.", field="near")
    [(lat, lon)] = found
    if lat is None:
        raise InvalidInput(f"{wanted.near} has no position, so nothing is near it.", field="near")
    return Near(lat, lon, wanted.metres)

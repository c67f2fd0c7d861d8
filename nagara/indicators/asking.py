"""What cities are asked about their figures, kept with the day on which it was first asked.

A city's own accounts see a question at once, the network some days later (``questions.city_first_days`` of its
configuration): the database holds it back until then. Questions, not verdicts.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from typing import Any

import psycopg

from nagara.indicators.cells import Cell
from nagara.indicators.questions import Question, beside_peers, questions
from nagara.indicators.snapshots import latest_snapshots, month_rows, newest_months

LOOKED_AT = 6
"""Months back whose figures are looked at: later events still move them."""

ASK = """
insert into indicator_question as kept
       (city_id, month, question, words, counted, of_all, first_asked, network_sees_from)
values (%s, %s, %s, %s, %s, %s, %s, %s)
on conflict (city_id, month, question) do update
   set words = excluded.words, counted = excluded.counted, of_all = excluded.of_all
 where kept.words is distinct from excluded.words or kept.counted <> excluded.counted or kept.of_all <> excluded.of_all
"""
TAKE_BACK = """
delete from indicator_question
 where city_id = %s and month = %s and not question = any(%s) and (question like '%%\\_peers') = %s
"""
READ = """
select city_id, month, question, words, counted, of_all, first_asked, network_sees_from from indicator_question
 where %(cities)s::text[] is null or city_id = any(%(cities)s)
 order by first_asked desc, city_id, month, question limit 500
"""


def ask(connection: psycopg.Connection[Any], city_id: str, now: dt.datetime, city_first: dt.timedelta) -> int:
    """Put to a city what its newest figures ask, month by month; returns how many questions stand. Does not commit.

    One that its figures no longer ask is taken back. ``city_first``: how long a new one is the city's own.
    """
    snapshot = latest_snapshots(connection, [city_id]).get(city_id)
    if snapshot is None:
        return 0
    months = newest_months(connection, city_id, snapshot.id, LOOKED_AT + 1)
    cells = {month: Cell.merged(packed.cells().values()) for month, packed in months.items()}
    standing = 0
    for before, month in itertools.pairwise(months):
        packed = months[month]
        declared = Cell.merged(packed.where(lambda part: part[2]).cells().values()).count("reports")
        asked = questions(cells[month], cells[before], declared)
        standing += _put(connection, city_id, month, asked, (now, now + city_first), of_peers=False)
    return standing


def ask_beside_peers(
    connection: psycopg.Connection[Any],
    city_ids: Sequence[str],
    now: dt.datetime,
    city_first: dt.timedelta,
) -> int:
    """Put to cities what the newest figures of the others ask of theirs, month by month; returns how many stand.

    Made-up requests are held against made-up ones alone. Does not commit.
    """
    found = month_rows(
        connection,
        {city: one.id for city, one in latest_snapshots(connection, city_ids).items()},
        first=_months_before(now, LOOKED_AT),
        last=_months_before(now, 0),
    )
    standing = 0
    for month in sorted({month for rows in found.values() for month in rows}):
        by_code = {
            city: rows[month].packed.grouped(lambda part: part[0])
            for city, rows in found.items()
            if month in rows
        }
        made_up = {c: Cell.merged(cells.values()).count("simulated") > 0 for c, cells in by_code.items()}
        for city, own in by_code.items():
            peers = [cells for c, cells in by_code.items() if c != city and made_up[c] == made_up[city]]
            asked = beside_peers(own, peers)
            standing += _put(connection, city, month, asked, (now, now + city_first), of_peers=True)
    return standing


def _months_before(now: dt.datetime, months: int) -> dt.date:
    number = now.year * 12 + now.month - 1 - months
    return dt.date(number // 12, number % 12 + 1, 1)


def _put(
    connection: psycopg.Connection[Any],
    city_id: str,
    month: dt.date,
    asked: Sequence[Question],
    times: tuple[dt.datetime, dt.datetime],
    *,
    of_peers: bool,
) -> int:
    """Keep these questions of a month in place of those of their sort; returns how many.

    ``times``: when they are asked, and from when on the network sees those that are new.
    """
    connection.execute(TAKE_BACK, (city_id, month, [question.id for question in asked], of_peers))
    for question in asked:
        said = (question.id, question.words, question.having, question.of)
        connection.execute(ASK, (city_id, month, *said, *times))
    return len(asked)


def read_questions(connection: psycopg.Connection[Any], city_ids: list[str] | None) -> list[dict[str, Any]]:
    """Questions that this connection may see, newest first; of these cities, or of all."""
    names = ("city", "month", "id", "words", "counted", "of", "first_asked", "network_sees_from")
    return [
        dict(zip(names, (row[0], f"{row[1]:%Y-%m}", *row[2:]), strict=True))
        for row in connection.execute(READ, {"cities": city_ids})
    ]

"""How many requests came, are open and were closed, by city, common code and month: true at every moment.

Whoever changes a request writes in the same transaction by how much the counts change; a timer adds these news up.
Whoever reads takes both together, so what is shown is never older than the last commit, however long the timer was
away, and costs the same with a thousand requests and with millions. Months are those of a city's own zone.

``received`` and ``open`` are by month of receipt: how many came, and how many of these are open now. ``closed`` is by
month of closing. Every request counts, duplicates and a city's own inspections too: these are numbers to work by,
not figures to compare cities with.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString

import numpy as np
import numpy.typing as npt
import psycopg

from city_config import City
from nagara.database import engine
from nagara.exchange import Question, Rows
from nagara.indicators.period import Period

MOST_TAKEN = 50_000
"""News that one statement adds up."""

KINDS = ("received", "open", "closed")
Connection = psycopg.Connection[Any]
Counts = dict[tuple[dt.date, str], tuple[int, int, int]]
"""Received, open and closed, by first day of the month and common code."""

_ZONED: LiteralString = "unnest(%(cities)s::text[], %(zones)s::text[]) as zoned (city_id, zone)"
_KEPT: LiteralString = f"""
    select c.city_id, c.month, c.network_code, c.received, c.open, c.closed
      from request_count c join {_ZONED} using (city_id)
     where c.month between %(first)s and %(last)s
    union all
    select n.city_id, date_trunc('month', n.at at time zone zoned.zone)::date, n.network_code,
           n.received, n.open, n.closed
      from request_count_news n join {_ZONED} using (city_id)
     where n.at between %(first)s::timestamptz - interval '2 days' and %(last)s::timestamptz + interval '33 days'
"""  # noqa: S608 - built of constants
"""What was added up, and what was not yet; news of other months may be among it."""

READ: LiteralString = f"""
select city_id collate "C", string_agg(network_code, ','), string_agg(int4send(month - '2000-01-01'::date), ''),
       string_agg(int8send(received), ''), string_agg(int8send(open), ''), string_agg(int8send(closed), '')
  from ({_KEPT}) as kept
 where month between %(first)s and %(last)s
 group by city_id collate "C"
"""  # noqa: S608 - built of constants
"""A row for each city with all its codes and months, numbers as PostgreSQL sends them: thousands of small rows would
cost more to take apart than to find. What stands there twice, as news do, is added up by whoever reads. Cities are
sorted as bytes: by the rules of a language that takes ten times as long as all the rest."""

READ_OF_ALL: LiteralString = READ.replace("request_count_news", "request_count_late")

FIRST_DAY = np.datetime64("2000-01-01", "D")
"""Months come as days since then."""

FOLD = f"""
with chosen as (select ctid from request_count_news order by city_id, id limit %(most)s),
taken as (
    delete from request_count_news n where ctid = any(array(select ctid from chosen))
    returning n.city_id, n.at, n.network_code, n.received, n.open, n.closed),
added as (
    insert into request_count as kept (city_id, month, network_code, received, open, closed)
    select t.city_id, date_trunc('month', t.at at time zone coalesce(zoned.zone, 'UTC'))::date, t.network_code,
           sum(t.received), sum(t.open), sum(t.closed)
      from taken t left join {_ZONED} using (city_id)
     group by 1, 2, 3
    on conflict (city_id, month, network_code) do update
       set received = kept.received + excluded.received, open = kept.open + excluded.open,
           closed = kept.closed + excluded.closed)
select count(*) from taken
"""  # noqa: S608 - built of constants
"""News go by their places, which nobody changes: rows are only added, and one folds at a time. Analyzed when it was
empty, the table is planned for as such, and a join of what is chosen with what is there would go through each pair."""

TRUE = """
select month, network_code, sum(received)::bigint, sum(open)::bigint, sum(closed)::bigint
  from (select date_trunc('month', received_at at time zone %(zone)s)::date as month, network_code,
               1 as received, (closed_at is null)::int as open, 0 as closed
          from request where city_id = %(city)s
        union all
        select date_trunc('month', closed_at at time zone %(zone)s)::date, network_code, 0, 0, 1
          from request where city_id = %(city)s and closed_at is not null) as one
 group by 1, 2
"""
"""The counts as they must be: every request of a city, counted."""

HELD = f"""
select month, network_code, sum(received)::bigint, sum(open)::bigint, sum(closed)::bigint from ({_KEPT}) as kept
 group by 1, 2 having sum(received) <> 0 or sum(open) <> 0 or sum(closed) <> 0
"""  # noqa: S608 - built of constants
FORGET = ("delete from request_count where city_id = %s", "delete from request_count_news where city_id = %s")
KEEP = """
insert into request_count (city_id, month, network_code, received, open, closed) values (%s, %s, %s, %s, %s, %s)
"""
LONG_AGO, FAR_AHEAD = dt.date(1900, 1, 1), dt.date(2999, 12, 1)


@contextmanager
def network_reader() -> Iterator[Connection]:
    """A pooled connection of the network's door, for a question asked often; nothing is kept of it."""
    pooled = engine("nagara_network").raw_connection()
    try:
        connection = pooled.driver_connection
        assert isinstance(connection, psycopg.Connection)  # noqa: S101 - the engine's driver is psycopg
        yield connection
    finally:
        pooled.close()


def question(cities: Sequence[City], period: Period, *, of_all: bool = False) -> Question:
    """The statement that reads the counts of cities in the months of a period, and its values.

    ``of_all``: through the network's door, which sees sums of news and no row of them.
    """
    return READ_OF_ALL if of_all else READ, _zones(cities) | {"first": period.first, "last": period.last}


def shown(cities: Sequence[City], period: Period, rows: Rows, now: dt.datetime) -> dict[str, Any]:
    """What the statement found: each city with a number for each month, of each of its codes and each kind of count."""
    found, starts = {row[0]: row[1:] for row in rows}, starts_of(period)
    told = [_city(city, found.get(city.id), starts) for city in cities]
    return {"period": str(period), "as_of": now, "months": months_of(period), "cities": told}


def months_of(period: Period) -> list[str]:
    """The months of a period, as YYYY-MM."""
    months: list[str] = _months(period).astype(str).tolist()
    return months


def starts_of(period: Period) -> npt.NDArray[np.int64]:
    """The first day of each month of a period, as the database sends days."""
    return (_months(period).astype("datetime64[D]") - FIRST_DAY).astype(np.int64)


def _months(period: Period) -> npt.NDArray[np.datetime64]:
    return np.arange(f"{period.first:%Y-%m}", f"{_after(period.last):%Y-%m}", dtype="datetime64[M]")


def _after(month: dt.date) -> dt.date:
    return (month + dt.timedelta(days=31)).replace(day=1)


def _city(city: City, row: Sequence[Any] | None, starts: npt.NDArray[np.int64]) -> dict[str, Any]:
    codes: list[dict[str, Any]] = []
    if row is not None:
        names = row[0].split(",")
        places = {name: place for place, name in enumerate(sorted(set(names)))}
        code = np.fromiter(map(places.__getitem__, names), np.int64, len(names))
        at = code, np.searchsorted(starts, np.frombuffer(row[1], ">i4"))
        tables = [_table(numbers, at, (len(places), len(starts))) for numbers in row[2:]]
        codes = [
            {"code": name} | {kind: table[place] for kind, table in zip(KINDS, tables, strict=True)}
            for name, place in places.items()
        ]
    return {"city": city.id, "names": dict(city.names), "country": city.country, "codes": codes}


def _table(
    sent: bytes, at: tuple[npt.NDArray[Any], npt.NDArray[Any]], shape: tuple[int, int]
) -> list[list[int]]:
    """Numbers by code and month; months without any have 0."""
    table = np.zeros(shape, np.int64)
    np.add.at(table, at, np.frombuffer(sent, ">i8").astype(np.int64))
    found: list[list[int]] = table.tolist()
    return found


def fold(connection: Connection, cities: Iterable[City]) -> int:
    """Add up what was not yet, at most ``MOST_TAKEN``; returns how many news. One at a time; does not commit."""
    row = connection.execute(FOLD, _zones(cities) | {"most": MOST_TAKEN}).fetchone()
    return int(row[0]) if row else 0


def held(connection: Connection, city: City) -> Counts:
    """The counts of a city as whoever reads them is told now."""
    values = _zones([city]) | {"first": LONG_AGO, "last": FAR_AHEAD}
    return _counts(connection.execute(HELD, values).fetchall())


def true_counts(connection: Connection, city: City) -> Counts:
    """The same, counted from every request of the city."""
    return _counts(connection.execute(TRUE, {"city": city.id, "zone": city.timezone}).fetchall())


def prove(connection: Connection, city: City) -> int:
    """Hold a city's counts against its requests; returns how many differed. Those that do are counted anew.

    In a transaction of one snapshot (``repeatable read``), while nobody folds: what others write meanwhile is in
    neither count, and comes as news.
    """
    told, true = held(connection, city), true_counts(connection, city)
    different = {key for key in told.keys() | true.keys() if told.get(key) != true.get(key)}
    if different:
        for statement in FORGET:
            connection.execute(statement, (city.id,))
        with connection.cursor() as cursor:
            cursor.executemany(KEEP, [(city.id, *key, *counts) for key, counts in true.items()])
    return len(different)


def _counts(rows: Rows) -> Counts:
    return {
        (month, code): (received, still_open, closed) for month, code, received, still_open, closed in rows
    }


def _zones(cities: Iterable[City]) -> dict[str, Any]:
    every = list(cities)
    return {"cities": [city.id for city in every], "zones": [city.timezone for city in every]}

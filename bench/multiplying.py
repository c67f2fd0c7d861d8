"""Many more requests out of some: copies made by the database itself, because Python would take an hour for millions.

A copy has an id, a reference and times of its own (up to an hour earlier, all moved together, or as many days as
there are copies before it) and the events and words of its original. Triggers stand still meanwhile, so the copies'
events carry the hashes of the originals: nothing that is measured reads those. Indexes that only serve questions are
built anew at the end.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg.sql import SQL, Composable, Identifier, Literal

from bench.references import BASE, FIRST_WEIGHT, RANGE, SCATTER
from city_config import City
from nagara.ids import ALPHABET, REFERENCE_LENGTH, check_character

TABLES = ("request", "event", "request_words")
EARLIER = "1 hour"
FOREVER = "9000-01-01"
"""Times beyond it mean never, and stay."""

MEMORY = "512MB"
INDEXES = """
select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
  from pg_index i where i.indrelid = %s::regclass and not i.indisprimary and not i.indisunique
"""
COLUMNS = """
select attname, format_type(atttypid, null) from pg_attribute
 where attrelid = %s::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum
"""
ORIGINALS = """
create temp table original as
select city_id, id, received_at, row_number() over (partition by city_id order by id) - 1 as number from request
"""
COPIES = """
create temp table copied as
select o.city_id, o.id as of, o.number + %(copy)s * o.originals as number, o.earlier,
       uuidv7(o.received_at - o.earlier - clock_timestamp()) as id
  from (select *, random() * %(most)s::interval + %(before)s as earlier,
               count(*) over (partition by city_id) as originals
          from original) as o
 where o.number + %(copy)s * o.originals < %(wanted)s
"""
PROMISED_THEN: LiteralString = """
create function bench_promised_then() returns trigger language plpgsql as $$
begin
    new.data := new.data || (
        select jsonb_build_object('acknowledge_by', r.acknowledge_by, 'respond_by', r.respond_by,
                                  'resolve_by', r.resolve_by)
          from request r where r.city_id = new.city_id and r.id = new.request_id);
    return new;
end $$;
create trigger bench_promised_then before insert on event for each row when (new.kind = 'filed')
    execute function bench_promised_then();
alter table event enable always trigger bench_promised_then
"""
"""What a copy was promised lies as much earlier as the copy: else old requests would all fall due in these months."""

NO_LONGER: LiteralString = "drop function bench_promised_then cascade"

Say = Callable[[str], None]


def multiply(
    owner: psycopg.Connection[Any],
    cities: Sequence[City],
    requests: int,
    say: Say,
    each_before: dt.timedelta = dt.timedelta(0),
) -> None:
    """Copy what is there until there are ``requests``, equally many of each city.

    ``each_before``: by how much each copy of all lies before the one made before it, for a longer history.

    The connection is a superuser's, commits by itself, and knows of no other. References are those of the numbers
    that follow.
    """
    wanted = requests // len(cities)
    if wanted > RANGE:
        raise ValueError(f"at most {RANGE} requests of a city")
    owner.execute("set session_replication_role = replica")
    owner.execute(f"set maintenance_work_mem = '{MEMORY}'")
    dropped = [index for table in TABLES for index in owner.execute(INDEXES, (table,)).fetchall()]
    for name, _ in dropped:
        owner.execute(SQL("drop index {}").format(Identifier(name)))
    owner.execute(ORIGINALS)
    counted = owner.execute(
        "select min(n), max(n) from (select count(*) as n from original group by city_id) as c"
    )
    least, most = counted.fetchone() or (0, 0)
    if not least or least != most:
        raise ValueError("there must be equally many requests of each city")
    copies = -(-wanted // least)
    for copy in range(1, copies):
        with owner.transaction():
            values = {"copy": copy, "most": EARLIER, "before": copy * each_before, "wanted": wanted}
            owner.execute(COPIES, values)
            _copy(owner, cities)
            owner.execute("drop table copied")
        say(f"{(copy + 1) * least * len(cities):,} requests")
    for name, definition in dropped:
        owner.execute(definition)
        say(f"index {name}")
    owner.execute("drop table original")
    owner.execute("reset session_replication_role")


@contextmanager
def promised_then(owner: psycopg.Connection[Any]) -> Iterator[None]:
    """Meanwhile a filing that is copied into the log tells the promises of its request, which was copied before it."""
    owner.execute(PROMISED_THEN)
    try:
        yield
    finally:
        owner.execute(NO_LONGER)


def _copy(owner: psycopg.Connection[Any], cities: Sequence[City]) -> None:
    """The rows of all tables that belong to ``copied``."""
    for table, key in zip(TABLES, ("id", "request_id", "request_id"), strict=True):
        columns = owner.execute(COLUMNS, (table,)).fetchall()
        values = [_value(table, name, kind, key, cities) for name, kind in columns]
        owner.execute(
            SQL("insert into {table} ({names}) overriding system value select {values} from copied c join {table} r "
                "on r.city_id = c.city_id and r.{key} = c.of").format(
                table=Identifier(table),
                names=SQL(", ").join(Identifier(name) for name, _ in columns),
                values=SQL(", ").join(values),
                key=Identifier(key),
            )
        )  # fmt: skip


def _value(table: str, name: str, kind: str, key: str, cities: Sequence[City]) -> Composable:
    """What a copy has in a column."""
    if name == key:
        return SQL("c.id")
    if (table, name) == ("request", "reference"):
        return SQL("case c.city_id {} end").format(
            SQL(" ").join(
                SQL("when {} then {}").format(Literal(city.id), _reference(city.reference_prefix))
                for city in cities
            )
        )
    column = SQL("r.{}").format(Identifier(name))
    if name in ("idempotency_key", "source_id", "dedupe_key"):
        return SQL("null")
    if name == "next_step_at":  # what was still to come stays so: nothing is due but what a bench makes due
        return column
    if kind == "timestamp with time zone":
        return SQL("case when {column} < {forever} then {column} - c.earlier else {column} end").format(
            column=column, forever=Literal(FOREVER)
        )
    return column


def _reference(prefix: str) -> Composable:
    """The reference of ``c.number``, as ``bench.references`` reckons it."""
    places = range(REFERENCE_LENGTH)
    digits = [
        SQL("((c.number * {} % {}) / {} % {})").format(
            *map(Literal, (SCATTER, RANGE, BASE ** (REFERENCE_LENGTH - 1 - place), BASE))
        )
        for place in places
    ]
    start = ALPHABET.index(check_character(prefix + ALPHABET[0] * REFERENCE_LENGTH))
    weighted = [
        SQL("{} * {}").format(digit, Literal(FIRST_WEIGHT + place))
        for place, digit in zip(places, digits, strict=True)
    ]
    return SQL(
        "{prefix} || {body} || '-' || substr({alphabet}, (({start} + {weighted}) % {size} + 1)::int, 1)"
    ).format(
        prefix=Literal(f"{prefix}-"),
        body=SQL(" || ").join(SQL("({} + 2)::text").format(digit) for digit in digits),
        alphabet=Literal(ALPHABET),
        start=Literal(start),
        weighted=SQL(" + ").join(weighted),
        size=Literal(len(ALPHABET)),
    )

"""The facts of every request as they are kept between builds, so that a build reads only what is new."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
from psycopg import sql

from nagara.indicators.facts import NO_MONTH, SIZES, Facts, Group, Groups, Row, from_copy

COLUMNS = ", ".join(Row._fields)
CHUNK = 20_000
TYPES = {2: "smallint", 4: "integer", 8: "bigint"}

COPY_OUT = f"""
copy (select request_id, head, {COLUMNS} from indicator_issue where city_id = {{city}} order by request_id)
  to stdout (format binary)
"""  # noqa: S608 - names of columns
PUT = f"""
insert into indicator_issue (city_id, request_id, head, {COLUMNS})
select %(city)s, * from unnest(%(ids)s::uuid[], %(heads)s::bytea[],
       {", ".join(f"%({name})s::{TYPES[SIZES[name]]}[]" for name in Row._fields)})
on conflict (city_id, request_id) do update
   set head = excluded.head,
       {", ".join(f"{name} = excluded.{name}" for name in Row._fields)}
"""  # noqa: S608 - names of columns

GROUPS = "select network_code, district, fingerprint, id from indicator_group where city_id = %s"
ADD_GROUPS = """
insert into indicator_group (city_id, id, network_code, district, fingerprint)
select %s, * from unnest(%s::int[], %s::text[], %s::text[], %s::text[])
"""

READ_STATE = """
select known_at, snapshot_id, cut_off, touched from indicator_build where city_id = %s for update
"""
WRITE_STATE = """
insert into indicator_build (city_id, known_at, snapshot_id, cut_off, touched, requests_read, months_built, built_at)
values (%(city)s, %(known_at)s, %(snapshot)s, %(cut_off)s, %(touched)s, %(requests)s, %(months)s, clock_timestamp())
on conflict (city_id) do update
   set known_at = excluded.known_at, snapshot_id = excluded.snapshot_id, cut_off = excluded.cut_off,
       touched = excluded.touched, requests_read = excluded.requests_read, months_built = excluded.months_built,
       built_at = excluded.built_at
"""
RECORD_PROOF = """
update indicator_build set proved_at = %s, differences = %s where city_id = %s
"""

MONTHS = ("month", "due_month", "resolved_month", "closed_month", "rated_month")


@dataclass(frozen=True)
class State:
    """What the kept facts are of: known events, and the snapshot that was made of them last."""

    known_at: dt.datetime
    snapshot_id: UUID | None
    cut_off: dt.datetime | None
    touched: frozenset[int]
    """Months of the facts that have changed since that snapshot."""


def read_state(connection: psycopg.Connection[Any], city_id: str) -> State | None:
    """What is kept of a city, locked until the transaction ends; None before the first build."""
    row = connection.execute(READ_STATE, (city_id,)).fetchone()
    return State(row[0], row[1], row[2], frozenset(row[3])) if row else None


def write_state(
    connection: psycopg.Connection[Any], city_id: str, state: State, requests_read: int, months_built: int
) -> None:
    """Keep what the facts are of now, and what the build cost."""
    values = {
        "city": city_id,
        "known_at": state.known_at,
        "snapshot": state.snapshot_id,
        "cut_off": state.cut_off,
        "touched": sorted(state.touched),
        "requests": requests_read,
        "months": months_built,
    }
    connection.execute(WRITE_STATE, values)


def record_proof(
    connection: psycopg.Connection[Any], city_id: str, at: dt.datetime, differences: int
) -> None:
    """Keep when the facts were last held against the whole log, and how many rows differed."""
    connection.execute(RECORD_PROOF, (at, differences, city_id))


def read_groups(connection: psycopg.Connection[Any], city_id: str) -> Groups:
    """The numbers of the groups met so far."""
    return Groups({Group(*row[:3]): row[3] for row in connection.execute(GROUPS, (city_id,))})


def add_groups(connection: psycopg.Connection[Any], city_id: str, groups: Groups) -> None:
    """Keep the numbers that were given since the groups were read."""
    if groups.new:
        columns = [list(column) for column in zip(*groups.new, strict=True)]
        connection.execute(ADD_GROUPS, (city_id, list(groups.new.values()), *columns))
        groups.new.clear()


def read_issues(connection: psycopg.Connection[Any], city_id: str) -> Facts:
    """The kept facts of a city, in order of id."""
    statement = sql.SQL(COPY_OUT).format(city=sql.Literal(city_id))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        return from_copy(b"".join(bytes(part) for part in copy))


def put_issues(connection: psycopg.Connection[Any], city_id: str, facts: Facts) -> None:
    """Keep the facts of single requests in place of what was kept of them."""
    values: dict[str, Any] = {
        "city": city_id,
        "ids": [UUID(bytes=key) for key in keys_of(facts)],
        "heads": [head.tobytes() for head in facts["head"]],
    }
    values |= {name: facts[name].tolist() for name in Row._fields}
    connection.execute(PUT, values)


def replace_issues(connection: psycopg.Connection[Any], city_id: str, facts: Facts) -> None:
    """Keep the facts of a whole city in place of all that was kept."""
    connection.execute("delete from indicator_issue where city_id = %s", (city_id,))
    for start in range(0, len(facts), CHUNK):
        put_issues(connection, city_id, facts[start : start + CHUNK])


def months_of(facts: Facts) -> set[int]:
    """Every month in which something of these rows is counted."""
    months: set[int] = set()
    for name in MONTHS:
        months |= set(np.unique(facts[name]).tolist())
    return months - {NO_MONTH}


def keys_of(facts: Facts) -> list[bytes]:
    """The ids of the rows as bytes, whose order is that of the rows."""
    joined = facts["id"].tobytes()
    return [joined[start : start + 16] for start in range(0, len(joined), 16)]


def split(facts: Facts, ids: Collection[UUID]) -> tuple[Facts, Facts]:
    """The rows of these requests, and the others."""
    wanted = {i.bytes for i in ids}
    mask = np.fromiter((key in wanted for key in keys_of(facts)), dtype=bool, count=len(facts))
    return facts[mask], facts[~mask]


def joined(facts: Facts, fresh: Facts) -> Facts:
    """Rows and further ones, of requests that are not among them, in order of id."""
    keys = keys_of(facts)
    places = [bisect_left(keys, key) for key in keys_of(fresh)]
    return np.insert(facts, places, fresh)

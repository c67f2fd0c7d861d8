"""A row of any table for any city, made from the catalogue alone: for tests that must hold for tables to come."""

from __future__ import annotations

import itertools
import re
import uuid
from typing import Any

import psycopg
from psycopg import sql

Connection = psycopg.Connection[Any]

VALUES: dict[tuple[str, str], str] = {
    ("event", "seq"): "1",
    ("announcement", "shown_until"): "now() + interval '1 day'",
    ("indicator_figure", "month"): "'2026-01-01'",
    ("resolution_audit", "quarter"): "'2026-Q1'",
    ("subscription", "request_id"): "gen_random_uuid()",
}
"""SQL for columns whose checks a value guessed from the type does not pass."""

_numbers = itertools.count(1)
GUESSES = {
    "text": "'planted ' || %(n)s",
    "uuid": "gen_random_uuid()",
    "bytea": "sha256(%(n)s::text::bytea)",
    "bool": "false",
    "timestamptz": "now()",
    "date": "current_date",
    "jsonb": "'{}'",
    "point": "point(104.9, 11.5)",
    "polygon": "'((0,0),(0,1),(1,1))'",
    "interval": "interval '1 day'",
    "float8": "1",
    "numeric": "1",
}
COLUMNS = """
select a.attname, t.typname, a.attnotnull, a.atthasdef or a.attgenerated <> ''
  from pg_attribute a join pg_type t on t.oid = a.atttypid
 where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped
 order by a.attnum
"""
CHECKS = """
select pg_get_constraintdef(oid) from pg_constraint
 where conrelid = %s::regclass and contype = 'c'
"""


def city_tables(connection: Connection) -> list[str]:
    """Every table that has a column ``city_id`` and is a city's own; what is published to all has none closed."""
    rows = connection.execute(
        "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'city_id' "
        "where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and not c.relispartition "
        "order by 1"
    )
    return [row[0] for row in rows]


def plant(owner: Connection, table: str, city_id: str, /, **given: Any) -> dict[str, Any]:
    """Put one row of a city into a table and give it back; what it would refer to need not be there.

    ``owner`` is the role that owns the tables. Where a check of the table refuses the values guessed, say better
    ones in ``VALUES``.
    """
    checks = " ".join(row[0] for row in owner.execute(CHECKS, (table,)))
    names, values = [], []
    for name, type_, needed, has_default in owner.execute(COLUMNS, (table,)):
        if name == "city_id" or name in given:
            continue
        if (table, name) in VALUES or (needed and not has_default):
            names.append(name)
            values.append(VALUES.get((table, name)) or _guess(name, type_, checks))
    number = {"n": next(_numbers)}
    statement = sql.SQL("insert into {} ({}) values ({}) returning *").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, ("city_id", *given, *names))),
        sql.SQL(", ").join(
            [sql.Placeholder("city_id"), *map(sql.Placeholder, given), *(sql.SQL(v) for v in values)]
        ),
    )
    try:
        with owner.transaction():
            owner.execute("set local session_replication_role = replica")  # no parent is looked for
            cursor = owner.execute(statement, {"city_id": city_id, **given, **number})
            row = cursor.fetchone()
            columns = [column.name for column in cursor.description or ()]
    except psycopg.errors.CheckViolation as error:
        message = (
            f"{table} refuses what was guessed for it ({error.diag.constraint_name}); see planting.VALUES"
        )
        raise AssertionError(message) from error
    assert row is not None
    return dict(zip(columns, row, strict=True))


def _guess(name: str, type_: str, checks: str) -> str:
    """SQL of a value that a column of this type and these checks takes."""
    listed = re.search(rf"\(?{name} = ANY \(\(?ARRAY\['([^']+)'", checks) or re.search(
        rf"\({name} = '([^']+)'", checks
    )
    if listed:
        return f"'{listed[1]}'"
    if type_.startswith("_"):
        return "'{}'"
    if type_ in ("int2", "int4", "int8"):
        return "%(n)s"
    if type_ not in GUESSES:
        raise AssertionError(f"no value is known for a column of type {type_} ({name}); see planting.GUESSES")
    return GUESSES[type_]


def nobody() -> str:
    """An id that no row has."""
    return str(uuid.uuid4())

"""PostgreSQL itself keeps cities apart: tried on every table there is, as the role the application has."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.planting import city_tables, plant

Owner = psycopg.Connection[Any]
OWN, FOREIGN = "kh-pnh", "th-bkk"
PUBLISHED = {
    "indicator_snapshot",
    "indicator_figure",
    "indicator_sheet",
    "indicator_sum",
    "indicator_weights",
    "network_report",
    "network_root",
    "report_release",
    "open_data_version",
}
"""Figures are published to everybody; they hold no resident's data."""

CLOSED = (psycopg.errors.InsufficientPrivilege, psycopg.errors.IntegrityConstraintViolation)
"""What refuses a write: no right, a policy, or a trigger that keeps history as it was."""


@pytest.fixture
def tables(owner: Owner) -> list[str]:
    """Every table of cities, each with a row of two cities."""
    found = [name for name in city_tables(owner) if name not in PUBLISHED]
    assert len(found) > 10
    for table in found:
        for city in (OWN, FOREIGN):
            plant(owner, table, city)
    return found


def as_application(owner: Owner, city: str | None) -> None:
    """Act as the application does from here to the end of the transaction, for a city or for none."""
    owner.execute("set local role nagara_app")
    if city is not None:
        owner.execute("select set_config('nagara.city', %s, true)", (city,))


def rows(owner: Owner, table: str) -> set[str] | None:
    """The cities whose rows can be seen; None where the application may not read the table at all."""
    try:
        with owner.transaction():
            found = owner.execute(sql.SQL("select city_id from {}").format(sql.Identifier(table))).fetchall()
    except psycopg.errors.InsufficientPrivilege:
        return None
    return {row[0] for row in found}


def written_columns(owner: Owner, table: str) -> list[str]:
    """The columns that are written; what the database works out itself is not."""
    found = owner.execute(
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped "
        "and attgenerated = ''",
        (table,),
    )
    return [row[0] for row in found]


def test_no_table_shows_another_citys_rows(owner: Owner, tables: list[str]) -> None:
    read = 0
    for table in tables:
        for city, expected in (
            (OWN, {OWN}),
            (FOREIGN, {FOREIGN}),
            ("xx-yyy", set()),
            ("", set()),
            (None, set()),
        ):
            with owner.transaction(force_rollback=True):
                as_application(owner, city)
                seen = rows(owner, table)
                assert seen is None or seen == expected, f"{table} shows {seen} to {city!r}"
                read += seen is not None
    assert read > 50


def test_no_table_lets_another_citys_rows_be_changed_or_removed(owner: Owner, tables: list[str]) -> None:
    for table in tables:
        named = sql.Identifier(table)
        for statement in (
            sql.SQL("update {} set city_id = city_id where city_id = {}").format(named, FOREIGN),
            sql.SQL("delete from {} where city_id = {}").format(named, FOREIGN),
        ):
            with owner.transaction(force_rollback=True):
                as_application(owner, OWN)
                try:
                    with owner.transaction():
                        touched = owner.execute(statement).rowcount
                except CLOSED:
                    touched = 0
                assert touched == 0, f"{statement.as_string(None)} touched {touched}"


def test_no_table_takes_a_row_for_another_city(owner: Owner, tables: list[str]) -> None:
    """The very row that stands there is offered again, so that nothing but the city can be wrong with it."""
    for table in tables:
        named = sql.Identifier(table)
        columns = sql.SQL(", ").join(map(sql.Identifier, written_columns(owner, table)))
        with owner.transaction(force_rollback=True):
            copy = "create temp table offered on commit drop as select {} from {} where city_id = {}"
            owner.execute(sql.SQL(copy).format(columns, named, FOREIGN))
            owner.execute("grant select on offered to nagara_app")
            as_application(owner, OWN)
            again = sql.SQL("insert into {} ({}) select * from offered").format(named, columns)
            with pytest.raises(CLOSED), owner.transaction():
                owner.execute(again)


def test_every_table_is_closed_the_same_way(owner: Owner, tables: list[str]) -> None:
    for table in tables:
        policies = owner.execute(
            "select polname, polroles::regrole[]::text[], pg_get_expr(polqual, polrelid), "
            "pg_get_expr(polwithcheck, polrelid) from pg_policy where polrelid = %s::regclass order by 1",
            (table,),
        ).fetchall()
        own = [p for p in policies if "nagara_app" in p[1]]
        assert len(own) == 1, f"{table} has {len(own)} policies for the application"
        for part in own[0][2:]:
            assert part is not None, f"{table}: {own[0][0]} leaves reading or writing open"
            assert part.replace("(", "").startswith("city_id = current_setting'nagara.city'"), (table, part)


def test_the_application_owns_nothing_and_passes_no_policy(owner: Owner) -> None:
    owned = owner.execute(
        "select count(*) from pg_class where relowner in "
        "(select oid from pg_roles where rolname in ('nagara_app', 'nagara_clock'))"
    ).fetchone()
    able = owner.execute(
        "select rolname from pg_roles where rolname in ('nagara_app', 'nagara_clock') "
        "and (rolsuper or rolbypassrls or rolcreaterole or rolcanlogin)"
    ).fetchall()
    assert owned == (0,)
    assert able == []

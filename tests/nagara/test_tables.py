"""The models and what the migrations make are the same tables."""

from __future__ import annotations

import re

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlmodel import SQLModel

from nagara import statements
from nagara.indicators.tables import IndicatorSnapshot
from nagara.migrations import applied_revision, migrate, newest_revision
from nagara.queue.rows import COLUMNS
from nagara.tables import Contact, Event, EventOutbox, Request, metadata
from nagara.tables import network as network_tables

STRUCTURE = {"add_table", "remove_table", "add_column", "remove_column", "modify_nullable"}


def test_models_and_migrations_agree(database_url: str) -> None:
    assert IndicatorSnapshot.metadata is metadata is network_tables.TrustRoot.metadata
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    flat = [entry[0] if isinstance(entry, list) else entry for entry in found]
    assert [entry for entry in flat if entry[0] in STRUCTURE] == []


def test_migrating_again_changes_nothing(database_url: str) -> None:
    assert migrate(database_url) == newest_revision() == applied_revision(database_url)


def test_city_leads_every_key(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "select conrelid::regclass::text, contype, (select attname from pg_attribute "
            "where attrelid = conrelid and attnum = conkey[1]) from pg_constraint "
            "where contype in ('p', 'u', 'f') and connamespace = 'public'::regnamespace"
        ).fetchall()
    keys = [row for row in rows if row[0] not in ("alembic_version", "timer", "timer_run")]
    assert len(keys) > 12
    assert [row for row in keys if row[2] != "city_id"] == []


def test_every_table_of_a_city_is_closed_to_others(database_url: str) -> None:
    published = {
        "indicator_snapshot",
        "indicator_figure",
        "indicator_sheet",
        "indicator_sum",
        "indicator_weights",
        "network_report",
        "network_root",
        "report_release",
        "open_data_version",
        "alembic_version",
        "timer",
        "timer_run",
    }
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "select relname, relrowsecurity from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
        ).fetchall()
    assert {name for name, closed in rows if not closed} == published


@pytest.mark.parametrize("model", [Request, Event, EventOutbox, Contact])
def test_the_hot_statements_name_columns_that_exist(model: type[SQLModel]) -> None:
    table = model.__table__  # type: ignore[attr-defined]
    pattern = rf"insert into {table.name} \((.*?)\)"
    for columns in re.findall(pattern, statements.FILE_REQUEST, re.S):
        named = {column.strip() for column in columns.split(",")}
        assert named <= set(table.columns.keys())
        without_default = {c.name for c in table.columns if not c.nullable and c.server_default is None}
        needed = without_default - {"seq", "hash", "recorded_at"}
        assert needed <= named


def test_the_queue_names_columns_that_exist() -> None:
    assert set(COLUMNS) <= set(Request.__table__.columns.keys())  # type: ignore[attr-defined]

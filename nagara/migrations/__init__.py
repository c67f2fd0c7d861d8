"""The database's history: dated steps that read in order. ``migrate`` brings any database to the newest."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

HERE = Path(__file__).parent


def _config(database_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["database_url"] = make_url(database_url).set(drivername="postgresql+psycopg")
    return config


def migrate(database_url: str) -> str:
    """Apply what is missing, in order, and return the revision; safe to repeat and to run from two places.

    A step that cannot get its locks within a few seconds gives up rather than make a city wait behind it.
    """
    command.upgrade(_config(database_url), "head")
    return newest_revision()


def newest_revision() -> str:
    """The revision this code needs."""
    head = ScriptDirectory(str(HERE)).get_current_head()
    return head or ""


def applied_revision(database_url: str) -> str | None:
    """The revision a database is at; None if nothing was ever applied."""
    engine = create_engine(make_url(database_url).set(drivername="postgresql+psycopg"))
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()

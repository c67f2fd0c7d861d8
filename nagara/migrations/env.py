"""Runs one upgrade: one migrator at a time, short waits for locks, one transaction a step."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine, text

from nagara.indicators.tables import IndicatorSnapshot
from nagara.tables import metadata

MIGRATOR_LOCK = 0x6E616761_72610001
"""Key of the advisory lock that keeps two migrators apart."""

target_metadata = metadata
assert IndicatorSnapshot.metadata is metadata  # noqa: S101 - both rooms share one set of tables


def run() -> None:
    """Apply the steps that are missing."""
    engine = create_engine(context.config.attributes["database_url"])
    with engine.connect() as connection:
        connection.execute(text("select pg_advisory_lock(:key)"), {"key": MIGRATOR_LOCK})
        connection.execute(text("set lock_timeout = '5s'"))
        connection.commit()
        context.configure(
            connection=connection, target_metadata=target_metadata, transaction_per_migration=True
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    engine.dispose()


run()

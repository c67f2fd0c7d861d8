"""The command that brings a database to the tables this version needs."""

from __future__ import annotations

import typer

from nagara import migrations
from nagara.cities import configuration, record_versions
from nagara.database import clock_connection
from nagara.settings import settings


def migrate() -> None:
    """Bring the database to the tables this version needs, and keep the cities' configuration in it.

    Example: DATABASE_URL=postgresql://... nagara migrate
    """
    revision = migrations.migrate(settings().database_url)
    with clock_connection() as connection:
        new = record_versions(connection, configuration().cities)
        connection.commit()
    typer.echo(f"database at revision {revision}; {new} new city configurations recorded")

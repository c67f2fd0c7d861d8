"""The map of a whole city follows what happens in it."""

from __future__ import annotations

import logging

from nagara.cities import configuration
from nagara.database import time_told
from nagara.gis import map_builds, map_changes
from nagara.locks import Lock, only_one
from workers.app import task
from workers.connections import kept_connection
from workers.logs import say

log = logging.getLogger(__name__)


@task("map.refresh")
def refresh() -> None:
    """Every few seconds: make the tiles of cities in which something has changed. Safe to repeat and to kill."""
    with kept_connection() as connection, only_one(connection, Lock.MAP) as mine:
        if not mine:
            return
        with connection.transaction():
            waiting = map_builds.due(connection, configuration().cities, time_told(connection))
        written = 0
        for city, newest in waiting:
            with connection.transaction():
                written += map_builds.build(connection, city, newest, time_told(connection))
            with connection.transaction():
                map_changes.forget(connection, city.id)
    if written:
        say(log, "made tiles of maps", cities=len(waiting), tiles=written)

"""Open data are published at night."""

from __future__ import annotations

import logging

from nagara.batches.files import files
from nagara.cities import configuration
from nagara.database import clock_connection, time_told
from nagara.federation.registry import cities_elsewhere
from nagara.locks import Lock, only_one
from nagara.open_data.publishing import drop_old, publish
from nagara.open_data.withdrawing import withdraw_hidden
from nagara.settings import settings
from workers.app import task
from workers.logs import say

LIMITS = {"soft_time_limit": 2400.0, "time_limit": 2700.0}
log = logging.getLogger(__name__)


@task("open_data.publish", **LIMITS)
def publish_all() -> None:
    """Nightly: make each city's files of its day, drop those whose time is over, take out of all what is hidden now.

    Safe to repeat and to kill.
    """
    kept = files(settings())
    with clock_connection() as connection, only_one(connection, Lock.OPEN_DATA) as mine:
        if not mine:
            return
        with connection.transaction():
            elsewhere = cities_elsewhere(connection)
        made = dropped = anew = 0
        for city_id, city in configuration().cities.items():
            if city_id in elsewhere:
                continue
            now = time_told(connection)
            made += publish(connection, kept, city, now) is not None
            connection.commit()
            dropped += drop_old(connection, kept, city, now)
            anew += withdraw_hidden(connection, kept, city)
    if made or dropped or anew:
        say(log, "published open data", cities=made, dropped=dropped, anew=anew)

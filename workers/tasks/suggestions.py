"""What residents wrote teaches which service others may mean."""

from __future__ import annotations

import logging

from nagara.cities import configuration
from nagara.database import clock_connection
from nagara.suggestions import learn
from workers.app import task
from workers.logs import say

log = logging.getLogger(__name__)


@task("suggestions.learn", soft_time_limit=1200.0, time_limit=1500.0)
def learn_all() -> None:
    """Nightly: learn anew from each city's latest reports. Safe to repeat; a kill costs one city's night."""
    with clock_connection() as connection:
        for city in configuration().cities.values():
            with connection.transaction():
                reports = learn(connection, city)
            if reports:
                say(log, "learnt which services words mean", city=city.id, reports=reports)

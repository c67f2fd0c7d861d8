"""Cities without Nagara whose endpoints the network reads."""

from __future__ import annotations

import datetime as dt
import logging
from zoneinfo import ZoneInfo

from city_config import City, ConfigurationError
from city_config.open311_pull import PULL_FILE, load_pulled_endpoint
from nagara.cities import configuration
from nagara.database import clock_connection
from nagara.external_owner.owners import open_caller
from nagara.open311.client import Endpoint, NotTaken, Refused, Server, Unclear
from nagara.open311.pulled import pull
from workers.app import task
from workers.logs import say

LIMITS = {"soft_time_limit": 2400.0, "time_limit": 2700.0}

log = logging.getLogger(__name__)


@task("open311.pull", **LIMITS)
def pull_all() -> None:
    """Read every such city's endpoint on from where the last night came to. Nightly; safe to repeat."""
    known = configuration()
    for city in known.cities.values():
        if (known.folder / "cities" / city.id / PULL_FILE).is_file():
            _pull(city)


def _pull(city: City) -> None:
    """One city; that its endpoint does not answer is written down, and hinders no other."""
    path = configuration().folder / "cities" / city.id / PULL_FILE
    try:
        chosen = load_pulled_endpoint(path, city)
        zone = ZoneInfo(chosen.time_zone) if chosen.time_zone else None
        since = dt.datetime.combine(chosen.since, dt.time(), city.zone)
        with (
            open_caller(chosen.endpoint) as caller,
            clock_connection(int(LIMITS["soft_time_limit"] * 1000)) as connection,
        ):
            server = Server(caller, Endpoint(chosen.endpoint, chosen.jurisdiction, zone=zone))
            done = pull(connection, city, chosen.mapping, server, since, words=False, following=True)
    except ConfigurationError as error:
        log.error("%s is not read: %s", city.id, "; ".join(error.faults))  # noqa: TRY400 - the lines say it all
    except (NotTaken, Unclear, Refused) as error:
        log.warning("%s cannot be read tonight: %s", city.id, error)
    else:
        say(log, "read an endpoint", city=city.id, imported=done.imported.imported, **done.followed)

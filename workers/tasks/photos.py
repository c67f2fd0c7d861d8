"""Pictures nobody's report took are forgotten; faces and plates are hidden where the city wants it so."""

from __future__ import annotations

import logging
from functools import lru_cache

from nagara.cities import configuration
from nagara.database import clock_connection, time_told
from nagara.photos import detecting
from nagara.photos.hiding import hide_what_cities_want
from nagara.photos.keeping import remove_unattached
from nagara.photos.storage import media_store
from nagara.settings import settings
from workers.app import task
from workers.connections import kept_connection
from workers.logs import say

PICTURES_A_TICK = 500
SEARCHED_A_TICK = 12
"""A picture takes up to two seconds; a task may take fifty."""

log = logging.getLogger(__name__)


@task("photos.forget")
def forget_unattached() -> None:
    """Remove pictures that waited a day for their report. Hourly; safe to repeat: what is gone stays gone."""
    with clock_connection() as connection:
        with connection.transaction():
            now = time_told(connection)
        removed = remove_unattached(connection, media_store(settings()), now, PICTURES_A_TICK)
    if removed:
        say(log, "forgot pictures", removed=removed)


@task("photos.hide")
def hide_in_pictures() -> None:
    """Look for what cities want hidden in new pictures. Every 5 s; safe to repeat: each is looked through once."""
    cities = configuration().cities
    if not detecting.available():
        _tell_once(tuple(sorted(city.id for city in cities.values() if city.publication.hide)))
        return
    with kept_connection() as connection:
        done = hide_what_cities_want(connection, media_store(settings()), cities, SEARCHED_A_TICK)
    if done.searched or done.failed:
        say(log, "looked through pictures", pictures=done.searched, hidden=done.redacted, failed=done.failed)


@lru_cache(maxsize=8)
def _tell_once(wanting: tuple[str, ...]) -> None:
    """Say which cities' photos nobody sees for want of a detector; once for each process and list."""
    if wanting:
        log.warning("photos stay unpublished, the extra 'hiding' is not installed: %s", ", ".join(wanting))

"""Pictures nobody's report took are forgotten."""

from __future__ import annotations

import logging

from nagara.database import clock_connection, time_told
from nagara.photos.keeping import remove_unattached
from nagara.photos.storage import media_store
from nagara.settings import settings
from workers.app import task
from workers.logs import say

PICTURES_A_TICK = 500

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

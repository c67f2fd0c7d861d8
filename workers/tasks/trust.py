"""What cities cannot change unseen, and what they hand to their network."""

from __future__ import annotations

import logging

import psycopg

from nagara.cities import configuration
from nagara.database import clock_connection, network_connection, time_told
from nagara.errors import NagaraError
from nagara.trust.handing import hand_over
from nagara.trust.sealing import seal
from workers.app import task
from workers.logs import say

log = logging.getLogger(__name__)


@task("trust.seal", soft_time_limit=1800.0, time_limit=2100.0)
def seal_all() -> None:
    """Nightly: make each city's root of the day and hand it over at once. Safe to repeat: a day has one root.

    A city whose roots the network refuses is named in the log as an error, and keeps no other from its own.
    """
    made = handed = 0
    for city_id in configuration().cities:
        with clock_connection() as connection:
            root = seal(connection, city_id, time_told(connection))
            connection.commit()
        made += root.requests > 0
        try:
            with network_connection() as connection:
                handed += hand_over(connection, city_id)
        except psycopg.OperationalError:
            raise
        except NagaraError as refusal:
            log.error("the network refuses a root: %s", refusal.message)  # noqa: TRY400 - it is no fault of the code
    if handed:
        say(log, "handed roots to the network", cities=made, roots=handed)

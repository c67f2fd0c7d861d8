"""What cities cannot change unseen, and what they hand to their network."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

import psycopg

from nagara.cities import configuration
from nagara.database import clock_connection, network_connection, time_told
from nagara.errors import NagaraError
from nagara.federation import registry
from nagara.federation.exporting import make_bundle
from nagara.federation.keeping import forget_contents
from nagara.federation.sending import collect, push
from nagara.federation.signing import decode_key, sign
from nagara.settings import settings
from nagara.trust.handing import hand_over
from nagara.trust.sealing import has_history, seal
from workers.app import task
from workers.logs import say

LIMITS = {"soft_time_limit": 1800.0, "time_limit": 2100.0}
log = logging.getLogger(__name__)


@task("trust.seal", **LIMITS)
def seal_all() -> None:
    """Nightly: make each city's root of the day and hand it over at once. Safe to repeat: a day has one root.

    A city whose roots the network refuses is named in the log as an error, and keeps no other from its own.
    """
    made = handed = 0
    for city_id in configuration().cities:
        with clock_connection() as connection:
            if not has_history(connection, city_id):
                continue
            seal(connection, city_id, time_told(connection))
            connection.commit()
        made += 1
        try:
            with network_connection() as connection:
                handed += hand_over(connection, city_id)
        except psycopg.OperationalError:
            raise
        except NagaraError as refusal:
            log.error("the network refuses a root: %s", refusal.message)  # noqa: TRY400 - it is no fault of the code
    if handed:
        say(log, "handed roots to the network", cities=made, roots=handed)


@task("trust.exchange", **LIMITS)
def exchange() -> None:
    """Nightly, where this is a city's own Nagara: push its bundle; where it is the network's: fetch published ones.

    Safe to repeat: what was received is refused as a repetition and changes nothing.
    """
    secret, hub = settings().federation_key, settings().federation_hub
    if secret is not None and hub is not None:
        private = decode_key(secret.get_secret_value(), "NAGARA_FEDERATION_KEY")
        for city_id in configuration().cities:
            with clock_connection() as connection:
                if not has_history(connection, city_id):
                    continue
                bundle = make_bundle(connection, city_id, time_told(connection))
            _told(
                "pushed a bundle",
                city_id,
                partial(push, sign(bundle, private), hub, loopback=settings().demo),
            )
    with network_connection() as connection:
        keys = [key for key in registry.keys(connection) if key.address and key.retired_at is None]
    for key in keys:
        _told("fetched a bundle", key.city, partial(collect, configuration(), key, loopback=settings().demo))


@task("trust.forget_bundles", **LIMITS)
def forget_bundles() -> None:
    """Nightly: let the content of old bundles go, as the network's file says. Safe to repeat; proofs stay."""
    with network_connection() as connection:
        days = configuration().network.federation.bundles_kept_days
        forgotten = forget_contents(connection, time_told(connection), days)
    if forgotten:
        say(log, "let the content of bundles go", bundles=forgotten)


def _told(what: str, city_id: str, do: Callable[[], object]) -> None:
    """Do it and say so; a refusal is one line of the log, and the next city's turn."""
    try:
        do()
    except NagaraError as refusal:
        log.error("not %s of %s: %s", what, city_id, refusal.message)  # noqa: TRY400 - no fault of the code
    else:
        say(log, what, city=city_id)

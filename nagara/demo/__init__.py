"""The demo: accounts, keys and made-up requests that say they are made up. Loaded once; again changes nothing.

Requests are drawn as histories of the source ``simulation`` (``simulation``, by ``city_config/demo.yaml``) and
come in by the way every import takes, so they are placed, routed and promised like real ones.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from city_config import Configuration
from nagara.demo import accounts
from nagara.demo.profile import load_profile
from nagara.demo.simulation import SOURCE, simulated
from nagara.importing import ImportSummary, OnProgress, import_histories
from nagara.importing.progress import unseen
from nagara.settings import Settings

__all__ = ["DEMO_FILE", "DemoLoaded", "load"]

DEMO_FILE = "demo.json"


@dataclass(frozen=True, slots=True)
class DemoLoaded:
    """What loading did. ``summaries`` is empty and ``new`` false where everything was there."""

    new: bool
    summaries: Mapping[str, ImportSummary]
    file: Path
    password: str

    def lines(self) -> list[str]:
        """The result as sentences for a person."""
        if not self.new:
            return [f"The demo is loaded already; accounts and keys stand in {self.file}."]
        filled = [
            f"{summary.imported:,} simulated requests for {city_id}, {summary.open_at_last_sight:,} still open"
            for city_id, summary in self.summaries.items()
        ]
        return [*filled, f"Accounts and keys stand in {self.file}; every password is {self.password}"]


def load(
    connection: psycopg.Connection[Any],
    configuration: Configuration,
    settings: Settings,
    now: dt.datetime,
    *,
    progress: OnProgress = unseen,
) -> DemoLoaded:
    """Fill the configured cities, make the demo's accounts, and write ``<data>/demo.json``.

    ``connection`` acts as ``nagara_clock`` and is in no transaction. Requests come first, in chunks of one
    transaction each, and the accounts last: a load that was broken off is taken up again, one that ended is
    not repeated - only a missing file is written anew, with new keys.
    """
    file = settings.data / DEMO_FILE
    if accounts.already_there():
        if not file.exists():
            accounts.write_file(file, _filled_first(configuration))
        return DemoLoaded(False, {}, file, accounts.PASSWORD)
    summaries = _fill(connection, configuration, now, progress)
    accounts.add_accounts(configuration.cities)
    accounts.write_file(file, _filled_first(configuration))
    return DemoLoaded(True, summaries, file, accounts.PASSWORD)


def _filled_first(configuration: Configuration) -> list[str]:
    """The cities' ids, those with made-up requests first: their accounts have something to look at."""
    filled = load_profile(configuration.folder).cities
    largest = sorted(filled, key=lambda city_id: -filled[city_id].requests)
    known = [city_id for city_id in largest if city_id in configuration.cities]
    return [*known, *(city_id for city_id in configuration.cities if city_id not in filled)]


def _fill(
    connection: psycopg.Connection[Any], configuration: Configuration, now: dt.datetime, progress: OnProgress
) -> dict[str, ImportSummary]:
    profile = load_profile(configuration.folder)
    wanted = {city_id: own.requests for city_id, own in profile.cities.items()}
    total, done = sum(wanted.get(city_id, 0) for city_id in configuration.cities), 0
    summaries = {}
    for city in configuration.cities.values():
        histories = simulated(city, configuration.network, profile, now)
        if not histories:
            continue
        summaries[city.id] = import_histories(
            connection, city, SOURCE, histories, total=total, progress=_after(done, progress)
        )
        done += len(histories)
    return summaries


def _after(done: int, progress: OnProgress) -> OnProgress:
    """Progress of one city, shown as progress of all."""
    return lambda rows, total: progress(done + rows, total)

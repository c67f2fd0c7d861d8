"""The cities this process serves: found by id or reference, and followed when their files change.

A changed folder is picked up without a restart. Every few seconds somebody who asks for the configuration
starts a look at the files' dates in a thread of its own; only what changed is read, checked fully, recorded
with its fingerprint and worked out, and then takes the place of the old in one assignment. A wrong file is
logged with its lines, and what was served stays. Nobody who asks ever waits for any of this.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg

from city_config import City, Configuration, ConfigurationError, Service, load_checked
from city_config.diff import configuration_changes
from city_config.loader import city_files
from nagara.errors import UnknownCity, UnknownService
from nagara.ids import read_reference
from nagara.places.finding import index_for
from nagara.promises.deadlines import prepare_clocks
from nagara.settings import settings

log = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 5.0
SETTLED_SECONDS = 1.0
"""Files written a moment ago are left for the next look: a folder may be only half copied."""

Stamps = Mapping[Path, tuple[int, int, int]]
"""When each file was written, its size and its number on the disk; a file that is not there is left out."""


@dataclass(frozen=True)
class _Served:
    """A configuration and the files it was read from. Never changed, only replaced."""

    configuration: Configuration
    stamps: Stamps

    @cached_property
    def by_prefix(self) -> Mapping[str, City]:
        """Cities by the first letters of their references."""
        return {city.reference_prefix: city for city in self.configuration.cities.values()}


class _Following:
    """What is served now, and the looking for something newer."""

    def __init__(self) -> None:
        self.served: _Served | None = None
        self._next_look = 0.0
        self._refused: Stamps = {}
        self._loading = threading.Lock()

    def now(self) -> _Served:
        """What is served; the first call loads it, later ones start a look at the files when one is due."""
        served = self.served
        if served is None:
            return self._first()
        if time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + SECONDS_BETWEEN_LOOKS
            threading.Thread(target=self.look, name="city-files", daemon=True).start()
        return served

    def _first(self) -> _Served:
        with self._loading:
            if self.served is None:
                folder = settings().city_config
                stamps = _stamps(folder)
                self.served = _Served(load_checked(folder), stamps)
                self._next_look = time.monotonic() + SECONDS_BETWEEN_LOOKS
            return self.served

    def look(self) -> bool:
        """Serve changed files if they are right; returns whether anything new is served now."""
        if self.served is None or not self._loading.acquire(blocking=False):
            return False
        try:
            return self._take(self.served)
        except ConfigurationError as error:
            log.error("the changed city files are wrong; the last good ones stay:\n%s", error)  # noqa: TRY400
        except (psycopg.Error, OSError) as error:
            self._refused = {}
            log.warning("changed city files wait, their fingerprints could not be recorded: %s", error)
        finally:
            self._loading.release()
        return False

    def _take(self, served: _Served) -> bool:
        stamps = _stamps(served.configuration.folder)
        if stamps in (served.stamps, self._refused) or not _settled(stamps):
            return False
        self._refused = stamps
        new = load_checked(served.configuration.folder, served.configuration)
        _record(new, served.configuration)
        _work_out(new.cities.values(), dt.datetime.now(dt.UTC))
        self.served = _Served(new, stamps)
        changes = configuration_changes(served.configuration, new)
        told = "\n".join(map(str, changes)) or "nothing that matters"
        log.info("city files changed; now served:\n%s", told)
        return True


def configuration() -> Configuration:
    """All cities and the network; raises ``ConfigurationError`` naming file and line of every fault.

    The same object until the files change; take it once where several answers must fit each other.
    """
    return _following.now().configuration


def look_for_changes() -> bool:
    """Look at the files at once and in this thread; returns whether something new is served now."""
    return _following.look()


def city_of(city_id: str) -> City:
    """The city of this id; raise ``UnknownCity`` listing the ids there are."""
    cities = configuration().cities
    found = cities.get(city_id)
    if found is None:
        raise UnknownCity(f"There is no city {city_id[:40]!r}.", field="city", allowed=cities)
    return found


def service_of(city: City, code: str) -> Service:
    """The city's service of this code; raise ``UnknownService`` listing the codes there are."""
    found = city.services_by_code.get(code)
    if found is None:
        raise UnknownService(
            f"{city.name_in(city.names, 'en')} has no service {code[:80]!r}.",
            field="service_code",
            allowed=city.services_by_code,
        )
    return found


def city_of_reference(text: str) -> tuple[City, str] | None:
    """The city a reference belongs to and the reference as stored; None where no such can exist."""
    reference = read_reference(text)
    city = _following.now().by_prefix.get(reference[:3]) if reference else None
    return (city, reference) if city and reference else None


def prepare(now: dt.datetime) -> None:
    """Work out every city's map and clocks before the first request asks for them."""
    _work_out(configuration().cities.values(), now)


def record_versions(connection: psycopg.Connection[Any], cities: Mapping[str, City]) -> int:
    """Keep the content behind each city's fingerprint; returns how many were new. The caller commits.

    Works for the time door, which sees all cities, and for the HTTP door, which names one at a time.
    """
    new = 0
    for city in cities.values():
        content = city.model_dump_json(exclude={"districts", "areas", "boundary"}, exclude_defaults=True)
        connection.execute("select set_config('nagara.city', %s, true)", (city.id,))
        row = connection.execute(
            "insert into config_version (city_id, fingerprint, recorded_at, content) "
            "values (%s, %s, clock_timestamp(), %s::jsonb) on conflict do nothing returning 1",
            (city.id, city.fingerprint, json.dumps(json.loads(content))),
        ).fetchone()
        new += row is not None
    return new


def _record(new: Configuration, old: Configuration) -> None:
    """Keep what stands behind the fingerprints that requests will carry from now on."""
    from nagara.database import PATIENCE, role_options  # noqa: PLC0415 - most commands need none

    changed = {
        city.id: city
        for city in new.cities.values()
        if city.id not in old.cities or old.cities[city.id].fingerprint != city.fingerprint
    }
    if changed:
        with psycopg.connect(
            settings().database_url, options=role_options("nagara_app"), **PATIENCE
        ) as connection:
            record_versions(connection, changed)


def _work_out(cities: Iterable[City], now: dt.datetime) -> None:
    for city in cities:
        index_for(city)
        prepare_clocks(city, now)


def _stamps(folder: Path) -> Stamps:
    found = {}
    for path in city_files(folder):
        try:
            stat = path.stat()
        except OSError:
            continue
        found[path] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
    return found


def _settled(stamps: Stamps) -> bool:
    """Whether the last file was written long enough ago; a date ahead of the clock counts as long ago."""
    newest = max((written for written, _, _ in stamps.values()), default=0) / 1e9
    return not 0 <= time.time() - newest < SETTLED_SECONDS


_following = _Following()

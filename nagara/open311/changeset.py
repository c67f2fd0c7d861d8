"""When the list of services or a definition last changed, by which GeoReport clients know that theirs is old.

That is when a file of the configuration was last written, or the last day on which a service or a notice began or
ended: what is offered changes by itself then.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from city_config import City, Configuration


class _Files:
    """When the files of the configuration that is served were written; looked at once for each that is."""

    def __init__(self) -> None:
        self._known: tuple[Configuration, dt.datetime] | None = None

    def written(self, served: Configuration) -> dt.datetime:
        known = self._known
        if known is None or known[0] is not served:
            files = (path for suffix in ("yaml", "geojson") for path in served.folder.rglob(f"*.{suffix}"))
            newest = max((path.stat().st_mtime for path in files), default=0.0)
            known = self._known = served, dt.datetime.fromtimestamp(newest, dt.UTC)
        return known[1]


_files = _Files()


def last_changed(served: Configuration, now: dt.datetime) -> dt.datetime:
    """When what clients are told of services last changed, as of ``now``."""
    days = (day for city in served.cities.values() for day in _turning_days(city, now))
    return max(_files.written(served), max(days, default=_files.written(served)))


def _turning_days(city: City, now: dt.datetime) -> Iterator[dt.datetime]:
    """The beginnings, until now, of days on which something was offered for the first time or no longer."""
    today = now.astimezone(city.zone).date()
    for service in city.services:
        for part in (service, *service.stop_notices):
            if part.valid_from is not None and part.valid_from <= today:
                yield dt.datetime.combine(part.valid_from, dt.time(), city.zone)
            if part.valid_to is not None and part.valid_to < today:
                yield dt.datetime.combine(part.valid_to + dt.timedelta(days=1), dt.time(), city.zone)

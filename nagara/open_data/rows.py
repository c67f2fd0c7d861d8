"""A city's public requests as rows of open data: read through a cursor, on the grid, without small numbers."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg

from city_config import City
from nagara.open_data.dictionary import FEW, GRID_METRES
from nagara.public.publication import public_position, public_sql, public_values

ROWS_AT_ONCE = 2_000
GROUPS = f"""
select r.service_code, r.district, count(*) from request r
 where r.city_id = %(city_id)s and {public_sql()} group by 1, 2
"""  # noqa: S608 - built of constants
ROWS = f"""
select r.reference, r.service_code, r.network_code, r.status, r.closing_reason, r.department, r.channel, r.district,
       r.lat, r.lon, r.received_at, r.acknowledged_at, r.responded_at, r.closed_at, r.resolve_by, r.promise_standard
  from request r
 where r.city_id = %(city_id)s and {public_sql()}
 order by r.received_at, r.id
"""  # noqa: S608 - built of constants
Row = list[Any]


def rows_of(connection: psycopg.Connection[Any], city: City) -> Iterator[Row]:
    """The rows in order of receipt, with the columns of ``REQUEST_FIELDS``; some thousand in memory at a time.

    The connection is the time door's, in a transaction that sees one state of the database.
    """
    values = public_values(city) | {"city_id": city.id}
    together: Counter[tuple[str, str | None]] = Counter()
    for service, district, count in connection.execute(GROUPS, values):
        together[service, _known(city, district)] += count
    gridded = _on_the_grid(city)
    with connection.cursor(name="open_data") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        for row in cursor.execute(ROWS, values):
            group = row[1], _known(city, row[7])
            yield _row(gridded, row, group[1], withheld=together[group] < FEW)


def _on_the_grid(city: City) -> City:
    """The city with a grid of ``GRID_METRES`` at least."""
    rule = city.publication
    coarse = rule.model_copy(update={"blur_metres": max(rule.blur_metres, GRID_METRES)})
    return city.model_copy(update={"publication": coarse})


def _known(city: City, district: str | None) -> str | None:
    """The district's code, if it is one of the configuration's: an import may have brought any text."""
    return district if district in city.district_names else None


def _row(city: City, row: tuple[Any, ...], district: str | None, *, withheld: bool) -> Row:
    (
        reference, service_code, network_code, status, closing_reason, department_code, channel, _district, lat, lon,
        *times, standard,
    ) = row  # fmt: skip
    service = city.services_by_code.get(service_code)
    department = city.departments_by_code.get(department_code)
    place = None if withheld else public_position(city, lat, lon, own=False)
    shown = None if withheld else district
    return [
        reference,
        city.id,
        service_code,
        city.name_in(service.names, "en") if service else service_code,
        network_code,
        status,
        closing_reason,
        department_code,
        city.name_in(department.names, "en") if department else department_code,
        channel,
        shown,
        city.name_in(city.district_names[shown], "en") if shown else None,
        place["lat"] if place else None,
        place["lon"] if place else None,
        withheld,
        *map(_hour, times),
        standard,
    ]


def _hour(at: dt.datetime | None) -> dt.datetime | None:
    return at.astimezone(dt.UTC).replace(minute=0, second=0, microsecond=0) if at else None

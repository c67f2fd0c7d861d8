"""A version of a city's open data for each day: made once, listed with checksums, dropped when its time is over.

The files are kept first and the version is written after them, so what is listed is there. Killed in between, the
next attempt writes the same day's files in their place.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from city_config import City
from nagara.batches.files import Files
from nagara.database import clock_connection
from nagara.open_data.rows import rows_of
from nagara.open_data.writing import as_json, write_files

LONGEST_MS = 1_800_000
PUBLISHED = "select 1 from open_data_version where city_id = %s and day = %s"
PUBLISH = """
insert into open_data_version (city_id, day, made_at, config_fingerprint, licence, requests, files)
values (%s, %s, %s, %s, %s, %s, %s) on conflict do nothing
"""
OVER = """
delete from open_data_version where city_id = %s and day < %s and extract(day from day) <> 1 returning day, files
"""


def path_of(city_id: str, day: dt.date, name: str) -> str:
    """The path of a version's file within the store."""
    return f"open-data/{city_id}/{day.isoformat()}/{name}"


def publish(connection: psycopg.Connection[Any], kept: Files, city: City, now: dt.datetime) -> int | None:
    """Make the version of the city's day; returns how many requests are in it, None where nothing was to be made.

    A city that publishes nothing, or of which nothing is public, gets no version. The caller commits.
    """
    day = now.astimezone(city.zone).date()
    if not city.open_data.publish or connection.execute(PUBLISHED, (city.id, day)).fetchone():
        return None
    with tempfile.TemporaryDirectory(prefix="nagara-open-data-") as name:
        folder = Path(name).resolve()
        with clock_connection(LONGEST_MS) as reading:
            reading.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            reading.read_only = True
            count, files = write_files(folder, city, day, now, rows_of(reading, city))
        if not count:
            return None
        for file in files:
            kept.keep(path_of(city.id, day, file.name), folder / file.name)
    values = (city.id, day, now, city.fingerprint, city.open_data.licence, count, Jsonb(as_json(files)))
    connection.execute(PUBLISH, values)
    return count


def drop_old(connection: psycopg.Connection[Any], kept: Files, city: City, now: dt.datetime) -> int:
    """Drop versions older than the city keeps them, but for those of a month's first; returns how many.

    Commits before the files go: what is listed is there.
    """
    oldest = now.astimezone(city.zone).date() - dt.timedelta(days=city.open_data.keep_days)
    over = connection.execute(OVER, (city.id, oldest)).fetchall()
    connection.commit()
    for day, files in over:
        for file in files:
            kept.remove(path_of(city.id, day, file["name"]))
    return len(over)

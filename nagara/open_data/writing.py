"""Rows as files: CSV and GeoJSON side by side as they come, then Parquet from the CSV. Memory stays flat."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from city_config import City
from nagara.open_data.dictionary import CSV, GEOJSON, MEDIA_TYPES, PACKAGE, REQUEST_FIELDS, table_schema
from nagara.open_data.parquet import write_parquet
from nagara.open_data.rows import Row

NAMES = [field.name for field in REQUEST_FIELDS]
A_PART = 1 << 20


@dataclass(frozen=True, slots=True)
class Written:
    """A file: its name, size, and SHA-256 in hexadecimal."""

    name: str
    media_type: str
    bytes: int
    sha256: str


def write_files(
    folder: Path, city: City, day: dt.date, made_at: dt.datetime, rows: Iterable[Row]
) -> tuple[int, list[Written]]:
    """Write a day's files into a folder; returns how many requests are in them, and the files: none without any."""
    count = _write_text(folder, city, day, rows)
    if not count:
        return 0, []
    write_parquet(folder)
    files = [described(folder / name) for name in MEDIA_TYPES if name != PACKAGE]
    package = data_package(city, day, made_at, count, files)
    (folder / PACKAGE).write_bytes(orjson.dumps(package, option=orjson.OPT_INDENT_2))
    return count, [*files, described(folder / PACKAGE)]


def _write_text(folder: Path, city: City, day: dt.date, rows: Iterable[Row]) -> int:
    """CSV (RFC 4180) and GeoJSON (RFC 7946) in one go through the rows."""
    count = 0
    head = {
        "type": "FeatureCollection",
        "name": f"Requests of {city.id}, {day}",
        "licence": city.open_data.licence,
    }
    with (
        (folder / CSV).open("w", encoding="utf-8", newline="") as table,
        (folder / GEOJSON).open("wb") as features,
    ):
        writer = csv.writer(table)
        writer.writerow(NAMES)
        features.write(orjson.dumps(head)[:-1] + b',"features":[')
        for count, row in enumerate(rows, 1):
            writer.writerow([_text(value) for value in row])
            features.write(b",\n" if count > 1 else b"\n")
            features.write(orjson.dumps(_feature(row), option=orjson.OPT_UTC_Z))
        features.write(b"\n]}\n")
    return count


def _feature(row: Row) -> dict[str, Any]:
    values = dict(zip(NAMES, row, strict=True))
    lat, lon = values.pop("lat"), values.pop("lon")
    geometry = None if lat is None else {"type": "Point", "coordinates": [lon, lat]}
    return {"type": "Feature", "id": values["reference"], "geometry": geometry, "properties": values}


def _text(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value).lower() if isinstance(value, bool) else value


def described(file: Path) -> Written:
    """A file with its size and checksum, read part by part."""
    digest, size = hashlib.sha256(), 0
    with file.open("rb") as content:
        while part := content.read(A_PART):
            digest.update(part)
            size += len(part)
    return Written(file.name, MEDIA_TYPES[file.name], size, digest.hexdigest())


def data_package(
    city: City, day: dt.date, made_at: dt.datetime, count: int, files: Iterable[Written]
) -> dict[str, Any]:
    """What is in the files, for programs and people: a Frictionless Data Package with the data dictionary."""
    stated = city.open_data
    name = city.name_in(city.names, "en")
    return {
        "name": f"requests-{city.id}",
        "title": f"Requests of residents in {name}",
        "description": "What the public may see of residents' requests: without anybody's words, pictures or contacts; "
        "places on a grid of 100 m or the city's coarser one; times to the hour; places of rare requests withheld.",
        "version": day.isoformat(),
        "created": made_at,
        "licenses": [{"name": stated.licence, "path": stated.licence_address}],
        "licence_confirmed_by_the_city": stated.confirmed,
        "attribution": stated.attribution or name,
        "count": count,
        "config_fingerprint": city.fingerprint,
        "resources": [
            {
                "name": file.name.replace(".", "-"),
                "path": file.name,
                "format": file.name.rpartition(".")[2],
                "mediatype": file.media_type.partition(";")[0],
                "bytes": file.bytes,
                "hash": f"sha256:{file.sha256}",
                "schema": table_schema(),
            }
            for file in files
        ],
    }


def as_json(files: Iterable[Written]) -> list[dict[str, Any]]:
    """Files as they are kept with their version."""
    return [asdict(file) for file in files]

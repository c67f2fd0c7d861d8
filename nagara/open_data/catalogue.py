"""What is published: every city's newest version, its days, and all of it as a catalogue in DCAT."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from city_config import City, Configuration
from nagara.errors import UnknownFile

NEWEST = """
select distinct on (city_id) city_id, day, made_at, licence, requests, files
  from open_data_version order by city_id, day desc
"""
OF_CITY = """
select city_id, day, made_at, licence, requests, files from open_data_version where city_id = %s order by day desc
"""
LATEST = "latest"
CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


@dataclass(frozen=True, slots=True)
class Version:
    """A day's files of a city."""

    city_id: str
    day: dt.date
    made_at: dt.datetime
    licence: str
    requests: int
    files: Sequence[Mapping[str, Any]]


def newest(connection: psycopg.Connection[Any], known: Configuration) -> list[Version]:
    """The newest version of each city that has any, in order of city ids."""
    return [Version(*row) for row in connection.execute(NEWEST).fetchall() if row[0] in known.cities]


def versions(connection: psycopg.Connection[Any], city: City) -> list[Version]:
    """All versions of a city, the newest first."""
    return [Version(*row) for row in connection.execute(OF_CITY, (city.id,)).fetchall()]


def file_of(found: Sequence[Version], day: str, name: str) -> tuple[Version, Mapping[str, Any]]:
    """A file of a day, or of the ``latest``, among a city's versions; raise ``UnknownFile``."""
    version = next((one for one in found if day in (LATEST, one.day.isoformat())), None)
    if version is None:
        raise UnknownFile(
            f"There are no open data of {day[:20]!r}.",
            field="day",
            allowed=[LATEST, *(one.day.isoformat() for one in found[:10])],
        )
    file = next((one for one in version.files if one["name"] == name), None)
    if file is None:
        raise UnknownFile(
            f"There is no file {name[:40]!r}.", field="file", allowed=[one["name"] for one in version.files]
        )
    return version, file


def shown(city: City, version: Version, base: str) -> dict[str, Any]:
    """A version as the list shows it."""
    stated = city.open_data
    return {
        "city": city.id,
        "names": dict(city.names),
        "day": version.day.isoformat(),
        "made_at": version.made_at,
        "requests": version.requests,
        "licence": {
            "id": version.licence,
            "url": stated.licence_address,
            "confirmed": stated.confirmed,
            "attribution": stated.attribution or city.name_in(city.names, "en"),
        },
        "files": [
            {
                "name": file["name"],
                "media_type": file["media_type"],
                "bytes": file["bytes"],
                "sha256": file["sha256"],
                "url": f"{base}/{city.id}/{version.day.isoformat()}/{file['name']}",
            }
            for file in version.files
        ],
    }


def dcat(known: Configuration, found: Sequence[Version], base: str) -> dict[str, Any]:
    """The catalogue in JSON-LD (DCAT 3): a dataset for each city, a distribution for each of its newest files."""
    return {
        "@context": CONTEXT,
        "@id": base,
        "@type": "dcat:Catalog",
        "dct:title": "Requests of residents, by city",
        "dct:description": "What the public may see of residents' requests, published every night.",
        "foaf:homepage": {"@id": base},
        "dcat:dataset": [_dataset(known.cities[one.city_id], one, base) for one in found],
    }


def _dataset(city: City, version: Version, base: str) -> dict[str, Any]:
    entry, stated = shown(city, version, base), city.open_data
    name = city.name_in(city.names, "en")
    return {
        "@id": f"{base}/{city.id}",
        "@type": "dcat:Dataset",
        "dct:identifier": f"requests-{city.id}",
        "dct:title": {"@value": f"Requests of residents in {name}", "@language": "en"},
        "dct:publisher": {"@type": "foaf:Agent", "foaf:name": stated.attribution or name},
        "dct:license": {"@id": stated.licence_address},
        "dct:issued": _typed(version.made_at.isoformat(), "dateTime"),
        "dct:accrualPeriodicity": {"@id": "http://publications.europa.eu/resource/authority/frequency/DAILY"},
        "dcat:version": version.day.isoformat(),
        "dcat:spatialResolutionInMeters": _typed(str(max(city.publication.blur_metres, 100)), "decimal"),
        "dcat:keyword": ["service requests", "311", name],
        "dcat:distribution": [_distribution(file, stated.licence_address) for file in entry["files"]],
    }


def _distribution(file: Mapping[str, Any], licence: str) -> dict[str, Any]:
    kind = file["media_type"].partition(";")[0]
    return {
        "@id": file["url"],
        "@type": "dcat:Distribution",
        "dct:title": file["name"],
        "dct:license": {"@id": licence},
        "dcat:downloadURL": {"@id": file["url"]},
        "dcat:mediaType": {"@id": f"https://www.iana.org/assignments/media-types/{kind}"},
        "dcat:byteSize": _typed(str(file["bytes"]), "nonNegativeInteger"),
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": _typed(file["sha256"], "hexBinary"),
        },
    }


def _typed(value: str, kind: str) -> dict[str, str]:
    return {"@value": value, "@type": f"xsd:{kind}"}

"""A city without Nagara whose Open311 endpoint its network reads: where it is, and what its words mean here.

One file beside the city's own, ``open311_pull.yaml``; the mapping is that of an import.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from city_config.configuration import ConfigurationError, Sources
from city_config.external_owners import endpoint_address, zone_name
from city_config.import_mapping import ImportMapping, faults_of
from city_config.schema import City, Part
from city_config.yaml_source import read_yaml, validated

PULL_FILE = "open311_pull.yaml"


class PulledEndpoint(Part):
    """An endpoint that is read every night, without the words of those who reported."""

    endpoint: Annotated[str, AfterValidator(endpoint_address)] = Field(
        description="Address to which /requests.json is appended"
    )
    jurisdiction: str | None = Field(default=None, description="Their jurisdiction_id, where they need one")
    since: dt.date = Field(description="First day of receipt that is read")
    time_zone: Annotated[str, AfterValidator(zone_name)] | None = Field(
        default=None, description="What their times mean that name no zone; none: such times are not taken"
    )
    mapping: ImportMapping = Field(description="Their services and statuses to ours, as in import_NAME.yaml")


def load_pulled_endpoint(path: Path, city: City) -> PulledEndpoint:
    """Load the file; raise ``ConfigurationError`` naming every wrong line."""
    source = read_yaml(path)
    sources = Sources((source,), path)
    found = validated(PulledEndpoint, source.values, sources)
    faults = [
        f"{sources.place(('mapping', *where))}: mapping.{text}"
        for where, text in faults_of(found.mapping, city)
    ]
    if faults:
        raise ConfigurationError(faults)
    return found

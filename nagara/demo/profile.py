"""What the demo's cities are like: ``city_config/demo.yaml``, typed and checked like every other file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from city_config.configuration import Sources
from city_config.schema import CityId, Code, Part
from city_config.yaml_source import read_yaml, validated

Share = Annotated[float, Field(ge=0, le=0.5)]
Weight = Annotated[float, Field(ge=0)]


class CityProfile(Part):
    """How much a simulated city is asked, and how it answers."""

    requests: int = Field(ge=0, le=1_000_000)
    languages: Mapping[str, Weight] = Field(min_length=1)
    mix: Mapping[Code, Weight] = Field(default_factory=dict, description="Instead of the common mix")
    acknowledged_after_hours: float = Field(gt=0, description="Median, working hours of the city")
    resolved_after_references: float = Field(gt=0, description="Median, in reference times of the code")
    spread: float = Field(gt=0, le=3, description="Standard deviation of the logarithm of every delay")
    between_districts: float = Field(ge=0, le=2, description="The same, between the districts' medians")
    never_closed: Share
    declined: Share
    withdrawn: Share
    duplicates: Share
    reopened: Share
    paused: Share
    referred: Share


class DemoProfile(Part):
    """The whole file."""

    days: int = Field(gt=0, le=3660)
    seed: int
    hours: tuple[Weight, ...] = Field(min_length=24, max_length=24)
    weekdays: tuple[Weight, ...] = Field(min_length=7, max_length=7)
    mix: Mapping[Code, Weight] = Field(min_length=1)
    cities: Mapping[CityId, CityProfile]
    descriptions: Mapping[str, tuple[str, ...]]
    note: str


def load_profile(folder: Path) -> DemoProfile:
    """The profile in a configuration folder; raise ``ConfigurationError`` naming every wrong line."""
    path = folder / "demo.yaml"
    source = read_yaml(path)
    return validated(DemoProfile, source.values, Sources((source,), path))

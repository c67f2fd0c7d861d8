"""How reports of another system become requests here: its types to services, its states to statuses.

One file beside the city's own, for example ``cities/th-bkk/import_traffy.yaml``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import Field, model_validator

from city_config.configuration import ConfigurationError, KeyPath, Sources
from city_config.references import allowed
from city_config.schema import City, CityId, Code, Part
from city_config.texts import ClosingReason, StatusName
from city_config.yaml_source import read_yaml, validated

CLOSING_STATUSES = ("resolved", "declined", "duplicate", "withdrawn")


class StateMapping(Part):
    """What a state of the other system means here; a reason where the request is closed by staff."""

    status: StatusName
    reason: ClosingReason | None = None

    @model_validator(mode="after")
    def _reason_fits(self) -> StateMapping:
        if self.status in ("resolved", "declined") and self.reason is None:
            raise ValueError(f"status {self.status!r} needs a closing reason")
        if self.status not in CLOSING_STATUSES and self.reason is not None:
            raise ValueError(f"status {self.status!r} is not a closing; reason {self.reason!r} does not fit")
        return self

    @property
    def closes(self) -> bool:
        """Whether the request is closed in this state."""
        return self.status in CLOSING_STATUSES


class ImportMapping(Part):
    """The words of another system and what they are here."""

    city: CityId
    source: str = Field(min_length=1, description="Name of the other system, kept with every request")
    separator: str = Field(default=",", min_length=1, description="Between several types of one report")
    types: Mapping[str, Code] = Field(min_length=1, description="Type to service code")
    drop: Mapping[str, str] = Field(
        default_factory=dict, description="Types that are no issue, each with the reason it is left out"
    )
    untyped: Code | None = Field(default=None, description="Service of a report without any type")
    states: Mapping[str, StateMapping] = Field(min_length=1)
    stateless: StateMapping | None = Field(default=None, description="For a report without a state")

    @model_validator(mode="after")
    def _one_meaning(self) -> ImportMapping:
        both = sorted(set(self.types) & set(self.drop))
        if both:
            raise ValueError(f"both mapped and dropped: {', '.join(both)}")
        return self

    def types_of(self, text: str) -> list[str]:
        """The types of a report, the primary one first."""
        return [part.strip() for part in text.split(self.separator) if part.strip()]

    def service_for(self, text: str) -> str | None:
        """Service of a report by its primary type; None where the type is to be dropped or is not known."""
        types = self.types_of(text)
        return self.types.get(types[0]) if types else self.untyped

    def why_left_out(self, text: str) -> str:
        """Why ``service_for`` gave None for this type list."""
        types = self.types_of(text)
        if not types:
            return "no type"
        return self.drop.get(types[0]) or f"unknown type {types[0]!r}"

    def state_for(self, text: str) -> StateMapping | None:
        """Meaning of a state; None where it is not known."""
        text = text.strip()
        return self.states.get(text) if text else self.stateless


def load_import_mapping(path: Path, city: City | None = None) -> ImportMapping:
    """Load a mapping; raise ``ConfigurationError`` naming every wrong line.

    Service codes are compared with ``city`` where it is given.
    """
    source = read_yaml(path)
    sources = Sources((source,), path)
    mapping = validated(ImportMapping, source.values, sources)
    if city is not None:
        faults = [f"{sources.place(where)}: {text}" for where, text in faults_of(mapping, city)]
        if faults:
            raise ConfigurationError(faults)
    return mapping


def faults_of(mapping: ImportMapping, city: City) -> Iterator[tuple[KeyPath, str]]:
    """Codes that the city does not have, each with its place in the mapping."""
    if mapping.city != city.id:
        yield ("city",), f"city: {mapping.city!r} is not {city.id!r}"
    codes = city.services_by_code
    for name, code in mapping.types.items():
        if code not in codes:
            yield ("types", name), f"types.{name}: no service {code!r}; {allowed(codes)}"
    if mapping.untyped is not None and mapping.untyped not in codes:
        yield ("untyped",), f"untyped: no service {mapping.untyped!r}; {allowed(codes)}"

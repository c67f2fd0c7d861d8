"""What a collection answers: features and where the next page begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Feature = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """A page: its features, how many there are in all if that was counted, and the key of the last one."""

    features: Sequence[Feature]
    matched: int | None
    last: tuple[Any, ...] | None


def feature(id_: str, geometry: Mapping[str, Any] | None, properties: Mapping[str, Any]) -> Feature:
    """A feature of GeoJSON (RFC 7946)."""
    return {"type": "Feature", "id": id_, "geometry": geometry, "properties": dict(properties)}


def point(lat: float, lon: float) -> dict[str, Any]:
    """A point of GeoJSON: longitude first."""
    return {"type": "Point", "coordinates": [lon, lat]}


def page_of(features: Sequence[Feature], after: str | None, limit: int) -> Found:
    """The page after an id, of features that are all at hand and stand in order of their ids."""
    rest = [one for one in features if after is None or one["id"] > after]
    shown = rest[:limit]
    return Found(shown, len(features), (shown[-1]["id"],) if len(rest) > limit else None)

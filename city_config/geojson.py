"""Reads GeoJSON of districts and areas; a wrong file is refused with the feature and what is wrong in it."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from city_config.basics import is_language_tag, population_in
from city_config.configuration import ConfigurationError, KeyPath, Source
from city_config.yaml_source import read_text

RING_POSITIONS = 4


CODE = re.compile(r'"code"\s*:\s*("(?:[^"\\]|\\.)*")')


def read_geojson(path: Path, field: str) -> Source:
    """A FeatureCollection of polygons with a unique code and names each; else ``ConfigurationError``.

    The lines are those on which each code stands, under ``(field, code)``.
    """
    text = read_text(path)
    try:
        content = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise ConfigurationError([f"{path}:{error.lineno}: not JSON: {error.msg}"]) from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError([f"{path}: not JSON: {error}"]) from error
    if not isinstance(content, dict) or content.get("type") != "FeatureCollection":
        raise ConfigurationError([f"{path}: must be a GeoJSON FeatureCollection"])
    features = content.get("features")
    if not isinstance(features, list) or not features:
        raise ConfigurationError([f"{path}: features must be a list with at least one feature"])
    lines: dict[KeyPath, int] = {(field,): 1}
    lines |= {(field, code): line for code, line in _code_lines(text).items()}
    faults, seen = [], set[str]()
    for number, feature in enumerate(features, 1):
        for fault in _feature_faults(feature, seen):
            line = lines.get((field, _code_of(feature)))
            place = str(path) if line is None else f"{path}:{line}"
            faults.append(f"{place}: feature {number}: {fault}")
    if faults:
        raise ConfigurationError(faults)
    return Source(path, content, lines)


def _code_lines(text: str) -> dict[str, int]:
    """The line on which each code is first written."""
    found: dict[str, int] = {}
    line, last = 1, 0
    for match in CODE.finditer(text):
        line += text.count("\n", last, match.start())
        last = match.start()
        found.setdefault(str(json.loads(match[1])), line)
    return found


def _code_of(feature: Any) -> str:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    return str(properties.get("code")) if isinstance(properties, dict) else ""


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number in JSON")


def _feature_faults(feature: Any, seen: set[str]) -> Iterator[str]:
    if not isinstance(feature, dict):
        yield f"must be an object, not {feature!r}"
        return
    properties = feature.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    code, names = properties.get("code"), properties.get("names")
    if not isinstance(code, str) or not code:
        yield f"properties.code must be text; read {code!r}"
    elif code in seen:
        yield f"code {code!r} is given twice"
    else:
        seen.add(code)
    if not isinstance(names, dict) or not names or not all(isinstance(n, str) and n for n in names.values()):
        yield f"properties.names must be names by language, for example {{'en': ...}}; read {names!r}"
    else:
        for tag in names:
            if not is_language_tag(tag):
                yield f"properties.names: {tag!r} is not a language; allowed: a BCP-47 tag, like 'km'"
    yield from _property_faults(properties, code)
    yield from _geometry_faults(feature.get("geometry"), code)


def _property_faults(properties: dict[str, Any], code: Any) -> Iterator[str]:
    """Dates between which it exists, and its residents, where they are given."""
    dates: dict[str, dt.date] = {}
    for key in ("valid_from", "valid_to"):
        read = properties.get(key)
        if read is None:
            continue
        try:
            dates[key] = dt.date.fromisoformat(read)
        except (TypeError, ValueError):
            yield f"({code}) properties.{key} must be a day like '2025-07-01'; read {read!r}"
    if len(dates) == 2 and dates["valid_to"] < dates["valid_from"]:
        yield f"({code}) properties.valid_to {dates['valid_to']} is before valid_from {dates['valid_from']}"
    try:
        population_in(properties)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(("properties", "population", *map(str, fault["loc"])))
        yield f"({code}) {where}: {fault['msg']}; allowed: value, year, source, confirmed"


def _geometry_faults(geometry: Any, code: Any) -> Iterator[str]:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        yield f"({code}) geometry {kind!r}; allowed: Polygon, MultiPolygon"
        return
    coordinates = geometry.get("coordinates")
    polygons = [coordinates] if kind == "Polygon" else coordinates
    if not isinstance(polygons, list) or not polygons:
        yield f"({code}) geometry has no coordinates"
        return
    for polygon in polygons:
        if not isinstance(polygon, list) or not polygon:
            yield f"({code}) a polygon needs at least one ring"
            return
        for ring in polygon:
            fault = _ring_fault(ring)
            if fault:
                yield f"({code}) {fault}"
                return


def _ring_fault(ring: Any) -> str | None:
    if not isinstance(ring, list) or len(ring) < RING_POSITIONS:
        return f"a ring needs at least {RING_POSITIONS} positions"
    for position in ring:
        if not _is_position(position):
            return f"{position!r} is not a position [longitude, latitude] in degrees"
    if ring[0] != ring[-1]:
        return f"a ring must end where it begins: {ring[0]} and {ring[-1]}"
    return None


def _is_position(position: Any) -> bool:
    if not isinstance(position, list) or not 2 <= len(position) <= 3:
        return False
    return _is_degrees(position[0], 180) and _is_degrees(position[1], 90)


def _is_degrees(value: Any, limit: int) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -limit <= value <= limit

"""Reads city folders into the schema; a wrong file is refused with file, line, field and value read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from city_config.schema import City, Network

M = TypeVar("M", bound=BaseModel)

CITY_FILES = ("city.yaml", "services.yaml", "routing.yaml")
"""The YAML files of a city folder; their top-level keys together are the fields of ``City``."""

GEOJSON_FILES = {"districts": "districts.geojson", "areas": "areas.geojson"}
MAX_FILE_BYTES = 20 * 1024 * 1024


class ConfigurationError(Exception):
    """Files of a city or of the network are wrong; every fault found is listed, one a line."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class Configuration:
    """All cities by id, in order of id, and the network they belong to."""

    cities: Mapping[str, City]
    network: Network
    folder: Path


@dataclass(frozen=True)
class _Source:
    """A parsed YAML file: its values, and the line on which each path of keys stands."""

    path: Path
    values: dict[str, Any]
    lines: Mapping[tuple[str | int, ...], int]


def load_configuration(folder: Path) -> Configuration:
    """Load the network file and every city folder; raise ``ConfigurationError`` naming all faults at once."""
    faults: list[str] = []
    cities: dict[str, City] = {}
    for city_folder in sorted(p for p in (folder / "cities").glob("*") if (p / "city.yaml").is_file()):
        try:
            city = load_city(city_folder)
            cities[city.id] = city
        except ConfigurationError as error:
            faults += error.faults
    network = None
    try:
        network = load_network(folder / "network.yaml")
    except ConfigurationError as error:
        faults += error.faults
    if network is not None:
        faults += list(_faults_across(cities, network, folder))
    if faults or network is None:
        raise ConfigurationError(faults)
    return Configuration(cities=cities, network=network, folder=folder)


def load_city(folder: Path) -> City:
    """Load one city folder; raise ``ConfigurationError`` with file and line of every fault."""
    sources = [_read_yaml(folder / name) for name in CITY_FILES]
    values: dict[str, Any] = {}
    faults: list[str] = []
    for source in sources:
        for key in source.values:
            if key in values or key in (*GEOJSON_FILES, "fingerprint"):
                faults.append(
                    f"{source.path}:{source.lines[key,]}: {key}: must not stand here (it is set elsewhere)"
                )
        values |= source.values
    for key, name in GEOJSON_FILES.items():
        path = folder / name
        if path.is_file():
            values[key] = _read_geojson(path)
        elif key == "districts":
            faults.append(f"{path}: missing; every city needs its districts")
    if faults:
        raise ConfigurationError(faults)
    values["fingerprint"] = _fingerprint(folder)
    city = _validated(City, values, sources, folder / CITY_FILES[0])
    if city.id != folder.name:
        raise ConfigurationError(
            [f"{folder / 'city.yaml'}: id {city.id!r} must be the folder's name {folder.name!r}"]
        )
    return city


def load_network(path: Path) -> Network:
    """Load the network file; raise ``ConfigurationError`` with the line of every fault."""
    source = _read_yaml(path)
    return _validated(Network, source.values, [source], path)


def _faults_across(cities: Mapping[str, City], network: Network, folder: Path) -> Iterator[str]:
    """Faults that only show when cities are seen together, or against the network's codes."""
    prefixes: dict[str, str] = {}
    for city in cities.values():
        other = prefixes.setdefault(city.reference_prefix, city.id)
        where = folder / "cities" / city.id
        if other != city.id:
            yield f"{where / 'city.yaml'}: reference_prefix {city.reference_prefix!r} is {other}'s already"
        for service in city.services:
            if service.network_code not in network.codes_by_code:
                yield (
                    f"{where / 'services.yaml'}: service {service.code!r}: network_code "
                    f"{service.network_code!r} is not in network.yaml"
                )


def _validated(model: type[M], values: dict[str, Any], sources: list[_Source], default: Path) -> M:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise ConfigurationError([_fault(e, sources, default) for e in error.errors()]) from error


def _fault(error: Any, sources: list[_Source], default: Path) -> str:
    """One line: file:line: field: what was wrong (what was read)."""
    where: tuple[str | int, ...] = tuple(error["loc"])
    field = ".".join(str(part) for part in where) or "(the file)"
    read = error.get("input")
    shown = f"; read {read!r}" if isinstance(read, str | int | float | bool) else ""
    known = [(len(prefix), s, prefix) for s in sources for prefix in _prefixes(where) if prefix in s.lines]
    if not known:
        return f"{default}: {field}: {error['msg']}{shown}"
    _, source, prefix = max(known, key=lambda found: found[0])
    return f"{source.path}:{source.lines[prefix]}: {field}: {error['msg']}{shown}"


def _prefixes(where: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    for length in range(len(where), 0, -1):
        yield where[:length]


def _read_yaml(path: Path) -> _Source:
    try:
        text = _read_bytes(path).decode("utf-8")
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except UnicodeDecodeError as error:
        raise ConfigurationError([f"{path}: not UTF-8 at byte {error.start}"]) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigurationError([f"{path}:{line}: {error.problem}"]) from error
    except yaml.YAMLError as error:
        raise ConfigurationError([f"{path}: {error}"]) from error
    if not isinstance(node, yaml.MappingNode):
        raise ConfigurationError([f"{path}:1: must be a mapping of keys to values"])
    lines: dict[tuple[str | int, ...], int] = {}
    faults: list[str] = []
    _note_lines(node, (), lines, faults, path)
    if faults:
        raise ConfigurationError(faults)
    return _Source(path, yaml.load(text, Loader=yaml.CSafeLoader), lines)


def _note_lines(
    node: yaml.Node,
    where: tuple[str | int, ...],
    lines: dict[tuple[str | int, ...], int],
    faults: list[str],
    path: Path,
) -> None:
    """Remember the line of every path; a key given twice is a fault: YAML would keep the last silently."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*where, str(key.value))
            if inner in lines:
                faults.append(f"{path}:{key.start_mark.line + 1}: {key.value!r} is given twice")
            lines[inner] = key.start_mark.line + 1
            _note_lines(value, inner, lines, faults, path)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines[*where, index] = value.start_mark.line + 1
            _note_lines(value, (*where, index), lines, faults, path)


def _read_geojson(path: Path) -> dict[str, Any]:
    """A FeatureCollection whose features have polygon geometry, a unique code and names; else a fault."""
    try:
        content = json.loads(_read_bytes(path))
    except (ValueError, UnicodeDecodeError) as error:
        raise ConfigurationError([f"{path}: not JSON: {error}"]) from error
    if (
        not isinstance(content, dict)
        or content.get("type") != "FeatureCollection"
        or not content.get("features")
    ):
        raise ConfigurationError([f"{path}: must be a GeoJSON FeatureCollection with features"])
    faults, seen = [], set()
    for number, feature in enumerate(content["features"], 1):
        properties = feature.get("properties") or {}
        kind = (feature.get("geometry") or {}).get("type")
        code = properties.get("code")
        if kind not in ("Polygon", "MultiPolygon"):
            faults.append(f"{path}: feature {number}: geometry {kind!r}; allowed: Polygon, MultiPolygon")
        if not isinstance(code, str) or not isinstance(properties.get("names"), dict):
            faults.append(
                f"{path}: feature {number}: properties need 'code' (text) and 'names' (by language)"
            )
        elif code in seen:
            faults.append(f"{path}: feature {number}: code {code!r} is given twice")
        seen.add(code)
    if faults:
        raise ConfigurationError(faults)
    return content


def _read_bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise ConfigurationError([f"{path}: {size} bytes; at most {MAX_FILE_BYTES} are allowed"])
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError([f"{path}: {error.strerror}"]) from error


def _fingerprint(folder: Path) -> str:
    """SHA-256 over names and bytes of the folder's files: equal folders, equal fingerprints."""
    digest = hashlib.sha256()
    for name in (*CITY_FILES, *GEOJSON_FILES.values()):
        path = folder / name
        if path.is_file():
            digest.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()

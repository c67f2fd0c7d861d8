"""Reads city folders into the schema; a wrong file is refused with file, line, field and value read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from city_config.configuration import Configuration, ConfigurationError, Source, Sources
from city_config.geojson import read_geojson
from city_config.network_faults import network_faults
from city_config.references import allowed, reference_faults
from city_config.schema import City, Network
from city_config.texts import Messages
from city_config.yaml_source import read_yaml, validated

__all__ = [
    "CITY_FILES",
    "GEOJSON_FILES",
    "Configuration",
    "ConfigurationError",
    "city_files",
    "load_city",
    "load_configuration",
    "load_messages",
    "load_network",
]

CITY_FILES = ("city.yaml", "services.yaml", "routing.yaml")
"""The YAML files of a city folder; their top-level keys together are the fields of ``City``."""

OPTIONAL_FILES = ("rounds.yaml", "landmarks.yaml", "ladder.yaml", "external_owners.yaml")
"""Further YAML files a city folder may have, for what would make the others long."""

GEOJSON_FILES = {"districts": "districts.geojson", "areas": "areas.geojson", "boundary": "boundary.geojson"}


def load_configuration(folder: Path, known: Configuration | None = None) -> Configuration:
    """Load network, texts and every city folder; raise ``ConfigurationError`` naming all faults at once.

    A city whose files are those of ``known``, under the same network, is taken from there instead of read.
    """
    faults: list[str] = []
    cities: dict[str, City] = {}
    sources: dict[str, Sources] = {}
    network: Network | None = None
    messages: Mapping[str, Messages] = {}
    try:
        network, sources["network"] = _read_network(folder / "network.yaml")
    except ConfigurationError as error:
        faults += error.faults
    try:
        messages = load_messages(folder / "messages")
    except ConfigurationError as error:
        faults += error.faults
    for city_folder in _city_folders(folder):
        try:
            city, sources[city_folder.name] = _same_city(city_folder, network, known) or _read_city(
                city_folder, network
            )
            cities[city.id] = city
        except ConfigurationError as error:
            faults += error.faults
    faults += _prefixes_given_twice(cities, sources)
    if not cities and not faults:
        faults.append(f"{folder / 'cities'}: no city folder with a city.yaml")
    if faults or network is None:
        raise ConfigurationError(faults)
    return Configuration(cities, network, folder, messages, sources)


def load_city(folder: Path, network: Network | None = None) -> City:
    """Load one city folder; raise ``ConfigurationError`` with file and line of every fault.

    Network codes are compared with ``network`` where it is given.
    """
    return _read_city(folder, network)[0]


def load_network(path: Path) -> Network:
    """Load the network file; raise ``ConfigurationError`` with the line of every fault."""
    return _read_network(path)[0]


def load_messages(folder: Path) -> Mapping[str, Messages]:
    """Texts by language from ``<language>.yaml``; ``ConfigurationError`` with the line of every fault."""
    found: dict[str, Messages] = {}
    faults: list[str] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            source = read_yaml(path)
            sources = Sources((source,), path)
            texts = validated(Messages, source.values, sources)
            if texts.language != path.stem:
                place = sources.place(("language",))
                faults.append(f"{place}: language: {texts.language!r} must be the file's name {path.stem!r}")
            found[texts.language] = texts
        except ConfigurationError as error:
            faults += error.faults
    if faults:
        raise ConfigurationError(faults)
    return found


def _city_folders(folder: Path) -> list[Path]:
    """Folders under ``cities``; one without a city.yaml is a fault of its own, not silence."""
    found = (path for path in (folder / "cities").glob("*") if path.is_dir())
    return sorted(path for path in found if not path.name.startswith((".", "_")))


def city_files(folder: Path) -> list[Path]:
    """Every file that decides what a configuration folder says, whether or not it is there."""
    names = (*CITY_FILES, *OPTIONAL_FILES, *GEOJSON_FILES.values())
    cities = [city / name for city in _city_folders(folder) for name in names]
    crests = [path for city in _city_folders(folder) for path in sorted(city.glob("*.svg"))]
    texts = [path for name in ("messages", "phrases") for path in sorted((folder / name).glob("*.yaml"))]
    return [folder / "network.yaml", folder / "greetings.yaml", *texts, *cities, *crests]


def _same_city(
    folder: Path, network: Network | None, known: Configuration | None
) -> tuple[City, Sources] | None:
    """The city as it is known already, if no byte of its files and of the network changed."""
    city = known.cities.get(folder.name) if known else None
    if known is None or city is None or known.network != network or folder.name not in known.sources:
        return None
    return (city, known.sources[folder.name]) if city.fingerprint == _fingerprint(folder) else None


def _read_network(path: Path) -> tuple[Network, Sources]:
    source = read_yaml(path)
    sources = Sources((source,), path)
    network = validated(Network, source.values, sources)
    faults = [f"{sources.place(p)}: {_dotted(p)}: {text}" for p, text in network_faults(network)]
    if faults:
        raise ConfigurationError(faults)
    return network, sources


def _read_city(folder: Path, network: Network | None) -> tuple[City, Sources]:
    sources, faults = _read_city_files(folder)
    values: dict[str, Any] = {}
    shapes: list[Source] = []
    for source in sources.files:
        for key in source.values:
            place = f"{source.path}:{source.lines[str(key),]}: {key}"
            if key in values:
                faults.append(f"{place}: stands in another file of this city already")
            elif key in (*GEOJSON_FILES, "fingerprint"):
                faults.append(f"{place}: must not stand here; it is read from its own file")
        values |= source.values
    for key, name in GEOJSON_FILES.items():
        path = folder / name
        try:
            if key == "districts" or path.is_file():
                shapes.append(read_geojson(path, key))
                values[key] = shapes[-1].values
        except ConfigurationError as error:
            faults += error.faults
    if faults:
        raise ConfigurationError(faults)
    # Only the lines are asked for from here on; what the files say lives in the city.
    sources = replace(sources, files=tuple(replace(s, values={}) for s in (*sources.files, *shapes)))
    values["fingerprint"] = _fingerprint(folder)
    city = validated(City, values, sources)
    if city.id != folder.name:
        faults.append(f"{sources.place(('id',))}: id: {city.id!r} must be the folder's name {folder.name!r}")
    faults += [f"{sources.place(p)}: {_dotted(p)}: {text}" for p, text in reference_faults(city, network)]
    if faults:
        raise ConfigurationError(faults)
    return city, sources


def _read_city_files(folder: Path) -> tuple[Sources, list[str]]:
    files, faults = [], []
    for name in (*CITY_FILES, *(name for name in OPTIONAL_FILES if (folder / name).is_file())):
        try:
            files.append(read_yaml(folder / name))
        except ConfigurationError as error:
            faults += error.faults
    return Sources(tuple(files), folder / CITY_FILES[0]), faults


def _prefixes_given_twice(cities: Mapping[str, City], sources: Mapping[str, Sources]) -> Iterator[str]:
    """References are told apart by their prefix, so two cities may not share one."""
    owners: dict[str, str] = {}
    for city in cities.values():
        other = owners.setdefault(city.reference_prefix, city.id)
        if other != city.id:
            place = sources[city.id].place(("reference_prefix",))
            yield (
                f"{place}: reference_prefix: {city.reference_prefix!r} is {other}'s already; "
                f"{allowed(['three capital letters of its own'])}"
            )


def _dotted(path: tuple[str | int, ...]) -> str:
    return ".".join(str(part) for part in path)


def _fingerprint(folder: Path) -> str:
    """SHA-256 over names and bytes of the folder's files: equal folders, equal fingerprints."""
    digest = hashlib.sha256()
    crests = sorted(path.name for path in folder.glob("*.svg"))
    for name in (*CITY_FILES, *OPTIONAL_FILES, *GEOJSON_FILES.values(), *crests):
        path = folder / name
        if path.is_file():
            digest.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()

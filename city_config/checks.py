"""Checks a loaded configuration: what is wrong, what is doubtful, and what a city still has to confirm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from city_config.configuration import Configuration, ConfigurationError, KeyPath, Sources
from city_config.facts import missing_translations, unconfirmed
from city_config.geometry_checks import (
    areas_elsewhere,
    far_from_the_others,
    geometry_errors,
    outside_the_boundary,
)
from city_config.loader import load_configuration
from city_config.look import look_faults
from city_config.network_faults import network_faults
from city_config.reach_checks import never_in_force, promises_and_ladder
from city_config.references import reference_faults
from city_config.resident_checks import resident_checks
from city_config.rule_cover import RuleCover, rule_name
from city_config.schema import City, Network
from city_config.text_checks import texts_without_effect

Severity = Literal["error", "warning", "unconfirmed"]

_ORDER: dict[Severity, int] = {"error": 0, "warning": 1, "unconfirmed": 2}


@dataclass(frozen=True)
class Finding:
    """One thing to look at. ``city`` is the city's id, or ``network``."""

    severity: Severity
    city: str
    file: Path
    line: int | None
    message: str

    def __str__(self) -> str:
        place = str(self.file) if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.severity}: {self.message}"


def check(configuration: Configuration) -> list[Finding]:
    """Everything found, errors first, then by city, file and line. Pure: same files, same findings."""
    found = list(_network(configuration))
    for city in configuration.cities.values():
        found += _city(configuration, city)
    return sorted(found, key=lambda f: (_ORDER[f.severity], f.city, str(f.file), f.line or 0, f.message))


def check_city(configuration: Configuration, city: City) -> list[Finding]:
    """What was found in one city, errors first, then by file and line."""
    found = list(_city(configuration, city))
    return sorted(found, key=lambda f: (_ORDER[f.severity], str(f.file), f.line or 0, f.message))


def load_checked(folder: Path, known: Configuration | None = None) -> Configuration:
    """Load a configuration that may be served: as ``load_configuration``, and without an error-level finding.

    Raises ``ConfigurationError`` naming file and line of every fault. Cities taken over from ``known`` were
    checked when they came, and are not looked at again.
    """
    loaded = load_configuration(folder, known)
    wrong = list(_unknown_districts_found(loaded))
    for city in loaded.cities.values():
        if known is None or known.cities.get(city.id) is not city:
            # What hangs together wrongly was refused on loading; only the shapes are left to be looked at.
            wrong += _findings("error", loaded, city, geometry_errors(city))
            wrong += _findings(
                "error", loaded, city, look_faults(city.look, loaded.folder / "cities" / city.id)
            )
    if wrong:
        raise ConfigurationError([str(finding) for finding in wrong])
    return loaded


def _network(configuration: Configuration) -> Iterator[Finding]:
    sources = _sources(configuration, "network", configuration.folder / "network.yaml")
    for path, message in network_faults(configuration.network):
        yield _finding("error", "network", sources, path, message)
    for number, member in enumerate(configuration.network.members):
        if not member.confirmed:
            message = f"member {member.city!r} is not confirmed; source: {member.source or 'none given'}"
            yield _finding("unconfirmed", "network", sources, ("members", number), message)
    for number, role in enumerate(configuration.network.roles):
        if not role.confirmed:
            message = f"{role.role} {role.country} is not confirmed; source: {role.source or 'none given'}"
            yield _finding("unconfirmed", "network", sources, ("roles", number), message)
    yield from _unknown_districts_found(configuration)


def _unknown_districts_found(configuration: Configuration) -> Iterator[Finding]:
    sources = _sources(configuration, "network", configuration.folder / "network.yaml")
    for path, message in _unknown_districts(configuration):
        yield _finding("error", "network", sources, path, message)


def _unknown_districts(configuration: Configuration) -> Iterator[tuple[KeyPath, str]]:
    """Districts of an emergency that the city, where it has a folder, does not have."""
    for number, emergency in enumerate(configuration.network.emergencies):
        city = configuration.cities.get(emergency.city)
        for position, code in enumerate(emergency.districts if city else ()):
            if city and code not in city.district_names:
                yield ("emergencies", number, "districts", position), f"{city.id} has no district {code!r}"


def _city(configuration: Configuration, city: City) -> Iterator[Finding]:
    by_severity: tuple[tuple[Severity, Iterator[tuple[KeyPath, str]]], ...] = (
        ("error", _errors(configuration, city)),
        ("warning", _warnings(configuration, city)),
        ("unconfirmed", unconfirmed(city)),
    )
    for severity, faults in by_severity:
        yield from _findings(severity, configuration, city, faults)


def _findings(
    severity: Severity, configuration: Configuration, city: City, faults: Iterator[tuple[KeyPath, str]]
) -> Iterator[Finding]:
    """What was found in a city, each with its file and line."""
    sources = _sources(configuration, city.id, configuration.folder / "cities" / city.id / "city.yaml")
    for path, message in faults:
        yield _finding(severity, city.id, sources, path, message)


def _errors(configuration: Configuration, city: City) -> Iterator[tuple[KeyPath, str]]:
    yield from reference_faults(city, configuration.network)
    yield from geometry_errors(city)
    yield from look_faults(city.look, configuration.folder / "cities" / city.id)


def _warnings(configuration: Configuration, city: City) -> Iterator[tuple[KeyPath, str]]:
    yield from _rules_without_effect(city)
    yield from _district_needed(city)
    yield from _districts_without_contractor(city)
    yield from _unknown_to_network(city, configuration.network)
    yield from areas_elsewhere(city)
    yield from outside_the_boundary(city)
    yield from far_from_the_others(city)
    yield from promises_and_ladder(city)
    yield from never_in_force(city)
    yield from resident_checks(city)
    yield from missing_translations(city)
    yield from _hiding_without_detector(city)
    yield from texts_without_effect(city, configuration.messages)
    for number, tag in enumerate(city.languages):
        if tag not in configuration.messages:
            yield ("languages", number), f"no texts for residents in {tag!r} (messages/{tag}.yaml)"


def _hiding_without_detector(city: City) -> Iterator[tuple[KeyPath, str]]:
    """A wish that this installation cannot meet: it hides nothing by showing nothing."""
    if city.publication.hide and find_spec("cv2") is None:
        yield (
            ("publication", "hide"),
            "no detector is installed here (pip install 'nagara[hiding]'); photos stay unpublished until there is one",
        )


def _rules_without_effect(city: City) -> Iterator[tuple[KeyPath, str]]:
    cover = RuleCover(city)
    for number in cover.about_nothing():
        yield ("rules", number), f"{rule_name(city.rules[number])} can never match: no service meets it"
    for number, takers in cover.shadowed():
        names = ", ".join(repr(city.rules[taker].id) for taker in takers)
        yield (
            ("rules", number),
            f"{rule_name(city.rules[number])} can never match: earlier rules take everything ({names})",
        )


def _district_needed(city: City) -> Iterator[tuple[KeyPath, str]]:
    """Services that find no owner when the district is not known, as with a report without a position."""
    numbers = {service.code: number for number, service in enumerate(city.services)}
    for gap in RuleCover(city).gaps:
        if None in gap.districts:
            for code in gap.services:
                yield ("services", numbers[code]), f"nobody owns {code!r} where the district is not known"


def _districts_without_contractor(city: City) -> Iterator[tuple[KeyPath, str]]:
    """Districts a rule sends to a contractor though no zone of any date holds them."""
    for number, rule in enumerate(city.rules):
        if rule.assign != "contractor":
            continue
        held = {
            district
            for contractor in city.contractors
            if contractor.for_department == rule.owner
            for zone in contractor.zones
            for district in zone.districts
        }
        missing = sorted(set(rule.when.districts or city.district_names) - held)
        if missing:
            yield (
                ("rules", number, "assign"),
                f"{rule_name(rule)}: no contractor's zone holds {', '.join(missing)}",
            )


def _unknown_to_network(city: City, network: Network) -> Iterator[tuple[KeyPath, str]]:
    if network.members and city.id not in {member.city for member in network.members}:
        yield ("id",), f"{city.id!r} is no member in network.yaml"


def _sources(configuration: Configuration, key: str, default: Path) -> Sources:
    return configuration.sources.get(key) or Sources((), default)


def _finding(severity: Severity, city: str, sources: Sources, path: KeyPath, message: str) -> Finding:
    file, line = sources.where(path)
    return Finding(severity, city, file, line, message)

"""Faults of the network file: codes or members given twice, offices held twice, dates that run backwards."""

from __future__ import annotations

from collections.abc import Iterator

from city_config.basics import Dated, common_period
from city_config.facts import parts
from city_config.ladder_checks import posts_faults
from city_config.network import Network
from city_config.references import Fault, ends_first, twice, unknown


def network_faults(network: Network) -> list[Fault]:
    """Codes or members given twice, and memberships that end before they begin."""
    faults = list(twice("codes", "code", network.codes))
    for number, member in enumerate(network.members):
        since, until = member.member_since, member.member_until
        if since and until and until < since:
            faults.append((("members", number, "member_until"), f"{until} is before member_since {since}"))
    faults += twice("members", "city", [m for m in network.members if m.member_until is None])
    faults += [
        ((*path, "valid_to"), f"{part.valid_to} is before valid_from {part.valid_from}")
        for path, part in parts(network)
        if isinstance(part, Dated) and ends_first(part)
    ]
    return [*faults, *posts_faults(network.posts), *_roles(network), *_bands_and_emergencies(network)]


def _roles(network: Network) -> Iterator[Fault]:
    """The same office held by two at once: the chair, the shepherd, one country's representative."""
    for number, role in enumerate(network.roles):
        for earlier in network.roles[:number]:
            one_office = role.role == earlier.role and (
                role.role != "national_representative" or role.country == earlier.country
            )
            if one_office and not ends_first(common_period(role, earlier)):
                since = f" from {earlier.valid_from}" if earlier.valid_from else ""
                yield ("roles", number), f"{role.role} is held by {earlier.country}{since} at the same time"


def _bands_and_emergencies(network: Network) -> Iterator[Fault]:
    """Bands given twice, and cities that are no members."""
    yield from twice("peer_bands", "code", network.peer_bands)
    members = {member.city: member for member in network.members}
    for number, band in enumerate(network.peer_bands):
        for position, city in enumerate(band.cities):
            yield from unknown(city, members, "member", ("peer_bands", number, "cities", position))
    for number, emergency in enumerate(network.emergencies):
        yield from unknown(emergency.city, members, "member", ("emergencies", number, "city"))
        if emergency.valid_from is None:
            yield ("emergencies", number), "an emergency needs the day on which it was declared: valid_from"

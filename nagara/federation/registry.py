"""Keys of cities that run their own Nagara: registered, rotated and retired by officers of the network."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import psycopg

from city_config import Configuration
from nagara.errors import AlreadyThere, InvalidInput, UnknownCity
from nagara.federation.signing import decode_key, key_id
from nagara.network.errors import UnknownFederationKey
from nagara.outgoing import AddressNotAllowed, check_url

COLUMNS = "id, city, public_key, address, registered_by, registered_at, retired_by, retired_at"
KEYS = f"select {COLUMNS} from federation_key where city_id = 'network' order by city, registered_at, id"  # noqa: S608
KEY = f"select {COLUMNS} from federation_key where city_id = 'network' and id = %s"  # noqa: S608
ADD = """
insert into federation_key (city_id, id, city, public_key, address, registered_by)
values ('network', %s, %s, %s, %s, %s) on conflict do nothing returning id
"""
RETIRE = """
update federation_key set retired_by = %s, retired_at = clock_timestamp()
 where city_id = 'network' and id = %s and retired_at is null
"""
ELSEWHERE = "select distinct city from federation_key where city_id = 'network'"


@dataclass(frozen=True, slots=True)
class Key:
    """A registered key. ``address``: where the city publishes bundles, if it does not push them."""

    id: str
    city: str
    public_key: bytes
    address: str | None
    registered_by: str
    registered_at: dt.datetime
    retired_by: str | None
    retired_at: dt.datetime | None


def keys(connection: psycopg.Connection[Any]) -> list[Key]:
    """Every key there is or was, by city."""
    return [_key(row) for row in connection.execute(KEYS)]


def find_key(connection: psycopg.Connection[Any], id_: str) -> Key | None:
    """A key by its id, retired or not."""
    row = connection.execute(KEY, (id_,)).fetchone()
    return _key(row) if row else None


def register(
    connection: psycopg.Connection[Any],
    configuration: Configuration,
    officer: str,
    city: str,
    public_key: str,
    address: str | None = None,
    *,
    loopback: bool = False,
) -> Key:
    """Trust a city's key from now on. A city that changes its key has both until the old one is retired.

    Raises ``UnknownCity``, ``InvalidInput`` or ``AlreadyThere``; a key that was retired stays so.
    """
    if city not in configuration.cities:
        raise UnknownCity(f"There is no city {city[:40]!r}.", field="city", allowed=configuration.cities)
    public = decode_key(public_key, "public_key")
    if address is not None:
        try:
            check_url(address, loopback=loopback)
        except AddressNotAllowed as error:
            raise InvalidInput(
                f"The address {error}.", field="address", allowed="https, on the public internet"
            ) from None
    values = (key_id(public), city, public, address, officer)
    if connection.execute(ADD, values).fetchone() is None:
        raise AlreadyThere("This key was registered before; make a new one.", field="public_key")
    return _there(connection, key_id(public))


def retire(connection: psycopg.Connection[Any], officer: str, id_: str) -> Key:
    """Trust a key no longer. What it signed before stays; retiring again changes nothing."""
    connection.execute(RETIRE, (officer, id_))
    return _there(connection, id_)


def cities_elsewhere(connection: psycopg.Connection[Any]) -> frozenset[str]:
    """Cities that run their own Nagara: nothing is computed or sealed for them here, even while no key is valid."""
    return frozenset(row[0] for row in connection.execute(ELSEWHERE))


def _there(connection: psycopg.Connection[Any], id_: str) -> Key:
    found = find_key(connection, id_)
    if found is None:
        raise UnknownFederationKey(f"There is no key {id_[:40]!r}.", field="key")
    return found


def _key(row: tuple[Any, ...]) -> Key:
    return Key(row[0], row[1], bytes(row[2]), *row[3:])

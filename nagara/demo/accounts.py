"""The demo's accounts and keys, and the file that tells them. One password for all: nothing real is behind it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pwdlib import PasswordHash
from sqlalchemy import func
from sqlmodel import Session, select

from city_config import City
from nagara.accounts import add_key
from nagara.database import city_session
from nagara.permissions import NETWORK, roles_of
from nagara.tables import StaffAccount

PASSWORD = "nagara-demo-2026"  # noqa: S105 - printed on purpose; the demo listens on loopback
KEY_SCOPE = "open311"
MARK = ("official", NETWORK)
"""The account made last: where it is, the demo has been loaded to its end."""


def already_there() -> bool:
    """Whether the demo's accounts are in this database."""
    username, city_id = MARK
    with city_session(city_id) as session:
        return session.get(StaffAccount, (city_id, username)) is not None


def add_accounts(cities: Mapping[str, City]) -> None:
    """One account for each role of each city and of the network; safe to repeat.

    The password is hashed once for all of them: hashing is slow by design, and this one is no secret.
    """
    password_hash = PasswordHash.recommended().hash(PASSWORD)
    for city in cities.values():
        with city_session(city.id) as session:
            _add_roles(session, city.id, f", {city.name_in(city.names, 'en')}", password_hash)
    with city_session(NETWORK) as session:
        _add_roles(session, NETWORK, " of the network", password_hash)


def _add_roles(session: Session, city_id: str, where: str, password_hash: str) -> None:
    now = session.execute(select(func.clock_timestamp())).scalar_one()
    for role in roles_of(city_id):
        session.merge(
            StaffAccount(
                city_id=city_id,
                username=role.value,
                password_hash=password_hash,
                role=role.value,
                display_name=f"Demo {role.value.replace('_', ' ')}{where}",
                email=f"{role.value}.{city_id}@demo.invalid",
                created_at=now,
            )
        )


def write_file(path: Path, cities: Iterable[str]) -> dict[str, Any]:
    """Make a key for each city and write accounts and keys to ``path``, for the owner's eyes only.

    Keys are stored as digests alone, so a lost file means new keys; the accounts stay as they are.
    """
    city_ids = list(cities)
    content: dict[str, Any] = {
        "url": "",
        "accounts": [account for city_id in (*city_ids, NETWORK) for account in _listed(city_id)],
        "api_keys": [_keyed(city_id) for city_id in city_ids],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump(content, stream, indent=2)
        stream.write("\n")
    unfinished.replace(path)
    return content


def _listed(city_id: str) -> Iterator[dict[str, str]]:
    for role in roles_of(city_id):
        account = {"username": f"{role.value}@{city_id}", "password": PASSWORD, "role": role.value}
        yield account if city_id == NETWORK else account | {"city": city_id}


def _keyed(city_id: str) -> dict[str, str]:
    with city_session(city_id) as session:
        key = add_key(session, city_id, "Demo", KEY_SCOPE)
    return {"city": city_id, "scope": KEY_SCOPE, "key": key}

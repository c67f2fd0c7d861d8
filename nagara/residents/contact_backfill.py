"""Contacts that were sealed before their digests were kept: found again for "my reports", once their digests are made.

An imported or an old contact has none, so whoever signs in with it would be told that nothing was filed. Nothing is
opened for anybody here: the contact is unsealed, digested and forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, LiteralString

import psycopg

from city_config import City
from nagara.residents.contact_digests import digests_of
from nagara.sealing import unseal

BATCH = 500

NEXT: LiteralString = """
select request_id, sealed from contact
 where city_id = %(city_id)s and email_digest is null and phone_digest is null
   and request_id > coalesce(%(after)s, '00000000-0000-0000-0000-000000000000'::uuid)
 order by request_id limit %(most)s for update skip locked
"""

WRITE: LiteralString = """
update contact set email_digest = %(email_digest)s, phone_digest = %(phone_digest)s
 where city_id = %(city_id)s and request_id = %(request_id)s
"""


def fill_digests(
    connection: psycopg.Connection[Any],
    cities: Mapping[str, City],
    secret: bytes,
    goes_on: Callable[[], bool] = lambda: True,
) -> int:
    """Make the digests that are missing, of all cities, in batches that are committed; returns of how many contacts.

    The connection is one of the time door, outside of any transaction. Safe to repeat, to kill and beside itself.
    A contact that is only a name has none, and is looked at again the next time. Stops where ``goes_on`` is false.
    """
    return sum(_fill_city(connection, city, secret, goes_on) for city in cities.values())


def _fill_city(
    connection: psycopg.Connection[Any], city: City, secret: bytes, goes_on: Callable[[], bool]
) -> int:
    filled, after = 0, None
    while goes_on():
        with connection.transaction():
            asked = {"city_id": city.id, "after": after, "most": BATCH}
            rows = connection.execute(NEXT, asked).fetchall()
            for request_id, sealed in rows:
                digests = digests_of(secret, city, unseal(secret, city.id, bytes(sealed)) or {})
                if any(digests.values()):
                    connection.execute(WRITE, {"city_id": city.id, "request_id": request_id, **digests})
                    filled += 1
        if len(rows) < BATCH:
            break
        after = rows[-1][0]
    return filled

"""Contacts of before digests were kept are found by whoever signs in with them."""

from __future__ import annotations

from typing import Any

import psycopg

from city_config import City
from nagara.database import clock_connection
from nagara.residents.contact_backfill import fill_digests
from nagara.residents.contact_digests import digests_of
from nagara.sealing import seal
from nagara.settings import settings
from tests.helpers import file

CONTACTS = (
    {"email": "Sophea@Example.org", "phone": "012 345 678"},
    {"phone": "+855 12 999 888"},
    {"name": "Nobody in particular"},
)


def fill(city: City, times: int = 1) -> int:
    with clock_connection() as connection:
        connection.autocommit = True
        done = [fill_digests(connection, {city.id: city}, settings().secret) for _ in range(times)]
    return done[-1]


def test_old_contacts_get_the_digests_that_new_ones_have(
    phnom_penh: City, owner: psycopg.Connection[Any]
) -> None:
    secret = settings().secret
    ids = []
    for contact in CONTACTS:
        known = file(phnom_penh)
        owner.execute(
            "insert into contact (city_id, request_id, sealed) values (%s, %s, %s) "
            "on conflict (city_id, request_id) do update set sealed = excluded.sealed, "
            "email_digest = null, phone_digest = null",
            (phnom_penh.id, known.id, seal(secret, phnom_penh.id, dict(contact))),
        )
        ids.append(known.id)
    assert fill(phnom_penh) == 2
    assert fill(phnom_penh) == 0, "a name alone has no digest, and nothing is written twice"
    for id_, contact in zip(ids, CONTACTS, strict=True):
        row = owner.execute(
            "select email_digest, phone_digest from contact where request_id = %s", (id_,)
        ).fetchone()
        wanted = digests_of(secret, phnom_penh, contact)
        assert row == (wanted["email_digest"], wanted["phone_digest"])

"""Unfinished reports of chats: sealed, found by a digest of the chat, gone a day after the last word.

A draft has no city before its place is known, so its rows stand under a name that no city can have and are opened
with that name's key. What was answered last is kept with it: an update that Telegram sends again because our answer
was lost is answered with the same.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from types import MappingProxyType
from typing import Any, LiteralString

from nagara.database import Pool, city_transaction, read_in_city
from nagara.residents.contact_digests import keyed_digest
from nagara.sealing import seal, unseal
from nagara.telegram_reports.updates import Incoming

NO_CITY = "telegram"
"""In the place of a city; no city's id has this form."""

KEPT_FOR = dt.timedelta(days=1)

READ: LiteralString = """
select clock_timestamp(),
       (select answered from telegram_update where city_id = %(city)s and update_id = %(update)s),
       d.version, d.sealed, d.expires_at > clock_timestamp()
  from (select 1) one left join telegram_draft d on d.city_id = %(city)s and d.digest = %(digest)s
"""
KEEP: LiteralString = """
with kept as (
    insert into telegram_draft as draft (city_id, digest, version, sealed, expires_at)
    values (%(city)s, %(digest)s, %(version)s + 1, %(sealed)s, clock_timestamp() + %(kept_for)s)
    on conflict (city_id, digest) do update
       set version = excluded.version, sealed = excluded.sealed, expires_at = excluded.expires_at
     where draft.version = %(version)s
    returning 1)
insert into telegram_update (city_id, update_id, handled_at, answered)
select %(city)s, %(update)s, clock_timestamp(), false from kept
on conflict do nothing
returning 1
"""
ANSWERED: LiteralString = (
    "update telegram_update set answered = true where city_id = %(city)s and update_id = %(update)s"
)


def new_id() -> str:
    """A draft's own name, in its buttons and in the key under which it is filed."""
    return secrets.token_hex(8)


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody has said so far."""

    id: str = field(default_factory=new_id)
    language: str = ""
    """The one that was chosen; empty: as Telegram is set."""
    words: str = ""
    photos: tuple[str, ...] = ()
    place: tuple[float, float] | None = None
    city: str | None = None
    service: str | None = None
    answers: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    finished: tuple[str, ...] = ()
    """Questions of which several choices may be taken, and that were said to be answered."""

    def emptied(self) -> Draft:
        """A new one in the same language."""
        return Draft(language=self.language)

    def without_service(self) -> Draft:
        """The same before anything was chosen."""
        return replace(self, service=None, answers={}, finished=())


@dataclass(frozen=True, slots=True)
class Held:
    """A chat's draft as it was read. ``answered`` None: this update was not handled yet."""

    draft: Draft
    version: int
    now: dt.datetime
    answered: bool | None
    last_said: Mapping[str, Any] | None


def chat_digest(secret: bytes, chat: str) -> bytes:
    """By which a chat is found again."""
    return keyed_digest(secret, NO_CITY, "telegram", chat)


async def read(pool: Pool, secret: bytes, incoming: Incoming) -> Held:
    """The chat's draft, or a new one where there is none or its day is over."""
    values = {
        "city": NO_CITY,
        "digest": chat_digest(secret, incoming.chat),
        "update": incoming.update_id,
    }
    [rows] = await read_in_city(pool, NO_CITY, (READ, values))
    now, answered, version, sealed, holds = rows[0]
    content = unseal(secret, NO_CITY, bytes(sealed)) if sealed is not None and holds else None
    if content is None:
        return Held(Draft(), version or 0, now, answered, None)
    kept = json.loads(content["draft"])
    place = kept.pop("place")
    draft = Draft(
        **kept | {"photos": tuple(kept["photos"]), "finished": tuple(kept["finished"])},
        place=(place[0], place[1]) if place else None,
    )
    return Held(draft, version, now, answered, json.loads(content["said"]))


async def keep(
    pool: Pool, secret: bytes, incoming: Incoming, held: Held, draft: Draft, said: Mapping[str, Any]
) -> bool:
    """Keep what became of it, and that the update was handled; False where another update was quicker."""
    drafted = asdict(replace(draft, answers={})) | {"answers": dict(draft.answers)}
    content = {"draft": json.dumps(drafted), "said": json.dumps(said)}
    values = {
        "city": NO_CITY,
        "digest": chat_digest(secret, incoming.chat),
        "version": held.version,
        "sealed": seal(secret, NO_CITY, content),
        "kept_for": KEPT_FOR,
        "update": incoming.update_id,
    }
    async with city_transaction(pool, NO_CITY) as connection:
        cursor = await connection.execute(KEEP, values, prepare=True)
        return await cursor.fetchone() is not None


async def mark_answered(pool: Pool, incoming: Incoming) -> None:
    """The answer went out: the same update again is nothing any more."""
    async with city_transaction(pool, NO_CITY) as connection:
        await connection.execute(ANSWERED, {"city": NO_CITY, "update": incoming.update_id}, prepare=True)

"""A finished draft is filed as any other report is, and the chat follows it."""

from __future__ import annotations

from typing import LiteralString

import psycopg

from city_config import City
from city_config.texts import EventKind
from nagara.database import Pool, city_transaction, read_in_city
from nagara.errors import InvalidPhoto
from nagara.filing.desk import file_request
from nagara.filing.handed_in import Filing
from nagara.filing.intake import Filed
from nagara.ids import resident_token, uuid7
from nagara.notifications.private_links import UNFILLED
from nagara.notifications.wording import Happening, for_resident
from nagara.photos import keeping
from nagara.photos.checking import Prepared
from nagara.photos.darkroom import Darkroom
from nagara.residents.contact_digests import keyed_digest
from nagara.residents.following import MOVES
from nagara.sealing import seal
from nagara.settings import settings
from nagara.telegram_reports.bot_api import BotApi
from nagara.telegram_reports.drafts import Draft, chat_digest
from nagara.telegram_reports.saying import Speech
from nagara.telegram_reports.updates import Incoming

CHANNEL = "telegram"
FILED: EventKind = "filed"

FOLLOW: LiteralString = """
insert into subscription (city_id, id, kind, request_id, channel, sealed, digest, language, moves, own, services,
                          frequency, created_at, confirmed_at)
values (%(city)s, %(id)s, 'request', %(request)s, 'telegram', %(sealed)s, %(digest)s, %(language)s, %(moves)s, true,
        '{}', 'at_once', clock_timestamp(), clock_timestamp())
on conflict do nothing
"""
FOLLOWED: LiteralString = """
select r.id, r.status, r.service_code, r.link_generation from request r
  join subscription s on s.city_id = r.city_id and s.request_id = r.id
 where r.city_id = %(city)s and r.reference = %(reference)s and s.channel = 'telegram' and s.digest = %(digest)s
"""
UNFOLLOW: LiteralString = """
with gone as (
    delete from subscription s using request r
     where s.city_id = %(city)s and s.channel = 'telegram' and s.digest = %(digest)s
       and r.city_id = s.city_id and r.id = s.request_id and r.reference = %(reference)s
    returning s.id)
update notification set failed_at = clock_timestamp(), next_attempt_at = null, last_error = 'unsubscribed'
 where city_id = %(city)s and audience in (select 'subscription:' || id from gone)
   and sent_at is null and failed_at is null
"""


async def pictures(
    api: BotApi, darkroom: Darkroom, city: City, draft: Draft
) -> tuple[list[Prepared], tuple[str, ...]]:
    """A draft's pictures, prepared as every upload is, and the file ids of those that can be used."""
    prepared: list[Prepared] = []
    usable: list[str] = []
    for file_id in draft.photos:
        try:
            one = await darkroom.develop(await api.picture(file_id), city.zone)
        except InvalidPhoto:
            continue
        if one.sha256 not in {other.sha256 for other in prepared}:
            prepared.append(one)
        usable.append(file_id)
    return prepared, tuple(usable)


async def file(
    pool: Pool,
    darkroom: Darkroom,
    city: City,
    draft: Draft,
    developed: list[Prepared],
    incoming: Incoming,
    language: str,
) -> Filed:
    """File it, once however often it is asked: the key is made of chat and draft. Raises what the intake raises."""
    secret = settings().secret
    media = [await keeping.keep(pool, darkroom.store, city, one) for one in developed]
    lat, lon = draft.place or (None, None)
    filing = Filing(
        service_code=draft.service or "",
        lat=lat,
        lon=lon,
        description=draft.words,
        answers=dict(draft.answers),
        language=language,
        media=tuple(media),
        media_digests=tuple(one.sha256.hex() for one in developed),
        channel=CHANNEL,
        idempotency_key=f"telegram {chat_digest(secret, incoming.chat).hex()[:32]} {draft.id}",
    )
    try:
        filed = await file_request(pool, city, filing, secret)
    except psycopg.OperationalError:
        await pool.check()
        filed = await file_request(pool, city, filing, secret)
    await follow(pool, city, filed.id, incoming.chat, language)
    return filed


async def follow(pool: Pool, city: City, request_id: object, chat: str, language: str) -> None:
    """Tell a chat of its owner's report from now on; that it came in was answered already."""
    values = {
        "city": city.id,
        "id": uuid7(),
        "request": request_id,
        "sealed": seal(settings().secret, city.id, {"chat": chat}),
        "digest": _digest(city, chat),
        "language": language,
        "moves": [move for move in MOVES if move != FILED],
    }
    async with city_transaction(pool, city.id) as connection:
        await connection.execute(FOLLOW, values, prepare=True)


def answer(speech: Speech, city: City, filed: Filed) -> str:
    """Reference, who has it, the promise, and the private page: the words of every resident's first notice."""
    happening = Happening(
        city.id, FILED, {}, filed.reference, filed.service_code, filed.department, filed.times.resolve_by,
        filed.times.standard, speech.messages.language, speech.now,
    )  # fmt: skip
    notice = for_resident(speech.known, happening, settings().public_url, private=True)
    token = resident_token(settings().secret, city.id, filed.id, filed.link_generation)
    if notice is None:
        return filed.reference
    return f"{notice.subject}\n\n{notice.body}".replace(UNFILLED, f"?token={token}")


async def status(pool: Pool, speech: Speech, city: City, reference: str, chat: str) -> str | None:
    """How one's own report stands, with its private page; None for everybody else's and none at all."""
    values = {"city": city.id, "reference": reference, "digest": _digest(city, chat)}
    [rows] = await read_in_city(pool, city.id, (FOLLOWED, values))
    if not rows:
        return None
    request_id, stands, service_code, generation = rows[0]
    token = resident_token(settings().secret, city.id, request_id, generation)
    service = city.services_by_code.get(service_code)
    named = speech.named(city, service.names) if service else service_code
    said = {str(name): text for name, text in speech.messages.statuses.items()}.get(stands, stands)
    page = f"{settings().public_url.rstrip('/')}/#/track/{reference}?token={token}"
    return f"{reference}: {said}\n{named}\n{page}"


async def unfollow(pool: Pool, city: City, reference: str, chat: str) -> None:
    """Tell a chat of a report no more, nor what waits to be sent; without one nothing changes."""
    values = {"city": city.id, "reference": reference, "digest": _digest(city, chat)}
    async with city_transaction(pool, city.id) as connection:
        await connection.execute(UNFOLLOW, values, prepare=True)


def _digest(city: City, chat: str) -> bytes:
    return keyed_digest(settings().secret, city.id, "telegram", chat)

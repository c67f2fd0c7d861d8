"""Linking a chat with the bot to an account, by a link of one use. The caller owns the transaction."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col, func, select

from city_config import City
from nagara.accounts import Account
from nagara.cities import configuration
from nagara.errors import InvalidInput
from nagara.notifications.audiences import STAFF_PREFIX
from nagara.notifications.channels.telegram import chat_link
from nagara.notifications.keeping import KEEP_MESSAGE, message_values, session_writer
from nagara.notifications.wording import Notice
from nagara.residents.contact_digests import keyed_digest
from nagara.sealing import seal
from nagara.settings import settings
from nagara.tables import TelegramChat, TelegramLink

LINK_VALID = dt.timedelta(minutes=15)
START = re.compile(r"/start ([a-z]{2}-[a-z0-9-]{1,20})_([A-Za-z0-9_-]{20,50})")
"""What Telegram sends when somebody opens the link: at most 64 characters, letters, digits, _ and -."""

GREETED_FOR = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Started:
    """Somebody opened a link: which city's, with which secret, in which chat."""

    city_id: str
    secret: str
    chat: str


def new_link(session: Session, city: City, account: Account) -> str:
    """The address that links a chat to an account, for one use within fifteen minutes. Raises ``InvalidInput``."""
    secret = secrets.token_urlsafe(24)
    address = chat_link(f"{city.id}_{secret}")
    if address is None:
        raise InvalidInput("No Telegram bot is set up here.", field="telegram", allowed="inbox, email")
    now: dt.datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    row = TelegramLink(
        city_id=city.id,
        digest=_digest(city.id, secret),
        username=account.username,
        expires_at=now + LINK_VALID,
    )
    session.add(row)
    session.flush()
    return address


def unlink(session: Session, city: City, account: Account) -> None:
    """Send nothing to the chat any more; without one nothing changes."""
    row = session.get(TelegramChat, (city.id, account.username))
    if row is not None:
        session.delete(row)


def started(update: Mapping[str, Any]) -> Started | None:
    """Whether an update is somebody opening a link, in a chat with the bot alone; everything else is passed over."""
    message = update.get("message")
    chat = message.get("chat") if isinstance(message, dict) else None
    if not isinstance(chat, dict) or chat.get("type") != "private" or not isinstance(chat.get("id"), int):
        return None
    found = START.fullmatch(str(message.get("text", ""))[:200]) if isinstance(message, dict) else None
    if found is None or found[1] not in configuration().cities:
        return None
    return Started(found[1], found[2], str(chat["id"]))


def link(session: Session, opened: Started) -> bool:
    """Link the chat, and greet it; whether the link still held. The same update again finds it used."""
    now: dt.datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    digest = _digest(opened.city_id, opened.secret)
    used = session.execute(
        delete(TelegramLink)
        .where(
            col(TelegramLink.city_id) == opened.city_id,
            col(TelegramLink.digest) == digest,
            col(TelegramLink.expires_at) > now,
        )
        .returning(col(TelegramLink.username))
    ).scalar_one_or_none()
    if used is None:
        return False
    secret, recipient = settings().secret, {"chat": opened.chat}
    session.merge(
        TelegramChat(
            city_id=opened.city_id,
            username=used,
            sealed_chat=seal(secret, opened.city_id, recipient),
            digest=keyed_digest(secret, opened.city_id, "telegram", opened.chat),
            linked_at=now,
        )
    )
    city = configuration().cities[opened.city_id]
    greeting = Notice(city.languages[0], f"{city.name_in(city.names, city.languages[0])} ✓", "")
    audience = f"{STAFF_PREFIX}{used}"
    values = message_values(city.id, audience, "telegram", recipient, greeting, GREETED_FOR)
    session_writer(session).execute(KEEP_MESSAGE, values)
    return True


def _digest(city_id: str, secret: str) -> bytes:
    return keyed_digest(settings().secret, city_id, "telegram link", secret)

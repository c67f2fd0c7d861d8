"""A city's endpoints for other systems, as its administrators see and change them. The caller owns the transaction."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, text
from sqlmodel import Session, col, select

from nagara.accounts import Account
from nagara.errors import InvalidInput, UnknownWebhook
from nagara.event_log import EventKind
from nagara.ids import uuid7
from nagara.notifications.audiences import WEBHOOK_PREFIX
from nagara.notifications.channels.webhook import new_webhook_secret
from nagara.notifications.endpoints import TEST_TYPE, WEBHOOK, envelope
from nagara.notifications.keeping import KEEP_MESSAGE, message_values, session_writer
from nagara.notifications.wording import Notice
from nagara.outgoing import AddressNotAllowed, check_url
from nagara.sealing import seal
from nagara.settings import settings
from nagara.tables import WebhookAttempt, WebhookEndpoint

EVENTS: tuple[str, ...] = tuple(EventKind)
"""What an endpoint can be told of."""

MOST_OF_A_CITY = 50
BOTH_SECRETS_FOR = dt.timedelta(hours=24)
"""After a change of secret both sign, so that a receiver can change over without missing a call."""

TEST_WORTH_FOR = dt.timedelta(hours=1)
STOP = """
update notification set failed_at = clock_timestamp(), next_attempt_at = null, last_error = 'endpoint ended'
 where city_id = :city_id and audience = :audience and sent_at is null and failed_at is null
"""
AGAIN = """
update notification set sent_at = null, failed_at = null, next_attempt_at = clock_timestamp(),
       resent_at = clock_timestamp()
 where city_id = :city_id and request_id = :request_id and seq = :seq and audience = :audience
   and channel = 'webhook'
returning 1
"""


def endpoints(session: Session, city_id: str) -> Sequence[WebhookEndpoint]:
    """All endpoints of a city, the oldest first."""
    query = select(WebhookEndpoint).where(col(WebhookEndpoint.city_id) == city_id)
    return session.exec(query.order_by(col(WebhookEndpoint.created_at), col(WebhookEndpoint.id))).all()


def register(
    session: Session, city_id: str, actor: Account, label: str, url: str, events: Sequence[str] | None
) -> tuple[WebhookEndpoint, str]:
    """A new endpoint and its secret, which is seen this once. Raises ``InvalidInput``."""
    _check(url, events)
    if len(endpoints(session, city_id)) >= MOST_OF_A_CITY:
        raise InvalidInput(
            "The city has too many endpoints; remove one first.", field="url", allowed=str(MOST_OF_A_CITY)
        )
    secret = new_webhook_secret()
    row = WebhookEndpoint(
        city_id=city_id,
        id=uuid7(),
        label=label,
        url=url,
        events=sorted(set(events)) if events is not None else None,
        sealed_secret=seal(settings().secret, city_id, {"secret": secret}),
        created_at=_now(session),
        created_by=actor.username,
    )
    session.add(row)
    session.flush()
    return row, secret


def endpoint(session: Session, city_id: str, id_: uuid.UUID) -> WebhookEndpoint:
    """One of a city's endpoints; raise ``UnknownWebhook`` where it has none of this id."""
    row = session.get(WebhookEndpoint, (city_id, id_))
    if row is None:
        raise UnknownWebhook("There is no endpoint of this id.", field="id")
    return row


def change(session: Session, city_id: str, id_: uuid.UUID, changes: Mapping[str, Any]) -> WebhookEndpoint:
    """Change label, address, kinds, or switch it on or off. Raises ``InvalidInput``, ``UnknownWebhook``."""
    row = endpoint(session, city_id, id_)
    _check(changes.get("url", row.url), changes.get("events", row.events))
    for name, value in changes.items():
        setattr(row, name, value)
    if changes.get("active"):
        row.ended_because = None
    return row


def remove(session: Session, city_id: str, id_: uuid.UUID) -> None:
    """End an endpoint; what was not sent yet is not sent, and its log goes."""
    session.delete(endpoint(session, city_id, id_))
    session.execute(text(STOP), {"city_id": city_id, "audience": f"{WEBHOOK_PREFIX}{id_}"})


def change_secret(session: Session, city_id: str, id_: uuid.UUID) -> tuple[WebhookEndpoint, str]:
    """A new secret, seen this once; the one before signs too for ``BOTH_SECRETS_FOR``."""
    row, secret = endpoint(session, city_id, id_), new_webhook_secret()
    row.sealed_previous, row.previous_until = row.sealed_secret, _now(session) + BOTH_SECRETS_FOR
    row.sealed_secret = seal(settings().secret, city_id, {"secret": secret})
    return row, secret


def send_test(session: Session, city_id: str, id_: uuid.UUID) -> None:
    """Lay down a call that says nothing but that it is a test."""
    row, now = endpoint(session, city_id, id_), _now(session)
    body = envelope(city_id, str(uuid7()), TEST_TYPE, now, None, {"city": city_id, "label": row.label})
    notice = Notice("en", TEST_TYPE, body)
    values = message_values(
        city_id, f"{WEBHOOK_PREFIX}{id_}", WEBHOOK, {"endpoint": str(id_)}, notice, TEST_WORTH_FOR
    )
    session_writer(session).execute(KEEP_MESSAGE, values)


def attempts(session: Session, city_id: str, id_: uuid.UUID, limit: int) -> Sequence[WebhookAttempt]:
    """The newest calls of an endpoint and what they came to."""
    endpoint(session, city_id, id_)
    query = select(WebhookAttempt).where(
        col(WebhookAttempt.city_id) == city_id, col(WebhookAttempt.endpoint_id) == id_
    )
    return session.exec(query.order_by(col(WebhookAttempt.at).desc()).limit(limit)).all()


def redeliver(session: Session, city_id: str, id_: uuid.UUID, webhook_id: str) -> None:
    """Send once more what was sent under an id, under the same id. Raises ``UnknownWebhook``."""
    endpoint(session, city_id, id_)
    query = select(WebhookAttempt).where(
        col(WebhookAttempt.city_id) == city_id,
        col(WebhookAttempt.endpoint_id) == id_,
        col(WebhookAttempt.webhook_id) == webhook_id,
        col(WebhookAttempt.request_id).is_not(None),
    )
    found = session.exec(query.limit(1)).first()
    named = {"city_id": city_id, "audience": f"{WEBHOOK_PREFIX}{id_}"}
    if (
        found is None
        or not session.execute(
            text(AGAIN), named | {"request_id": found.request_id, "seq": found.seq}
        ).scalar()
    ):
        raise UnknownWebhook("Nothing was sent to this endpoint under this id.", field="webhook_id")


def _check(url: str, events: Sequence[str] | None) -> None:
    try:
        check_url(url, loopback=settings().demo)
    except AddressNotAllowed as error:
        raise InvalidInput(
            f"The address {error}.", field="url", allowed="https, a public host, no port, name or password"
        ) from error
    unknown = [kind for kind in events or () if kind not in EVENTS]
    if unknown or events == []:
        named = unknown[0][:40] if unknown else ""
        raise InvalidInput(f"{named!r} is nothing that happens.", field="events", allowed=EVENTS)


def _now(session: Session) -> dt.datetime:
    now: dt.datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    return now

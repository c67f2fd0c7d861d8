"""Who wants to be told, of a request or an area: asked for, confirmed by whoever owns the contact, changed, ended.

An e-mail address or a number is only told anything after a code, or the link in the same message, came back from
it (double opt-in). A browser that subscribes is its own proof. Contacts are sealed as those of residents are, and
found again by their digest. Nobody learns here whether a contact follows something already.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from cryptography.fernet import InvalidToken
from sqlalchemy import text
from sqlmodel import Session, col, select

from city_config import City
from city_config.texts import EventKind
from nagara.cities import configuration, service_of
from nagara.errors import InvalidInput, SignInFailed, UnknownDistrict, UnknownRequest, UnknownSubscription
from nagara.ids import uuid7
from nagara.notifications.audiences import (
    JOINED_PREFIX,
    Managed,
    confirm_page,
    management_key,
    subscription_audience,
)
from nagara.notifications.channels import CHANNELS
from nagara.notifications.channels.email import is_address
from nagara.notifications.channels.push import check_subscription
from nagara.notifications.contacts import send_code
from nagara.notifications.keeping import session_writer
from nagara.notifications.quiet import Quiet, clock_span
from nagara.places.finding import locate_in
from nagara.public.publication import Standing, is_public
from nagara.residents.codes import code_holds
from nagara.residents.contact_digests import contact_digest, keyed_digest, normal_phone
from nagara.residents.how_often import Frequency, rest, set_frequency
from nagara.residents.link import opens
from nagara.sealing import box_for, seal
from nagara.settings import settings
from nagara.tables import Request, Subscription

MOVES: tuple[str, ...] = get_args(EventKind)
"""The moves people can be told of."""

MOST_OF_ONE_CONTACT = 200
"""Subscriptions a contact can have in a city; beyond, somebody plays."""

Channel = Literal["email", "sms", "push"]

KEEP = """
insert into subscription (city_id, id, kind, request_id, channel, sealed, digest, language, moves, own, district,
                          lat, lon, metres, services, frequency, created_at, confirmed_at)
values (:city_id, :id, :kind, :request_id, :channel, :sealed, :digest, :language, :moves, :own, :district,
        :lat, :lon, :metres, :services, :frequency, :now, :confirmed_at)
on conflict (city_id, request_id, channel, digest) where request_id is not null do update
   set digest = excluded.digest,
       language = case when subscription.confirmed_at is null then excluded.language else subscription.language end,
       moves = case when subscription.confirmed_at is null then excluded.moves else subscription.moves end,
       frequency = case when subscription.confirmed_at is null then excluded.frequency
                        else subscription.frequency end
returning id
"""
NO_MORE_NOTICES = """
update notification set failed_at = clock_timestamp(), next_attempt_at = null, last_error = 'unsubscribed'
 where city_id = :city_id and sent_at is null and failed_at is null
   and (audience = :audience or request_id = :request_id and audience like :joined)
"""


@dataclass(frozen=True, slots=True)
class Recipient:
    """A channel and what a message is sent to over it, with the digest by which it is found again."""

    channel: Channel
    values: Mapping[str, str]
    digest: bytes


@dataclass(frozen=True, slots=True)
class Area:
    """A district, or what lies within metres of a point; of all services or of some."""

    district: str | None = None
    lat: float | None = None
    lon: float | None = None
    metres: int | None = None
    services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """How somebody wants to be told: in which language, of which moves (None: all), how often."""

    language: str | None = None
    moves: tuple[str, ...] | None = None
    frequency: Frequency = "at_once"


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A subscription: at work at once with its management key, or waiting for a code.

    The handle is for entering the code. It is new each time, and opens here alone: the subscription's own id would
    be the same for a contact that follows already, and tell when that began.
    """

    handle: str
    key: str | None


def recipient_of(
    city: City,
    channel: Channel,
    email: str | None = None,
    phone: str | None = None,
    push: Mapping[str, str] | None = None,
) -> Recipient:
    """The recipient for a channel; raise ``InvalidInput`` naming the part that is missing or wrong."""
    secret = settings().secret
    if channel == "push":
        given = {name: (push or {}).get(name, "") for name in ("endpoint", "p256dh", "auth")}
        try:
            check_subscription(**given)
        except ValueError as error:
            raise InvalidInput(f"This is no subscription of a browser: {error}.", field="push") from error
        return Recipient(channel, given, keyed_digest(secret, city.id, "push", given["endpoint"]))
    if not CHANNELS[channel].ready():
        ready = [name for name, way in CHANNELS.items() if way.ready()]
        raise InvalidInput(f"No {channel} can be sent from here.", field="channel", allowed=ready)
    kind: Literal["email", "phone"] = "email" if channel == "email" else "phone"
    value = (email if channel == "email" else phone) or ""
    normal = value.strip() if channel == "email" else normal_phone(value, city.country)
    digest = contact_digest(secret, city, kind, value)
    if not normal or digest is None or (channel == "email" and not is_address(normal)):
        allowed = "one e-mail address" if channel == "email" else "a telephone number, +855 12 345 678"
        raise InvalidInput(f"{kind} is missing or not usable.", field=kind, allowed=allowed)
    return Recipient(channel, {kind: normal}, digest)


def follow(
    session: Session,
    city: City,
    reference: str,
    recipient: Recipient,
    wish: Wish,
    token: str | None,
    now: dt.datetime,
) -> Subscribed:
    """Follow a request: one the public may see, or one's own by its private link. Raises ``UnknownRequest``."""
    query = select(Request).where(col(Request.city_id) == city.id, col(Request.reference) == reference)
    row = session.exec(query).first()
    own = row is not None and opens(token, settings().secret, city.id, row.id, row.link_generation)
    if row is None or not (own or is_public(city, _standing(row), now)):
        raise UnknownRequest(f"There is no request {reference!r}.", field="reference")
    check_moves(wish.moves)
    values = {"kind": "request", "request_id": row.id, "own": own, "frequency": wish.frequency}
    return _keep(session, city, recipient, wish, values, now)


def watch(
    session: Session, city: City, area: Area, recipient: Recipient, wish: Wish, now: dt.datetime
) -> Subscribed:
    """Watch an area. Raises ``UnknownDistrict``, ``UnknownService`` or what a position outside the city raises."""
    if area.district is not None:
        if area.district not in city.district_names:
            raise UnknownDistrict(
                f"There is no district {area.district[:40]!r}.", field="district", allowed=city.district_names
            )
    elif area.lat is None or area.lon is None or area.metres is None:
        raise InvalidInput(
            "Say which area: a district, or lat, lon and metres.",
            field="district",
            allowed=city.district_names,
        )
    else:
        locate_in(city, area.lat, area.lon, configuration(), now.astimezone(city.zone).date())
    for code in area.services:
        service_of(city, code)
    values: dict[str, Any] = {
        "kind": "area",
        "request_id": None,
        "own": False,
        "district": area.district,
        "services": list(area.services),
        "frequency": wish.frequency,
    }
    if area.district is None:
        values |= {"lat": area.lat, "lon": area.lon, "metres": area.metres}
    return _keep(session, city, recipient, wish, values, now)


def confirm(session: Session, city_id: str, handle: str, code: str, now: dt.datetime) -> str | None:
    """Confirm a subscription by its code; its management key, or None for a wrong code. Commit in either case."""
    id_ = _of_handle(city_id, handle)
    if id_ is None:
        return None
    row = session.get(Subscription, (city_id, id_))
    digest = row.digest if row is not None else bytes(32)
    right = code_holds(session, settings().secret, city_id, f"follow:{id_}", digest, code)
    if row is None or not right:
        return None
    row.confirmed_at = row.confirmed_at or now
    return management_key(city_id, "f", id_)


def confirm_by_key(session: Session, managed: Managed, now: dt.datetime) -> None:
    """Confirm a subscription by the link that was sent to its contact. Raises ``UnknownSubscription``."""
    row = subscription(session, managed)
    row.confirmed_at = row.confirmed_at or now


def change(
    session: Session,
    city: City,
    managed: Managed,
    *,
    moves: Sequence[str] | None,
    services: Sequence[str] | None,
    frequency: Frequency | None,
    quiet: Quiet | None = None,
) -> None:
    """Change what a subscription tells of; ``moves`` None: of all. Raises ``UnknownSubscription``.

    ``quiet``: when nothing is sent, on the city's clocks; one that is empty ends them, None leaves them.
    """
    row = subscription(session, managed)
    check_moves(moves)
    row.moves = list(moves) if moves is not None else None
    rest(row, quiet)
    if row.kind == "area":
        for code in services or ():
            service_of(city, code)
        row.services = list(services) if services is not None else row.services
    set_frequency(session, row, frequency, audiences_of(row))


def audiences_of(row: Subscription) -> tuple[str, ...]:
    """Patterns of the audiences of a subscription: itself, and as a way to be told of a report that was joined."""
    return subscription_audience(row.id), f"{JOINED_PREFIX}%:{row.id}"


def end(session: Session, managed: Managed) -> None:
    """End it at once; what was not sent yet is not sent. To end it twice is as good as once."""
    row = session.get(Subscription, (managed.city_id, managed.id))
    if row is None:
        return
    session.delete(row)
    audience, joined = audiences_of(row)
    values = {"audience": audience, "joined": joined, "request_id": row.request_id}
    session.execute(text(NO_MORE_NOTICES), values | {"city_id": managed.city_id})


def subscription(session: Session, managed: Managed) -> Subscription:
    """The subscription of a management key; raise ``UnknownSubscription`` where it has ended."""
    row = session.get(Subscription, (managed.city_id, managed.id))
    if row is None or managed.kind != "f":
        raise UnknownSubscription("This has ended already.", field="key")
    return row


def shown(session: Session, row: Subscription) -> dict[str, Any]:
    """A subscription as its owner sees it; the contact is not repeated."""
    request = session.get(Request, (row.city_id, row.request_id)) if row.request_id else None
    position = {"lat": row.lat, "lon": row.lon} if row.lat is not None else None
    return {
        "kind": row.kind,
        "city": row.city_id,
        "channel": row.channel,
        "confirmed": row.confirmed_at is not None,
        "reference": request.reference if request else None,
        "district": row.district,
        "position": position,
        "metres": row.metres,
        "services": row.services,
        "moves": row.moves,
        "references": [],
        "frequency": row.frequency,
        "quiet": clock_span(row.quiet_begins, row.quiet_ends),
        "channels": None,
    }


def wrong_code() -> SignInFailed:
    """The one refusal of codes: it does not say which part was wrong."""
    return SignInFailed(
        "This code is wrong, was used already, or is too old. Ask for a new one.",
        field="code",
        allowed="the six digits of the newest message",
    )


def _keep(
    session: Session,
    city: City,
    recipient: Recipient,
    wish: Wish,
    values: Mapping[str, Any],
    now: dt.datetime,
) -> Subscribed:
    at_once = recipient.channel == "push"
    _check_number(session, city, recipient)
    empty: dict[str, Any] = {"district": None, "lat": None, "lon": None, "metres": None, "services": []}
    moves = list(wish.moves) if wish.moves is not None else None
    id_: uuid.UUID = session.execute(
        text(KEEP),
        empty
        | {
            "city_id": city.id,
            "id": uuid7(),
            "channel": recipient.channel,
            "sealed": seal(settings().secret, city.id, recipient.values),
            "digest": recipient.digest,
            "language": wish.language,
            "moves": moves,
            "now": now,
            "confirmed_at": now if at_once else None,
        }
        | dict(values),
    ).scalar_one()
    if at_once:
        return Subscribed(_handle(city.id, id_), management_key(city.id, "f", id_))
    send_code(
        session_writer(session),
        city,
        f"follow:{id_}",
        recipient.channel,
        recipient.values,
        language=wish.language,
        link=confirm_page(city.id, "f", id_),
    )
    return Subscribed(_handle(city.id, id_), None)


def _handle(city_id: str, id_: uuid.UUID) -> str:
    """The id sealed with a new nonce: two handles of one subscription have nothing in common."""
    return box_for(settings().secret, f"handles of {city_id}").encrypt(id_.bytes).decode()


def _of_handle(city_id: str, handle: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(bytes=box_for(settings().secret, f"handles of {city_id}").decrypt(handle.encode()))
    except InvalidToken:
        return None


def _check_number(session: Session, city: City, recipient: Recipient) -> None:
    count = "select count(*) from subscription where city_id = :city_id and digest = :digest"
    kept = session.execute(text(count), {"city_id": city.id, "digest": recipient.digest}).scalar_one()
    if kept >= MOST_OF_ONE_CONTACT:
        raise InvalidInput(
            "This contact follows too much already.",
            field="channel",
            allowed=f"at most {MOST_OF_ONE_CONTACT}",
        )


def check_moves(moves: Sequence[str] | None) -> None:
    """Refuse names that are no move."""
    wrong = [move for move in moves or () if move not in MOVES]
    if wrong:
        raise InvalidInput(f"{wrong[0][:40]!r} is not a move.", field="moves", allowed=MOVES)


def _standing(row: Request) -> Standing:
    return Standing(row.service_code, row.confidential, row.public, row.received_at)

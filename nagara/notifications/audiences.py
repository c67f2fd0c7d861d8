"""Who a message is for, as it stands in the tables, and the secret address by which they can end it.

A management key, ``kh-pnh.f<id>.<forty digits>``, is only ever sent to the contact it is about: whoever has it
showed that the contact is theirs. Its kind: ``f`` a subscription, ``c`` the contact a request was filed with, ``d``
all that one contact is told of by one message a day or week; its id is then the beginning of the contact's digest.
"""

from __future__ import annotations

import hmac
import uuid
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, get_args

from nagara.settings import settings

RESIDENT = "resident"
JOINED_PREFIX = "resident:"
STAFF_PREFIX = "staff:"
SUBSCRIPTION_PREFIX = "subscription:"
POST_PREFIX = "post:"
WEBHOOK_PREFIX = "webhook:"
PERSON_PREFIX = "person:"
"""Of a digest: everything one contact is told of so; the beginning of the contact's digest follows."""

CONTACT_PREFIX = "contact:"
"""Of a code: nobody subscribed to it, and nothing can be ended."""

Kind = Literal["f", "c", "d"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Managed:
    """What a management key is for."""

    city_id: str
    kind: Kind
    id: uuid.UUID


def joined_audience(seq: int, way: str | None = None) -> str:
    """The resident as somebody who joined another request, told of that one's event of this number.

    ``way``: the id of a further way they chose to be told of their own report.
    """
    return f"{JOINED_PREFIX}{seq}" if way is None else f"{JOINED_PREFIX}{seq}:{way}"


def is_own_contact(audience: str) -> bool:
    """Whether an audience is the contact a request was filed with, and no further way nor anybody else."""
    return audience == RESIDENT or (audience.startswith(JOINED_PREFIX) and audience.count(":") == 1)


def further_way_of(audience: str) -> uuid.UUID | None:
    """The further way somebody chose for their own report, told of the one they joined; None: another audience."""
    _, _, way = audience.removeprefix(JOINED_PREFIX).partition(":")
    return uuid.UUID(way) if audience.startswith(JOINED_PREFIX) and way else None


def subscription_audience(id_: uuid.UUID) -> str:
    """The audience of one subscription."""
    return f"{SUBSCRIPTION_PREFIX}{id_}"


def subscription_of(audience: str) -> uuid.UUID | None:
    """The subscription an audience is, if it is one."""
    if not audience.startswith(SUBSCRIPTION_PREFIX):
        return None
    return uuid.UUID(audience.removeprefix(SUBSCRIPTION_PREFIX))


def person_of(digest: bytes) -> uuid.UUID:
    """Who owns a contact, by the beginning of its digest."""
    return uuid.UUID(bytes=digest[:16])


def person_audience(person: uuid.UUID) -> str:
    """The audience of one person's digest."""
    return f"{PERSON_PREFIX}{person}"


def digests_of_person(person: uuid.UUID) -> tuple[bytes, bytes]:
    """The lowest and the highest digest of a contact that can be this person's."""
    return person.bytes + bytes(16), person.bytes + b"\xff" * 16


def management_key(city_id: str, kind: Kind, id_: uuid.UUID) -> str:
    """The key for a subscription, or for the notices of a request."""
    content = f"manage:{city_id}:{kind}:{id_}".encode()
    proof = hmac.new(settings().secret, content, sha256).hexdigest()[:40]
    return f"{city_id}.{kind}{id_.hex}.{proof}"


def read_management_key(key: str) -> Managed | None:
    """What a key is for; None for one that we did not make."""
    city_id, _, rest = key.partition(".")
    named, _, _ = rest.partition(".")
    kind = next((one for one in KINDS if named.startswith(one)), None)
    if kind is None:
        return None
    try:
        id_ = uuid.UUID(hex=named[1:])
    except ValueError:
        return None
    if not hmac.compare_digest(key.encode(), management_key(city_id, kind, id_).encode()):
        return None
    return Managed(city_id, kind, id_)


def stop_page(city_id: str, kind: Kind, id_: uuid.UUID) -> str:
    """The page on which somebody changes or ends what they are sent."""
    return f"{settings().public_url.rstrip('/')}/#/follow/manage/{management_key(city_id, kind, id_)}"


def confirm_page(city_id: str, kind: Kind, id_: uuid.UUID) -> str:
    """The page that confirms a contact by being opened; only ever sent to that contact."""
    return f"{settings().public_url.rstrip('/')}/#/follow/confirm/{management_key(city_id, kind, id_)}"


def unsubscribe_address(city_id: str, audience: str, request_id: uuid.UUID) -> str | None:
    """Where a mail program ends such messages with one call (RFC 8058); None: staff and codes."""
    subscription = subscription_of(audience) or further_way_of(audience)
    if subscription is not None:
        key = management_key(city_id, "f", subscription)
    elif audience == RESIDENT or audience.startswith(JOINED_PREFIX):
        key = management_key(city_id, "c", request_id)
    elif audience.startswith(PERSON_PREFIX):
        key = management_key(city_id, "d", uuid.UUID(audience.removeprefix(PERSON_PREFIX)))
    else:
        return None
    return f"{settings().public_url.rstrip('/')}/api/v1/subscriptions/{key}/unsubscribe"

"""How whoever filed a request is told of it: over which channels, of which moves, and whether the contact is theirs.

Where the city wants contacts confirmed, a report is taken and worked on as any other; only its notices wait until
the code that was sent to the contact came back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import text
from sqlmodel import Session, col, select

from city_config import City
from nagara.errors import InvalidInput, UnknownRequest, UnknownSubscription
from nagara.notifications.audiences import JOINED_PREFIX, RESIDENT, Managed
from nagara.notifications.channels.telegram import chat_link
from nagara.notifications.contacts import ask_to_confirm, confirmation_channel, usable_recipients
from nagara.notifications.keeping import session_writer
from nagara.notifications.quiet import Quiet, clock_span
from nagara.residents.codes import code_holds
from nagara.residents.contact_digests import contact_digest
from nagara.residents.following import MOVES, check_moves
from nagara.residents.how_often import Frequency, rest, set_frequency
from nagara.residents.link import opens
from nagara.sealing import unseal
from nagara.settings import settings
from nagara.tables import Contact, Request, Subscription

RELEASE = """
update notification set next_attempt_at = clock_timestamp()
 where city_id = :city_id and request_id = any(:requests) and split_part(audience, ':', 1) = 'resident'
   and next_attempt_at = 'infinity' and sent_at is null
"""
STOP_WAITING = """
update notification set failed_at = clock_timestamp(), next_attempt_at = null, last_error = 'unsubscribed'
 where city_id = :city_id and request_id = :request_id and split_part(audience, ':', 1) = 'resident'
   and sent_at is null and failed_at is null
"""

Channel = Literal["email", "sms"]
OWN_AUDIENCES = (RESIDENT, f"{JOINED_PREFIX}%")
"""The contact a request was filed with, told of it and of the one it was joined to."""


def own_request(session: Session, city: City, reference: str, token: str) -> Request:
    """The request of whoever holds its private link; raise ``UnknownRequest`` for anybody else."""
    query = select(Request).where(col(Request.city_id) == city.id, col(Request.reference) == reference)
    row = session.exec(query).first()
    if row is None or not opens(token, settings().secret, city.id, row.id, row.link_generation):
        raise UnknownRequest(f"There is no request {reference!r}.", field="reference")
    return row


def shown(session: Session, city: City, row: Request) -> dict[str, Any]:
    """What can be chosen, what is chosen, and whether a code is waited for."""
    kept = session.get(Contact, (city.id, row.id))
    contact = unseal(settings().secret, city.id, kept.sealed) if kept else None
    possible = usable_recipients(city, contact or {}, ("email", "sms")) or {}
    usual = usable_recipients(city, contact or {}, None) or {}
    wanted = confirmation_channel(city, contact or {})
    chosen = kept.channels if kept and kept.channels is not None else list(usual)
    browsers = select(Subscription.id).where(
        col(Subscription.city_id) == city.id, col(Subscription.request_id) == row.id, col(Subscription.own)
    )
    return {
        "possible": list(possible),
        "channels": [channel for channel in chosen if channel in possible],
        "moves": kept.moves if kept else None,
        "frequency": kept.frequency if kept else "at_once",
        "quiet": clock_span(kept.quiet_begins, kept.quiet_ends) if kept else None,
        "all_moves": list(MOVES),
        "browsers": len(session.exec(browsers).all()),
        "telegram": chat_link("") is not None,
        "confirmed": bool(kept and kept.confirmed_at),
        "confirm_over": wanted if kept and kept.confirmed_at is None else None,
    }


def choose(
    session: Session,
    city: City,
    row: Request,
    channels: Sequence[Channel] | None,
    moves: Sequence[str] | None,
    frequency: Frequency | None = None,
    quiet: Quiet | None = None,
) -> None:
    """Set channels (None: the usual one, empty: none) and moves (None: all). Raises ``InvalidInput``.

    ``frequency`` and ``quiet`` None stay as they are; a question comes at once whatever was chosen.
    """
    kept = session.get(Contact, (city.id, row.id))
    if kept is None:
        raise InvalidInput(
            "This request was filed without a contact; follow it instead.", field="channels", allowed="push"
        )
    check_moves(moves)
    kept.channels = list(channels) if channels is not None else None
    kept.moves = list(moves) if moves is not None else None
    rest(kept, quiet)
    set_frequency(session, kept, frequency, OWN_AUDIENCES)


def end(session: Session, managed: Managed) -> None:
    """No more notices of a request to the contact it was filed with, by a button in a mail program."""
    kept = session.get(Contact, (managed.city_id, managed.id))
    if kept is not None:
        kept.channels = []
    session.execute(text(STOP_WAITING), {"city_id": managed.city_id, "request_id": managed.id})


def ask_again(session: Session, city: City, row: Request) -> bool:
    """Send a new code to the contact a request was filed with; False where none is waited for."""
    kept = session.get(Contact, (city.id, row.id))
    contact = unseal(settings().secret, city.id, kept.sealed) if kept else None
    if kept is None or contact is None or kept.confirmed_at is not None:
        return False
    return ask_to_confirm(session_writer(session), city, row.id, contact, row.language)


def confirm(session: Session, city: City, row: Request, code: str) -> bool:
    """Whether the code was right: then the contact counts as the resident's, and what waited goes out.

    The caller commits in either case: a wrong code has cost a try.
    """
    kept = session.get(Contact, (city.id, row.id))
    contact = unseal(settings().secret, city.id, kept.sealed) if kept else None
    if kept is None or contact is None:
        return False
    if kept.confirmed_at is not None:
        return True
    over = confirmation_channel(city, contact)
    kind: Literal["email", "phone"] = "phone" if over == "sms" else "email"
    secret = settings().secret
    digest = contact_digest(secret, city, kind, contact.get(kind, "")) or bytes(32)
    if not code_holds(session, secret, city.id, f"confirm:{row.id}", digest, code):
        return False
    confirm_contacts(session, city, kind, digest)
    return True


def confirm_by_key(session: Session, city: City, managed: Managed) -> None:
    """Confirm by the link that was sent to the contact. Raises ``UnknownSubscription`` where it has gone."""
    kept = session.get(Contact, (managed.city_id, managed.id))
    contact = unseal(settings().secret, city.id, kept.sealed) if kept else None
    if kept is None or contact is None:
        raise UnknownSubscription("This has ended already.", field="key")
    kind: Literal["email", "phone"] = "phone" if confirmation_channel(city, contact) == "sms" else "email"
    digest = contact_digest(settings().secret, city, kind, contact.get(kind, ""))
    if digest is not None:
        confirm_contacts(session, city, kind, digest)
        session.expire_all()


def confirm_contacts(session: Session, city: City, kind: Literal["email", "phone"], digest: bytes) -> None:
    """Everything filed with this contact counts as confirmed, for its owner has just shown that it is theirs."""
    column = "email_digest" if kind == "email" else "phone_digest"
    mark = (
        f"update contact set confirmed_at = clock_timestamp() "  # noqa: S608 - one of two names of columns
        f"where city_id = :city_id and {column} = :digest and confirmed_at is null returning request_id"
    )
    found = session.execute(text(mark), {"city_id": city.id, "digest": digest}).scalars().all()
    if found:
        session.execute(text(RELEASE), {"city_id": city.id, "requests": list(found)})


def shown_by_key(session: Session, city: City, managed: Managed) -> dict[str, Any]:
    """The notices of one's own request as the page of a management key shows them."""
    kept = session.get(Contact, (managed.city_id, managed.id))
    row = session.get(Request, (managed.city_id, managed.id))
    if kept is None or row is None:
        raise UnknownSubscription("This has ended already.", field="key")
    return {
        "kind": "own",
        "city": city.id,
        "channel": None,
        "channels": shown(session, city, row)["channels"],
        "confirmed": kept.confirmed_at is not None,
        "reference": row.reference,
        "district": None,
        "position": None,
        "metres": None,
        "references": [],
        "services": [],
        "moves": kept.moves,
        "frequency": kept.frequency,
        "quiet": clock_span(kept.quiet_begins, kept.quiet_ends),
    }


def change_by_key(
    session: Session,
    city: City,
    managed: Managed,
    moves: Sequence[str] | None,
    frequency: Frequency | None,
    quiet: Quiet | None,
) -> None:
    """The same choices as with the private link, but for channels. Raises ``UnknownSubscription``."""
    kept = session.get(Contact, (managed.city_id, managed.id))
    row = session.get(Request, (managed.city_id, managed.id))
    if kept is None or row is None:
        raise UnknownSubscription("This has ended already.", field="key")
    choose(session, city, row, kept.channels, moves, frequency, quiet)  # type: ignore[arg-type]


def waits_for_confirmation(city: City, unconfirmed: bytes | None) -> bool:
    """Whether the city wants a contact confirmed, this sealed one that is not confirmed yet; for staff to see."""
    if city.contact_confirmation == "none" or unconfirmed is None:
        return False
    contact = unseal(settings().secret, city.id, unconfirmed)
    return contact is not None and confirmation_channel(city, contact) is not None

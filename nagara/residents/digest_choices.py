"""All that one contact is told of by one message a day or week: shown, changed and ended with the key in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, select

from nagara.errors import UnknownSubscription
from nagara.notifications.audiences import Managed, digests_of_person, person_audience
from nagara.notifications.quiet import Quiet, clock_span
from nagara.residents import following, own_notices
from nagara.residents.how_often import Frequency, rest, set_frequency
from nagara.tables import Contact, Request, Subscription

NOT_SENT_ANY_MORE = """
update message set failed_at = clock_timestamp(), next_attempt_at = null, last_error = 'unsubscribed'
 where city_id = :city_id and audience = :audience and sent_at is null and failed_at is null
"""


def shown(session: Session, managed: Managed) -> dict[str, Any]:
    """What somebody is told of so; raise ``UnknownSubscription`` where nothing is left."""
    followed, filed = _all_of(session, managed)
    rows: list[Subscription | Contact] = [*followed, *filed]
    first, ids = rows[0], {row.request_id for row in rows}
    query = select(Request.reference).where(col(Request.city_id) == managed.city_id, col(Request.id).in_(ids))
    return {
        "kind": "digest",
        "city": managed.city_id,
        "channel": followed[0].channel if followed else None,
        "channels": None if followed else filed[0].channels,
        "confirmed": True,
        "reference": None,
        "references": sorted(session.exec(query).all()),
        "district": None,
        "position": None,
        "metres": None,
        "services": [],
        "moves": None,
        "frequency": first.frequency,
        "quiet": clock_span(first.quiet_begins, first.quiet_ends),
    }


def change(session: Session, managed: Managed, frequency: Frequency | None, quiet: Quiet | None) -> None:
    """How often and at which hours not, for all of it."""
    followed, filed = _all_of(session, managed)
    for one in followed:
        rest(one, quiet)
        set_frequency(session, one, frequency, following.audiences_of(one))
    for contact in filed:
        rest(contact, quiet)
        set_frequency(session, contact, frequency, own_notices.OWN_AUDIENCES)


def end(session: Session, managed: Managed) -> None:
    """Tell nothing of it any more, at once. To end it twice is as good as once."""
    followed, filed = _found(session, managed)
    for one in followed:
        following.end(session, Managed(managed.city_id, "f", one.id))
    for contact in filed:
        own_notices.end(session, Managed(managed.city_id, "c", contact.request_id))
    audience = person_audience(managed.id)
    session.execute(text(NOT_SENT_ANY_MORE), {"city_id": managed.city_id, "audience": audience})


def _all_of(session: Session, managed: Managed) -> tuple[Sequence[Subscription], Sequence[Contact]]:
    followed, filed = _found(session, managed)
    if not followed and not filed:
        raise UnknownSubscription("This has ended already.", field="key")
    return followed, filed


def _found(session: Session, managed: Managed) -> tuple[Sequence[Subscription], Sequence[Contact]]:
    """Followed and filed reports that a person, known by the contact's digest, is told of by digest."""
    low, high = digests_of_person(managed.id)
    followed = select(Subscription).where(
        col(Subscription.city_id) == managed.city_id,
        col(Subscription.digest).between(low, high),
        col(Subscription.kind) == "request",
        col(Subscription.frequency) != "at_once",
    )
    filed = select(Contact).where(
        col(Contact.city_id) == managed.city_id,
        col(Contact.frequency) != "at_once",
        col(Contact.email_digest).between(low, high) | col(Contact.phone_digest).between(low, high),
    )
    contacts = [contact for contact in session.exec(filed) if contact.channels != []]  # [] is: told nothing
    return session.exec(followed).all(), contacts

"""How often somebody is told of reports, and at which hours not: kept with what they follow or filed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sqlalchemy import text
from sqlmodel import Session, func, select

from nagara.notifications.quiet import Quiet
from nagara.tables import Contact, Subscription

Frequency = Literal["at_once", "daily", "weekly"]

LOCK_POINTERS = "select from event_outbox where city_id = :city_id and request_id = :request_id for update"
"""Who lays down a notice by the old choice just now is waited for, or nobody would ever send it."""

NO_LONGER_HELD = """
update notification set next_attempt_at = clock_timestamp()
 where city_id = :city_id and request_id = :request_id and audience like any(cast(:audiences as text[]))
   and channel <> 'inbox' and next_attempt_at is null and sent_at is null and failed_at is null
"""


def rest(row: Subscription | Contact, quiet: Quiet | None) -> None:
    """When nothing is sent; an empty span ends it, None leaves it."""
    if quiet is not None:
        none = quiet.begins == quiet.ends
        row.quiet_begins, row.quiet_ends = (None, None) if none else (quiet.begins, quiet.ends)


def set_frequency(
    session: Session, row: Subscription | Contact, frequency: Frequency | None, audiences: Sequence[str]
) -> None:
    """How often somebody is told; None leaves it. The first digest comes with the next day or week.

    ``audiences``: patterns of theirs; what waited for a digest that comes no more goes out at once.
    """
    if frequency is None or frequency == row.frequency:
        return
    row.frequency = frequency
    row.last_digest_at = session.execute(select(func.clock_timestamp())).scalar_one()
    if frequency == "at_once" and row.request_id is not None:
        values = {"city_id": row.city_id, "request_id": row.request_id, "audiences": list(audiences)}
        session.execute(text(LOCK_POINTERS), values)
        session.flush()
        session.execute(text(NO_LONGER_HELD), values)

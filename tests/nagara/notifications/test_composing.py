"""Each event is told once, whoever composes and delivers, and none is lost."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg
import pytest

from bench.filling import fill
from city_config import City, Configuration
from nagara.database import clock_connection, time_told
from nagara.notifications import Composed, Delivered, compose, composing, deliver
from nagara.notifications.wording import Happening, Notice, for_resident
from tests.helpers import Connection, file, pairs_dropped
from tests.nagara.notifications.mails import RESIDENT, Sink, tell

MANY = 300
WAIT_AGAIN = """
insert into event_outbox (city_id, request_id, seq) select city_id, request_id, seq from event where seq = 1
"""


def test_composing_twice_keeps_one_notice(
    db: Connection, owner: Connection, sink: Sink, phnom_penh: City
) -> None:
    file(phnom_penh, contact={"email": RESIDENT})
    tell(db)
    assert tell(db) == (Composed(0, 0, 0), Delivered())
    # even if the pointer came back
    owner.execute("insert into event_outbox select city_id, request_id, seq from event")
    assert tell(db) == (Composed(1, 0, 0), Delivered())
    assert len(sink.mails()) == 1


def test_many_events_are_taken_at_once_also_where_the_queue_was_counted_empty(
    db: Connection, owner: Connection, phnom_penh: City
) -> None:
    """The server counts queues by itself, mostly when they are empty: its plans are for nothing then."""
    fill(owner, (phnom_penh,), MANY, time_told(owner))
    owner.execute("truncate event_outbox")
    owner.execute(WAIT_AGAIN)
    owner.execute("delete from event_outbox")
    owner.execute("analyze event_outbox")
    owner.execute(WAIT_AGAIN)
    taking = {"cities": [phnom_penh.id], "limit": MANY}
    asked = psycopg.ClientCursor(db).mogrify(composing.TAKE_EVENTS, taking)
    found = db.execute(f"explain (analyze, timing off, format json) {asked}").fetchall()[0][0]
    assert pairs_dropped(found[0]["Plan"]) < MANY
    db.rollback()
    with db.transaction():
        assert compose(db, 2 * MANY).events == MANY


def test_composing_that_is_undone_leaves_the_pointers(
    db: Connection, owner: Connection, phnom_penh: City
) -> None:
    file(phnom_penh, contact={"email": RESIDENT})
    compose(db)
    db.rollback()
    assert owner.execute(
        "select (select count(*) from event_outbox), (select count(*) from notification)"
    ).fetchone() == (1, 0)


def test_one_event_of_which_nothing_can_be_made_keeps_no_other_waiting(
    db: Connection, owner: Connection, phnom_penh: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = [file(phnom_penh, contact={"email": RESIDENT}) for _ in range(5)]
    broken = min(requests, key=lambda one: one.id)

    def told(known: Configuration, happening: Happening, *more: Any, **how: Any) -> Notice | None:
        if happening.reference == broken.reference:
            raise KeyError(happening.reference)
        return for_resident(known, happening, *more, **how)

    monkeypatch.setattr(composing, "for_resident", told)
    for notices in (4, 0):
        with db.transaction():
            assert compose(db).notices == notices
    left = owner.execute("select request_id, look_again_at > now() from event_outbox").fetchall()
    assert left == [(broken.id, True)]
    monkeypatch.undo()
    owner.execute("update event_outbox set look_again_at = now()")
    with db.transaction():
        assert compose(db).notices == 1, "once it is mended the event is told"


def test_two_composers_and_two_deliverers_never_take_the_same(
    db: Connection, sink: Sink, phnom_penh: City
) -> None:
    for _ in range(4):
        file(phnom_penh, contact={"email": RESIDENT})
    with clock_connection() as other:
        assert compose(other, limit=3).notices == 3
        with db.transaction():
            assert compose(db).notices == 1
        other.commit()
        other.execute("select 1 from notification order by next_attempt_at limit 3 for update skip locked")
        assert deliver(db) == Delivered(sent=1)
        other.rollback()
    assert deliver(db) == Delivered(sent=3)
    assert len({mail["Message-ID"] for mail in sink.mails()}) == 4


def test_sent_again_after_a_crash_it_bears_the_same_message_id(
    db: Connection, owner: Connection, sink: Sink, phnom_penh: City
) -> None:
    file(phnom_penh, contact={"email": RESIDENT})
    tell(db)
    # as after a kill between sending and marking: the mark was never committed
    owner.execute("update notification set sent_at = null, attempts = 0, next_attempt_at = now()")
    assert deliver(db) == Delivered(sent=1)
    first, second = sink.mails()
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] == second["Date"]


def test_a_delivery_ends_when_its_time_is_up_and_the_next_goes_on(
    db: Connection, sink: Sink, phnom_penh: City
) -> None:
    file(phnom_penh, contact={"email": RESIDENT})
    with db.transaction():
        compose(db)
    assert deliver(db, within=dt.timedelta()) == Delivered()
    assert deliver(db, limit=0) == Delivered()
    assert deliver(db) == Delivered(sent=1)

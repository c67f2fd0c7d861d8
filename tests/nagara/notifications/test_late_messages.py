"""What is sent later than was meant, by a full day or a gateway that failed, still wakes nobody."""

from __future__ import annotations

import datetime as dt
import uuid

from city_config import City
from nagara.notifications import Delivered, compose, deliver
from nagara.notifications.audiences import person_audience
from nagara.notifications.keeping import KEEP_MESSAGE, message_values
from nagara.notifications.quiet import Quiet, as_kept, rests_until
from nagara.notifications.wording import Notice
from tests.helpers import Connection, file
from tests.nagara.notifications.test_delivery import RESIDENT, Mailbox, mailbox

__all__ = ["mailbox"]

WORTH_FOR = dt.timedelta(hours=1)
LATE = "update {} set next_attempt_at = now() - interval '1 second', attempts = 1"


def test_a_notice_or_digest_that_comes_late_waits_for_the_morning_and_a_code_does_not(
    db: Connection, owner: Connection, mailbox: Mailbox, phnom_penh: City
) -> None:
    file(phnom_penh, contact={"email": RESIDENT})
    local = dt.datetime.now(phnom_penh.zone)
    begins, ends = ((local.hour + hours) % 24 * 60 for hours in (-1, 3))
    quiet = Quiet(begins, ends, phnom_penh.timezone)
    owner.execute("update contact set quiet_begins = %s, quiet_ends = %s", (begins, ends))
    notice = Notice("en", "Subject", "Body", None, None)
    code = message_values(
        phnom_penh.id, "contact:x", "email", {"email": "code@example.org"}, notice, WORTH_FOR
    )
    news = message_values(
        phnom_penh.id,
        person_audience(uuid.uuid4()),
        "email",
        {"email": "news@example.org"},
        notice,
        WORTH_FOR,
        None,
        [quiet, None],
    )
    with db.transaction():
        compose(db)
        for values in (code, news):
            db.execute(KEEP_MESSAGE, values)
    for table in ("notification", "message"):
        owner.execute(LATE.format(table).encode())

    assert deliver(db) == Delivered(sent=1)
    assert set(mailbox.recipients) == {"code@example.org"}
    morning = rests_until(as_kept(quiet), dt.datetime.now(dt.UTC))
    waiting = "select next_attempt_at, attempts from {} where sent_at is null"
    for table in ("notification", "message"):
        left = owner.execute(waiting.format(table).encode()).fetchall()
        assert left == [(morning, 1)], f"{table}: put off, and no attempt is counted"
    worth = owner.execute("select expires_at > next_attempt_at from message where sent_at is null").fetchone()
    assert worth == (True,), "or it would be too late in the morning"

    owner.execute("update notification set quiet = null")
    owner.execute("update message set quiet = '00:00-00:00 UTC' where sent_at is null")
    for table in ("notification", "message"):
        owner.execute((LATE + " where sent_at is null").format(table).encode())
    assert deliver(db) == Delivered(sent=2), "who does not rest is told"


def test_of_several_quiet_hours_the_last_to_end_counts() -> None:
    kept = as_kept(Quiet(1260, 360, "Asia/Bangkok"), None, Quiet(1380, 450, "Asia/Bangkok"))
    assert kept == "21:00-06:00 Asia/Bangkok, 23:00-07:30 Asia/Bangkok"
    for hour, minute, until in ((22, 0, (2, 6, 0)), (23, 30, (2, 7, 30)), (12, 0, None)):
        now = dt.datetime(2027, 1, 1, hour, minute, tzinfo=dt.timezone(dt.timedelta(hours=7)))
        told = rests_until(kept, now)
        assert (told and told.astimezone(now.tzinfo).timetuple()[2:5]) == until
    assert rests_until(as_kept(None), now) is None

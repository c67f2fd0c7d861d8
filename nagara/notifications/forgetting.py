"""What nobody needs any more goes: codes that ended, messages that were sent, requests to follow never confirmed."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg

UNCONFIRMED_FOR = dt.timedelta(days=2)
SESSIONS_KEPT_FOR = dt.timedelta(days=7)
"""After a session ended, so that an officer can still see that there was one."""

UPDATES_KEPT_FOR = dt.timedelta(days=2)
"""Telegram repeats an update for a day at most."""

ATTEMPTS_KEPT_FOR = dt.timedelta(days=30)

DEAD_KEPT_FOR = dt.timedelta(days=7)
"""What could not be sent, so that somebody sees it and may send it again; a code that has ended is of no use."""

FORGET = (
    ("delete from one_time_code where expires_at < %(now)s", None),
    ("delete from telegram_link where expires_at < %(now)s", None),
    ("delete from telegram_draft where expires_at < %(now)s", None),
    ("delete from telegram_update where handled_at < %(now)s - %(after)s", UPDATES_KEPT_FOR),
    (
        "delete from message where expires_at < %(now)s "
        "and (failed_at is null or audience like 'contact:%%' or failed_at < %(now)s - %(after)s)",
        DEAD_KEPT_FOR,
    ),
    (
        "delete from subscription where confirmed_at is null and created_at < %(now)s - %(after)s",
        UNCONFIRMED_FOR,
    ),
    ("delete from webhook_attempt where at < %(now)s - %(after)s", ATTEMPTS_KEPT_FOR),
    ("delete from resident_session where expires_at < %(now)s - %(after)s", SESSIONS_KEPT_FOR),
)


def forget(connection: psycopg.Connection[Any], now: dt.datetime) -> int:
    """Remove what is over; returns how many rows went. Does not commit; twice is as good as once."""
    return sum(
        connection.execute(statement, {"now": now, "after": after}).rowcount for statement, after in FORGET
    )

"""How each external owner's system answers: one that fails again and again is left alone for a while.

As with channels of notices: five failures in a row, then a rest that doubles up to an hour, then one call as a
probe before the others follow. Every statement is in the caller's transaction.
"""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import psycopg

from nagara.external_owner.owners import Place
from nagara.notifications.circuits import OPENS_AFTER, rest

PROBED_FOR = dt.timedelta(seconds=60)
LATER = dt.timedelta(seconds=30)

OPEN_UNTIL = """
select open_until, clock_timestamp() from external_destination where city_id = %s and owner = %s for update
"""
PROBE = "update external_destination set open_until = %s where city_id = %s and owner = %s"
FAILED = """
insert into external_destination as d (city_id, owner, failures, last_error, failed_at)
values (%s, %s, 1, %s, clock_timestamp())
on conflict (city_id, owner) do update
   set failures = d.failures + 1, last_error = excluded.last_error, failed_at = excluded.failed_at
returning failures
"""
REST = "update external_destination set open_until = clock_timestamp() + %s where city_id = %s and owner = %s"
MENDED = """
update external_destination set failures = 0, open_until = null, last_error = null
 where city_id = %s and owner = %s and failures > 0
"""


def rests_until(connection: psycopg.Connection[Any], place: Place) -> dt.datetime | None:
    """Until when a system is left alone; the first that asks after that goes as a probe and gets None."""
    row = connection.execute(OPEN_UNTIL, place).fetchone()
    if row is None or row[0] is None:
        return None
    until, now = row
    if until <= now:
        connection.execute(PROBE, (now + PROBED_FOR, *place))
        return None
    spread: dt.timedelta = LATER * random.random()  # noqa: S311 - spreads load, keeps no secret
    return until + spread  # type: ignore[no-any-return]


def failed(connection: psycopg.Connection[Any], place: Place, why: str) -> None:
    """A call did not come through."""
    row = connection.execute(FAILED, (*place, why[:500])).fetchone()
    if row is not None and row[0] >= OPENS_AFTER:
        connection.execute(REST, (rest(row[0]), *place))


def mended(connection: psycopg.Connection[Any], place: Place) -> None:
    """A call was answered, whatever the answer."""
    connection.execute(MENDED, place)

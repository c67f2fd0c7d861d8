"""How long bundles are kept whole. What proves them stays for good; the content, megabytes a night, need not.

Of every bundle stay digest, signature, key, times, what it restated, and the figures it brought: a replay is refused
for ever, and whoever shows the content again can be held to the signature. Kept whole besides are the newest of each
city and those that a report under review or published rests on.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, LiteralString

import psycopg

FORGET: LiteralString = """
update federation_bundle b set content = null
 where b.content is not null and b.received_at < %(before)s
   and exists (select from federation_bundle later
                where later.city_id = b.city_id and later.made_at > b.made_at)
   and not exists (select from report_review v
                     join network_report r on r.city_id = v.city_id and r.id = v.report_id
                    where r.snapshot_ids ->> b.city_id = b.snapshot_id::text)
   and not exists (select from report_release l
                     join network_report r on r.city_id = l.city_id and r.id = l.report_id
                    where r.snapshot_ids ->> b.city_id = b.snapshot_id::text)
"""


def forget_contents(connection: psycopg.Connection[Any], now: dt.datetime, kept_days: int) -> int:
    """Let the content of bundles go whose time is over; returns of how many. Does not commit; safe to repeat."""
    return connection.execute(FORGET, {"before": now - dt.timedelta(days=kept_days)}).rowcount

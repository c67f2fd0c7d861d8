"""Events of made-up requests laid straight into the log, for the benches of the figures.

Nothing checks or chains them, and triggers stand still: figures read what happened when, and whether a hash is another.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, LiteralString

import psycopg

from nagara.database import time_told
from nagara.indicators.keeping import OVERLAP

CODES = (
    "road_pothole", "street_light", "waste_missed", "drain_blocked", "noise", "tree_danger", "flood_street",
    "footpath_damaged",
)  # fmt: skip

HISTORY: LiteralString = """
with numbers as (
    select n, %(now)s - (random() * 700 + 20) * interval '1 day' as received,
           random() as luck, (%(codes)s::text[])[1 + (random() * 7)::int] as code, (random() * 9)::int as district
      from generate_series(1, %(count)s) n),
request as (
    select (lpad(to_hex((extract(epoch from received) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3)
            || '8' || substr(md5(n::text), 4, 15))::uuid as id, numbers.*,
           received + random() * interval '2 days' as answered,
           received + (-ln(1 - random()) * 6 + 0.1) * interval '1 day' as closed from numbers),
history as (
    select id, 1 as seq, 'filed' as kind, received as at, 'resident' as actor,
           jsonb_build_object('network_code', code, 'district', district::text, 'channel', 'web', 'source', null,
                              'config_fingerprint', 'f', 'promise_standard', 'published',
                              'resolve_by', received + interval '3 days', 'department', 'd') as data
      from request
    union all select id, 2, 'acknowledged', least(answered, closed), 'staff', '{}' from request
    union all select id, 3, 'resolved', closed, 'staff', '{"reason": "fixed"}' from request where luck < 0.9)
insert into event (city_id, request_id, seq, kind, recorded_at, occurred_at, actor_kind, data, hash)
select %(city)s, id, seq, kind, at, at, actor, data, sha256((id::text || seq)::bytea) from history
 where at < %(now)s - interval '1 day' order by at
"""
"""Each event has a hash of its own, without the chain, which figures do not read; ids and order are those of requests
that came one after another."""

NEWS: LiteralString = """
with open as (
    select filed.request_id from event filed
     where filed.city_id = %(city)s and filed.kind = 'filed' and filed.recorded_at > %(at)s - interval '60 days'
       and not exists (select from event e where e.city_id = filed.city_id and e.request_id = filed.request_id
                                             and e.kind = 'resolved')
     limit %(count)s / 2),
recent as (
    select request_id from event where city_id = %(city)s and kind = 'filed' order by recorded_at desc
     limit %(count)s - (select count(*) from open))
insert into event (city_id, request_id, seq, kind, recorded_at, occurred_at, actor_kind, data, hash)
select %(city)s, request_id, seq, kind, %(at)s, %(at)s, 'staff', '{}', sha256((request_id::text || seq)::bytea)
  from (select request_id, 'resolved' as kind from open
        union all select request_id, 'noted' from recent where request_id not in (select request_id from open)) news,
       lateral (select max(seq) + 1 as seq from event e
                 where e.city_id = %(city)s and e.request_id = news.request_id) further
"""
EARLIER: LiteralString = """
update event set recorded_at = recorded_at - %(pause)s
 where recorded_at > %(now)s::timestamptz - %(pause)s and recorded_at <= %(now)s
"""
PAUSE = OVERLAP + dt.timedelta(minutes=1)
"""At what was recorded this long ago no build looks again."""

EMPTY: LiteralString = """
truncate indicator_part, indicator_build, indicator_group, indicator_sheet, indicator_sum, indicator_figure,
         indicator_snapshot
"""


def lay_history(url: str, city: str, now: dt.datetime, count: int) -> None:
    """So many requests of a city over two years: answered after hours, closed after days, one in ten still open."""
    with psycopg.connect(url, autocommit=True, options="-c timezone=UTC") as owner:
        owner.execute("set session_replication_role = replica")
        owner.execute("set work_mem = '256MB'")
        owner.execute(HISTORY, {"count": count, "now": now, "codes": list(CODES), "city": city})


def happen(owner: psycopg.Connection[Any], city: str, events: int) -> int:
    """Let so many events of open and recent requests of a city happen now; how many did."""
    with owner.transaction():
        owner.execute("set local session_replication_role = replica")
        values = {"city": city, "count": events, "at": time_told(owner)}
        return owner.execute(NEWS, values).rowcount


def recorded_earlier(owner: psycopg.Connection[Any]) -> None:
    """Let more minutes have passed since the last event than builds look back; when it happened stays.

    Only what a build has taken in already may lie there.
    """
    with owner.transaction():
        owner.execute("set local session_replication_role = replica")
        owner.execute(EARLIER, {"now": time_told(owner), "pause": PAUSE})


def forget_figures(owner: psycopg.Connection[Any]) -> None:
    """Nothing is kept of any figure: the next build reads the whole log."""
    with owner.transaction():
        owner.execute("set local session_replication_role = replica")
        owner.execute(EMPTY)

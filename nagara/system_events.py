"""Events that time writes, many in one statement: each once, whatever was repeated."""

from __future__ import annotations

RECORD = """
with due as (
    select * from unnest(%(cities)s::text[], %(ids)s::uuid[], %(statuses)s::text[], %(data)b::text[],
                         %(keys)s::text[]) as due (city_id, id, status, data, dedupe_key)),
recorded as (
    insert into event (city_id, request_id, kind, actor_kind, from_status, to_status, data, dedupe_key)
    select city_id, id, %(kind)s, 'system', status, status, data::jsonb, dedupe_key from due
    on conflict (city_id, request_id, dedupe_key) where dedupe_key is not null do nothing
    returning city_id, request_id, seq, kind)
insert into event_outbox (city_id, request_id, seq, urgent)
select city_id, request_id, seq, kind = 'escalated' from recorded
"""
"""One event a request, and the pointer that somebody is to be told. One recorded before adds neither.

JSON goes in binary (``%b``): in a text array each of its quotation marks is escaped by itself, which takes as long as
deciding what it says.
"""

"""Events of an import arrive all at once, and are numbered, timed and chained here all at once."""

from __future__ import annotations

from alembic import op

revision = "0029"
down_revision = "0028"

# The trigger on the event log looks up each event's predecessor and hashes it by itself, which costs an import more
# than all else. This function takes the events of requests that have none yet, as lists with a line for each, and
# makes of them what the trigger would: a request's events numbered from 1 in the order given, the hash of each over
# its content and the hash before it. Nobody can hand in a number, a time of recording or a hash; a request that has
# events already is refused by the table's own key. What is read here is values, no table that a caller could have made.
HASHES = """
create function event_chained(before bytea, content text) returns bytea
language sql immutable parallel safe
return sha256(coalesce(before, ''::bytea) || convert_to(content, 'UTF8'));

create aggregate event_chain_of(text) (sfunc = event_chained, stype = bytea, parallel = safe);
"""

ARRIVE = """
create function events_arrive(
    city text, source text, requests text, kinds text, times text, befores text, afters text, contents text
) returns bigint
language sql volatile security definer
set search_path = public, pg_temp
set nagara.arriving = 'whole'
as $$
with stated as (
    select one.request_id::uuid as request_id, one.kind, one.occurred_at::timestamptz as occurred_at,
           one.from_status, one.to_status, one.data::jsonb as data, one.position,
           row_number() over (partition by one.request_id order by one.position)::integer as seq
      from unnest(string_to_array(requests, chr(10)), string_to_array(kinds, chr(10)),
                  string_to_array(times, chr(10)), string_to_array(befores, chr(10), ''),
                  string_to_array(afters, chr(10), ''), string_to_array(contents, chr(10)))
           with ordinality as one(request_id, kind, occurred_at, from_status, to_status, data, position)),
moment as materialized (select clock_timestamp() as recorded_at),
chained as (
    select stated.*, moment.recorded_at,
           event_chain_of(concat_ws(chr(31),
               city, stated.request_id::text, stated.seq::text, stated.kind,
               (extract(epoch from moment.recorded_at) * 1000000)::bigint::text,
               (extract(epoch from stated.occurred_at) * 1000000)::bigint::text,
               'import', source, coalesce(stated.from_status, chr(30)), coalesce(stated.to_status, chr(30)),
               stated.data::text, chr(30)))
               over (partition by stated.request_id order by stated.seq) as hash
      from stated, moment),
taken as (
    insert into event (city_id, request_id, seq, kind, recorded_at, occurred_at, actor_kind, actor,
                       from_status, to_status, data, previous_hash, hash)
    select city, request_id, seq, kind, recorded_at, occurred_at, 'import', source, from_status, to_status, data,
           lag(hash) over (partition by request_id order by seq), hash
      from chained
    returning 1)
select count(*) from taken
$$;
revoke all on function events_arrive from public;
grant execute on function events_arrive to nagara_clock;
"""


def upgrade() -> None:
    """Make the function, for the time door alone."""
    op.execute(HASHES)
    op.execute(ARRIVE)


def downgrade() -> None:
    """Chain one by one again."""
    op.execute("drop function events_arrive")
    op.execute("drop aggregate event_chain_of(text)")
    op.execute("drop function event_chained")

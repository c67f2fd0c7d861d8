"""Where a request stands on its ladders, when each timer last ran, and whether time passes at all."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"

# Rungs reached of each promise, acknowledgements that are waited for, how long pauses took. Empty for nearly all
# requests, read and written only with the row it stands in, so it is one column and no table beside.
CLIMB = """
alter table request add column climb jsonb;
update request set climb = jsonb_build_object('reached', jsonb_build_object('resolve', escalation_step))
 where escalation_step > 0;
"""

# Which stages were promised in calendar time when it was filed: a pause moves them by its whole length, whatever
# service and priority the request has since. Null for requests of before; these ask the service they have.
CALENDAR_STAGES = """
alter table request add column calendar_stages text[]
    constraint request_calendar_stages check (calendar_stages <@ array['acknowledge', 'respond', 'resolve']);
"""

# One row a task, of the installation and not of a city: when it last ran and how that went.
TIMER_RUN = """
create table timer_run (
    task text primary key,
    begun_at timestamptz not null,
    ended_at timestamptz not null,
    ok boolean not null,
    runs bigint not null default 1,
    failures bigint not null default 0
) with (fillfactor = 50);
grant select on timer_run to nagara_app;
grant select, insert, update on timer_run to nagara_clock;
"""

# Row-level security shows the role that answers health checks no city's rows. These are instants and counts of
# the whole installation, so the owner of the tables puts the questions; each is an index look-up.
STANDING = """
create index notification_given_up on notification (failed_at) where failed_at is not null;

create function time_standing(cities text[], out told_at timestamptz, out oldest_step timestamptz,
                              out oldest_event timestamptz, out oldest_notice timestamptz,
                              out given_up bigint)
language sql stable security definer
set search_path = public, pg_temp
as $$
select clock_timestamp(),
       (select next_step_at from request
         where next_step_at <= clock_timestamp() and city_id = any(cities) and closed_at is null
         order by next_step_at limit 1),
       (select min(event.recorded_at)
          from (select * from event_outbox where city_id = any(cities) limit 1000) as waiting
          join event using (city_id, request_id, seq)),
       (select min(first.next_attempt_at)
          from unnest(array['email', 'sms', 'push', 'webhook', 'telegram']) as way (channel),
               lateral (select next_attempt_at from notification
                         where notification.channel = way.channel and next_attempt_at is not null
                         order by next_attempt_at limit 1) as first
         where first.next_attempt_at <= clock_timestamp()),
       (select count(*) from (select from notification where failed_at is not null limit 100000) as dead)
$$;
revoke all on function time_standing from public;
grant execute on function time_standing to nagara_app, nagara_clock;
"""


def upgrade() -> None:
    """Add the columns, the table and the question."""
    for statement in (CLIMB, CALENDAR_STAGES, TIMER_RUN, STANDING):
        op.execute(statement)

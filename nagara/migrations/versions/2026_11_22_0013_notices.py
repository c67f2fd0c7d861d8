"""Delivery in batches, destinations that are left alone for a while, notices that are read and sent again."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"

TABLES = """
alter table notification add column resent_at timestamptz, add column read_at timestamptz;

-- an escalation is told before everything else, and one event that cannot be told keeps no other waiting
alter table event_outbox add column urgent boolean not null default false, add column look_again_at timestamptz;
update event_outbox o set urgent = true from event e
 where e.city_id = o.city_id and e.request_id = o.request_id and e.seq = o.seq and e.kind = 'escalated';
create index event_outbox_urgent on event_outbox (city_id, request_id, seq) where urgent;

-- reports that the public may not see yet are looked at in turn, so that many of them hide none behind them
alter table alert_waiting add column looked_at timestamptz;

-- the same for notices: what is urgent is sent before what a mass mailing laid down
alter table notification add column urgency smallint not null default 0
    constraint notification_urgency check (urgency in (0, 1));
create index notification_due_by_urgency on notification (channel, urgency, next_attempt_at)
    where next_attempt_at is not null;
drop index notification_due_by_channel;

-- how a mail domain, a push service or an endpoint takes a city's messages, and how many it was sent
create table notice_destination (
    city_id text not null,
    channel text not null,
    name text not null,
    failures integer not null default 0 constraint notice_destination_failures check (failures >= 0),
    last_error text,
    failed_at timestamptz,
    open_until timestamptz,
    minute timestamptz,
    in_minute integer not null default 0,
    day date,
    in_day integer not null default 0,
    primary key (city_id, channel, name)
);

-- other systems that are told of what happens to a city's requests
create table webhook_endpoint (
    city_id text not null,
    id uuid not null,
    label text not null,
    url text not null,
    events text[],
    sealed_secret bytea not null,
    sealed_previous bytea,
    previous_until timestamptz,
    active boolean not null default true,
    ended_because text,
    created_at timestamptz not null,
    created_by text not null,
    primary key (city_id, id)
);

-- each time one was called: what it answered
create table webhook_attempt (
    city_id text not null,
    id uuid not null default gen_random_uuid(),
    endpoint_id uuid not null,
    webhook_id text not null,
    event_type text not null,
    request_id uuid,
    seq integer,
    at timestamptz not null,
    took_ms integer not null,
    answer text not null,
    delivered boolean not null,
    primary key (city_id, id),
    constraint webhook_attempt_endpoint foreign key (city_id, endpoint_id)
        references webhook_endpoint (city_id, id) on delete cascade
);
create index webhook_attempt_newest on webhook_attempt (city_id, endpoint_id, at desc);
create index webhook_attempt_old on webhook_attempt (at);

-- how somebody of the staff wants to be told, where it is not as usual
create table staff_notice_choice (
    city_id text not null,
    username text not null,
    channels jsonb,
    quiet_begins smallint constraint staff_notice_choice_begins check (quiet_begins between 0 and 1439),
    quiet_ends smallint constraint staff_notice_choice_ends check (quiet_ends between 0 and 1439),
    zone text not null,
    digest text not null constraint staff_notice_choice_digest check (digest in ('none', 'daily', 'weekly')),
    last_digest_at timestamptz,
    primary key (city_id, username),
    constraint staff_notice_choice_account foreign key (city_id, username)
        references staff_account (city_id, username),
    constraint staff_notice_choice_quiet check ((quiet_begins is null) = (quiet_ends is null))
);

-- who wrote to the bot and said which account is theirs; what is sent to them leads to the chat
create table telegram_chat (
    city_id text not null,
    username text not null,
    sealed_chat bytea not null,
    digest bytea not null constraint telegram_chat_digest check (length(digest) = 32),
    linked_at timestamptz not null,
    primary key (city_id, username),
    constraint telegram_chat_account foreign key (city_id, username) references staff_account (city_id, username)
);

-- links to the bot that nobody has opened yet
create table telegram_link (
    city_id text not null,
    digest bytea not null constraint telegram_link_digest check (length(digest) = 32),
    username text not null,
    expires_at timestamptz not null,
    primary key (city_id, digest),
    constraint telegram_link_account foreign key (city_id, username) references staff_account (city_id, username)
);
create index telegram_link_old on telegram_link (expires_at);

alter table subscription
    add column quiet_begins smallint constraint subscription_quiet_begins check (quiet_begins between 0 and 1439),
    add column quiet_ends smallint constraint subscription_quiet_ends check (quiet_ends between 0 and 1439),
    add constraint subscription_quiet check ((quiet_begins is null) = (quiet_ends is null));

create index notification_inbox on notification (city_id, audience, created_at desc) where channel = 'inbox';
create index notification_failed on notification (city_id, failed_at desc) where failed_at is not null;

grant select, insert, update, delete on staff_notice_choice, telegram_chat, telegram_link to nagara_app;
grant select, update on staff_notice_choice to nagara_clock;
grant select, delete on telegram_chat, telegram_link to nagara_clock;

alter table message drop constraint message_channel;
alter table message add constraint message_channel
    check (channel in ('email', 'sms', 'push', 'webhook', 'telegram'));

grant select, insert, update, delete on webhook_endpoint to nagara_app;
grant select on webhook_attempt to nagara_app;
grant select, update on webhook_endpoint to nagara_clock;
grant select, insert, delete on webhook_attempt to nagara_clock;
grant select on notice_destination to nagara_app;
grant select, insert, update, delete on notice_destination to nagara_clock;
"""

# What is due over the channels that are set up (``ways``), notices and messages alike; since when the oldest that
# was tried has not gone; and what was given up, of which what its reader ended is none.
STANDING = """
create index message_given_up on message (failed_at) where failed_at is not null;

drop function time_standing(text[]);
create function time_standing(cities text[], ways text[], out told_at timestamptz, out oldest_step timestamptz,
                              out oldest_event timestamptz, out oldest_notice timestamptz,
                              out oldest_unsent timestamptz, out given_up bigint)
language sql stable security definer
set search_path = public, pg_temp
as $$
with waiting as (
    select found.since, found.due_at
      from unnest(ways) as way (channel),
           unnest(array[0, 1]::smallint[]) as level (urgency),
           lateral (select coalesce(n.resent_at, n.created_at) as since, n.next_attempt_at as due_at, n.attempts
                      from notification n
                     where n.channel = way.channel and n.urgency = level.urgency
                       and n.next_attempt_at < 'infinity'
                     order by n.next_attempt_at limit 1000) as found
     where found.due_at <= statement_timestamp() or found.attempts > 0
    union all
    select found.since, found.due_at
      from unnest(ways) as way (channel),
           lateral (select m.created_at as since, m.next_attempt_at as due_at, m.attempts
                      from message m
                     where m.channel = way.channel and m.next_attempt_at is not null
                     order by m.next_attempt_at limit 1000) as found
     where found.due_at <= statement_timestamp() or found.attempts > 0)
select clock_timestamp(),
       (select next_step_at from request
         where next_step_at <= clock_timestamp() and city_id = any(cities) and closed_at is null
         order by next_step_at limit 1),
       (select min(event.recorded_at)
          from (select * from event_outbox where city_id = any(cities) limit 1000) as told
          join event using (city_id, request_id, seq)),
       (select min(due_at) from waiting where due_at <= statement_timestamp()),
       (select min(since) from waiting),
       (select count(*) from (
            (select from notification where failed_at is not null and sent_at is null
                and coalesce(last_error, '') not in ('unsubscribed', 'endpoint ended') limit 100000)
            union all
            (select from message where failed_at is not null and sent_at is null
                and coalesce(last_error, '') not in ('unsubscribed', 'endpoint ended') limit 100000)) as dead)
$$;
revoke all on function time_standing from public;
grant execute on function time_standing to nagara_app, nagara_clock;
"""

CITY_TABLES = (
    "notice_destination",
    "webhook_endpoint",
    "webhook_attempt",
    "staff_notice_choice",
    "telegram_chat",
    "telegram_link",
)


def upgrade() -> None:
    """Make the changes; every new table is closed to other cities."""
    op.execute(TABLES)
    op.execute(STANDING)
    for table in CITY_TABLES:
        op.execute(
            f"""
            alter table {table} enable row level security;
            create policy own_city on {table} to nagara_app
                using (city_id = current_setting('nagara.city', true))
                with check (city_id = current_setting('nagara.city', true));
            create policy all_cities on {table} to nagara_clock using (true) with check (true);
            """
        )

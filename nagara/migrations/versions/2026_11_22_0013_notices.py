"""Delivery in batches, destinations that are left alone for a while, notices that are read and sent again."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"

TABLES = """
alter table notification add column resent_at timestamptz, add column read_at timestamptz;

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

CITY_TABLES = ("notice_destination", "webhook_endpoint", "webhook_attempt")


def upgrade() -> None:
    """Make the changes; every new table is closed to other cities."""
    op.execute(TABLES)
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

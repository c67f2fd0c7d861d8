"""Requests that another system works on, what it said of them, and endpoints whose history is read."""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"

TABLES = """
-- a request at another system: to be sent, there, or refused. What was begun and never ended is looked for first
create table external_request (
    city_id text not null,
    request_id uuid not null,
    owner text not null,
    state text not null
        constraint external_request_state check (state in ('waiting', 'token', 'sent', 'failed', 'ended')),
    created_at timestamptz not null,
    attempts integer not null default 0 constraint external_request_attempts check (attempts >= 0),
    next_attempt_at timestamptz,
    tried_since timestamptz not null,
    begun_at timestamptz,
    first_begun_at timestamptz,
    token text,
    their_id text,
    sent_at timestamptz,
    failed_at timestamptz,
    last_error text,
    their_status text,
    their_detail text,
    their_words text,
    their_updated_at timestamptz,
    attention text,
    told_seq integer not null default 0 constraint external_request_told check (told_seq >= 0),
    tell_attempts integer not null default 0 constraint external_request_tells check (tell_attempts >= 0),
    next_tell_at timestamptz,
    tell_error text,
    primary key (city_id, request_id, owner),
    constraint external_request_request foreign key (city_id, request_id) references request (city_id, id),
    constraint external_request_due check (next_attempt_at is null or state in ('waiting', 'token')),
    constraint external_request_failed check ((state = 'failed') = (failed_at is not null))
);
create unique index external_request_theirs on external_request (city_id, owner, their_id)
    where their_id is not null;
create index external_request_next on external_request (next_attempt_at) where next_attempt_at is not null;
create index external_request_tell on external_request (next_tell_at) where next_tell_at is not null;
create index external_request_standing on external_request (city_id, owner, state);

-- what they told: each once, by their own key or by what it says
create table external_update (
    city_id text not null,
    request_id uuid not null,
    owner text not null,
    key text not null,
    status text not null,
    stated_at timestamptz,
    taken_at timestamptz not null,
    seq integer,
    primary key (city_id, request_id, owner, key),
    constraint external_update_request foreign key (city_id, request_id, owner)
        references external_request (city_id, request_id, owner)
);

-- how another system answers, and how far what it did is known
create table external_destination (
    city_id text not null,
    owner text not null,
    failures integer not null default 0 constraint external_destination_failures check (failures >= 0),
    last_error text,
    failed_at timestamptz,
    open_until timestamptz,
    pulled_until timestamptz,
    next_pull_at timestamptz,
    primary key (city_id, owner)
);

-- endpoints whose history is read: how far, and what they cannot tell
create table open311_pull (
    city_id text not null,
    source text not null,
    url text not null,
    walked_until timestamptz,
    seen_until timestamptz,
    pulled_at timestamptz,
    tried_at timestamptz,
    last_error text,
    missing text[] not null default '{}',
    primary key (city_id, source)
);

grant select, insert, update on external_request, external_update, external_destination to nagara_app;
grant select, insert, update on external_request, external_update, external_destination, open311_pull
    to nagara_clock;
grant select on open311_pull to nagara_app;
"""

# Counts over all cities for whoever runs the installation; no row of a request.
STANDING = """
create function external_standing(out waiting bigint, out failed bigint, out unclear bigint,
                                  out oldest_waiting timestamptz, out resting bigint)
language sql stable security definer
set search_path = public, pg_temp
as $$
select (select count(*) from external_request where next_attempt_at is not null),
       (select count(*) from external_request where state = 'failed'),
       (select count(*) from external_request where next_attempt_at is not null and begun_at is not null),
       (select min(tried_since) from external_request where next_attempt_at is not null),
       (select count(*) from external_destination where open_until > statement_timestamp())
$$;
revoke all on function external_standing from public;
grant execute on function external_standing to nagara_app, nagara_clock;
"""

CITY_TABLES = ("external_request", "external_update", "external_destination", "open311_pull")


def upgrade() -> None:
    """Make the tables, then close every one of them to other cities."""
    op.execute(TABLES)
    op.execute(STANDING)
    for table in CITY_TABLES:
        op.execute(f"alter table {table} enable row level security")
        op.execute(
            f"create policy own_city on {table} to nagara_app "
            f"using (city_id = current_setting('nagara.city', true)) "
            f"with check (city_id = current_setting('nagara.city', true))"
        )
        op.execute(f"create policy all_cities on {table} to nagara_clock using (true) with check (true)")

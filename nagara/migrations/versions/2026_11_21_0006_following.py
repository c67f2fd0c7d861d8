"""Who wants to be told, of which request or area, over which channel; residents' own sign-in."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"

CHANGES = """
alter table contact
    add column email_digest bytea constraint contact_email_digest check (length(email_digest) = 32),
    add column phone_digest bytea constraint contact_phone_digest check (length(phone_digest) = 32),
    -- null: by mail where there is an address, else by text message; and of every move
    add column channels text[] constraint contact_channels check (channels <@ array['email', 'sms']),
    add column moves text[],
    add column confirmed_at timestamptz;
create index contact_by_email on contact (city_id, email_digest) where email_digest is not null;
create index contact_by_phone on contact (city_id, phone_digest) where phone_digest is not null;

create table subscription (
    city_id text not null,
    id uuid not null,
    kind text not null constraint subscription_kind check (kind in ('request', 'area')),
    request_id uuid,
    channel text not null constraint subscription_channel check (channel in ('email', 'sms', 'push')),
    sealed bytea not null,
    digest bytea not null constraint subscription_digest check (length(digest) = 32),
    language text,
    moves text[],
    own boolean not null default false,
    district text,
    lat double precision,
    lon double precision,
    metres integer constraint subscription_metres check (metres between 50 and 20000),
    services text[] not null default '{}',
    frequency text not null default 'at_once'
        constraint subscription_frequency check (frequency in ('at_once', 'daily')),
    created_at timestamptz not null,
    confirmed_at timestamptz,
    last_digest_at timestamptz,
    primary key (city_id, id),
    constraint subscription_request foreign key (city_id, request_id) references request (city_id, id),
    constraint subscription_of check ((kind = 'request') = (request_id is not null)),
    constraint subscription_place check (
        (kind = 'area') = (district is not null or (lat is not null and lon is not null and metres is not null)))
);
create unique index subscription_once on subscription (city_id, request_id, channel, digest)
    where request_id is not null;
create index subscription_area on subscription (city_id) where kind = 'area' and confirmed_at is not null;
create index subscription_of_contact on subscription (city_id, digest);
create index subscription_unconfirmed on subscription (created_at) where confirmed_at is null;

create table one_time_code (
    city_id text not null,
    purpose text not null,
    digest bytea not null constraint one_time_code_digest check (length(digest) = 32),
    code_digest bytea not null constraint one_time_code_code check (length(code_digest) = 32),
    tries integer not null default 0,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    primary key (city_id, purpose, digest)
);
create index one_time_code_old on one_time_code (expires_at);

create table resident_session (
    city_id text not null,
    token_digest bytea not null,
    channel text not null constraint resident_session_channel check (channel in ('email', 'phone')),
    digest bytea not null constraint resident_session_digest check (length(digest) = 32),
    sealed bytea not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    primary key (city_id, token_digest)
);
create index resident_session_of on resident_session (city_id, digest);
create index resident_session_old on resident_session (expires_at);

-- what is sent without an event behind it: codes, and what a day brought
create table message (
    city_id text not null,
    id uuid not null,
    audience text not null,
    channel text not null constraint message_channel check (channel in ('email', 'sms', 'push')),
    sealed_recipient bytea not null,
    sealed_text bytea not null,
    language text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    attempts integer not null default 0,
    next_attempt_at timestamptz,
    sent_at timestamptz,
    failed_at timestamptz,
    last_error text,
    primary key (city_id, id)
);
create index message_due on message (channel, next_attempt_at) where next_attempt_at is not null;
create index message_old on message (expires_at);
alter table notification add column link text, add column topic text;
create index notification_due_by_channel on notification (channel, next_attempt_at)
    where next_attempt_at is not null;
drop index notification_due;
-- what one reader is still to be sent: for the day's one message, and to stop it
create index notification_unsent on notification (city_id, audience)
    where sent_at is null and failed_at is null;

-- requests whose filing has not been told to the watchers of their area yet
create table alert_waiting (
    city_id text not null,
    request_id uuid not null,
    since timestamptz not null,
    primary key (city_id, request_id),
    constraint alert_waiting_request foreign key (city_id, request_id) references request (city_id, id)
);

grant select, insert, update, delete on subscription, one_time_code to nagara_app, nagara_clock;
grant select, insert, update on resident_session to nagara_app;
grant select, update, delete on resident_session to nagara_clock;
grant insert on message to nagara_app;
grant select, insert, update, delete on message, alert_waiting to nagara_clock;
grant update on notification to nagara_app;
grant update on contact to nagara_clock;
"""

CITY_TABLES = ("subscription", "one_time_code", "resident_session", "message", "alert_waiting")


def upgrade() -> None:
    """Make the changes; every new table is closed to other cities."""
    op.execute(CHANGES)
    for table in CITY_TABLES:
        op.execute(f"alter table {table} enable row level security")
        op.execute(
            f"create policy own_city on {table} to nagara_app "
            f"using (city_id = current_setting('nagara.city', true)) "
            f"with check (city_id = current_setting('nagara.city', true))"
        )
        op.execute(f"create policy all_cities on {table} to nagara_clock using (true) with check (true)")

"""Requests, their events, notices, staff, keys; who may see what; a history that cannot be changed."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None

ROLES = """
do $$
begin
    if not exists (select from pg_roles where rolname = 'nagara_app') then
        create role nagara_app nologin;
    end if;
    if not exists (select from pg_roles where rolname = 'nagara_clock') then
        create role nagara_clock nologin;
    end if;
    execute format('grant nagara_app, nagara_clock to %I', current_user);
end $$
"""

TABLES = """
create table request (
    city_id text not null,
    id uuid not null,
    reference text not null,
    status text not null,
    service_code text not null,
    network_code text not null,
    department text not null,
    assignee text,
    priority text not null,
    district text,
    lat double precision,
    lon double precision,
    place_method text not null,
    address text,
    description text not null,
    answers jsonb not null,
    language text,
    channel text not null,
    confidential boolean not null,
    observed_at timestamptz,
    received_at timestamptz not null,
    rule text not null,
    reason text not null,
    config_fingerprint text not null,
    acknowledge_by timestamptz,
    respond_by timestamptz,
    resolve_by timestamptz,
    promise_standard text not null,
    next_due_at timestamptz not null,
    acknowledged_at timestamptz,
    responded_at timestamptz,
    closed_at timestamptz,
    closing_reason text,
    status_note text,
    duplicate_of uuid,
    paused_at timestamptz,
    escalation_step integer not null,
    next_step_at timestamptz,
    observed_until timestamptz,
    source text,
    source_id text,
    idempotency_key text,
    body_digest bytea,
    version integer not null,
    updated_at timestamptz not null,
    primary key (city_id, id),
    unique (city_id, reference),
    foreign key (city_id, duplicate_of) references request (city_id, id),
    check ((lat is null) = (lon is null)),
    check (duplicate_of is distinct from id)
);

create table contact (
    city_id text not null,
    request_id uuid not null,
    sealed bytea not null,
    primary key (city_id, request_id),
    foreign key (city_id, request_id) references request (city_id, id)
);

create table event (
    city_id text not null,
    request_id uuid not null,
    seq integer not null,
    kind text not null,
    recorded_at timestamptz not null,
    occurred_at timestamptz not null,
    actor_kind text not null,
    actor text,
    from_status text,
    to_status text,
    data jsonb not null,
    dedupe_key text,
    previous_hash bytea,
    hash bytea not null,
    primary key (city_id, request_id, seq),
    foreign key (city_id, request_id) references request (city_id, id)
);

create table event_outbox (
    city_id text not null,
    request_id uuid not null,
    seq integer not null,
    primary key (city_id, request_id, seq)
);

create table notification (
    city_id text not null,
    request_id uuid not null,
    seq integer not null,
    audience text not null,
    channel text not null,
    sealed_recipient bytea not null,
    language text not null,
    subject text not null,
    body text not null,
    created_at timestamptz not null,
    attempts integer not null,
    next_attempt_at timestamptz,
    sent_at timestamptz,
    failed_at timestamptz,
    last_error text,
    primary key (city_id, request_id, seq, audience, channel),
    foreign key (city_id, request_id, seq) references event (city_id, request_id, seq)
);

create table staff_account (
    city_id text not null,
    username text not null,
    password_hash text not null,
    role text not null,
    department text,
    display_name text not null,
    email text,
    active boolean not null,
    created_at timestamptz not null,
    primary key (city_id, username)
);

create table staff_session (
    city_id text not null,
    token_digest bytea not null,
    username text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    primary key (city_id, token_digest),
    foreign key (city_id, username) references staff_account (city_id, username)
);

create table api_key (
    city_id text not null,
    key_digest bytea not null,
    label text not null,
    scope text not null,
    created_at timestamptz not null,
    expires_at timestamptz,
    revoked_at timestamptz,
    primary key (city_id, key_digest)
);

create table config_version (
    city_id text not null,
    fingerprint text not null,
    recorded_at timestamptz not null,
    content jsonb not null,
    primary key (city_id, fingerprint)
);
"""

INDEXES = """
-- one request for one key, however often it is sent
create unique index request_idempotency on request (city_id, idempotency_key)
    where idempotency_key is not null;
-- an import can be repeated
create unique index request_source on request (city_id, source, source_id) where source_id is not null;
-- the work queue: what is due next comes first
create index request_queue on request (city_id, next_due_at, id) where closed_at is null;
-- public lists: newest first
create index request_received on request (city_id, received_at desc, id desc);
-- the escalation sweep: what is due, of all cities
create index request_next_step on request (next_step_at) where next_step_at is not null;
-- one event for one promise and step
create unique index event_dedupe on event (city_id, request_id, dedupe_key) where dedupe_key is not null;
-- which requests follow others: few among very many
create index event_duplicates on event (city_id, request_id, seq) where kind = 'duplicate_linked';
-- what was recorded since a time: a block range index costs next to nothing on a log that only grows
create index event_recorded on event using brin (recorded_at) with (pages_per_range = 32, autosummarize = on);
-- the notification sweep: what is not yet sent
create index notification_due on notification (next_attempt_at) where next_attempt_at is not null;
"""

# recorded_at, seq and the chain are the database's alone: whatever a caller gives for them is overwritten.
EVENT_LOG = """
create function event_canonical(e event) returns text immutable language sql
return concat_ws(chr(31),
    e.city_id, e.request_id::text, e.seq::text, e.kind,
    (extract(epoch from e.recorded_at) * 1000000)::bigint::text,
    (extract(epoch from e.occurred_at) * 1000000)::bigint::text,
    e.actor_kind, coalesce(e.actor, chr(30)),
    coalesce(e.from_status, chr(30)), coalesce(e.to_status, chr(30)),
    e.data::text, coalesce(e.dedupe_key, chr(30)));

create function event_chain() returns trigger language plpgsql as $$
declare
    last_seq integer;
    last_hash bytea;
begin
    select e.seq, e.hash into last_seq, last_hash from event e
     where e.city_id = new.city_id and e.request_id = new.request_id
     order by e.seq desc limit 1;
    new.seq := coalesce(last_seq, 0) + 1;
    new.recorded_at := clock_timestamp();
    new.occurred_at := coalesce(new.occurred_at, new.recorded_at);
    new.previous_hash := last_hash;
    new.hash := sha256(coalesce(last_hash, ''::bytea) || convert_to(event_canonical(new), 'UTF8'));
    return new;
end $$;

create trigger event_chain before insert on event for each row execute function event_chain();

create function event_refuse() returns trigger language plpgsql as $$
begin
    raise exception 'the event log is append-only: % is refused', tg_op
        using errcode = 'integrity_constraint_violation';
end $$;

create trigger event_append_only before update or delete or truncate on event
    for each statement execute function event_refuse();
"""

CITY_TABLES = (
    "request", "contact", "event", "event_outbox", "notification",
    "staff_account", "staff_session", "api_key", "config_version",
)  # fmt: skip

# What each door may do; a table that is not named in a line cannot be touched by that role.
GRANTS = """
grant usage on schema public to nagara_app, nagara_clock;
grant select on alembic_version to nagara_app, nagara_clock;
grant select, insert, update on request, contact, staff_account, staff_session, api_key to nagara_app;
grant select, insert on event, event_outbox, config_version to nagara_app;
grant select on notification to nagara_app;
grant select, insert, update on request, notification, staff_account, api_key to nagara_clock;
grant select, insert on event, contact, config_version to nagara_clock;
grant select, insert, update, delete on event_outbox to nagara_clock;
"""


def upgrade() -> None:
    """Make the tables, then close every one of them to other cities."""
    op.execute(ROLES)
    op.execute(TABLES)
    op.execute(INDEXES)
    op.execute(EVENT_LOG)
    op.execute(GRANTS)
    for table in CITY_TABLES:
        op.execute(f"alter table {table} enable row level security")
        op.execute(
            f"create policy own_city on {table} to nagara_app "
            f"using (city_id = current_setting('nagara.city', true)) "
            f"with check (city_id = current_setting('nagara.city', true))"
        )
        op.execute(f"create policy all_cities on {table} to nagara_clock using (true) with check (true)")

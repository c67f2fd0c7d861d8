"""Jobs of a request, links for who does them without an account; texts and notices of a city's own staff."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"

TABLES = """
create table job (
    city_id text not null,
    id uuid not null,
    request_id uuid not null,
    number smallint not null constraint job_number check (number > 0),
    title text not null,
    assignee text,
    state text not null constraint job_state check (state in ('open', 'done', 'dropped')),
    note text,
    created_by text not null,
    created_at timestamptz not null,
    finished_by text,
    finished_at timestamptz,
    primary key (city_id, id),
    constraint job_place unique (city_id, request_id, number),
    constraint job_request foreign key (city_id, request_id) references request (city_id, id),
    constraint job_finished check ((state = 'open') = (finished_at is null))
);

create table job_link (
    city_id text not null,
    token_digest bytea not null,
    id uuid not null,
    request_id uuid not null,
    job_id uuid,
    contractor text not null,
    instructions text,
    created_by text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    opened_at timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    outcome text constraint job_link_outcome check (outcome in ('done', 'returned')),
    note text,
    primary key (city_id, token_digest),
    constraint job_link_id unique (city_id, id),
    constraint job_link_request foreign key (city_id, request_id) references request (city_id, id),
    constraint job_link_job foreign key (city_id, job_id) references job (city_id, id),
    constraint job_link_finished check ((outcome is null) = (finished_at is null))
);
create index job_link_of_request on job_link (city_id, request_id);

create table reply_template (
    city_id text not null,
    id uuid not null,
    name text not null,
    move text,
    service_code text,
    language text not null,
    body text not null,
    changed_by text not null,
    changed_at timestamptz not null,
    retired_at timestamptz,
    primary key (city_id, id)
);
create unique index reply_template_name on reply_template (city_id, name, language) where retired_at is null;

create table announcement (
    city_id text not null,
    id uuid not null,
    level text not null constraint announcement_level check (level in ('info', 'warning', 'danger')),
    texts jsonb not null,
    districts text[] not null,
    services text[] not null,
    shown_from timestamptz not null,
    shown_until timestamptz not null,
    created_by text not null,
    created_at timestamptz not null,
    withdrawn_at timestamptz,
    primary key (city_id, id),
    constraint announcement_shown check (shown_from < shown_until)
);
create index announcement_shown_until on announcement (city_id, shown_until) where withdrawn_at is null;

create table declared_emergency (
    city_id text not null,
    id uuid not null,
    kind text not null,
    districts text[] not null,
    declared_by text not null,
    source text not null,
    valid_from timestamptz not null,
    valid_to timestamptz,
    recorded_by text not null,
    recorded_at timestamptz not null,
    ended_by text,
    primary key (city_id, id),
    constraint declared_emergency_valid check (valid_to is null or valid_from <= valid_to)
);

grant select, insert, update on job, job_link, reply_template, announcement, declared_emergency to nagara_app;
grant select on job, job_link, reply_template, announcement, declared_emergency to nagara_clock;
"""

CITY_TABLES = ("job", "job_link", "reply_template", "announcement", "declared_emergency")


def upgrade() -> None:
    """Make the tables, then close every one of them to other cities."""
    op.execute(TABLES)
    for table in CITY_TABLES:
        op.execute(f"alter table {table} enable row level security")
        op.execute(
            f"create policy own_city on {table} to nagara_app "
            f"using (city_id = current_setting('nagara.city', true)) "
            f"with check (city_id = current_setting('nagara.city', true))"
        )
        op.execute(f"create policy all_cities on {table} to nagara_clock using (true) with check (true)")

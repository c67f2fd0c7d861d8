"""Finding requests by words and area; saved filters, exports, moves over many."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"

# Words lie beside the request, so that the rows of lists stay narrow. A request that comes in, or whose text
# changes, only gets a row without words, which costs filing next to nothing; who computes them, how and when,
# is nagara.queue.search. The row is written by triggers because no writer of requests may forget it: a text
# that was reworded or erased must not be found any more.
WORDS = """
create table request_words (
    city_id text not null,
    request_id uuid not null,
    words text,
    grams integer[],
    primary key (city_id, request_id),
    constraint request_words_whole check ((words is null) = (grams is null))
);
create index request_words_grams on request_words using gin (grams)
    with (fastupdate = on, gin_pending_list_limit = 256);
create index request_words_pending on request_words (city_id, request_id) where grams is null;

grant select, insert, update on request_words to nagara_app, nagara_clock;

create function request_words_wait() returns trigger language plpgsql as $$
begin
    insert into request_words (city_id, request_id) select city_id, id from filed
    on conflict do nothing;
    return null;
end $$;
create trigger request_words_wait after insert on request
    referencing new table as filed for each statement execute function request_words_wait();

create function request_words_again() returns trigger language plpgsql as $$
begin
    insert into request_words (city_id, request_id) values (new.city_id, new.id)
    on conflict (city_id, request_id) do update set words = null, grams = null;
    return null;
end $$;
create trigger request_words_again after update of description, address on request
    for each row when (old.description is distinct from new.description
                       or old.address is distinct from new.address)
    execute function request_words_again();

insert into request_words (city_id, request_id) select city_id, id from request;
"""

# Row-level security lets an index answer only what cannot leak a row on the way, and containment of arrays is
# not known to be such. So this one question is put by the owner of the table, who names the city himself.
FOUND = """
create function request_words_found(wanted integer[], needles text[], most integer) returns uuid[]
language sql stable security definer
set search_path = public, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_custom_plan
as $$
select array(
    select w.request_id from request_words w
     where w.city_id = current_setting('nagara.city', true) and w.grams @> wanted
       and not exists (select from unnest(needles) as needle where strpos(w.words, needle) = 0)
     limit most)
$$;
revoke all on function request_words_found from public;
grant execute on function request_words_found to nagara_app;
"""

# Who asks somebody higher to look climbs no rung of the ladder: all of them are still to come, each in its time.
BY_HAND = "alter table request add column escalated_by_hand boolean not null default false"

# What is rare is looked up, what is common is met soon on the way along the queue: so an index on what most
# rows share would only cost, and these leave it out.
INDEXES = """
create index request_of_department on request (city_id, department, next_due_at, id) where closed_at is null;
create index request_of_service on request (city_id, service_code, next_due_at, id) where closed_at is null;
create index request_of_district on request (city_id, district, next_due_at, id) where closed_at is null;
create index request_of_assignee on request (city_id, assignee, next_due_at, id)
    where closed_at is null and assignee is not null;
create index request_unassigned on request (city_id, next_due_at, id)
    where closed_at is null and assignee is null;
create index request_escalated on request (city_id, next_due_at, id)
    where closed_at is null and (escalation_step > 0 or escalated_by_hand);
create index request_paused on request (city_id, status, next_due_at, id)
    where closed_at is null and status in ('waiting_reporter', 'on_hold', 'referred');
create index request_of_priority on request (city_id, priority, next_due_at, id)
    where closed_at is null and priority <> 'normal';
-- lists by age of what is open, and by what changed last
create index request_open_received on request (city_id, received_at, id) where closed_at is null;
create index request_updated on request (city_id, updated_at, id);
"""

SAVED = """
create table saved_filter (
    city_id text not null,
    id uuid not null,
    username text not null,
    departments text[] not null default '{}',
    name text not null constraint saved_filter_name check (length(name) between 1 and 80),
    filter jsonb not null,
    shared text not null constraint saved_filter_shared check (shared in ('none', 'department', 'city')),
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    primary key (city_id, id),
    constraint saved_filter_once unique (city_id, username, name),
    constraint saved_filter_owner foreign key (city_id, username)
        references staff_account (city_id, username)
);
grant select, insert, update, delete on saved_filter to nagara_app;
grant select on saved_filter to nagara_clock;
"""

JOBS = """
create table staff_job (
    city_id text not null,
    id uuid not null,
    kind text not null constraint staff_job_kind check (kind in ('bulk', 'export')),
    username text not null,
    wanted jsonb not null,
    state text not null default 'waiting'
        constraint staff_job_state check (state in ('waiting', 'running', 'done', 'failed', 'expired')),
    total integer,
    done integer not null default 0,
    failure text,
    undo_of uuid,
    created_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    expires_at timestamptz,
    primary key (city_id, id),
    constraint staff_job_owner foreign key (city_id, username) references staff_account (city_id, username),
    constraint staff_job_undone foreign key (city_id, undo_of) references staff_job (city_id, id),
    constraint staff_job_undone_once unique (city_id, undo_of)
);
create index staff_job_open on staff_job (created_at) where state in ('waiting', 'running');
create index staff_job_expiring on staff_job (expires_at) where state = 'done' and expires_at is not null;

create table staff_job_row (
    city_id text not null,
    job_id uuid not null,
    position integer not null,
    reference text not null,
    version integer,
    move text not null,
    details jsonb not null,
    ok boolean,
    code text,
    message text,
    before jsonb,
    version_after integer,
    primary key (city_id, job_id, position),
    constraint staff_job_row_once unique (city_id, job_id, reference),
    constraint staff_job_row_job foreign key (city_id, job_id) references staff_job (city_id, id)
);
create index staff_job_row_open on staff_job_row (city_id, job_id, position) where ok is null;

grant select, insert, update on staff_job, staff_job_row to nagara_app;
grant select, update on staff_job, staff_job_row to nagara_clock;
"""

CLOSED_TO_OTHERS = """
alter table {table} enable row level security;
create policy own_city on {table} to nagara_app
    using (city_id = current_setting('nagara.city', true))
    with check (city_id = current_setting('nagara.city', true));
create policy all_cities on {table} to nagara_clock using (true) with check (true);
"""


def upgrade() -> None:
    """Make the tables, closed to other cities, and the indexes of the queue."""
    for statement in (WORDS, FOUND, BY_HAND, INDEXES, SAVED, JOBS):
        op.execute(statement)
    for table in ("request_words", "saved_filter", "staff_job", "staff_job_row"):
        op.execute(CLOSED_TO_OTHERS.format(table=table))

"""GeoReport: updates that were taken once, trial requests of the sandbox, pages found within an index."""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"

TABLES = """
-- what another system told us of a request: taken once, however often it is sent
create table georeport_update (
    city_id text not null,
    system text not null,
    update_id text not null,
    request_id uuid not null,
    digest bytea not null constraint georeport_update_digest check (length(digest) = 32),
    taken_at timestamptz not null default clock_timestamp(),
    primary key (city_id, system, update_id),
    constraint georeport_update_request foreign key (city_id, request_id) references request (city_id, id)
);

-- what a developer tried at the sandbox: no request, nobody's work, gone after some days
create table georeport_trial (
    city_id text not null,
    reference text not null,
    system text not null,
    content jsonb not null,
    filed_at timestamptz not null,
    expires_at timestamptz not null,
    idempotency_key text,
    body_digest bytea,
    primary key (city_id, reference),
    constraint georeport_trial_once unique (city_id, idempotency_key)
);
create index georeport_trial_filed on georeport_trial (city_id, filed_at desc, reference desc);

grant select, insert on georeport_update to nagara_app;
grant select, delete on georeport_update to nagara_clock;
grant select, insert, update, delete on georeport_trial to nagara_app;
grant select, delete on georeport_trial to nagara_clock;
"""

# The same index with what decides about a list's rows beside its keys: where the hundredth page begins is then
# found in the index alone, without a look at one request.
COVERING = """
create index request_received_covering on request (city_id, received_at desc, id desc)
    include (status, service_code, confidential, public, updated_at);
drop index request_received;
alter index request_received_covering rename to request_received;
"""


def upgrade() -> None:
    """Make the tables, closed to other cities, and the index in place of the narrower one."""
    op.execute(TABLES)
    for table in ("georeport_update", "georeport_trial"):
        op.execute(
            f"""
            alter table {table} enable row level security;
            create policy own_city on {table} to nagara_app
                using (city_id = current_setting('nagara.city', true))
                with check (city_id = current_setting('nagara.city', true));
            create policy all_cities on {table} to nagara_clock using (true) with check (true);
            """
        )
    op.execute(COVERING)

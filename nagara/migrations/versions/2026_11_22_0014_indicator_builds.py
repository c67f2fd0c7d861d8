"""Indicators follow the log request by request, and a snapshot shares the months that nothing touched."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"

TABLES = """
create table indicator_issue (
    city_id text not null,
    request_id uuid not null,
    head bytea not null,
    group_id integer not null,
    month integer not null,
    received bigint not null,
    response bigint not null,
    response_cause smallint not null,
    resolution bigint not null,
    resolution_cause smallint not null,
    sustained bigint not null,
    sustained_cause smallint not null,
    until bigint not null,
    due bigint not null,
    due_month integer not null,
    standard smallint not null,
    flags integer not null,
    resolved_month integer not null,
    closed_month integer not null,
    reason smallint not null,
    level smallint not null,
    rating smallint not null,
    rated_month integer not null,
    followers smallint not null,
    early_followers smallint not null,
    events integer not null,
    primary key (city_id, request_id)
);

create table indicator_group (
    city_id text not null,
    id integer not null,
    network_code text not null,
    district text not null,
    fingerprint text not null,
    primary key (city_id, id),
    constraint indicator_group_names unique (city_id, network_code, district, fingerprint)
);

create table indicator_build (
    city_id text not null,
    known_at timestamptz not null,
    snapshot_id uuid,
    cut_off timestamptz,
    touched integer[] not null,
    requests_read bigint not null,
    months_built integer not null,
    built_at timestamptz not null,
    proved_at timestamptz,
    differences bigint,
    primary key (city_id)
);

alter table indicator_snapshot add column inputs jsonb;
alter table indicator_snapshot add column month_rows jsonb;
"""

OWN = ("indicator_issue", "indicator_group", "indicator_build")


def upgrade() -> None:
    """Make the tables, closed to other cities; only the builds write them."""
    op.execute(TABLES)
    for table in OWN:
        op.execute(f"alter table {table} enable row level security")
        op.execute(
            f"create policy own_city on {table} to nagara_app "
            f"using (city_id = current_setting('nagara.city', true)) "
            f"with check (city_id = current_setting('nagara.city', true))"
        )
        op.execute(f"create policy all_cities on {table} to nagara_clock using (true) with check (true)")
        op.execute(f"grant select, insert, update, delete on {table} to nagara_clock")
    op.execute("grant select on indicator_build to nagara_app")

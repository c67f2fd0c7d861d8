"""Indicator snapshots, figures and network reports: written once, read by every city's officials."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = """
create table indicator_snapshot (
    city_id text not null,
    id uuid not null,
    cut_off timestamptz not null,
    built_at timestamptz not null,
    method_version text not null,
    config_fingerprints jsonb not null,
    holidays_version text not null,
    inputs_digest text not null,
    events_seen bigint not null constraint indicator_snapshot_events_seen check (events_seen >= 0),
    primary key (city_id, id),
    constraint indicator_snapshot_inputs unique (city_id, inputs_digest)
);
create index indicator_snapshot_latest on indicator_snapshot (city_id, built_at desc, id desc);

create table indicator_figure (
    city_id text not null,
    snapshot_id uuid not null,
    month date not null,
    network_code text not null,
    district text not null,
    life_table jsonb not null,
    figures jsonb not null,
    primary key (city_id, snapshot_id, month, network_code, district),
    constraint indicator_figure_snapshot foreign key (city_id, snapshot_id)
        references indicator_snapshot (city_id, id),
    constraint indicator_figure_first_of_month check (extract(day from month) = 1)
);

create table network_report (
    city_id text not null,
    id uuid not null,
    period text not null,
    created_at timestamptz not null,
    snapshot_ids jsonb not null,
    content_digest text not null,
    content jsonb not null,
    html text not null,
    primary key (city_id, id),
    constraint network_report_content unique (city_id, content_digest)
);

create function published_refuse() returns trigger language plpgsql as $$
begin
    raise exception 'what was published stays as it is: % of % is refused', tg_op, tg_table_name
        using errcode = 'integrity_constraint_violation';
end $$;
"""

PUBLISHED = ("indicator_snapshot", "indicator_figure", "network_report")


def upgrade() -> None:
    """Make the tables; aggregates may be read by every city, and changed by nobody."""
    op.execute(TABLES)
    for table in PUBLISHED:
        op.execute(
            f"create trigger {table}_immutable before update or delete or truncate on {table} "
            f"for each statement execute function published_refuse()"
        )
        op.execute(f"grant select on {table} to nagara_app")
        op.execute(f"grant select, insert on {table} to nagara_clock")

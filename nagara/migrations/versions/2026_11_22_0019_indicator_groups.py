"""Figures lie by month and by bucket, cities are built side by side, and sheets, weights and questions are kept."""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"

TABLES = """
drop table indicator_issue;
delete from indicator_build;
alter table indicator_build add column whole_as_of timestamptz, add column layout text;
alter table indicator_figure add column cells bytea, add column configurations text[];
alter table indicator_figure alter column cells set storage external;

create table indicator_part (
    city_id text not null,
    bucket integer not null,
    requests integer not null,
    events bigint not null,
    months integer[] not null,
    groups integer[] not null,
    digest bytea not null,
    content bytea not null,
    primary key (city_id, bucket)
);
alter table indicator_part alter column content set storage external;

create table indicator_progress (
    city_id text not null,
    task text not null,
    begun_at timestamptz not null,
    told_at timestamptz not null,
    requests bigint not null,
    ended_at timestamptz,
    outcome text,
    primary key (city_id)
);

create table indicator_question (
    city_id text not null,
    month date not null,
    question text not null,
    words text not null,
    counted bigint not null,
    of_all bigint not null,
    first_asked timestamptz not null,
    network_sees_from timestamptz not null,
    primary key (city_id, month, question)
);

create table indicator_sheet (
    city_id text not null,
    snapshot_id uuid not null,
    period text not null,
    content bytea not null,
    primary key (city_id, snapshot_id, period)
);

create table indicator_weights (
    city_id text not null,
    year integer not null,
    frozen_at timestamptz not null,
    codes jsonb not null,
    snapshot_ids jsonb not null,
    primary key (city_id, year)
);
"""

OWN = ("indicator_part", "indicator_progress", "indicator_question")
PUBLISHED = ("indicator_sheet", "indicator_weights")


def upgrade() -> None:
    """Make the tables. What was kept of requests is read from the log again by the next build."""
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
    op.execute("grant select on indicator_progress, indicator_question to nagara_app")
    op.execute(
        "create policy network_later on indicator_question to nagara_network "
        "using (network_sees_from <= clock_timestamp())"
    )
    op.execute("grant select on indicator_question to nagara_network")
    for table in PUBLISHED:
        op.execute(f"grant select on {table} to nagara_app, nagara_network")
        op.execute(f"grant select, insert on {table} to nagara_clock")
    op.execute("grant delete on indicator_sheet to nagara_clock")
    op.execute(
        "create trigger indicator_weights_immutable before update or delete or truncate on indicator_weights "
        "for each statement execute function published_refuse()"
    )


def downgrade() -> None:
    """There is no way back: figures would have to be built anew."""
    raise NotImplementedError("restore a backup")

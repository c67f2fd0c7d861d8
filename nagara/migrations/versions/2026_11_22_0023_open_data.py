"""Maps of very many points, and open data: what was published, and when."""

from __future__ import annotations

from alembic import op

revision = "0023"
down_revision = "0022"

# A whole city is drawn from tiles that are made beforehand: one row, however many requests lie below it.
TABLES = """
create table map_build (
    city_id text not null,
    fingerprint text not null,
    newest timestamptz,
    built_at timestamptz not null,
    points integer not null constraint map_build_points check (points >= 0),
    primary key (city_id)
);

create table map_tile (
    city_id text not null,
    z integer not null,
    x integer not null,
    y integer not null,
    content bytea not null,
    primary key (city_id, z, x, y)
);

create table open_data_version (
    city_id text not null,
    day date not null,
    made_at timestamptz not null,
    config_fingerprint text not null,
    licence text not null,
    requests integer not null constraint open_data_version_requests check (requests >= 0),
    files jsonb not null,
    primary key (city_id, day)
);
"""

CLOSED = ("map_build", "map_tile")


def upgrade() -> None:
    """Make the tables: tiles are closed to other cities, what was published as open data is there for all."""
    op.execute(TABLES)
    for table in CLOSED:
        op.execute(f"alter table {table} enable row level security")
        op.execute(
            f"create policy own_city on {table} to nagara_app "
            f"using (city_id = current_setting('nagara.city', true)) "
            f"with check (city_id = current_setting('nagara.city', true))"
        )
        op.execute(f"create policy all_cities on {table} to nagara_clock using (true) with check (true)")
    for table in (*CLOSED, "open_data_version"):
        op.execute(f"grant select on {table} to nagara_app")
        op.execute(f"grant select, insert, update, delete on {table} to nagara_clock")

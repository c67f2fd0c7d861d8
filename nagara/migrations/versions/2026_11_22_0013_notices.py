"""Delivery in batches, destinations that are left alone for a while, notices that are read and sent again."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"

TABLES = """
alter table notification add column resent_at timestamptz, add column read_at timestamptz;

-- how a mail domain, a push service or an endpoint takes a city's messages, and how many it was sent
create table notice_destination (
    city_id text not null,
    channel text not null,
    name text not null,
    failures integer not null default 0 constraint notice_destination_failures check (failures >= 0),
    last_error text,
    failed_at timestamptz,
    open_until timestamptz,
    minute timestamptz,
    in_minute integer not null default 0,
    day date,
    in_day integer not null default 0,
    primary key (city_id, channel, name)
);

grant select on notice_destination to nagara_app;
grant select, insert, update, delete on notice_destination to nagara_clock;
"""

CITY_TABLES = ("notice_destination",)


def upgrade() -> None:
    """Make the changes; every new table is closed to other cities."""
    op.execute(TABLES)
    for table in CITY_TABLES:
        op.execute(
            f"""
            alter table {table} enable row level security;
            create policy own_city on {table} to nagara_app
                using (city_id = current_setting('nagara.city', true))
                with check (city_id = current_setting('nagara.city', true));
            create policy all_cities on {table} to nagara_clock using (true) with check (true);
            """
        )

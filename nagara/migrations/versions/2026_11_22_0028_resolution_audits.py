"""Random samples of resolved requests, which somebody looks at: what was drawn, and by which seed."""

from __future__ import annotations

from alembic import op

revision = "0028"
down_revision = "0027"

TABLES = """
create table resolution_audit (
    city_id text not null,
    quarter text not null constraint resolution_audit_quarter check (quarter ~ '^20[0-9]{2}-Q[1-4]$'),
    snapshot_id uuid not null,
    cut_off timestamptz not null,
    known_at timestamptz not null,
    seed text not null,
    seed_from text not null,
    resolved integer not null,
    digest text not null,
    drawn_by text not null,
    drawn_at timestamptz not null,
    primary key (city_id, quarter)
);

create table resolution_audit_item (
    city_id text not null,
    quarter text not null,
    number integer not null,
    request_id uuid not null,
    primary key (city_id, quarter, number),
    constraint resolution_audit_item_audit foreign key (city_id, quarter)
        references resolution_audit (city_id, quarter),
    constraint resolution_audit_item_request foreign key (city_id, request_id) references request (city_id, id)
);
create index resolution_audit_item_of on resolution_audit_item (city_id, request_id);

grant select, insert on resolution_audit, resolution_audit_item to nagara_app;
grant select on resolution_audit, resolution_audit_item to nagara_clock;
"""


def upgrade() -> None:
    """Make the tables, closed to other cities; a sample once drawn is never drawn again or taken back."""
    op.execute(TABLES)
    for table in ("resolution_audit", "resolution_audit_item"):
        op.execute(f"alter table {table} enable row level security")
        op.execute(
            f"create policy own_city on {table} to nagara_app "
            f"using (city_id = current_setting('nagara.city', true)) "
            f"with check (city_id = current_setting('nagara.city', true))"
        )
        op.execute(f"create policy all_cities on {table} to nagara_clock using (true) with check (true)")

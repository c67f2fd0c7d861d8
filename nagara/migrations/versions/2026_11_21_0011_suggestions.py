"""What was learnt from a city's reports, so that services are suggested from words."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"

TABLE = """
create table suggestion_model (
    city_id text not null,
    learnt_at timestamptz not null,
    reports integer not null constraint suggestion_model_reports check (reports >= 0),
    content bytea not null,
    primary key (city_id)
);

grant select on suggestion_model to nagara_app;
grant select, insert, update, delete on suggestion_model to nagara_clock;

alter table suggestion_model enable row level security;
create policy own_city on suggestion_model to nagara_app
    using (city_id = current_setting('nagara.city', true))
    with check (city_id = current_setting('nagara.city', true));
create policy all_cities on suggestion_model to nagara_clock using (true) with check (true);
"""


def upgrade() -> None:
    """Make the table, closed to other cities."""
    op.execute(TABLE)

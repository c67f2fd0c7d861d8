"""Moves that were kept on a phone until there was a line: each made once, however often it is sent."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"

MOVE_KEY = """
create table move_key (
    city_id text not null,
    username text not null,
    key text not null constraint move_key_length check (length(key) between 1 and 200),
    body_digest bytea not null,
    version integer not null,
    used_at timestamptz not null,
    primary key (city_id, username, key)
);
create index move_key_age on move_key (city_id, used_at);

grant select, insert, update on move_key to nagara_app;
grant select, delete on move_key to nagara_clock;

alter table move_key enable row level security;
create policy own_city on move_key to nagara_app
    using (city_id = current_setting('nagara.city', true))
    with check (city_id = current_setting('nagara.city', true));
create policy all_cities on move_key to nagara_clock using (true) with check (true);
"""


def upgrade() -> None:
    """Make the table, closed to other cities."""
    op.execute(MOVE_KEY)

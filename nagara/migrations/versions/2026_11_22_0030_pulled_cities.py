"""Lets everybody know which cities are read through their endpoints, and what these do not tell."""

from __future__ import annotations

from alembic import op

revision = "0030"
down_revision = "0029"

# Neither the address of an endpoint nor its last error: those are the installation's.
PULLED = """
create function pulled_cities() returns table (city_id text, seen_until timestamptz, missing text[])
language sql stable security definer
set search_path = public, pg_temp
as $$
select pull.city_id, pull.seen_until, pull.missing from open311_pull pull where pull.pulled_at is not null
$$;
revoke all on function pulled_cities from public;
grant execute on function pulled_cities to nagara_app, nagara_network, nagara_clock;
"""


def upgrade() -> None:
    """Make the function."""
    op.execute(PULLED)

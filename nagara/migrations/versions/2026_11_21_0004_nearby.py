"""Reports near a place, and joining one that is there already."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"

# Bands of a 500th of a degree, 222 m, running east: a band and a range of longitudes are one short walk along an
# index, however many requests a city has. The band is a column because row-level security keeps the planner from
# using an index over an expression.
CHANGES = """
alter table request add column near_band integer
    generated always as (floor(lat * 500)::integer) stored;

-- what is open near a place
create index request_near on request (city_id, near_band, lon)
    where closed_at is null and lat is not null and not confidential;
-- who joined a request, or was linked to it
create index request_joined on request (city_id, duplicate_of) where duplicate_of is not null;
"""


def upgrade() -> None:
    """Make the changes."""
    op.execute(CHANGES)

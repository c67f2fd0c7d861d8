"""What lies in an area, for staff: open requests and closed ones, with what they are sorted by."""

from __future__ import annotations

from alembic import op

revision = "0034"
down_revision = "0033"

# The index of places held what the public may see near a place. Now it holds whatever is open, and beside each place
# what a list is sorted by: what lies in an area is found, held against a polygon and sorted without the rows.
# Closed requests have one of their own, which filing never touches; in one index of all, what is open would be sought
# among the closed requests of years.
PLACES = """
drop index request_near;
create index request_near on request (city_id, near_band, lon)
    include (lat, next_due_at, received_at, updated_at, priority, id)
    where closed_at is null and lat is not null;
create index request_near_closed on request (city_id, near_band, lon)
    include (lat, received_at, updated_at, id)
    where closed_at is not null and lat is not null;
"""

# LIKE is held against each text without a query of its own. Needles are letters, marks and digits alone.
FOUND = """
create or replace function request_words_found(wanted integer[], needles text[], most integer) returns uuid[]
language sql stable security definer
set search_path = public, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_custom_plan
as $$
select array(
    select w.request_id from request_words w
     where w.city_id = current_setting('nagara.city', true) and w.grams @> wanted
       and w.words like all ((select array_agg('%' || needle || '%') from unnest(needles) as needle)::text[])
     limit most)
$$;
"""


def upgrade() -> None:
    """Make both indexes of places, and the question for words as it is put now."""
    op.execute(PLACES)
    op.execute(FOUND)

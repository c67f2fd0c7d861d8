"""What was recorded in a city since a time is found along a key of its own, however the log lies on the disk.

The block range index that stood here looked over the news of all cities for each of them, and matched far more than
that: later events are small, and go into the gaps that earlier ones left on pages all over the log.
What was linked to a request is found by the request, too.
"""

from __future__ import annotations

from alembic import op

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    """Make what finds them."""
    op.execute("drop index event_recorded")
    op.execute("create index event_recorded on event (city_id, recorded_at)")
    op.execute(
        "create index event_parents on event (city_id, (data ->> 'parent')) where kind = 'duplicate_linked'"
    )


def downgrade() -> None:
    """As it was."""
    op.execute("drop index event_parents")
    op.execute("drop index event_recorded")
    op.execute(
        "create index event_recorded on event using brin (recorded_at) with (pages_per_range = 32, autosummarize = on)"
    )

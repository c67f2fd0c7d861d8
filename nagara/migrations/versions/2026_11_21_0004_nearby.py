"""Reports near a place, and joining one that is there already."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"

CHANGES = """
select 1
"""


def upgrade() -> None:
    """Make the changes."""
    op.execute(CHANGES)

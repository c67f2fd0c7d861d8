"""Contractors' links, linked jobs, announcements."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"

CHANGES = """
select 1
"""


def upgrade() -> None:
    """Make the changes."""
    op.execute(CHANGES)

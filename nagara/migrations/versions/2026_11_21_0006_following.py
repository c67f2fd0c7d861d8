"""Who wants to be told, of which request or area, over which channel; residents' own sign-in."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"

CHANGES = """
select 1
"""


def upgrade() -> None:
    """Make the changes."""
    op.execute(CHANGES)

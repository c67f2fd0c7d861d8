"""What the public may not see yet or any more, and who read whose contact."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"

CHANGES = """
select 1
"""


def upgrade() -> None:
    """Make the changes."""
    op.execute(CHANGES)

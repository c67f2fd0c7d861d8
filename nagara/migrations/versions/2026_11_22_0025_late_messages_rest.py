"""A message keeps its reader's quiet hours, so that they hold however late it comes to be sent."""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"

CHANGES = """
-- "21:00-06:00 Asia/Phnom_Penh", several joined by a comma; null: it may be sent at any hour
alter table notification add column quiet text;
alter table message add column quiet text;
"""


def upgrade() -> None:
    """Let messages know when their readers rest; those that are on their way know of none."""
    op.execute(CHANGES)


def downgrade() -> None:
    """Forget it: what is late may come at night again."""
    op.execute("alter table notification drop column quiet")
    op.execute("alter table message drop column quiet")

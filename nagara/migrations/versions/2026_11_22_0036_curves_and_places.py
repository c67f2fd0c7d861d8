"""A city's curve lies ready to be sent, and of each code is known where its numbers lie within a month."""

from __future__ import annotations

from alembic import op

revision = "0036"
down_revision = "0035"

# Sheets and sums that are kept already have neither; whoever shows them reads the whole until the next build.
ADD = """
alter table indicator_sheet add column curve bytea;
alter table indicator_sheet alter column curve set storage external;
alter table indicator_sum add column places jsonb
"""


def upgrade() -> None:
    """Make room for both; the next build of each city fills it."""
    op.execute(ADD)


def downgrade() -> None:
    """Write curves out for each answer, and read whole months for one code."""
    op.execute("alter table indicator_sheet drop column curve")
    op.execute("alter table indicator_sum drop column places")

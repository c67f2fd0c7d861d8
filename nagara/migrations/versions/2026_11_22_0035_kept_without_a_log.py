"""What builds of the figures keep of requests is written once: a crash of the database leaves none of it.

It can be read from the event log again, so it need not go through the write-ahead log. How far the kept rows follow
the event log stands in a table that is emptied by the same crash: a build then reads every event anew.
"""

from __future__ import annotations

from alembic import op

revision = "0035"
down_revision = "0034"

TABLES = ("indicator_part", "indicator_build")


def upgrade() -> None:
    """Keep rows and how far they follow the log outside the write-ahead log, both together."""
    for table in TABLES:
        op.execute(f"alter table {table} set unlogged")


def downgrade() -> None:
    """Write both through the write-ahead log again."""
    for table in TABLES:
        op.execute(f"alter table {table} set logged")

"""Versions of open data remember which requests were hidden when their files were last looked through."""

from __future__ import annotations

from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Remember nothing of older versions: they are looked through the next night."""
    op.execute("alter table open_data_version add column hidden bytea")


def downgrade() -> None:
    """Look through all of them every night."""
    op.execute("alter table open_data_version drop column hidden")

"""What is read of a city beside others lies by itself; versions of the figures are found without counting them."""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"

# A page that puts thirty cities side by side reads a tenth of what their sheets hold. Sheets that are kept already have
# no such part; whoever reads them takes the whole sheet until the next build.
CHANGES = """
alter table indicator_sheet add column brief bytea;
alter table indicator_sheet alter column brief set storage external;

-- a city has a snapshot for every build, and versions of methods and calendars very few
create index indicator_snapshot_versions
    on indicator_snapshot (city_id, method_version, holidays_version, built_at);
"""


def upgrade() -> None:
    """Make both."""
    op.execute(CHANGES)


def downgrade() -> None:
    """Read whole sheets again."""
    op.execute("drop index indicator_snapshot_versions")
    op.execute("alter table indicator_sheet drop column brief")
